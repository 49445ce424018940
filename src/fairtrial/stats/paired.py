"""Two sides on the same items: one difference, one interval, one p-value that belong together.

Which test, and why:

- right or wrong, no clusters: exact McNemar.
- otherwise, at least 50 clusters (or unclustered items) in which the sides differ: the cluster-robust t test.
- otherwise: sign flips by cluster. Under "the two sides are interchangeable" each cluster's summed difference
  may as well have had the other sign; exact with any number of clusters, and unable to reach 0.05 with
  fewer than six, which is the truth about five clusters.

McNemar would take every item of a cluster for an independent witness, so it never judges clustered items.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairtrial.stats.clustered import Floats, Labels, cluster_sums, even_clusters, paired_difference
from fairtrial.stats.intervals import mcnemar_exact, tango, z_quantile

ENOUGH_DIFFERING = 50
"""Clusters with a non-zero difference from which the t test holds its level: see the calibration table."""

_ENUMERATED = 16
_FLIPS = 19_999
_TIES = 1e-12


@dataclass(frozen=True, slots=True)
class PairedResult:
    """difference: mean of a minus b, a fraction; se: its (clustered) standard error; clusters: independent
    units, the items themselves where not clustered; table: (both right, only a, only b, neither), None unless
    every score is 0 or 1."""

    difference: float
    low: float
    high: float
    se: float
    clustered: bool
    clusters: int
    p: float
    test: str
    interval: str
    table: tuple[int, int, int, int] | None


def compare_pairs(
    a: ArrayLike,
    b: ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: Labels | None = None,
    level: float = 0.95,
) -> PairedResult:
    """a, b: scores in [0, 1] of the same items in the same order.

    The interval is stretched to reach 0 wherever the test does not reject at 1 - level, so that the two never
    disagree to the other side; stretching can only raise its coverage.
    """
    left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    mean = paired_difference(left, right, clusters)
    table = paired_table(left, right)
    p, test = _test(left - right, mean.p_value(), table, clusters, rng)
    low, high, interval = difference_interval(left, right, clusters=clusters, level=level)
    if p > 1 - level and not low <= 0 <= high:
        low, high = min(low, 0.0), max(high, 0.0)
        interval += ", stretched to 0 as the test does not reject"
    return PairedResult(
        mean.value, low, high, mean.se, clusters is not None, mean.units, p, test, interval, table
    )


def difference_interval(
    a: ArrayLike, b: ArrayLike, *, clusters: Labels | None = None, level: float = 0.95
) -> tuple[float, float, str]:
    """(low, high, name of the method) for the mean of a - b, within [-1, 1].

    The t interval over items or clusters where at least 50 of them differ. Below that, its width follows the
    luck of a few items and is zero where none differs; then, for right/wrong items without clusters, Tango's
    score interval, and otherwise the t interval, but never narrower than Tango's is where nothing differs
    (of `even_clusters`).
    """
    left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    mean = paired_difference(left, right, clusters)
    sums = cluster_sums(left - right, clusters)
    low, high = mean.interval(level=level)
    low, high = max(-1.0, low), min(1.0, high)
    name = "paired t" if clusters is None else f"paired t over {sums.size} clusters"
    if np.count_nonzero(sums) >= ENOUGH_DIFFERING:
        return low, high, name
    table = paired_table(left, right)
    if clusters is None and table is not None:
        return (*tango(table[1], table[2], left.size, level=level), "Tango score")
    z = z_quantile(level)
    least = z * z / (even_clusters(left.size, clusters) + z * z)
    return (
        max(-1.0, min(low, mean.value - least)),
        min(1.0, max(high, mean.value + least)),
        f"{name}, few differ: half-width at least z²/(n + z²)",
    )


def paired_table(a: Floats, b: Floats) -> tuple[int, int, int, int] | None:
    """(both right, only a, only b, neither), None unless every score is 0 or 1."""
    if not (np.isin(a, (0.0, 1.0)).all() and np.isin(b, (0.0, 1.0)).all()):
        return None
    right_a, right_b = a == 1, b == 1
    both, only_a, only_b = (
        int(np.count_nonzero(mask)) for mask in (right_a & right_b, right_a & ~right_b, ~right_a & right_b)
    )
    return both, only_a, only_b, a.size - both - only_a - only_b


def sign_flip(sums: ArrayLike, *, rng: np.random.Generator, flips: int = _FLIPS) -> float:
    """Two-sided p-value of "each of these sums may as well have had the other sign".

    sums: one a cluster; zeros decide nothing and are left out. All sign patterns are enumerated up to 16
    sums; beyond, `flips` random ones give (1 + as extreme) / (flips + 1), never below 1 / (flips + 1).
    Source: Fisher (1935), The Design of Experiments, section 21; for clusters Canay, Romano and Shaikh
    (2017), Econometrica 85:1013-1030.
    """
    values = np.asarray(sums, dtype=np.float64)
    values = values[values != 0]
    if values.size == 0:
        return 1.0
    observed = abs(float(values.sum()))
    limit = observed - _TIES * max(1.0, float(np.abs(values).sum()))
    if values.size <= _ENUMERATED:
        patterns = (np.arange(2**values.size)[:, None] >> np.arange(values.size)) & 1
        return float(np.mean(np.abs((2 * patterns - 1) @ values) >= limit))
    extreme, done = 0, 0
    while done < flips:
        batch = min(flips - done, max(1, 2_000_000 // values.size))
        signs: NDArray[np.int8] = rng.integers(0, 2, (batch, values.size), dtype=np.int8)
        extreme += int(np.count_nonzero(np.abs((2.0 * signs - 1) @ values) >= limit))
        done += batch
    return (1 + extreme) / (flips + 1)


def _test(
    gaps: Floats,
    t_p: float,
    table: tuple[int, int, int, int] | None,
    clusters: Labels | None,
    rng: np.random.Generator,
) -> tuple[float, str]:
    if clusters is None and table is not None:
        return mcnemar_exact(table[1], table[2]), "exact McNemar"
    sums = cluster_sums(gaps, clusters)
    differing = int(np.count_nonzero(sums))
    unit = "samples" if clusters is None else "clusters"
    if differing >= ENOUGH_DIFFERING:
        return t_p, "paired t" if clusters is None else f"cluster-robust t over {sums.size} clusters"
    kind = "all sign patterns" if differing <= _ENUMERATED else f"{_FLIPS:,} sign flips"
    return sign_flip(sums, rng=rng), f"sign-flip test over {differing} differing {unit}, {kind}"
