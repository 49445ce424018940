"""A lot's file has one form and keeps its commitment; what it draws is uniform."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from fairtrial.audit.lot import lot_bytes, parse_lot, statement_bytes
from fairtrial.core.errors import IntegrityError
from tests.audit.lots import lot

BODY = {"template": "a {canary}", "count": 2, "controls": 9, "bits": 128}
FILE = lot_bytes(lot("canary", BODY))


def test_a_file_gives_the_same_draw_and_a_statement_no_secret() -> None:
    first = lot("canary", BODY)
    again = parse_lot(FILE, "c.json", "canary")
    assert again == first and again.below("x", 1000) == first.below("x", 1000)
    assert first.secret.hex().encode() not in statement_bytes(first)
    assert first.commitment.encode() in statement_bytes(first)


def test_a_draw_is_the_documented_hmac() -> None:
    made = lot("canary", BODY)
    text = f"fairtrial-lot-1 {made.commitment} canary 0 0".encode()
    assert made.bits("canary 0", 16) == hmac.new(made.secret, text, hashlib.sha256).digest()[:16]


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["body"].update(count=3),
        lambda value: value.update(committed_at="2026-11-25T12:00:00.000Z"),
        lambda value: value.update(secret="00" * 32),
        lambda value: value.update(kind="order"),
        lambda value: value.update(extra=1),
        lambda value: value.pop("salt"),
    ],
)
def test_an_edited_file_is_refused(change: object) -> None:
    value = json.loads(FILE)
    change(value)  # type: ignore[operator]
    with pytest.raises(IntegrityError):
        parse_lot(json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n", "c", "canary")


def test_the_same_value_written_otherwise_is_refused() -> None:
    with pytest.raises(IntegrityError, match="canonical"):
        parse_lot(json.dumps(json.loads(FILE), indent=1).encode(), "c", "canary")


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.integers(0, len(FILE) - 1).map(lambda at: FILE[:at] + b"?" + FILE[at + 1 :]),
    )
)
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_lot(data, "c", "canary")


def test_numbers_and_orders_are_uniform() -> None:
    made = lot("canary", BODY)
    counts = [0] * 7
    firsts = [0] * 5
    for at in range(3000):
        counts[made.below(f"n {at}", 7)] += 1
        firsts[made.shuffled(f"s {at}", 5)[0]] += 1
    assert chisquare(counts).pvalue > 0.001 and chisquare(firsts).pvalue > 0.001
