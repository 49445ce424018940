"""Quickly written JSON says what the standard library's reader reads, and writes no other way."""

from __future__ import annotations

import json
from datetime import datetime
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.quick_json import written
from fairtrial.core.record import Failure

characters = st.characters(exclude_categories=())  # halves of surrogate pairs, controls, all there is
texts = st.text(characters, max_size=20)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
plain = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@given(plain)
def test_what_was_written_is_what_is_read(value: Any) -> None:
    data = written(value)
    assert json.loads(data) == value
    assert b"\n" not in data
    assert data == written(json.loads(data))


@given(st.dictionaries(texts, texts))
def test_keys_keep_their_order(value: dict[str, str]) -> None:
    assert list(json.loads(written(value))) == list(value)


def test_text_is_readable_and_as_short_as_json_s() -> None:
    value = {"b": ["Zürich \u2028 😀\n", 1.0, 1e-7, 2**53], "a": None}
    assert json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() == written(value).replace(
        b"1e-7", b"1e-07"
    )


def test_half_a_surrogate_pair_and_a_huge_integer_come_back() -> None:
    value = {"text": "cut \ud83d", "count": 2**70}
    assert json.loads(written(value)) == value
    assert written(value).isascii()


@pytest.mark.parametrize("value", [Failure("a", "b"), datetime(2026, 1, 1), {1, 2}, b"x"])
def test_what_is_no_plain_data_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        written(value)


def test_a_number_of_a_kind_of_its_own_is_the_number() -> None:
    class Kind(IntEnum):
        TWO = 2

    assert written([Kind.TWO]) == b"[2]"
