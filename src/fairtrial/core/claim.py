"""Who says what score, of which model, on what, under which conditions, and where it was published."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the score was obtained, as far as the claim says. None: it doesn't say, which is undisclosed and never
    taken for a default.

    shots: worked examples before a question. prompt: the benchmark's form by name ("completion", "generative"),
    or a template. system: system text, "" for none. temperature; max_tokens: per answer. extraction: how the
    answer is read, by the reading's name. samples: answers a question.
    """

    shots: int | None = None
    prompt: str | None = None
    system: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    extraction: str | None = None
    samples: int | None = None

    @property
    def undisclosed(self) -> tuple[str, ...]:
        """Names of the conditions that the claim leaves open."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is None)

    def to_json(self) -> dict[str, JSON]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


OPEN = Conditions()
"""Nothing is disclosed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A published score, and by how much the truth may differ for it still to hold.

    statement: the sentence that a verdict speaks about. value: the score, a fraction; None where the claim
    states none. n: items it was measured on, None where unsaid. tolerance: a fraction. source: where it was
    published; date: when, as written there. family: where the claim is about the published form of an item
    family, its name, and then draw: the file of the draw that published it, "" for the demonstration. decimals:
    how many the value was printed with, None where it is exact. Raises UsageError for numbers that no score can
    have.
    """

    statement: str
    model: str
    task: str
    value: float | None = None
    tolerance: float | None = None
    source: str = ""
    metric: str = "accuracy"
    n: int | None = None
    date: str = ""
    conditions: Conditions = OPEN
    family: str = ""
    draw: str = ""
    decimals: int | None = None

    def __post_init__(self) -> None:
        if self.value is not None and not (math.isfinite(self.value) and 0 <= self.value <= 1):
            raise UsageError(
                f"a score of {self.value:g} lies outside 0 to 1", "write it as a fraction: 0.855 for 85.5 %"
            )
        if self.n is not None and self.n < 1:
            raise UsageError(f"a score on {self.n} items", "give the number of items, at least 1")
        if self.tolerance is not None and not 0 < self.tolerance < 1:
            raise UsageError(f"a tolerance of {self.tolerance:g}", "give a fraction: 0.02 for 2 points")

    @property
    def rounding(self) -> float:
        """By how much the exact score may lie off the value printed: half of its last digit. Nothing for 0 and 1:
        whoever states 100 % says that nothing was wrong."""
        if self.decimals is None or self.value in (None, 0, 1):
            return 0.0
        return 0.5 * 10.0**-self.decimals

    def to_json(self) -> dict[str, JSON]:
        return {
            "statement": self.statement,
            "model": self.model,
            "task": self.task,
            "metric": self.metric,
            "value": self.value,
            "n": self.n,
            "tolerance": self.tolerance,
            "conditions": self.conditions.to_json(),
            "source": self.source,
            "date": self.date,
            "family": self.family,
            "draw": self.draw,
        }
