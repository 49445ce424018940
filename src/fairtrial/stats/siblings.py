"""Published against fresh siblings: tests whose null distribution is our own random draw.

Of K + 1 interchangeable siblings of an item a committed draw published one. Whatever the model, if it and its
configuration don't depend on that draw, the published sibling may as well have been any of them. So the
false-alarm rate holds in finite samples, for every model, with no assumption about data or training.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlog1py, xlogy

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Labels, clustered_mean
from fairtrial.stats.intervals import z_quantile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TILTS: Final = (1.25, 1.5, 2.0, 4.0)
"""Odds ratios that the e-process for accuracy bets on, a quarter each."""

STAKES: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Stakes that the e-process for ranks bets, a fifth each."""

POWER: Final = 0.8
"""Of every minimum detectable effect."""

FEW_TEMPLATES: Final = 5
"""Templates below which the inflation's interval is over items: it then speaks of these templates only."""


@dataclass(frozen=True, slots=True)
class Inflation:
    """Mean of published minus fresh, a fraction in [-1, 1], with its interval and standard error."""

    value: float
    low: float
    high: float
    se: float
    method: str


@dataclass(frozen=True, slots=True)
class Exact:
    """statistic: what was counted; expected: its mean under the null. p: exact, one-sided, never above 1.
    e: the e-process after each item in the order given, shape (items,); each entry has mean at most 1 under
    the null, at any stopping time."""

    statistic: float
    expected: float
    p: float
    e: Floats


def sibling_accuracy(published: ArrayLike, fresh: ArrayLike) -> Exact:
    """Are published siblings answered right more often than the draw explains?

    published: (n,), 1 right and 0 wrong; fresh: (n, K), the same for K fresh siblings of each item, K >= 1.
    Given the K + 1 outcomes of an item, s of them right, the published one is right with chance
    s / (K + 1) under the null; the sum is Poisson-binomial. With K = 1 this is the exact one-sided McNemar
    test. Raises UsageError for outcomes other than 0 and 1, no item, or K = 0.
    """
    x, chances = _outcomes(published, fresh)
    count = int(x.sum())
    return Exact(
        count, float(chances.sum()), poisson_binomial_tail(chances, count), accuracy_process(x, chances)
    )


def sibling_accuracy_sampled(
    published: ArrayLike, fresh: ArrayLike, *, rng: np.random.Generator, draws: int = 9_999
) -> float:
    """The p-value where outcomes are shares of right answers (sampled decoding): the published label is drawn
    anew within each item `draws` times, p = (1 + as extreme) / (draws + 1).

    published: (n,), fresh: (n, K), in [0, 1]. With 9,999 draws p is never below 0.0001.
    """
    table = _table(published, fresh)
    if not (table.min() >= 0 and table.max() <= 1):
        raise UsageError("a share of right answers lies outside [0, 1]")
    n, width = table.shape
    observed = float(table[:, 0].sum())
    extreme, done = 0, 0
    while done < draws:
        batch = min(draws - done, max(1, 2_000_000 // n))
        picks = rng.integers(0, width, (batch, n))
        extreme += int(np.count_nonzero(table[np.arange(n), picks].sum(axis=1) >= observed - 1e-9))
        done += batch
    return (1 + extreme) / (draws + 1)


def sibling_rank(ranks: ArrayLike, fresh: int) -> Exact:
    """Are published siblings ranked higher than the draw explains?

    ranks: (n,), how many of the item's `fresh` (K) siblings scored below the published one, 0 to K, ties
    already broken at random. Under the null each is uniform on 0 … K. Statistic: the rank sum.
    """
    values = np.asarray(ranks)
    if fresh < 1:
        raise UsageError("a published item without a fresh sibling can't be ranked", "draw at least one")
    if values.ndim != 1 or values.size == 0 or not np.isin(values, np.arange(fresh + 1)).all():
        raise UsageError(f"a rank is not a whole number from 0 to {fresh}")
    total = int(values.sum())
    return Exact(
        total,
        values.size * fresh / 2,
        uniform_sum_tail(values.size, fresh, total),
        rank_process(values.astype(np.float64), fresh),
    )


def poisson_binomial_tail(chances: ArrayLike, at_least: int) -> float:
    """P(sum of independent coins >= at_least); chances: (n,) in [0, 1].

    Equal coins are one binomial; the binomials are convolved term by term, all terms positive, so that the
    relative error stays near 1e-12 however small the tail.
    """
    values = np.asarray(chances, dtype=np.float64)
    distribution = np.ones(1)
    for chance, count in zip(*np.unique(values, return_counts=True), strict=True):
        distribution = np.convolve(distribution, _binomial(int(count), float(chance)))
    return float(min(1.0, distribution[max(0, at_least) :].sum()))


def uniform_sum_tail(n: int, top: int, at_least: int) -> float:
    """P(sum of n independent uniforms on {0 … top} >= at_least)."""
    return float(uniform_sum_tails(n, top)[max(0, at_least)])


def uniform_sum_tails(n: int, top: int) -> Floats:
    """(n top + 1,): that chance for each value the sum can take, by repeated squaring of the convolution."""
    power, distribution = np.full(top + 1, 1 / (top + 1)), np.ones(1)
    while n:
        if n & 1:
            distribution = np.convolve(distribution, power)
        n >>= 1
        if n:
            power = np.convolve(power, power)
    return np.minimum(1.0, np.cumsum(distribution[::-1])[::-1])


def accuracy_process(x: Floats, chances: Floats) -> Floats:
    """Mean over TILTS of the running product of tilt^x / (1 - q + q tilt): each factor has mean 1 where x is a
    coin with chance q. x, chances: (n,) or (audits, n); the last axis is time. Returns the same shape."""
    paths = [
        np.cumsum(x * math.log(tilt) - np.log1p(chances * (tilt - 1)), axis=-1, dtype=np.float64)
        for tilt in TILTS
    ]
    return _mean_exp(paths)


def rank_process(ranks: Floats, top: int) -> Floats:
    """Mean over STAKES of the running product of 1 + stake (2 r / K - 1), each of mean 1 for uniform r."""
    lean = 2 * ranks / top - 1
    return _mean_exp([np.cumsum(np.log1p(stake * lean), axis=-1) for stake in STAKES])


def accuracy_mde(chances: ArrayLike, fresh: int, *, alpha: float) -> float:
    """Smallest inflation, a fraction, that `sibling_accuracy` finds with probability 0.8.

    chances: (n,), s / (K + 1) of each item; fresh: K. Normal approximation; infinite where no item is
    discordant: then nothing could have been found.
    """
    q = np.asarray(chances, dtype=np.float64)
    spread = float((q * (1 - q)).sum())
    if spread == 0:
        return math.inf
    return _deviates(alpha) * (fresh + 1) / fresh * math.sqrt(spread) / q.size


def rank_share_mde(n: int, fresh: int, *, alpha: float) -> float:
    """Smallest excess over 1/2 of the share of siblings that score below the published one, found by
    `sibling_rank` with probability 0.8: (z_{1-alpha} + z_{0.8}) sqrt((K + 2) / (12 K n))."""
    return _deviates(alpha) * math.sqrt((fresh + 2) / (12 * fresh * n))


def rank_mde(n: int, fresh: int, *, alpha: float) -> float:
    """The same as a shift of the published score, in standard deviations of a sibling's score, if both are
    normal: solves Phi(d / sqrt 2) - 1/2 = the share. Infinite where no shift would be found that often."""
    needed = rank_share_mde(n, fresh, alpha=alpha) + 0.5
    return math.sqrt(2) * NormalDist().inv_cdf(needed) if needed < 1 else math.inf


def gaps(published: ArrayLike, fresh: ArrayLike) -> Floats:
    """(n,): published minus the mean of the fresh siblings, item by item. Their mean is the inflation."""
    table = _table(published, fresh)
    return np.asarray(table[:, 0] - table[:, 1:].mean(axis=1))


def inflation(
    published: ArrayLike, fresh: ArrayLike, *, templates: Labels | None = None, level: float = 0.98
) -> Inflation:
    """How much higher the published form scores than interchangeable fresh ones, with a t interval.

    Over templates where there are at least 5, by `clustered_mean`, and over items otherwise. Never narrower
    than z^2 / (n + z^2) to either side, n the items: Tango's score interval has that width where nothing
    differs, and a model that answers everything right must not look as if it had been measured exactly.
    """
    values = gaps(published, fresh)
    count = 0 if templates is None else len(set(templates))
    by_template = count >= FEW_TEMPLATES
    mean = clustered_mean(values, templates if by_template else None)
    low, high = mean.interval(level=level)
    z = z_quantile(level)
    least = z * z / (values.size + z * z)
    method = f"paired t over {count} templates" if by_template else "paired t over items"
    if least > mean.value - low or least > high - mean.value:
        method += ", few differ: half-width at least z²/(n + z²)"
    low, high = min(low, mean.value - least), max(high, mean.value + least)
    return Inflation(mean.value, max(-1.0, low), min(1.0, high), mean.se, method)


def _outcomes(published: ArrayLike, fresh: ArrayLike) -> tuple[Floats, Floats]:
    table = _table(published, fresh)
    if not np.isin(table, (0.0, 1.0)).all():
        raise UsageError("an outcome is neither right nor wrong", "use sibling_accuracy_sampled for shares")
    return table[:, 0], table.mean(axis=1)


def _table(published: ArrayLike, fresh: ArrayLike) -> Floats:
    """(n, K + 1), the published sibling first."""
    x, y = np.asarray(published, dtype=np.float64), np.asarray(fresh, dtype=np.float64)
    if x.ndim != 1 or y.ndim != 2 or len(x) != len(y):
        raise UsageError(f"published {x.shape} and fresh {y.shape} are not (n,) and (n, K) of the same items")
    if x.size == 0 or y.shape[1] == 0:
        raise UsageError(
            "nothing to compare: no item, or no fresh sibling", "ask at least one fresh sibling an item"
        )
    return np.column_stack([x, y])


def _binomial(n: int, chance: float) -> Floats:
    """Probabilities of 0 … n heads."""
    k = np.arange(n + 1)
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(np.exp(choose + xlogy(k, chance) + xlog1py(n - k, -chance)))


def _mean_exp(logs: list[Floats]) -> Floats:
    """Mean of exp, entry by entry, without overflow on the way; beyond the largest float it is that."""
    stacked = np.stack(logs)
    peak = stacked.max(axis=0)
    mean = np.log(np.exp(stacked - peak).mean(axis=0)) + peak
    return np.asarray(np.exp(np.minimum(mean, 709.0)))


def _deviates(alpha: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)
