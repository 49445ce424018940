"""One message in, strictly: whatever the bytes are, a message or a refusal, soon."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.sandbox.frames import DEPTH, BadFrame, pack, parse

messages = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        st.text(st.characters(exclude_categories=["Cs"])),
    ),
    lambda each: st.one_of(
        st.lists(each, max_size=4), st.dictionaries(st.text('abc"\\[]{}', max_size=4), each, max_size=4)
    ),
)


@given(messages)
def test_a_message_comes_back(message: Any) -> None:
    frame = pack(message)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert parse(frame[4:]) == message


@given(st.one_of(st.binary(), st.text('[]{}",:\\ ntf01aeu\n', max_size=40).map(str.encode)))
def test_any_bytes_are_what_json_says_or_refused(body: bytes) -> None:
    try:
        found = parse(body)
    except BadFrame:
        return
    assert found == json.loads(body.decode("utf-8"))


REFUSED = {
    "nothing": b"",
    "not utf-8": b'"\xff"',
    "utf-16": '"a"'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf1",
    "trailing bytes": b"{} {}",
    "trailing nul": b"1\x00",
    "nan": b"NaN",
    "infinity": b"[Infinity]",
    "minus infinity": b'{"a":-Infinity}',
    "float": b"1.0",
    "exponent": b"1e5",
    "long number": b"123456789012345678",
    "leading zero": b"01",
    "plus": b"+1",
    "underscore": b"1_0",
    "other digits": "٣".encode(),
    "key twice": b'{"n":1,"n":1}',
    "key twice, one escaped": b'{"n":1,"\\u006e":1}',
    "key twice inside": b'[{"a":{"b":1,"b":2}}]',
    "single quotes": b"{'a':1}",
    "comment": b"1 // one",
    "trailing comma": b"[1,]",
    "newline in text": b'"a\nb"',
    "unclosed": b'{"a":[',
    "text unclosed": b'"abc',
    "brackets crossed": b"[{]}",
    "too deep": b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1),
    "objects too deep": b'{"a":' * (DEPTH + 1) + b"1" + b"}" * (DEPTH + 1),
    "too deep and unclosed": b"[" * 500_000,
    "too deep behind an escape": b'["\\\\",' + b"[" * 5000 + b"]" * 5001,
    "too deep behind a quote": b'["\\"",' + b"[" * 5000 + b"]" * 5001,
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_refused(body: bytes) -> None:
    with pytest.raises(BadFrame):
        parse(body)


def test_brackets_in_text_do_not_count() -> None:
    for text in ("[" * 1000, '"[' * 1000, "\\[" * 1000, '\\"[' * 1000, "{" * 1000 + '"'):
        assert parse(pack([text])[4:]) == [text]


def test_the_deepest_that_is_allowed() -> None:
    message: Any = 1
    for _ in range(DEPTH):
        message = [message]
    assert parse(pack(message)[4:]) == message


@pytest.mark.parametrize(
    "body",
    [
        b"[" * (1 << 20),
        b"[]," * 350_000,
        b'"\\"' * 350_000,
        b'"' * (1 << 20),
        b"[" * 524_288 + b"]" * 524_288,
        b"\\" * (1 << 20),
    ],
    ids=["open", "flat", "escaped quotes", "quotes", "nested", "backslashes"],
)
def test_a_megabyte_is_refused_in_a_blink(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(BadFrame):
        parse(body)
    assert time.process_time() - began < 1


def test_half_a_surrogate_pair_can_not_be_packed() -> None:
    with pytest.raises(ValueError):
        pack(["\ud800"])
    with pytest.raises(ValueError):
        pack([float("nan")])
