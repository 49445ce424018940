"""Statements: one form of ours; others' may be laid out as in-toto allows."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.dsse import Envelope, parse_envelope, verify
from fairtrial.trust.predicates import check
from fairtrial.trust.statement import Statement, Subject, parse_foreign_statement, parse_statement
from tests.trust.signers import HASH, dispute, envelope, public

BAD = Path(__file__).parent / "bad"

FILES = {
    "statement_critical_field.dsse.json": "has a critical field that isn't understood here: 'shadow'",
    "statement_decimal_in_predicate.dsse.json": "0.5 is no whole number",
    "statement_field_missing.dsse.json": ": the field 'evidence' is missing",
    "statement_foreign_predicate.dsse.json": "'https://example.com/other/v1', which is no predicate known here",
    "statement_newer_version.dsse.json": "dispute/v0.2', which is no predicate known here",
    "statement_not_canonical.dsse.json": "is not written in canonical form",
    "statement_other_digest.dsse.json": ".subject[0].digest: the field 'sha256' is missing",
    "statement_other_payload_type.dsse.json": "holds 'application/json', not a statement",
    "statement_replayed_as_retraction.dsse.json": "doesn't hold",
    "statement_subject_twice.dsse.json": "a subject stands twice",
    "statement_unknown_field.dsse.json": ": the field 'extra' is not known",
    "statement_without_subject.dsse.json": ".subject is no list of 1 or more",
}


def test_every_bad_statement_has_its_test() -> None:
    assert {path.name for path in BAD.glob("statement_*")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_statement_is_refused_for_its_own_fault(name: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        signed = parse_envelope((BAD / name).read_bytes(), name)
        verify(signed, [public("lab")], 1, name)
        check(parse_statement(signed, name), name)
    assert name in refused.value.message
    assert FILES[name] in refused.value.message


def test_what_was_written_comes_back() -> None:
    written = dispute()
    read = parse_statement(envelope(written.bytes, "lab"), "a.json")
    assert read == written
    assert read.about(HASH)
    assert not read.about("0" * 64)


def test_decimals_are_not_signed() -> None:
    with pytest.raises(UsageError, match=r"0\.5 is no whole number"):
        _ = Statement((Subject("a", HASH),), "t", {"value": 0.5}).bytes


FOREIGN: dict[str, Any] = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"digest": {"sha256": HASH, "sha1": "x"}, "mediaType": "text/plain"}],
    "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
    "predicate": {"result": "PASSED"},
    "more": 1,
}


def foreign(value: Any) -> Envelope:
    return envelope(json.dumps(value, indent=2).encode(), "lab")


def test_foreign_statements_are_read_as_in_toto_allows() -> None:
    with pytest.raises(IntegrityError, match="canonical form"):
        parse_statement(foreign(FOREIGN), "a.json")
    read = parse_foreign_statement(foreign(FOREIGN), "a.json")
    assert read.subject == (Subject("subject 1", HASH),)
    assert read.predicate == {"result": "PASSED"}
    decimal = parse_foreign_statement(foreign(FOREIGN | {"predicate": {"score": 0.1}}), "a.json")
    assert decimal.predicate == {"score": Decimal("0.1")}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"_type": "https://in-toto.io/Statement/v0.1"},
            "._type: 'https://in-toto.io/Statement/v0.1' is not one of",
        ),
        ({"subject": []}, ".subject is no list of 1 or more"),
        ({"subject": None}, ".subject is no list of 1 or more"),
        ({"subject": [{"digest": {"sha1": "x"}}]}, r".subject\[0\].digest.sha256: None is not a SHA-256"),
        ({"subject": [7]}, r".subject\[0\] is no object"),
        ({"predicate": []}, ".predicate is no object"),
        ({"predicateType": ""}, ".predicateType: '' is not a text"),
    ],
)
def test_foreign_statements_that_are_none(change: dict[str, Any], told: str) -> None:
    with pytest.raises(IntegrityError, match=told):
        parse_foreign_statement(foreign(FOREIGN | change), "a.json")
