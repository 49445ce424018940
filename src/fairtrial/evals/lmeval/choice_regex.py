"""The filter `multi_choice_regex` (`filters/extraction.py`, lm-eval 0.4.13): a letter in brackets, or
the text of a choice, or a letter behind a colon. The answer is "(A)", "(B)", …
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fairtrial.core.canon import JSON
from fairtrial.evals.lmeval.patterns import BoundedPattern


@dataclass(frozen=True, slots=True)
class ChoiceRegex:
    """The pattern first, as it stands; the choices' texts next, under the options; a letter last."""

    pattern: BoundedPattern
    select: int
    ignore_case: bool
    ignore_punctuation: bool
    ignored: tuple[BoundedPattern, ...]
    fallback: str

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "function": "multi_choice_regex",
            "regex_pattern": self.pattern.pattern,
            "group_select": self.select,
            "ignore_case": self.ignore_case,
            "ignore_punctuation": self.ignore_punctuation,
            "regexes_to_ignore": [each.pattern for each in self.ignored],
            "fallback": self.fallback,
        }

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        found = self._find(self.pattern, text)
        if found:
            return found
        letters = [chr(ord("A") + at) for at in range(len(choices))]
        texts = [self._plain(choice.strip()) for choice in choices]
        dressed = {each: f"({letter})" for each, letter in zip(texts, letters, strict=True)}
        found = self._find(_any_of(tuple(texts)), self._plain(text))
        if found:
            return dressed.get(found, found)
        found = self._find(_behind_colon("|".join(letters)), text)
        return f"({found})" if found else None

    def _find(self, pattern: BoundedPattern, text: str) -> str:
        found = pattern.select(text, self.select)
        if isinstance(found, tuple):
            found = next((part for part in found if part), "")
        return (found or "").strip()

    def _plain(self, text: str) -> str:
        for pattern in self.ignored:
            text = pattern.replace(text, "")
        if self.ignore_case:
            text = text.lower()
        return text.translate(_punctuation()) if self.ignore_punctuation else text


@cache
def _punctuation() -> dict[int, None]:
    """Everything that Unicode calls punctuation."""
    codes = range(sys.maxunicode)
    return dict.fromkeys(code for code in codes if unicodedata.category(chr(code)).startswith("P"))


def _any_of(texts: tuple[str, ...]) -> BoundedPattern:
    # The longest first: a choice that begins another must not stand in for it.
    return BoundedPattern("|".join(sorted((re.escape(each) for each in texts), key=len, reverse=True)))


@cache
def _behind_colon(letters: str) -> BoundedPattern:
    return BoundedPattern(rf":[\s]*({letters})")
