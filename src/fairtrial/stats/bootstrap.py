"""Resampled intervals for the difference of two sides on the same items, alone or in clusters."""

from __future__ import annotations

from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats, Labels, cluster_sums
from fairtrial.stats.intervals import check_level

_AT_ONCE = 4_000_000


def paired_bootstrap(
    a: ArrayLike,
    b: ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: Labels | None = None,
    draws: int = 10_000,
    level: float = 0.95,
    method: Literal["percentile", "bca"] = "percentile",
) -> tuple[float, float]:
    """Interval for the mean of a - b, items (or, given labels, whole clusters) drawn with replacement.

    a, b: scores of the same items in the same order. rng: the only source of randomness. "bca" corrects the
    percentiles for bias and skewness; where nothing varies both give a single point, which no bootstrap can
    see beyond. Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 13 and 14.
    """
    check_level(level)
    if draws < 100:
        raise UsageError(f"{draws} bootstrap draws are too few", "give at least 1,000")
    left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if left.shape != right.shape or left.size == 0:
        raise UsageError(f"{left.size} and {right.size} scores are not pairs")
    sums = cluster_sums(left - right, clusters)
    sizes = cluster_sums(np.ones_like(left), clusters)
    means = _resampled(sums, sizes, rng, draws)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        tails = _corrected(tails, means, sums, sizes)
    low, high = np.quantile(means, tails)
    return float(low), float(high)


def _resampled(sums: Floats, sizes: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Means of `draws` resamples. Clusters that look alike are drawn together, by one multinomial count: the
    same distribution as drawing indices, and a few numbers a draw where scores are 0 or 1."""
    kinds, counts = np.unique(np.column_stack((sums, sizes)), axis=0, return_counts=True)
    shares = counts / sums.size
    means = np.empty(draws)
    batch = max(1, _AT_ONCE // len(kinds))
    for start in range(0, draws, batch):
        drawn = rng.multinomial(sums.size, shares, size=min(batch, draws - start))
        totals = drawn @ kinds
        means[start : start + len(drawn)] = totals[:, 0] / totals[:, 1]
    return means


def _corrected(tails: Floats, means: Floats, sums: Floats, sizes: Floats) -> Floats:
    """The percentiles BCa reads in place of the plain ones; the plain ones where nothing varies."""
    normal = NormalDist()
    estimate = sums.sum() / sizes.sum()
    # Ties count one half: with right/wrong scores many resamples equal the estimate exactly.
    below = (np.count_nonzero(means < estimate) + 0.5 * np.count_nonzero(means == estimate)) / means.size
    if not 0 < below < 1 or sums.size < 2:
        return tails
    bias = normal.inv_cdf(float(below))
    left_out = (sums.sum() - sums) / (sizes.sum() - sizes)
    spread = left_out.mean() - left_out
    scale = float((spread**2).sum()) ** 1.5
    skew = float((spread**3).sum()) / (6 * scale) if scale > 0 else 0.0
    deviates = [bias + normal.inv_cdf(float(tail)) for tail in tails]
    return np.array([normal.cdf(bias + each / (1 - skew * each)) for each in deviates])
