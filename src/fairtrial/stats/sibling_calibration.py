"""The tables behind the twin: false alarms, power, and the sizes it needs. Same draws and seed, same tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from fairtrial.stats.clustered import Floats
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.sibling_power import (
    World,
    accuracy_power,
    accuracy_power_exact,
    cleared,
    null_audits,
    rank_power,
)
from fairtrial.stats.siblings import sibling_accuracy

LEVELS: Final = (0.05, 0.01, 0.001)
BOUND_LEVEL: Final = 0.998
"""Of the two-sided Clopper-Pearson bounds: each end alone has level 0.999."""

SIZES: Final = (164, 500, 1_319, 5_000)
INFLATIONS: Final = (0.02, 0.04, 0.08, 0.16)
TOLERANCES: Final = ((0.10, 600), (0.05, 1_250), (0.05, 2_500))
SHIFTS: Final = ((1_000, 0.2), (1_000, 0.1), (164, 0.4))


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a test rejected at `level`, `hits` of `draws`, with bounds. what: "at the end" for p-values,
    "at any time" for e-processes watched after every item."""

    test: str
    what: str
    level: float
    hits: int
    draws: int

    @property
    def bounds(self) -> tuple[float, float]:
        return clopper_pearson(self.hits, self.draws, level=BOUND_LEVEL)

    @property
    def holds(self) -> bool:
        return self.bounds[0] <= self.level


def null_rates(right: Floats, scores: Floats, *, fresh: int, draws: int, seed: int) -> list[Rate]:
    """False alarms of null audits of one model; see `null_audits`."""
    found = null_audits(
        right, scores, fresh=fresh, levels=LEVELS, draws=draws, rng=np.random.default_rng(seed)
    )
    tests = (
        ("sibling accuracy", "at the end", found.accuracy),
        ("sibling accuracy", "at any time", found.accuracy_e),
        ("sibling rank", "at the end", found.rank),
        ("sibling rank", "at any time", found.rank_e),
    )
    return [Rate(test, what, level, counts[level], draws) for test, what, counts in tests for level in LEVELS]


def harder_form(*, draws: int, seed: int) -> Iterator[tuple[float, Rate]]:
    """(points by which the fresh form is harder, false alarms at 0.01 with 1,319 items): what happens without a
    random draw. Nothing is memorised; one form is merely easier."""
    rng = np.random.default_rng(seed)
    for gap in (0.0, 0.01, 0.02, 0.03, 0.05):
        hits = sum(_easier(1_319, gap, rng) for _ in range(draws))
        yield 100 * gap, Rate("one-sided McNemar", "at the end", 0.01, hits, draws)


def _easier(n: int, gap: float, rng: np.random.Generator) -> bool:
    """One audit of an honest model (accuracy 0.6, correlation 0.7) whose fresh form is harder by `gap`."""
    item = rng.normal(size=n) * np.sqrt(0.7)
    noise = rng.normal(size=(n, 2)) * np.sqrt(0.3)
    bars = np.array([_bar(0.6), _bar(0.6 - gap)])
    table = (item[:, None] + noise < bars).astype(np.float64)
    return sibling_accuracy(table[:, 0], table[:, 1:]).p <= 0.01


def _bar(accuracy: float) -> float:
    return NormalDist().inv_cdf(accuracy)


def accuracy_powers(*, draws: int, seed: int) -> Iterator[tuple[float, int, int, float]]:
    """(inflation in points, items, fresh siblings, power at 0.01): exact for one sibling, simulated for seven."""
    rng = np.random.default_rng(seed)
    for inflation in INFLATIONS:
        for n in SIZES:
            yield 100 * inflation, n, 1, accuracy_power_exact(World(n, 1, inflation=inflation), 0.01)
            if n <= 1_319:
                world = World(n, 7, inflation=inflation)
                yield 100 * inflation, n, 7, accuracy_power(world, 0.01, draws=draws, rng=rng)


def rank_powers(*, draws: int, seed: int) -> Iterator[tuple[int, float, int, float]]:
    """(items, shift in sibling standard deviations, fresh siblings, power at 0.001)."""
    rng = np.random.default_rng(seed)
    for n, shift in SHIFTS:
        for fresh in (1, 3, 7, 15):
            yield n, shift, fresh, rank_power(n, fresh, shift, 0.001, draws=draws, rng=rng)


def clearances(*, draws: int, seed: int) -> Iterator[tuple[float, int, float, float]]:
    """(tolerance in points, items, correlation, share of draws in which an honest model is cleared), with three
    fresh siblings at level 0.01."""
    rng = np.random.default_rng(seed)
    for tolerance, n in TOLERANCES:
        for alike in (0.0, 0.7):
            share = cleared(World(n, 3, alike=alike), tolerance, 0.01, draws=draws, rng=rng)
            yield 100 * tolerance, n, alike, share
