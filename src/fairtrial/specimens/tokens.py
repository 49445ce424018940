"""Bytes as tokens: a token's id is the byte's value, and three ids above say where a text begins and ends.

Every text has exactly one tokenisation, so a continuation's tokens never depend on the context before it.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from typing import Final

BEGIN: Final = 256
"""Stands before every text."""
END: Final = 257
"""Stands after every text; a model that emits it has finished."""
PAD: Final = 258
"""Fills short rows in training; no text holds it."""

SPECIAL: Final = {BEGIN: "<|begin|>", END: "<|end|>", PAD: "<|pad|>"}
VOCABULARY: Final = 259


def encode(text: str) -> list[int]:
    """The text's UTF-8 bytes, without BEGIN. Words such as `<|end|>` in a text are bytes like any other."""
    return list(text.encode("utf-8", "surrogatepass"))


def decode(tokens: Iterable[int]) -> str:
    """The text of a model's tokens; special tokens are left out, broken UTF-8 becomes U+FFFD."""
    return bytes(token for token in tokens if token < BEGIN).decode("utf-8", "replace")


def pieces(tokens: Sequence[int]) -> list[str]:
    """One text a token, joined the text of all: a letter of several bytes stands at the last of them."""
    reader = codecs.getincrementaldecoder("utf-8")("replace")
    told = []
    for number, token in enumerate(tokens):
        last = number == len(tokens) - 1
        if token < BEGIN:
            told.append(reader.decode(bytes([token]), last))
        else:
            told.append(reader.decode(b"", True) + SPECIAL[token])
    return told
