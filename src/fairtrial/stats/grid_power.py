"""What the proof-tier tests find in models whose truth was planted: power by exposures and items, over trunks.

Up to as many items as a trunk has of one kind, power is the share of random parts of them in which the test
rejects, averaged over trunks: the exact test on real answers. Beyond, the trunks' items are pooled, and the power
of the average model follows from the mean and spread of an item's contribution, by the normal approximation.
Nothing is said about more items than all trunks have together. Intervals speak of trunks: t over trunks, and for
pooled items a bootstrap that draws whole trunks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
from scipy.special import ndtr

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import clustered_mean
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.sibling_calibration import LEVELS
from fairtrial.stats.siblings import Floats, Ints, poisson_binomial_tail, uniform_sum_tails
from fairtrial.stats.standing import Standing

SIZES: Final = (50, 100, 200, 500, 1_000)
POWER: Final = 0.8
STRICT: Final = 0.001
_TRUNKS_DRAWN: Final = 400
_LEVEL: Final = 0.95


class Found(NamedTuple):
    """Power of n items at a level, with its interval over trunks. pooled: by the normal approximation."""

    n: int
    level: float
    power: float
    low: float
    high: float
    pooled: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """A test on texts of one kind: planted in this stage, so often.

    items: of all trunks. lean: mean of an item's contribution over its mean under the null, as a share of the
    largest possible: 0 where nothing is to be found. needed: the items that give power 0.8 at level 0.001, with
    an interval over trunks (None for a single trunk); None where more than `items` would be.
    """

    test: str
    stage: str
    exposures: int
    trunks: int
    items: int
    lean: float
    found: tuple[Found, ...]
    needed: int | None = None
    needed_low: int | None = None
    needed_high: int | None = None

    def at(self, n: int, level: float) -> Found | None:
        return next((each for each in self.found if each.n == n and each.level == level), None)


@dataclass(frozen=True, slots=True)
class Items:
    """One trunk's items. x: (items,), what the test adds up: ranks from 0 to `top`, or right (1) and wrong (0).
    chances: (items,), of a 1 under the null; None for ranks, which are uniform."""

    x: Floats
    chances: Floats | None
    top: int = 1

    @property
    def null_mean(self) -> Floats:
        return np.full(self.x.size, self.top / 2) if self.chances is None else self.chances

    @property
    def null_variance(self) -> Floats:
        if self.chances is None:
            return np.full(self.x.size, self.top * (self.top + 2) / 12)
        return self.chances * (1 - self.chances)

    def p(self, rows: Ints, tails: Floats | None) -> float:
        total = int(self.x[rows].sum())
        if self.chances is None:
            return float((uniform_sum_tails(rows.size, self.top) if tails is None else tails)[total])
        return poisson_binomial_tail(self.chances[rows], total)


def rank_items(own: Floats, others: Floats, rng: np.random.Generator) -> Items:
    """own: (items,), scores of the published siblings; others: (items, K). Ties are broken by lot."""
    tied = (others == own[:, None]).sum(axis=1)
    ranks = (others < own[:, None]).sum(axis=1) + rng.integers(0, tied + 1)
    return Items(ranks.astype(np.float64), None, others.shape[1])


def accuracy_items(own: Floats, others: Floats) -> Items:
    """own: (items,), 1 where the published sibling is answered right; others: (items, K)."""
    return Items(own, np.column_stack([own, others]).mean(axis=1))


def keyed_items(given: Ints, key: Ints, answers: Ints) -> Items:
    """Questions whose answer is one of the right ones; see `grid_nulls.keyed_nulls`."""
    eligible = given >= 0
    return Items((given[eligible] == key[eligible]).astype(np.float64), 1 / answers[eligible])


def curve(
    test: str,
    stage: str,
    exposures: int,
    trunks: Sequence[Items],
    *,
    draws: int,
    rng: np.random.Generator,
    sizes: Sequence[int] = SIZES,
) -> Curve:
    """draws: random parts of a trunk's items at each n."""
    if not trunks or any(each.x.size == 0 for each in trunks):
        raise UsageError(f"{test}, {stage}: a trunk without an item has no power to measure")
    moments = _Moments.of(trunks)
    smallest, items = min(each.x.size for each in trunks), sum(each.x.size for each in trunks)
    found: list[Found] = []
    for n in sizes:
        if n <= smallest:
            found += _by_parts(trunks, n, draws, rng)
        elif n <= items:
            found += [moments.found(n, level) for level in LEVELS]
    needed, low, high = moments.needed(STRICT, items)
    return Curve(
        test,
        stage,
        exposures,
        len(trunks),
        items,
        round(float(moments.lean[0]), 4),
        tuple(found),
        needed,
        low,
        high,
    )


def standings(test: str, stage: str, exposures: int, trunks: Sequence[Sequence[Standing]]) -> Curve:
    """A test whose n is a trunk's own: of each trunk one or several standings of as many things."""
    things = len(trunks[0][0].ranks)
    found = []
    for level in LEVELS:
        shares = [float(np.mean([each.p <= level for each in trunk])) for trunk in trunks]
        found.append(_over_trunks(things, level, shares))
    lean = float(np.mean([each.share for trunk in trunks for each in trunk]))
    items = things * sum(map(len, trunks))
    return Curve(test, stage, exposures, len(trunks), items, round(lean, 4), tuple(found))


def _by_parts(trunks: Sequence[Items], n: int, draws: int, rng: np.random.Generator) -> list[Found]:
    p_values = []
    for trunk in trunks:
        tails = uniform_sum_tails(n, trunk.top) if trunk.chances is None else None
        parts = (rng.permutation(trunk.x.size)[:n] for _ in range(draws))
        p_values.append(np.array([trunk.p(rows, tails) for rows in parts]))
    return [_over_trunks(n, level, [float((p <= level).mean()) for p in p_values]) for level in LEVELS]


def _over_trunks(n: int, level: float, shares: Sequence[float]) -> Found:
    """A single trunk says nothing about others. Where all trunks agree, t would have no width: then the interval
    is Clopper and Pearson's, a trunk counting as one try."""
    mean = clustered_mean(shares)
    low, high = mean.interval(level=_LEVEL)
    if len(shares) > 1 and mean.se == 0:
        found = mean.value * len(shares)
        low, _ = clopper_pearson(math.floor(found + 1e-9), len(shares), level=_LEVEL)
        _, high = clopper_pearson(math.ceil(found - 1e-9), len(shares), level=_LEVEL)
    return Found(n, level, round(mean.value, 4), round(max(0.0, low), 4), round(min(1.0, high), 4), False)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Of an item's contribution, (1 + bootstrap draws of trunks,), the trunks at hand first. lean, spread: mean
    and standard deviation, less the null mean; null: standard deviation under the null; all per item and as a
    share of the largest contribution."""

    lean: Floats
    spread: Floats
    null: Floats
    one: bool

    @classmethod
    def of(cls, trunks: Sequence[Items]) -> _Moments:
        top = trunks[0].top
        gaps = [(each.x - each.null_mean) / top for each in trunks]
        sums = np.array(
            [
                [gap.size, gap.sum(), (gap**2).sum(), each.null_variance.sum() / top**2]
                for gap, each in zip(gaps, trunks, strict=True)
            ]
        )
        rng = np.random.default_rng(len(trunks))
        picks = rng.integers(0, len(trunks), (_TRUNKS_DRAWN, len(trunks)))
        totals = np.vstack([sums.sum(axis=0), sums[picks].sum(axis=1)])
        size, total, squares, null = totals.T
        lean = total / size
        return cls(
            lean, np.sqrt(np.maximum(squares / size - lean**2, 0)), np.sqrt(null / size), len(trunks) == 1
        )

    def power(self, n: int, level: float) -> Floats:
        bar = NormalDist().inv_cdf(1 - level)
        above = math.sqrt(n) * self.lean - bar * self.null
        spread = np.maximum(self.spread, 1e-12)
        return np.where(self.null > 0, ndtr(above / spread), 0.0)

    def found(self, n: int, level: float) -> Found:
        powers = self.power(n, level)
        low, high = self._ends(powers[1:])
        return Found(n, level, round(float(powers[0]), 4), round(low, 4), round(high, 4), True)

    def needed(self, level: float, most: int) -> tuple[int | None, int | None, int | None]:
        sizes = np.unique(np.rint(np.geomspace(1, most, 400)).astype(np.int64))
        enough = np.array([self.power(int(n), level) >= POWER for n in sizes])
        first = np.where(enough.any(axis=0), sizes[enough.argmax(axis=0)], most + 1)
        low, high = np.quantile(first[1:], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], method="nearest")
        within = [int(n) if n <= most else None for n in (first[0], low, high)]
        return (within[0], None, None) if self.one else (within[0], within[1], within[2])

    def _ends(self, values: Floats) -> tuple[float, float]:
        if self.one:
            return 0.0, 1.0
        low, high = np.quantile(values, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        return float(low), float(high)
