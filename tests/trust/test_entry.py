"""Entries: one form, and every other byte refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.entry import MOST_ENTRY_BYTES, NOBODY, Entry, parse_entry
from fairtrial.trust.predicates import PREDICATES

KEY, OTHER = "a1" * 32, "b2" * 32
PLAN = Entry("plan", KEY, 1, NOBODY, KEY, (OTHER,))
BYTES = (
    f'{{"campaign_id":"{KEY}","payload_digest":"{KEY}","prev_campaign_entry_hash":"{NOBODY}",'
    f'"seq_in_campaign":1,"signers":["{OTHER}"],"type":"plan","v":1}}'
).encode()


def test_the_one_form() -> None:
    assert PLAN.data == BYTES and parse_entry(BYTES, "it") == PLAN


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"v":1', b'"v":1.0'),
        lambda data: data.replace(b'"v":1', b'"v":2'),
        lambda data: data.replace(b'"v":1', b'"v":true'),
        lambda data: data.replace(b'"v":1', b'"v":1,"v":1'),
        lambda data: data.replace(b'"v":1', b'"v":1,"w":1'),
        lambda data: data.replace(b',"v":1', b""),
        lambda data: data.replace(b":", b": "),
        lambda data: data.replace(b"a1", b"A1"),
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b'"plan"', b'"plans"'),
        lambda data: data.replace(b'"seq_in_campaign":1', b'"seq_in_campaign":0'),
        lambda data: data.replace(b'"seq_in_campaign":1', b'"seq_in_campaign":"1"'),
        lambda data: data.replace(b'"seq_in_campaign":1', b'"seq_in_campaign":9007199254740993'),
        lambda data: data.replace(b'"seq_in_campaign":1', b'"seq_in_campaign":1e0'),
        lambda data: data.replace(b'["' + OTHER.encode(), b'["' + OTHER.encode() + b'","' + OTHER.encode()),
        lambda data: json.dumps(dict(reversed(json.loads(data).items()))).encode(),
        lambda data: b"[" * 100_000,
        lambda data: b"null",
        lambda data: b"",
        lambda data: data + b" " * MOST_ENTRY_BYTES,
    ],
)
def test_any_other_form_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(IntegrityError, match="is no entry of ours"):
        parse_entry(change(BYTES), "entry 7 of the log")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "plans"},
        {"campaign": OTHER},
        {"campaign": NOBODY, "payload": KEY},
        {"type": "dataset-commit"},
        {"type": "run-start", "campaign": NOBODY},
        {"type": "run-start", "seq": 1, "campaign": KEY},
        {"signers": ()},
        {"signers": (OTHER, KEY)},
        {"signers": (KEY, KEY)},
        {"signers": ("key",)},
        {"signers": tuple(f"{number:064x}" for number in range(33))},
        {"previous": "0"},
        {"seq": -1},
        {"seq": 2**53},
    ],
)
def test_entries_that_cannot_be(changes: dict) -> None:
    with pytest.raises(UsageError):
        replace(PLAN, **changes)


def test_every_predicate_has_entries_and_the_largest_fits() -> None:
    signers = tuple(f"{number:064x}" for number in range(32))
    for name in PREDICATES:
        campaign = NOBODY if name in ("dataset-commit", "reveal", "key-revocation") else OTHER
        entry = Entry(name, campaign, 2**53 - 1, KEY, KEY, signers)
        assert parse_entry(entry.data, "it") == entry and len(entry.data) <= MOST_ENTRY_BYTES


@given(st.integers(0, len(BYTES) * 8 - 1))
def test_a_flipped_bit_makes_another_entry_or_none(bit: int) -> None:
    changed = (int.from_bytes(BYTES, "big") ^ 1 << bit).to_bytes(len(BYTES), "big")
    try:
        other = parse_entry(changed, "it")
    except IntegrityError:
        return
    assert other != PLAN and other.data == changed and other.leaf != PLAN.leaf
