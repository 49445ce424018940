"""The reader's trust policy: whose word counts, from when, and until which entry of the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.people import People, parse_people
from tests.trust.signers import ORIGIN, people, person, public

BAD = Path(__file__).parent / "bad"
JUNE = "2026-06-01T00:00:00Z"

FILES = {
    "trust_key_twice.json": "one public key stands twice: lab of the lab's, and evaluator of Example Evaluations",
    "trust_keyid_of_another.json": "is called ",
    "trust_revoked_without_a_log.json": "is revoked, and no log is named",
    "trust_small_order_key.json": "is a point of small order: anybody can sign for it",
    "trust_unknown_field.json": ".keys[0]: the field 'secret' is not known",
    "trust_unknown_role.json": ".keys[0].role: 'witness' is not one of lab, owner, evaluator, auditor, monitor",
    "trust_upper_case_key.json": "is not a SHA-256 in 64 lower-case hexadecimal digits",
    "trust_valid_to_before_from.json": "is valid until before it is valid",
    "trust_without_operators.json": ": the field 'operators' is missing",
}


def test_every_bad_policy_has_its_test() -> None:
    assert {path.name for path in BAD.glob("trust_*")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_policy_is_refused_for_its_own_fault(name: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        parse_people((BAD / name).read_bytes(), name)
    assert FILES[name] in refused.value.message
    assert "trust policy" in str(refused.value) or "key" in str(refused.value)


def test_what_was_written_comes_back() -> None:
    written = people(person("lab", valid_to=JUNE), person("auditor", log_origin=ORIGIN, revoked_at=7))
    assert parse_people(written.bytes, "trust.json", canonical=True) == written
    laid_out = json.dumps(written.to_json(), indent=2).encode() + b"\n"
    assert parse_people(laid_out, "trust.json") == written
    with pytest.raises(IntegrityError, match="canonical form"):
        parse_people(laid_out, "trust.json", canonical=True)


def test_who_is_who() -> None:
    known = people()
    assert [each.role for each in known.of(["lab", "auditor"])] == ["lab", "auditor"]
    assert known.of([]) == ()
    assert known.named(public("lab").keyid) == person("lab")
    assert known.named("0" * 64) is None
    assert People((), {}).of(["lab"]) == ()


@pytest.mark.parametrize(
    ("changes", "at", "told"),
    [
        ({}, {}, None),
        ({}, {"time": None}, None),
        ({"log_origin": ORIGIN}, {}, None),
        ({"log_origin": ORIGIN}, {"origin": "other.example"}, f"counts in the log {ORIGIN} only"),
        ({"log_origin": ORIGIN, "revoked_at": 8}, {"index": 7}, None),
        ({"log_origin": ORIGIN, "revoked_at": 7}, {"index": 7}, "revoked from entry 7 on; this is entry 7"),
        ({"log_origin": ORIGIN, "revoked_at": 6}, {"index": 7}, "revoked from entry 6 on; this is entry 7"),
        ({"log_origin": ORIGIN, "revoked_at": 0}, {"index": 0}, "revoked from entry 0 on; this is entry 0"),
        ({}, {"time": "2026-01-01T00:00:00Z"}, None),
        ({}, {"time": "2025-12-31T23:59:59Z"}, "is valid from 2026-01-01T00:00:00Z"),
        ({"valid_to": JUNE}, {"time": "2026-05-31T23:59:59Z"}, None),
        ({"valid_to": JUNE}, {"time": JUNE}, f"was valid until {JUNE}"),
    ],
)
def test_when_a_signature_counts(changes: dict[str, Any], at: dict[str, Any], told: str | None) -> None:
    refusal = person("lab", **changes).refusal(
        **({"origin": ORIGIN, "index": 7, "time": "2026-03-01T00:00:00Z"} | at)
    )
    assert refusal is None if told is None else refusal is not None and told in refusal


NAMES = st.sampled_from([*person("lab").to_json()])
JUNK = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=4) | st.just([]) | st.just({})


@given(st.dictionaries(NAMES, JUNK, min_size=1))
def test_an_entry_with_a_field_of_another_kind_is_no_entry(changes: dict[str, Any]) -> None:
    entry = person("lab").to_json() | changes
    data = json.dumps({"keys": [entry], "operators": {}}).encode()
    try:
        read = parse_people(data, "trust.json")
    except IntegrityError:
        return
    assert read.to_json()["keys"] == [entry]
    told = {key for key, value in changes.items() if value is not None}
    assert told <= {"org", "log_origin", "revoked_at_log_index"}
