"""Where in a reply is the answer? Pure functions from text to answer; None where there is none.

The built-in patterns are linear in the length of the text and run on `re`. A pattern that a user wrote
may backtrack for ever on hostile text, so it runs on the `regex` package with a time limit.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from fairtrial.core.errors import UsageError

MAX_TEXT = 1_000_000
"""Characters of a reply that are searched. A longer one holds no answer that anybody would accept."""

PATTERN_SECONDS = 1.0
"""Time that a user's pattern gets on one reply."""

MAX_MATCHES = 10_000
"""Matches of a user's pattern in one reply, beyond which the last one can't be meant."""

_MAX_NUMBER = 400
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# A sign counts only where it can't be a minus between two numbers or a hyphen in a name ("10-5", "GPT-4");
# digits glued to a letter on their left ("CO2") are part of a name.
_NUMBER_PATTERN = (
    r"(?:(?<![A-Za-z0-9.)\]])[-+\u2212][$€£]?|[$€£][-+\u2212]?)?(?<![A-Za-z0-9])"
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+|(?=\.[0-9]))(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3}(?![0-9]))?"
)
_NUMBER = re.compile(_NUMBER_PATTERN)
_FRACTION_TAIL = re.compile(r"/([0-9]+)(?![0-9/])")
_PLAIN = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?|[-+]?[0-9]+/[0-9]+")
_SIGNS = str.maketrans({"\u2212": "-", ",": None, "$": None, "€": None, "£": None})

# openai/grade-school-math, dataset.py: the number behind the marker; as lm-eval's gsm8k.yaml has it.
_GSM8K_STRICT = re.compile(r"#### (\-?[0-9\.\,]+)")
_GSM8K_COT_STRICT = re.compile(r"The answer is (\-?[0-9\.\,]+).")
_GSM8K_FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")

# Each letter in both cases, and what stands before it looked at behind: a pattern that begins with one set of
# characters is searched four times as fast as alternatives under IGNORECASE.
_MARKER = re.compile(r"[aA#](?:(?<=\b[aA])(?::|[nN][sS][wW][eE][rR](?:\s+[iI][sS]|\s*[:=]))|(?<=#)###)")


Item = TypeVar("Item")


def last_of(items: Iterable[Item]) -> Item | None:
    """The last of them, None of none; holds one at a time."""
    tail = deque(items, maxlen=1)
    return tail[0] if tail else None


def whole_text(text: str) -> str | None:
    """The reply without blanks around it; None where nothing is left."""
    return text.strip() or None


def last_number(text: str) -> str | None:
    """The last number, written plainly: "It costs $1,234.50." gives "1234.50".

    English notation: commas group thousands, a full stop marks decimals. A sign, a currency sign before and
    a per cent sign after are read and dropped (50% is 50). "3/4" is one number; "24/7/365" is three.
    """
    if len(text) > MAX_TEXT:
        return None
    # No number holds a blank, so the last word with a number in it decides: long replies are not searched
    # from the start.
    for word in reversed(text.split()):
        if _NUMBER.search(word):
            return _last_in(word)
    return None


def _last_in(text: str) -> str | None:
    before = last = None
    for match in _NUMBER.finditer(text):
        before, last = last, match
    if last is None:
        return None
    if before is not None and text[before.end() : last.start()] == "/":
        joined = _written(text, before)
        if joined is not None and "/" in joined:
            return joined
    return _written(text, last)


def number_after_marker(text: str) -> str | None:
    """The first number behind the last marker "A:", "answer is", "answer:" or "####", on the same line."""
    if len(text) > MAX_TEXT:
        return None
    found = last_of(_MARKER.finditer(text))
    if found is None:
        return None
    end = text.find("\n", found.end())
    line = text[found.end() : len(text) if end < 0 else end]
    match = _NUMBER.search(line)
    return None if match is None else _written(line, match)


def _written(text: str, match: re.Match[str]) -> str | None:
    if match.end() - match.start() > _MAX_NUMBER:
        return None
    plain = match.group()
    if not plain.isdigit():
        plain = plain.translate(_SIGNS)
    tail = _FRACTION_TAIL.match(text, match.end())
    starts = match.start() == 0 or text[match.start() - 1] != "/"
    if tail and starts and plain.lstrip("+-").isdigit() and len(tail.group()) <= _MAX_NUMBER:
        return plain + tail.group()
    return plain.removeprefix("+")


def number_value(text: str) -> Fraction | None:
    """The exact value of a text that is a number and nothing else; None otherwise, and for a/0."""
    text = text.strip()
    if text[:1].isalpha():
        return None  # a sentence, the commonest case: no need to look at all of it
    plain = text.translate(_SIGNS).removesuffix("%").strip()
    if len(plain) > _MAX_NUMBER or not _PLAIN.fullmatch(plain):
        return None
    if plain.isdigit():
        return Fraction(int(plain))
    try:
        return Fraction(plain.removesuffix("."))
    except ZeroDivisionError:
        return None


def gsm8k_strict(text: str) -> str | None:
    """The first "#### 18", as lm-eval's filter `strict-match` reads it (`tasks/gsm8k/gsm8k.yaml`, 0.4.13)."""
    if len(text) > MAX_TEXT:
        return None
    match = _GSM8K_STRICT.search(text)
    return None if match is None else match.group(1).strip()


def gsm8k_cot_strict(text: str) -> str | None:
    """The first "The answer is 18.", as lm-eval's `gsm8k_cot` reads it (`gsm8k-cot.yaml`, 0.4.13)."""
    if len(text) > MAX_TEXT:
        return None
    match = _GSM8K_COT_STRICT.search(text)
    return None if match is None else match.group(1).strip()


def gsm8k_flexible(text: str) -> str | None:
    """The last thing that looks like a number, as lm-eval's `flexible-extract` reads it (the same file).

    Known weakness, kept for the sake of comparison: two dots or a lone "$," count as a number too.
    """
    if len(text) > MAX_TEXT:
        return None
    match = last_of(_GSM8K_FLEXIBLE.finditer(text))
    return None if match is None else match.group().strip()


def first_line(text: str) -> str | None:
    """The first line without blanks around it, as lm-eval's `mmlu_generative` reads a reply."""
    return text.partition("\n")[0].strip() or None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A user's regular expression, checked once. Raises UsageError where it is no regular expression."""

    pattern: str
    _compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        regex = import_module("regex")  # 0.02 s of CPU, which only a user's own pattern is worth
        try:
            compiled = regex.compile(self.pattern)
        except regex.error as error:
            raise UsageError(
                f"the pattern {self.pattern!r} is no regular expression: {error}",
                "write it as Python's re does, for example 'regex:Answer: (.+)'",
            ) from error
        object.__setattr__(self, "_compiled", compiled)

    def find(self, text: str, *, last: bool = False) -> str | None:
        """The first (or last) match: its first group that holds something, or all of it without groups.

        Raises UsageError where the pattern needs more than PATTERN_SECONDS: no score may come of that.
        """
        if len(text) > MAX_TEXT:
            return None
        try:
            matches = self._compiled.finditer(text, timeout=PATTERN_SECONDS)
            if last:
                found = last_of(islice(matches, MAX_MATCHES))
                found = None if next(matches, None) else found
            else:
                found = next(matches, None)
        except TimeoutError as error:
            raise UsageError(
                f"the pattern {self.pattern!r} needs more than {PATTERN_SECONDS:g} s on one answer",
                "write it without nested repeats, such as (a+)+; then run again with --resume",
            ) from error
        if found is None:
            return None
        parts: Sequence[str | None] = found.groups() or (found.group(),)
        return next((part.strip() for part in parts if part and part.strip()), None)
