"""Marking by running: what a model wrote, what it is examined with, what the sandbox rules, and how that scores.

    Output + Sample -> Trial -> (sandbox) -> Ruling -> Score

The program and the exam never meet in one process. What the program causes (a crash, a hang, a flood) is a
ruling against it, with a cause; a fault of ours is an error, and never a ruling.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output
from fairtrial.core.record import Score
from fairtrial.core.sample import Sample

Compare: TypeAlias = Literal["equal", "close", "set", "custom"]


@dataclass(frozen=True, slots=True)
class Exam:
    """What the oracle holds and the program never sees. All code is Python source.

    reference: defines `entry_point` and everything that `test` calls besides the program under test.
    test: defines `check(candidate)`, which raises where the program is wrong; "" where the results on inputs
    are compared with the reference's instead. inputs: argument lists, plain JSON. generator: defines
    `generate(random)`, which yields argument tuples from a `random.Random`; "" for none. count: how many are
    taken from it. compare: how a result is held against the reference's: equal; close, within `tolerance`
    (relative and absolute); set, order and repetition aside; custom, by `same(expected, got, *arguments)` that
    `comparison` defines. further: inputs to derive from those seen, reported beside the ruling and never in it.
    seed: for generator and derivation.
    """

    entry_point: str
    reference: str
    test: str = ""
    inputs: tuple[tuple[JSON, ...], ...] = ()
    generator: str = ""
    count: int = 0
    compare: Compare = "equal"
    tolerance: float = 0.0
    comparison: str = ""
    further: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.entry_point.isidentifier():
            raise UsageError(f"{self.entry_point!r:.60} can't name a function")
        if not (self.test or self.inputs or (self.generator and self.count > 0)):
            raise UsageError(
                f"nothing tests {self.entry_point}", "give a test, inputs, or a generator and a count"
            )
        if not 0 <= self.tolerance < math.inf:
            raise UsageError(
                f"{self.entry_point}: a tolerance of {self.tolerance}", "give a number of at least 0"
            )
        if (self.compare == "custom") != bool(self.comparison):
            raise UsageError(f"{self.entry_point}: a custom comparison needs code, and any other has none")


@dataclass(frozen=True, slots=True)
class Trial:
    """One program before its judge. program: Python source that should define the exam's entry point.

    readings: other programs that the same answer could be read as, by name. They are judged beside it, each in a
    trial of its own, and never in it.
    """

    program: str
    exam: Exam
    readings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the sandbox says about one trial.

    passed: every test held, and at least one call reached the program. cause: a short stable word for what went
    wrong ("wrong-answer", "raised", "timeout", "memory", "crashed", "flood", "bad-reply", "no-call",
    "no-function", "too-large"), "" where it passed. detail: one line for a person, from hostile bytes. calls:
    replies that were taken. further: None where no further inputs were asked for or the exam was failed,
    otherwise whether the program agreed with the reference on them all. seconds: wall time of the whole trial.
    others: whether each of the trial's other readings passed, by name; `judge` leaves it empty, the runner fills
    it.
    """

    passed: bool
    cause: str = ""
    detail: str = ""
    calls: int = 0
    further: bool | None = None
    seconds: float = 0.0
    others: Mapping[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.passed != (not self.cause) or (self.passed and self.calls < 1):
            raise UsageError(f"a ruling of passed={self.passed}, cause {self.cause!r}, {self.calls} calls")


class Sandbox(Protocol):
    """Runs programs that nobody trusts. Blocking, and safe to call from several threads at once."""

    @property
    def form(self) -> Mapping[str, JSON]:
        """Backend, version and limits: goes into every record of an executed score."""
        ...

    def judge(self, trial: Trial) -> Ruling:
        """Raises ProviderError (cause "sandbox", retryable) for a fault of ours: then there is no ruling."""
        ...


@runtime_checkable
class ExecutedScorer(Protocol):
    """A scorer that needs a sandbox: the runner judges between `trial` and `score`, off the event loop."""

    @property
    def form(self) -> Mapping[str, JSON]: ...

    def trial(self, output: Output, sample: Sample) -> Trial | Score:
        """What to run; or the score at once, where there is nothing to run (refused, cut, no code found)."""
        ...

    def score(self, ruling: Ruling, output: Output, sample: Sample) -> Score: ...
