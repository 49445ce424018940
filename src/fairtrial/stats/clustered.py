"""Means of scores that come in clusters: items that share a passage, a template or a repository."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from fairtrial.core.errors import UsageError
from fairtrial.stats.intervals import check_level

Floats: TypeAlias = NDArray[np.float64]
Labels: TypeAlias = Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its standard error and the degrees of freedom of its t distribution (clusters - 1)."""

    value: float
    se: float
    df: int

    def interval(self, *, level: float = 0.95) -> tuple[float, float]:
        """Value plus and minus t standard errors. Everything is possible where df is 0."""
        check_level(level)
        if self.df < 1:
            return -math.inf, math.inf
        half = float(stdtrit(self.df, (1 + level) / 2)) * self.se
        return self.value - half, self.value + half

    def p_value(self, *, null: float = 0.0) -> float:
        """Two-sided t test of "the mean is `null`"; 1 where there is no spread to judge by."""
        if self.df < 1 or self.se == 0:
            return 1.0
        return float(2 * stdtr(self.df, -abs(self.value - null) / self.se))


def cluster_sums(values: ArrayLike, clusters: Labels | None) -> Floats:
    """Sum of the values of each cluster, clusters in order of first appearance. None: every value is one."""
    array = _finite(values)
    if clusters is None:
        return array
    if len(clusters) != array.size:
        raise UsageError(f"{array.size} values but {len(clusters)} cluster labels")
    codes: dict[Hashable, int] = {}
    index = np.fromiter((codes.setdefault(label, len(codes)) for label in clusters), np.intp, array.size)
    return np.asarray(np.bincount(index, weights=array, minlength=len(codes)), dtype=np.float64)


def miller_se(values: ArrayLike, clusters: Labels) -> float:
    """Clustered standard error as printed: SE^2 + n^-2 sum over clusters of sum_{i != j} r_i r_j.

    Source: Miller (2024), arXiv 2411.00640, equation 4. Published figures can be checked with it;
    our own intervals use `clustered_mean`, which differs by the factor clusters / (clusters - 1).
    """
    array = _finite(values)
    n = array.size
    if n < 2:
        return math.inf
    residuals = array - array.mean()
    squares = float(residuals @ residuals)
    sums = cluster_sums(residuals, clusters)
    return math.sqrt(max(0.0, squares / (n * (n - 1)) + (float(sums @ sums) - squares) / n**2))


def clustered_mean(values: ArrayLike, clusters: Labels | None = None) -> Mean:
    """Mean of the values, standard error over clusters; None: every value is its own cluster.

    SE^2 = G/(G-1) * sum_c (sum of residuals in c)^2 / n^2, G clusters. For clusters of one value this is
    the usual standard error, and for equally large clusters the interval is the exact t interval over
    cluster means, where Miller's uncorrected figure is too small by sqrt((G-1)/G): 11 % at five clusters.
    It is what statsmodels calls cov_type="cluster". Raises UsageError for no values.
    Source: Liang and Zeger (1986); the correction as in Cameron and Miller (2015), J. Human Resources 50.
    """
    array = _finite(values)
    n = array.size
    mean = float(array.mean())
    sums = cluster_sums(array - mean, clusters)
    count = sums.size
    if count < 2:
        return Mean(mean, math.inf, 0)
    return Mean(mean, math.sqrt(count / (count - 1) * float(sums @ sums)) / n, count - 1)


def paired_difference(a: ArrayLike, b: ArrayLike, clusters: Labels | None = None) -> Mean:
    """Mean of a - b over shared items, with the paired (and clustered) standard error.

    a, b: scores of the same items in the same order. Source: Miller (2024), sections 4.2 and 4.3.
    """
    left, right = _finite(a), _finite(b)
    if left.size != right.size:
        raise UsageError(f"{left.size} and {right.size} scores are not pairs")
    return clustered_mean(left - right, clusters)


def _finite(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise UsageError("no value, no mean")
    if not np.isfinite(array).all():
        raise UsageError("a score is not a finite number")
    return array
