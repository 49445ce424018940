"""One sample answered once: its output and its score, or the failure that took the score's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output

State = Literal["right", "wrong", "partial", "unparsed", "truncated", "refused", "failed"]
STATES: tuple[State, ...] = ("right", "wrong", "partial", "unparsed", "truncated", "refused", "failed")

_NO_CREDIT = ("wrong", "unparsed", "truncated", "refused")

AS_IT_STANDS = "cut answers as they stand"
"""Key in `Score.others`: the score if an answer cut by the length limit is taken as it stands."""

DERIVED = "with derived inputs"
"""Key in `Score.others`: the score if inputs derived from the tests' own counted as tests too."""

UNMARKED = "scoring"
"""Cause of a failure in which the answer came but could not be marked: marked again, not asked again."""


@dataclass(frozen=True, slots=True)
class Score:
    """One sample's outcome. `value` in [0, 1]; unparsed, truncated and refused earn 0 and are told apart.

    answer: what the extractor read, None where it found nothing. others: the value this same reply would
    have under other extractors or metrics, by name. Raises UsageError for a value outside [0, 1], or one
    that does not go with the state: the counts and the score of a run must never tell two stories.
    """

    state: State
    value: float
    answer: str | None = None
    others: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.state == "right":
            fits = self.value == 1
        elif self.state == "partial":
            fits = 0 < self.value < 1
        else:
            fits = self.value == 0 and self.state in _NO_CREDIT
        if not fits:
            raise UsageError(f"a score of {self.value} can't be called {self.state!r}")
        for name, value in self.others.items():
            if not 0 <= value <= 1:
                raise UsageError(f"a score of {value} under {name!r} lies outside 0 to 1")


@dataclass(frozen=True, slots=True)
class Failure:
    """No usable answer came. Never a zero: a failed sample leaves the denominator and is counted."""

    cause: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at the wire. `at` is RFC 3339 UTC; `cause` is None for the try that succeeded; `waited_s` is
    the pause before it, in seconds."""

    at: str
    duration_s: float
    status: int | None = None
    cause: str | None = None
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Execution:
    """How a score came from running a program. sandbox: backend, version and limits, as the sandbox states them.
    cause, detail: why it was ruled against, both "" where it passed. calls: replies that were taken. seconds:
    wall time of the whole trial."""

    sandbox: Mapping[str, JSON]
    cause: str = ""
    detail: str = ""
    calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a run's journal. `groups` holds the sample's metadata that slices and clusters read.
    execution: only of a score that came from running a program."""

    sample_id: str
    epoch: int
    input: str
    target: tuple[str, ...]
    question: str
    result: Score | Failure
    output: Output | None = None
    choices: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    cost_usd: str | None = None
    execution: Execution | None = None

    @property
    def key(self) -> tuple[str, int]:
        return (self.sample_id, self.epoch)

    @property
    def state(self) -> State:
        return "failed" if isinstance(self.result, Failure) else self.result.state
