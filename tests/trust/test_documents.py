"""Signed documents: one content has one form, and every other form is refused with its own reason."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import (
    MAX_BYTES,
    is_decimal,
    read_canonical,
    read_object,
    signed_bytes,
    strict_base64,
    strict_number,
)

BAD = Path(__file__).parent / "bad"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)

FILES = {
    "document_bytes_after_the_end.json": "Extra data",
    "document_byte_order_mark.json": "it begins with a byte order mark",
    "document_constant_infinity.json": "Infinity is no JSON",
    "document_constant_nan.json": "NaN is no JSON",
    "document_decimal_1.0.json": "1.0 is no whole number; a decimal is written as text",
    "document_decimal_1e999.json": "1E+999 is no whole number",
    "document_duplicate_key.json": "a key stands twice in one object",
    "document_integer_2_to_53.json": "a whole number beyond 2^53 - 1",
    "document_integer_of_5000_digits.json": "4300 digits",
    "document_integer_minus_zero.json": "not written in canonical form",
    "document_is_a_list.json": "it holds no JSON object",
    "document_latin_1.json": "can't decode byte 0xe9",
    "document_line_break_at_the_end.json": "not written in canonical form",
    "document_nested_65_deep.json": "nested more than 64 deep",
    "document_surrogate_in_key.json": "half a surrogate pair is no text",
    "document_surrogate_in_value.json": "half a surrogate pair is no text",
    "document_unsorted_keys.json": "not written in canonical form",
    "document_utf_16.json": "can't decode byte 0xff",
}


def test_every_bad_document_has_its_test() -> None:
    assert {path.name for path in BAD.glob("document_*")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_document_is_refused_for_its_own_fault(name: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        read_canonical((BAD / name).read_bytes(), "statement", name)
    assert name in refused.value.message
    assert FILES[name] in refused.value.message
    assert len(refused.value.message) < 300


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_hundred_thousand_levels_are_refused_in_words(opening: str) -> None:
    with pytest.raises(IntegrityError, match="deep"):
        read_object(b'{"a":' + (opening * 100_000).encode() + b"}", "statement", "a.json")
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(UsageError, match="deep"):
        signed_bytes({"a": value})


def test_64_levels_are_read_and_65_are_not() -> None:
    for depth, fits in ((63, True), (64, False)):
        data = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
        if fits:
            assert signed_bytes(read_canonical(data, "statement", "a.json")) == data
        else:
            with pytest.raises(IntegrityError, match="nested more than 64 deep"):
                read_canonical(data, "statement", "a.json")


@pytest.mark.parametrize("kind", MAX_BYTES)
def test_a_document_has_a_size_by_its_kind(kind: str) -> None:
    fits = b'{"a":"' + b"x" * (MAX_BYTES[kind] - 8) + b'"}'
    assert read_canonical(fits, kind, "a.json")
    with pytest.raises(IntegrityError, match="are allowed"):
        read_canonical(fits[:-2] + b'x"}', kind, "a.json")


def test_what_would_be_too_large_to_read_is_not_signed() -> None:
    room = MAX_BYTES["statement"] - len('{"a":""}')
    assert read_canonical(signed_bytes({"a": "x" * room}), "statement", "a.json")
    with pytest.raises(UsageError, match="are read"):
        signed_bytes({"a": "x" * (room + 1)})
    with pytest.raises(UsageError, match="a trust policy of"):
        signed_bytes({"a": "x" * room}, "trust policy")


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_was_written_comes_back(value: dict[str, Any]) -> None:
    data = signed_bytes(value)
    assert read_canonical(data, "statement", "a.json") == value
    assert json.loads(data) == value


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3), st.data())
def test_a_changed_byte_is_refused_or_another_content(value: dict[str, Any], data: st.DataObject) -> None:
    written = bytearray(signed_bytes(value))
    written[data.draw(st.integers(0, len(written) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = read_canonical(bytes(written), "statement", "a.json")
    except IntegrityError:
        return
    assert canonical(read) == bytes(written)
    assert signed_bytes(read) != signed_bytes(value)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    try:
        read_object(data, "statement", "a.json")
    except IntegrityError as error:
        assert "a.json" in error.message


@pytest.mark.parametrize(
    "value",
    [
        0.25,
        float("nan"),
        1e999,
        2**53,
        -(2**53),
        "\ud800",
        {"\udfff": 1},
        b"bytes",
        object(),
        [1, {"a": 0.5}],
    ],
)
def test_what_a_reader_would_refuse_is_not_signed(value: Any) -> None:
    with pytest.raises(UsageError, match="can't be signed"):
        signed_bytes({"a": value})


@pytest.mark.parametrize(
    "text",
    ["QQ=", "QQ", "QR==", "QQ==\n", "Q Q=", "_-8=", "QQ===", "=QQ=", "QQ==QQ==", "é", "QUE\x00"],
)
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="is not base64"):
        strict_base64(text)


@given(st.binary(max_size=60))
def test_canonical_base64_is_read(data: bytes) -> None:
    assert strict_base64(base64.b64encode(data).decode()) == data


@given(st.text("ABab01+/-_= \n", max_size=12))
def test_base64_that_is_read_is_written_the_same(text: str) -> None:
    try:
        data = strict_base64(text)
    except ValueError:
        return
    assert base64.b64encode(data).decode() == text


@pytest.mark.parametrize(
    "text", ["", "01", "00", "+1", "-1", "-0", "1_0", " 1", "1 ", "1\n", "1.0", "1e3", "0x1", "१", "１", "²"]
)
def test_a_number_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        strict_number(text)


@given(st.integers(0, 2**53 - 1))
def test_canonical_numbers_are_read(number: int) -> None:
    assert strict_number(str(number)) == number


def test_numbers_end_where_doubles_do() -> None:
    for text in (str(2**53), "9" * 17, "1" * 5_000):
        with pytest.raises(ValueError, match="is not a whole number"):
            strict_number(text)


@pytest.mark.parametrize(
    ("text", "fits"),
    [("0", True), ("-1", True), ("0.250", True), ("12.5", True), ("0.0", True)]
    + [
        (bad, False)
        for bad in ("-0", "-0.0", "-0.00", ".5", "1.", "01", "+1", "1e3", "1,5", "", "NaN", "1\n", "१")
    ],
)
def test_decimals_as_text(text: str, fits: bool) -> None:
    assert is_decimal(text) is fits
