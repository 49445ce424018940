r"""Patterns written for `re`, told to `regex`, which alone can be stopped.

The two agree on ASCII but for four control characters. Beyond it they part: to `re`, which lm-eval uses, \w is
what `str.isalnum` says (not a combining accent, but ½), to `regex` what Unicode calls a word. So for other texts
the classes are written out as ranges. Known weakness: under (?i), `re` also takes ı for i.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Final

_MEMBERS: Final[dict[str, Callable[[str], bool]]] = {
    "w": lambda letter: letter.isalnum() or letter == "_",
    "s": str.isspace,
    "d": str.isdecimal,
}
_AGREED = re.compile(r"[\x00-\x1b\x20-\x7f]*")


_CLASS = re.compile(r"\\[wsdWSDbB]")


def classes(pattern: str) -> int:
    r"""How many classes are to be written out, \b counting for four: each takes time to compile."""
    return sum(4 if each[1] in "bB" else 1 for each in _CLASS.findall(pattern))


def agreed(text: str) -> bool:
    """Whether both read every character of the text alike."""
    return _AGREED.fullmatch(text) is not None


def spelt_out(pattern: str) -> str:
    r"""The pattern with \w \s \d \b and their opposites written as ranges. It has no (?x) and no (?a)."""
    parts: list[str] = []
    at, first = 0, -1  # first: where the members of the set begin that we are in, -1 outside of any
    while at < len(pattern):
        taken = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        parts.append(_spelt(taken, first >= 0))
        if first >= 0 and taken == "]" and at > first:
            first = -1
        elif first < 0 and taken == "[":
            first = at + 1 + (pattern[at + 1 : at + 2] == "^")
        at += len(taken)
    return "".join(parts)


def _spelt(taken: str, in_set: bool) -> str:
    letter = taken[1:]
    if letter and letter.lower() in _MEMBERS:
        ranges = _ranges(letter.lower(), letter.islower())
        return ranges if in_set else f"[{ranges}]"
    if letter and letter in "bB" and not in_set:
        word = _ranges("w", True)
        left, right = ("=", "!") if letter == "b" else ("=", "=")
        other_left, other_right = ("!", "=") if letter == "b" else ("!", "!")
        return f"(?:(?<{left}[{word}])(?{right}[{word}])|(?<{other_left}[{word}])(?{other_right}[{word}]))"
    return taken


@cache
def _ranges(name: str, inside: bool) -> str:
    """The members of a class as the inside of a set, or all characters that are none."""
    member, found, start = _MEMBERS[name], [], -1
    for code in range(sys.maxunicode + 2):
        held = code <= sys.maxunicode and member(chr(code)) is inside
        if held and start < 0:
            start = code
        elif not held and start >= 0:
            found.append(rf"\U{start:08x}-\U{code - 1:08x}")
            start = -1
    return "".join(found)
