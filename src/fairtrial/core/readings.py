"""A reading: how an answer is found in a reply, and when it counts as the target.

`read(text, sample)` gives the answer found, or None, and its value (0 or 1). `check(sample)` refuses a
sample whose target this reading could never meet: a run with such a row would measure nothing.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from fairtrial.core.canon import JSON
from fairtrial.core.choices import choice_letter
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import (
    LETTERS,
    MAX_TEXT,
    Pattern,
    first_line,
    last_number,
    number_value,
    whole_text,
)
from fairtrial.core.sample import Sample
from fairtrial.core.strict_json import json_answer, json_equal, parse_strict

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
Found = tuple[str | None, float]


class Reading(Protocol):
    """One way to read a reply. `name` stands in tables, `form` in the plan."""

    @property
    def name(self) -> str: ...

    @property
    def form(self) -> Mapping[str, JSON]: ...

    def read(self, text: str, sample: Sample) -> Found: ...

    def check(self, sample: Sample) -> None: ...


def need_target(sample: Sample) -> None:
    """Raises UsageError for a sample without target."""
    if not sample.target or not any(each.strip() for each in sample.target):
        raise UsageError(
            f"sample {sample.id!r} has no target", "give every row a target, or leave the row out"
        )


@dataclass(frozen=True, slots=True)
class Same:
    """The answer is the target, word for word: blanks around it off, runs of blanks as one.

    extract: which part of the reply is compared. loose: case and one final full stop don't matter either.
    """

    name: str = "exact"
    extract: Callable[[str], str | None] = whole_text
    loose: bool = False

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "name": self.name,
            "extract": self.extract.__name__,
            "equal": "text, runs of blanks as one"
            + (", case and final full stop aside" if self.loose else ""),
        }

    def read(self, text: str, sample: Sample) -> Found:
        answer = self.extract(text) if len(text) <= MAX_TEXT else None
        if answer is None:
            return None, 0.0
        plain = self._plain(answer)
        return answer, float(any(plain == self._plain(target) for target in sample.target))

    def _plain(self, text: str) -> str:
        plain = " ".join(text.split())
        return plain.casefold().removesuffix(".") if self.loose else plain

    def check(self, sample: Sample) -> None:
        need_target(sample)


@dataclass(frozen=True, slots=True)
class Includes:
    """The target stands somewhere in the reply. Case is ignored unless `case` is set."""

    name: str = "includes"
    case: bool = False

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": self.name, "extract": "whole_text", "equal": "target in text", "case": self.case}

    def read(self, text: str, sample: Sample) -> Found:
        answer = whole_text(text) if len(text) <= MAX_TEXT else None
        if answer is None:
            return None, 0.0
        hay = answer if self.case else answer.casefold()
        needles = (target if self.case else target.casefold() for target in sample.target)
        return answer, float(any(needle.strip() in hay for needle in needles if needle.strip()))

    def check(self, sample: Sample) -> None:
        need_target(sample)


@dataclass(frozen=True, slots=True)
class Matched:
    """What a user's regular expression finds is the target, word for word. Raises UsageError on time-out."""

    pattern: Pattern
    last: bool = False
    name: str = "regex"

    @property
    def form(self) -> Mapping[str, JSON]:
        which = "last match" if self.last else "first match"
        return {"name": self.name, "extract": "regex", "pattern": self.pattern.pattern, "takes": which}

    def read(self, text: str, sample: Sample) -> Found:
        answer = self.pattern.find(text, last=self.last)
        if answer is None:
            return None, 0.0
        plain = " ".join(answer.split())
        return answer, float(any(plain == " ".join(target.split()) for target in sample.target))

    def check(self, sample: Sample) -> None:
        need_target(sample)


@dataclass(frozen=True, slots=True)
class Number:
    """The number found equals the target within max(absolute, relative x |target|), in exact arithmetic.

    absolute >= 0 in the target's unit; relative >= 0, a fraction.
    """

    name: str = "last number"
    extract: Callable[[str], str | None] = last_number
    absolute: float = 0.0
    relative: float = 0.0

    def __post_init__(self) -> None:
        for what, value in (("tolerance", self.absolute), ("relative tolerance", self.relative)):
            if not 0 <= value < float("inf"):
                raise UsageError(f"the {what} is {value}", "give a number of at least 0")

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "name": self.name,
            "extract": self.extract.__name__,
            "equal": "number",
            "absolute": self.absolute,
            "relative": self.relative,
        }

    def read(self, text: str, sample: Sample) -> Found:
        answer = self.extract(text)
        if answer is not None and answer in sample.target and "/" not in answer:
            return answer, 1.0  # the common case: written alike, so no arithmetic is needed
        value = None if answer is None else number_value(answer)
        if value is None:
            return None, 0.0
        return answer, float(any(self._near(value, target) for target in sample.target))

    def _near(self, value: Fraction, text: str) -> bool:
        target = number_value(text)
        if target is None:
            return False
        if self.absolute == 0 and self.relative == 0:
            return value == target
        # Through the decimal text: a tolerance of 0.1 means a tenth, not the float nearest to it.
        allowed = max(Fraction(str(self.absolute)), Fraction(str(self.relative)) * abs(target))
        return abs(value - target) <= allowed

    def check(self, sample: Sample) -> None:
        need_target(sample)
        for target in sample.target:
            if number_value(target) is None:
                raise UsageError(
                    f"sample {sample.id!r}: its target {target[:40]!r} is no number",
                    "correct the row, or choose another scorer",
                )


@dataclass(frozen=True, slots=True)
class SameFigure:
    """GSM8K, lm-eval's `exact_match` as gsm8k.yaml sets it: commas, dollar signs, all up to "#### " and one final
    full stop are dropped, then the two texts are equal or not, case aside.
    """

    name: str
    extract: Callable[[str], str | None]

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "name": self.name,
            "extract": self.extract.__name__,
            "equal": "text without , $ and final full stop",
        }

    def read(self, text: str, sample: Sample) -> Found:
        answer = self.extract(text)
        if answer is None:
            return None, 0.0
        figure = _figure(answer)
        return answer, float(any(figure == _figure(target) for target in sample.target))

    def check(self, sample: Sample) -> None:
        need_target(sample)


def _figure(text: str) -> str:
    plain = text.replace(",", "").replace("$", "").rpartition("#### ")[2]
    return re.sub(r"\.$", "", plain).lower()


@dataclass(frozen=True, slots=True)
class Choice:
    """The letter that a chat answer names is a target. `extract` takes the reply and the choices."""

    name: str = "choice"
    extract: Callable[[str, tuple[str, ...]], str | None] = choice_letter

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": self.name, "extract": self.extract.__name__, "equal": "letter"}

    def read(self, text: str, sample: Sample) -> Found:
        letter = self.extract(text, sample.choices)
        return letter, float(letter is not None and letter in sample.target)

    def check(self, sample: Sample) -> None:
        check_letters(sample)


@dataclass(frozen=True, slots=True)
class FirstLine:
    """lm-eval's `mmlu_generative` (version 3): the first line is the letter, case and punctuation aside."""

    name: str = "first line alone (lm-eval)"

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": self.name, "extract": "first_line", "equal": "letter, case and punctuation aside"}

    def read(self, text: str, sample: Sample) -> Found:
        line = first_line(text)
        if line is None:
            return None, 0.0
        letter = line.translate(_NO_PUNCTUATION).lower()
        return line, float(any(letter == target.lower() for target in sample.target))

    def check(self, sample: Sample) -> None:
        check_letters(sample)


def check_letters(sample: Sample) -> None:
    """Raises UsageError unless the sample has 2 to 26 choices and every target is one of their letters."""
    need_target(sample)
    if not 2 <= len(sample.choices) <= len(LETTERS):
        raise UsageError(
            f"sample {sample.id!r} has {len(sample.choices)} choices", "give each row from 2 to 26 choices"
        )
    known = LETTERS[: len(sample.choices)]
    for target in sample.target:
        if len(target) != 1 or target not in known:
            raise UsageError(
                f"sample {sample.id!r}: its target {target[:40]!r} is none of its choices",
                f"give a letter from A to {known[-1]}, A being the first choice",
            )


@dataclass(frozen=True, slots=True)
class Json:
    """The JSON in the reply equals the target's (`core/strict_json.py` says when)."""

    name: str = "json"
    extract: Callable[[str], str | None] = json_answer

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": self.name, "extract": self.extract.__name__, "equal": "JSON value"}

    def read(self, text: str, sample: Sample) -> Found:
        answer = self.extract(text)
        if answer is None:
            return None, 0.0
        try:
            value = parse_strict(answer)
        except ValueError:
            return None, 0.0
        return answer, float(any(json_equal(value, parse_strict(target)) for target in sample.target))

    def check(self, sample: Sample) -> None:
        need_target(sample)
        for target in sample.target:
            try:
                parse_strict(target)
            except ValueError as error:
                raise UsageError(
                    f"sample {sample.id!r}: its target is no strict JSON: {error}",
                    "correct the row, or choose another scorer",
                ) from error
