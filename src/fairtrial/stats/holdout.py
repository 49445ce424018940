"""Scores on two unpaired sets: a retro-holdout (S3), a committed subset (unpaired P1), and a training cut-off
(S6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats, Labels, cluster_sums, clustered_mean
from fairtrial.stats.siblings import POWER

_AT_ONCE = 4_000_000
_TIES = 1e-9
TREND: Final = 3
"""Degree of the polynomial that accuracy may follow in time without being called a drop."""

MARGIN: Final = 0.1
"""Share of items left on either side of every fake cut-off: nearer to an end a jump and a trend look alike."""


@dataclass(frozen=True, slots=True)
class Gap:
    """value: mean of the first set less that of the second, with its interval, standard error, and one-sided p
    of "not above 0". by_z: the same p by the normal distribution. mde: smallest gap found with probability
    0.8."""

    value: float
    low: float
    high: float
    se: float
    p: float
    by_z: float
    mde: float
    method: str


@dataclass(frozen=True, slots=True)
class Drop:
    """tau: accuracy before the cut-off less after it, beyond the trend, a fraction, with its interval. p: share
    of fake cut-offs, and the true one, with as large a drop in standard errors. mde: from the spread of fake
    drops."""

    tau: float
    low: float
    high: float
    p: float
    placebos: int
    mde: float


def set_gap(
    first: ArrayLike,
    second: ArrayLike,
    *,
    alpha: float,
    rng: np.random.Generator,
    first_clusters: Labels | None = None,
    second_clusters: Labels | None = None,
    draws: int = 9_999,
) -> Gap:
    """Is the mean of the first set higher than items that might as well have belonged to the second explain?

    first: (n,), second: (n',), of different items: legacy and newly written ones, or, with exact validity for
    any score, a committed random subset and the rest. p: the labels of sets are permuted over items, or over
    whole clusters; for right or wrong without clusters exactly, which is Fisher's test. Interval of level 1 - 2
    alpha: t, each set by its own (cluster-robust) error.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    ours, theirs = clustered_mean(x, first_clusters), clustered_mean(y, second_clusters)
    value, se = ours.value - theirs.value, math.hypot(ours.se, theirs.se)
    normal = NormalDist()
    half = normal.inv_cdf(1 - alpha) * se
    plain = first_clusters is None and second_clusters is None
    if plain and np.isin(x, (0.0, 1.0)).all() and np.isin(y, (0.0, 1.0)).all():
        p, method = fisher_exact(int(x.sum()), x.size, int(y.sum()), y.size), "Fisher's exact test"
    else:
        sums = np.concatenate([cluster_sums(x, first_clusters), cluster_sums(y, second_clusters)])
        sizes = np.concatenate(
            [cluster_sums(np.ones(x.size), first_clusters), cluster_sums(np.ones(y.size), second_clusters)]
        )
        p = label_permutation(sums, sizes, ours.units, rng=rng, draws=draws)
        method = f"{draws:,} permutations of {'items' if plain else 'clusters'}"
    by_z = 1 - normal.cdf(value / se) if 0 < se < math.inf else 1.0
    least = (normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)) * se
    return Gap(value, value - half, value + half, se, p, by_z, min(1.0, least), method)


def label_permutation(
    sums: Floats, sizes: Floats, first: int, *, rng: np.random.Generator, draws: int = 9_999
) -> float:
    """(1 + as large a gap) / (draws + 1), the `first` units of the first set drawn anew among all.

    sums, sizes: (units,), sum of scores and number of items of each; the first `first` form the first set.
    """
    units = sums.size
    if not 0 < first < units or draws < 1:
        raise UsageError(f"{first} of {units} units can't be told from the rest", "give two sets")

    def gap(total: Floats, count: Floats) -> Floats:
        return np.asarray(total / count - (sums.sum() - total) / (sizes.sum() - count))

    observed = float(gap(sums[:first].sum(), sizes[:first].sum()))
    even = bool((sizes == sizes[0]).all())
    extreme, batch = 0, max(1, _AT_ONCE // units)
    for start in range(0, draws, batch):
        keys = rng.random((min(batch, draws - start), units), dtype=np.float32)
        chosen = np.argpartition(keys, first - 1, axis=1)[:, :first]
        count = np.full(len(chosen), sizes[0] * first) if even else sizes[chosen].sum(axis=1)
        extreme += int(np.count_nonzero(gap(sums[chosen].sum(axis=1), count) >= observed - _TIES))
    return (1 + extreme) / (draws + 1)


def fisher_exact(right: int, n: int, other_right: int, other_n: int) -> float:
    """P(at least `right` of n are right), were the right answers of both sets spread over all items at random.

    Source: Fisher (1935), J. Royal Statistical Society 98:39-82; the hypergeometric tail.
    """
    if not (0 <= right <= n and 0 <= other_right <= other_n and n > 0 and other_n > 0):
        raise UsageError(f"{right} of {n} and {other_right} of {other_n} are no two proportions")
    total = right + other_right
    k = np.arange(right, min(n, total) + 1, dtype=np.float64)
    logs = _choose(n, k) + _choose(other_n, total - k) - _choose(n + other_n, np.array([float(total)]))
    return float(min(1.0, np.exp(logs).sum()))


def gap_mde(accuracy: float, n: int, other_n: int, *, alpha: float) -> float:
    """Smallest gap found with probability 0.8: (z_{1-alpha} + z_{0.8}) sqrt(p (1-p) (1/n + 1/n')), a
    fraction."""
    normal = NormalDist()
    spread = accuracy * (1 - accuracy) * (1 / n + 1 / other_n)
    return min(1.0, (normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)) * math.sqrt(spread))


def cutoff_drop(
    scores: ArrayLike,
    dates: ArrayLike,
    cutoff: float,
    *,
    alpha: float,
    covariates: ArrayLike | None = None,
    placebos: int = 199,
) -> Drop:
    """Does accuracy fall at the stated training cut-off by more than at other dates?

    scores: (n,) in [-1, 1]: right or wrong, or that less the mean of references with other cut-offs on the same
    items; dates: (n,) first publication, in any unit; covariates: (n, c), of difficulty. Least squares on a
    cubic in the dates' ranks, covariates, and [date <= cutoff]; errors robust to unequal spread. Fake cut-offs
    are spread evenly over the ranks, at least a tenth of the items from either end, and fitted beside the true
    one, so that a real drop is not theirs too. p is never below 1 / (placebos + 1), and neighbouring fakes are
    alike: it is only as good as the assumption that difficulty changes smoothly.
    """
    y, when = np.asarray(scores, dtype=np.float64), np.asarray(dates, dtype=np.float64)
    if y.ndim != 1 or y.shape != when.shape or not (np.isfinite(y).all() and np.isfinite(when).all()):
        raise UsageError(f"{y.size} scores and {when.size} dates do not belong together")
    # Ranks, not dates: where many items come from few months, a cubic in time bends to fit those alone.
    rank = np.argsort(np.argsort(when, kind="stable"), kind="stable") / max(1, y.size - 1)
    before = (when <= cutoff).astype(np.float64)
    if not MARGIN <= before.mean() <= 1 - MARGIN:
        raise UsageError(
            f"{before.mean():.0%} of the items are from before the cut-off",
            "a tenth or more must lie on either side",
        )
    smooth: Floats = np.asarray(np.polynomial.legendre.legvander(2 * rank - 1, TREND), dtype=np.float64)
    if covariates is not None:
        smooth = np.column_stack([smooth, np.asarray(covariates, dtype=np.float64)])
    tau, se = _step(y, smooth, before)
    fakes = np.unique(np.quantile(when, np.linspace(MARGIN, 1 - MARGIN, placebos)))
    fakes = fakes[fakes != when[when <= cutoff].max()]
    beside: Floats = np.column_stack([smooth, before])
    told = [_step(y, beside, (when <= fake).astype(np.float64)) for fake in fakes]
    drops = np.array([each for each in told if each[1] > 0])
    if len(drops) < 2:
        raise UsageError("no fake cut-off differs from the true one", "give dates that differ")
    extreme = int(np.count_nonzero(drops[:, 0] / drops[:, 1] >= tau / se - _TIES))
    normal = NormalDist()
    # Whichever is larger: the error that the fit claims, or the spread that fake cut-offs show.
    error = max(se, float(drops[:, 0].std(ddof=1)) if len(drops) > 2 else se)
    half = normal.inv_cdf(1 - alpha) * error
    return Drop(
        tau,
        tau - half,
        tau + half,
        (1 + extreme) / (len(drops) + 1),
        len(drops),
        (normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)) * error,
    )


def _step(y: Floats, smooth: Floats, before: Floats) -> tuple[float, float]:
    """(height of the step, its robust error), the smooth part projected out of both sides; (0, 0) where the
    step is part of the smooth. HC2 errors: White (1980), Econometrica 48:817-838, with leverage as in MacKinnon
    and White (1985), J. Econometrics 29:305-325."""
    basis = np.linalg.qr(smooth)[0]
    step = before - basis @ (basis.T @ before)
    size = float(step @ step)
    if size < 1e-6:
        return 0.0, 0.0
    height = float(step @ y) / size
    residual = y - basis @ (basis.T @ y) - height * step
    leverage = (basis**2).sum(axis=1) + step**2 / size
    spread = step**2 * residual**2 / np.maximum(1 - leverage, 1e-3)
    return height, math.sqrt(float(spread.sum())) / size


def _choose(n: int, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
