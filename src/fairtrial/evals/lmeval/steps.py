"""The steps of a filter pipeline, each from one text to the next (`filters/*.py`, lm-eval 0.4.13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from fairtrial.core.canon import JSON
from fairtrial.evals.lmeval.patterns import BoundedPattern

INVALID: Final = "[invalid]"
"""What lm-eval puts where a step finds nothing and the file states nothing else."""


class Step(Protocol):
    """One step. `choices` are those of the row, for steps that look for their text. `fallback` is what lm-eval
    goes on with where `apply` gives None: the step found nothing."""

    @property
    def form(self) -> Mapping[str, JSON]: ...

    @property
    def fallback(self) -> str: ...

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Regex:
    """The selected match: its first group that holds something, blanks around it off."""

    pattern: BoundedPattern
    select: int
    fallback: str = INVALID

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "function": "regex",
            "regex_pattern": self.pattern.pattern,
            "group_select": self.select,
            "fallback": self.fallback,
        }

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        found = self.pattern.select(text, self.select)
        if isinstance(found, tuple):
            found = next((part for part in found if part), None)
        return None if found is None else found.strip()


@dataclass(frozen=True, slots=True)
class Recast:
    """remove_whitespace, lowercase or uppercase."""

    function: str
    fallback: str = INVALID

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"function": self.function}

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        if self.function == "remove_whitespace":
            return text.strip()
        return text.lower() if self.function == "lowercase" else text.upper()


@dataclass(frozen=True, slots=True)
class Translate:
    """The text that stands for the answer in a table. fallback: the table's default value; without one
    lm-eval has no answer."""

    table: Mapping[str, str]
    fallback: str = INVALID

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"function": "map", "mapping_dict": dict(self.table), "default_value": self.fallback}

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        return self.table.get(text)
