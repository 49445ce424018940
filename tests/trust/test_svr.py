"""The verdict for readers of in-toto: what passed, by name, in the form that another package reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from proofbundle.intoto import classify_svr_predicate_shape

from fairtrial.core.errors import UsageError
from fairtrial.trust.statement import Subject, parse_foreign_statement
from fairtrial.trust.svr import SVR_TYPE, Policy, svr
from tests.trust.signers import HASH, envelope

GOOD: dict[str, Any] = {
    "subject": [Subject("result.dsse.json", HASH)],
    "verifier": "https://example.org/audits/v1",
    "policies": [Policy("https://example.org/policy.json", HASH)],
    "time": "2026-06-01T12:00:00Z",
    "properties": ["FAIRTRIAL_RESCORE_EXACT", "FAIRTRIAL_RERUN_EQUIVALENT"],
}


def made(**changes: Any) -> Any:
    fields = GOOD | changes
    return svr(fields.pop("subject"), **fields)


def test_it_is_what_the_specification_says() -> None:
    statement = made()
    assert statement.predicate_type == SVR_TYPE == "https://in-toto.io/attestation/svr/v0.2"
    assert statement.predicate == {
        "verifier": {
            "id": "https://example.org/audits/v1",
            "policies": [{"uri": "https://example.org/policy.json", "digest": {"sha256": HASH}}],
        },
        "timeCreated": "2026-06-01T12:00:00Z",
        "properties": ["FAIRTRIAL_RERUN_EQUIVALENT", "FAIRTRIAL_RESCORE_EXACT"],
    }
    assert parse_foreign_statement(envelope(statement.bytes, "auditor"), "a.json") == statement


@pytest.mark.parametrize("changes", [{}, {"policies": []}, {"properties": []}])
def test_another_package_takes_its_form(changes: dict[str, Any]) -> None:
    fits, detail = classify_svr_predicate_shape(json.loads(made(**changes).bytes))
    assert fits, detail


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": ["FAIRTRIAL_VERIFIED"]},
        {"properties": ["FAIRTRIAL_SCORE_VALID"]},
        {"properties": ["SLSA_BUILD_LEVEL_3"]},
        {"properties": ["FAIRTRIAL_rescore"]},
        {"properties": ["FAIRTRIAL_A", "FAIRTRIAL_A"]},
        {"subject": []},
        {"verifier": "me"},
        {"time": "yesterday"},
        {"policies": [Policy("https://example.org", "no digest")]},
    ],
)
def test_what_is_not_said(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        made(**changes)
