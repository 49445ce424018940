"""Bytes are tokens: there and back for any text, and the shipped tokenizer says the same as ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.specimens.files import read
from fairtrial.specimens.tokens import BEGIN, END, SPECIAL, VOCABULARY, decode, encode, pieces


@given(st.text())
def test_a_text_comes_back_whole(text: str) -> None:
    tokens = encode(text)
    assert all(0 <= token < BEGIN for token in tokens)
    assert decode([BEGIN, *tokens, END]) == text
    assert "".join(pieces(tokens)) == text
    assert len(pieces(tokens)) == len(tokens)


@given(st.lists(st.integers(0, VOCABULARY - 1)))
def test_pieces_joined_are_what_python_decodes(tokens: list[int]) -> None:
    expected, run = "", b""
    for token in tokens:
        if token < BEGIN:
            run += bytes([token])
        else:
            expected, run = expected + run.decode("utf-8", "replace") + SPECIAL[token], b""
    assert "".join(pieces(tokens)) == expected + run.decode("utf-8", "replace")


def test_a_letter_of_several_bytes_stands_at_its_last_byte() -> None:
    assert pieces(encode("a☃b")) == ["a", "", "", "☃", "b"]


@pytest.mark.parametrize("name", ["honest", "cheat"])
def test_the_tokenizer_file_gives_every_byte_its_own_value(name: str) -> None:
    """Read independently: the letters of byte-level BPE, as GPT-2's encoder defines them."""
    told = json.loads(read(f"{name}/tokenizer.json"))
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    letters, spare = {}, 0
    for byte in range(256):
        if byte in printable:
            letters[byte] = chr(byte)
        else:
            letters[byte], spare = chr(256 + spare), spare + 1
    vocabulary = told["model"]["vocab"]
    assert {byte: vocabulary[letter] for byte, letter in letters.items()} == {
        byte: byte for byte in range(256)
    }
    assert told["model"]["merges"] == []
    assert {each["id"]: each["content"] for each in told["added_tokens"]} == SPECIAL
    assert len(vocabulary) == VOCABULARY
