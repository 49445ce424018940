"""Means of scores that come in clusters: items that share a passage, a template or a repository."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fairtrial.core.errors import UsageError
from fairtrial.stats import special
from fairtrial.stats.intervals import check_level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
else:
    from fairtrial.stats import arrays as np

Floats: TypeAlias = "NDArray[np.float64]"
Labels: TypeAlias = Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its standard error, the degrees of freedom of its t distribution, and the number of
    independent units (clusters, or values where there are none)."""

    value: float
    se: float
    df: float
    units: int

    def interval(self, *, level: float = 0.95) -> tuple[float, float]:
        """Value plus and minus t standard errors. Everything is possible for a single unit."""
        check_level(level)
        if self.units < 2:
            return -math.inf, math.inf
        half = float(special.stdtrit(self.df, (1 + level) / 2)) * self.se
        return self.value - half, self.value + half

    def p_value(self, *, null: float = 0.0) -> float:
        """Two-sided t test of "the mean is `null`"; 1 where there is no spread to judge by."""
        if self.units < 2 or self.se == 0:
            return 1.0
        return float(2 * special.stdtr(self.df, -abs(self.value - null) / self.se))


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

    SE^2 = sum_c (sum of residuals in c)^2 / (1 - n_c/n) / n^2, and t with Bell and McCaffrey's degrees of
    freedom. For equally large clusters, G of them, this is the exact t interval over cluster means with G - 1
    degrees of freedom, and for clusters of one value the usual one. Miller's uncorrected figure is too small
    by sqrt((G-1)/G), 11 % at five clusters; and where a few clusters hold most items, G - 1 degrees of freedom
    are far too many: an interval over 12 uneven clusters then covers 87 % in place of 95 %.
    Raises UsageError for no values.
    Source: Bell and McCaffrey (2002), Survey Methodology 28:169-181 (CR2); the degrees of freedom with the
    estimated correlation as in Imbens and Kolesár (2016), Review of Economics and Statistics 98:701-712.
    """
    array = _finite(values)
    n = array.size
    mean = float(array.mean())
    residuals = array - mean
    if clusters is None:
        se = math.sqrt(float(residuals @ residuals) / (n * (n - 1))) if n > 1 else math.inf
        return Mean(mean, se, n - 1, n)
    sums, sizes = cluster_sums(residuals, clusters), cluster_sums(np.ones(n), clusters)
    if sums.size < 2:
        return Mean(mean, math.inf, 0, 1)
    shares = sizes / n
    se = math.sqrt(float((sums**2 / (1 - shares)).sum())) / n
    squares = float(residuals @ residuals)
    return Mean(mean, se, _freedom(shares, sizes, _alikeness(sums, sizes, squares)), sums.size)


def even_clusters(n: int, clusters: Labels | None) -> float:
    """How many equally large clusters would tell as much: n^2 / sum n_c^2, at most the number there are.

    A mean over all items gives a large cluster a large say, so few large ones decide. None: n.
    Source: Kish (1965), Survey Sampling, section 11.7 (there for weights).
    """
    sizes = cluster_sums(np.ones(n), clusters)
    return n**2 / float(sizes @ sizes)


def _alikeness(sums: Floats, sizes: Floats, squares: float) -> float:
    """Correlation of two values of one cluster, from the products of their residuals; within [0, 1].

    0 where no cluster has two values, or nothing varies.
    """
    pairs = float((sizes * (sizes - 1)).sum())
    if pairs == 0 or squares == 0:
        return 0.0
    products = float((sums**2).sum()) - squares
    return min(1.0, max(0.0, products / pairs * float(sizes.sum()) / squares))


def _freedom(shares: Floats, sizes: Floats, alike: float) -> float:
    """Degrees of freedom that match the first two moments of SE^2, were values of equal variance and
    correlated by `alike` within clusters.

    SE^2 is a quadratic form in the cluster sums with matrix B = A - u 1' - 1 u' + s 1 1', where
    A = diag(1 / (1 - w)), u = A w, s = w' A w; and tr(BV)^2 / tr(BVBV) in O(clusters) for diagonal V.
    """
    inverse = 1 / (1 - shares)
    lean = inverse * shares
    both = float(shares @ lean)
    spread = sizes * (1 + (sizes - 1) * alike)
    spread = spread / spread.sum()
    first = float(spread @ (inverse - 2 * lean + both))
    v1, v2 = float(spread @ lean), float(spread @ lean**2)
    second = both**2 + 2 * v2 + 2 * v1**2 - 4 * both * v1
    second += float(spread**2 @ ((inverse + both - 2 * lean) ** 2 - (both - 2 * lean) ** 2))
    return first**2 / second


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
