"""How well the intervals cover and how often the tests cry wolf: measured on data whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairtrial.core.errors import UsageError
from fairtrial.stats.alarms import ALARMS
from fairtrial.stats.coverage import COVERAGE
from fairtrial.stats.coverage_pairs import COVERAGE_OF_PAIRS
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.trial import Group, Kind, Trial

Verdict = Literal["holds", "close", "short"]

BOUND_LEVEL = 0.99
"""Level of the Clopper-Pearson bounds on each measured rate."""

CLOSE = 0.015
"""How far beyond its bounds a promise may lie to count as nearly kept."""

GROUPS: tuple[Group, ...] = (*COVERAGE, *COVERAGE_OF_PAIRS, *ALARMS)


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One method in one setting, measured.

    kind: "coverage" (should be at least `promised`), "false alarm" (at most), "power" (equal to it).
    rate: hits of draws, low and high: its Clopper-Pearson bounds at level 0.99. verdict: "holds" where the
    bounds reach the promise, "close" where they miss it by at most 0.015, "short" beyond. used: whether
    Fairtrial's own results rest on this method in this setting; rows that are not used show why. note: why a
    method that is used falls short where it is known to, empty otherwise.
    """

    kind: Kind
    method: str
    setting: str
    promised: float
    rate: float
    low: float
    high: float
    draws: int
    verdict: Verdict
    used: bool
    note: str

    @property
    def broken(self) -> bool:
        """A promise that Fairtrial relies on, not kept, and not known not to be."""
        return self.used and self.verdict == "short" and not self.note


def calibrate(draws: int = 20_000, seed: int = 0) -> tuple[CalibrationRow, ...]:
    """Measure every interval and test of this package. Same draws and seed, same rows.

    draws: simulated data sets a row, at least 100; slow methods take a stated fraction of them, at least 100.
    seed: at least 0.
    """
    if draws < 100:
        raise UsageError(f"{draws} draws measure nothing", "give at least 100")
    if seed < 0:
        raise UsageError(f"a seed of {seed} can't be used", "give 0 or more")
    return tuple(row for group in GROUPS for row in measure(group, draws, seed))


def measure(group: Group, draws: int, seed: int) -> Iterator[CalibrationRow]:
    """One group's rows. Its randomness depends on the seed and its name, so it can be repeated alone."""
    name = int.from_bytes(group.__name__.encode(), "big")
    for trial in group(draws, np.random.default_rng([seed, name])):
        yield _row(trial)


def _row(trial: Trial) -> CalibrationRow:
    low, high = clopper_pearson(trial.hits, trial.draws, level=BOUND_LEVEL)
    if trial.kind == "coverage":
        miss = trial.promised - high
    elif trial.kind == "false alarm":
        miss = low - trial.promised
    else:
        miss = max(trial.promised - high, low - trial.promised)
    verdict: Verdict = "holds" if miss <= 0 else "close" if miss <= CLOSE else "short"
    return CalibrationRow(
        trial.kind,
        trial.method,
        trial.setting,
        trial.promised,
        trial.hits / trial.draws,
        low,
        high,
        trial.draws,
        verdict,
        trial.used,
        trial.note,
    )
