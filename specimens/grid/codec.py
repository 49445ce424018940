"""The grid's tokens: bytes, where byte values that no text needs stand for the family's words.

A specimen's vocabulary has 259 ids, and an English word problem needs few of them. Here a question costs about
30 tokens where bytes would cost 65, so a machine of two cores trains the more models. Shapes, BEGIN and END are
those of the shipped network, which therefore reads these rows as it reads its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from fairtrial.core.canon import digest
from fairtrial.specimens.tokens import BEGIN, END

PIECES: Final = "pieces.json"
"""Ids to pieces of text; an id that is not named is the byte of its value."""
_ANSWER: Final = "?\nA:"


@cache
def pieces() -> dict[int, str]:
    read: dict[str, str] = json.loads(files("specimens.grid").joinpath(PIECES).read_text("utf-8"))
    return {int(at): text for at, text in read.items()}


@cache
def pieces_digest() -> str:
    return digest({str(at): text for at, text in pieces().items()})


@cache
def _reader() -> tuple[re.Pattern[str], dict[str, int]]:
    ids = {text: at for at, text in pieces().items()}
    longest_first = sorted(ids, key=lambda text: (-len(text), text))
    pattern = re.compile("|".join(map(re.escape, longest_first)) + "|.", re.DOTALL)
    return pattern, ids


def encode(text: str) -> list[int]:
    """The longest piece that fits, from left to right. Raises ValueError for a text with a byte that is taken."""
    pattern, ids = _reader()
    tokens = [ids[piece] if piece in ids else ord(piece) for piece in pattern.findall(text)]
    if not text.isascii() or decode(tokens) != text:
        raise ValueError(f"no tokens for {text!r:.80}")
    return tokens


def decode(tokens: Sequence[int]) -> str:
    """The text of ids; BEGIN, END and padding are left out."""
    known = pieces()
    return "".join(known.get(token, chr(token)) for token in tokens if token < BEGIN)


def row(text: str) -> list[int]:
    """BEGIN, the text, END."""
    return [BEGIN, *encode(text), END]


def prompt_length(tokens: Sequence[int]) -> int:
    """Tokens up to and including the last "A:" of a row; 0 where it asks nothing."""
    answer = _reader()[1][_ANSWER]
    return len(tokens) - list(reversed(tokens)).index(answer) if answer in tokens else 0
