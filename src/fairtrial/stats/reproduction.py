"""Does a claimed score reproduce (F5)? The interval of re-run minus claim, against a margin stated beforehand.

Three situations, with three sources of error:

- `reproduced_paired`: the claimant published an output for each item. Pairs.
- `reproduced_same_items`: only a value was published, for the same public items. Which items were drawn is no
source
  of error then; only decoding is.
- `reproduced_other_items`: the re-run answered other items (a fresh form, a subset). Both samplings count.

The interval has level 1 - 2 alpha. Inside the margin: yes, which is Schuirmann's two one-sided tests at alpha.
Outside: no. Otherwise undetermined. Each wrong answer has chance at most alpha.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Answer
from fairtrial.stats.clustered import Floats, Labels, paired_difference
from fairtrial.stats.equivalence import check_margin, equivalent, tost
from fairtrial.stats.intervals import wilson, z_quantile
from fairtrial.stats.means import mean_interval
from fairtrial.stats.paired import difference_interval
from fairtrial.stats.siblings import POWER

Ends = Callable[[float], tuple[float, float]]
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Reproduction:
    """difference: re-run minus claim, a fraction, with its interval of level 1 - 2 alpha and standard error.

    p: of "they differ by the margin or more", the smallest alpha at which the answer is yes. mde: the smallest
    true difference that would be answered no with probability 0.8. needed: how many `unit` of the re-run would
    settle an undetermined answer with probability 0.8, were the true difference the one seen; None where it is
    settled, or where none would, as the claim's own error is too large.
    """

    difference: float
    low: float
    high: float
    level: float
    se: float
    margin: float
    answer: Answer
    p: float
    mde: float
    needed: int | None
    unit: Literal["items", "epochs"]
    method: str


@dataclass(frozen=True, slots=True)
class _Errors:
    """Variance of the re-run's mean, of `size` items or epochs, and of the claim, which no re-run can
    shrink."""

    rerun: float
    claim: float
    size: int
    unit: Literal["items", "epochs"]


def reproduced_paired(
    rerun: ArrayLike, claimed: ArrayLike, *, margin: float, alpha: float, clusters: Labels | None = None
) -> Reproduction:
    """rerun, claimed: (n,) scores in [0, 1] of the same items in the same order.

    The interval is that of a comparison. It counts items as drawn, which on a fixed list they are not: the
    spread of the pairs' differences is at least that of decoding, so it errs to the wide side.
    """
    left, right = np.asarray(rerun, dtype=np.float64), np.asarray(claimed, dtype=np.float64)
    mean = paired_difference(left, right, clusters)

    def ends(level: float) -> tuple[float, float]:
        return difference_interval(left, right, clusters=clusters, level=level)[:2]

    method = difference_interval(left, right, clusters=clusters, level=1 - 2 * alpha)[2]
    variance = mean.se**2 if math.isfinite(mean.se) else 1.0
    return _judged(mean.value, ends, _Errors(variance, 0.0, left.size, "items"), margin, alpha, method)


def reproduced_same_items(
    scores: ArrayLike,
    claim: float,
    *,
    margin: float,
    alpha: float,
    claim_epochs: int = 1,
    rounding: float = 0.0,
) -> Reproduction:
    """scores: (n, epochs) in [0, 1], every item answered `epochs` times under the claim's conditions.

    claim: the published mean, a fraction, over `claim_epochs` answers an item; rounding: half of its last
    printed digit, added to both ends (0.0005 for "85.5 %"). The variance within items is measured where there
    are two epochs or more, and never below what no change in all the repeats still allows. With one epoch it is
    unknown; the bound is then mean (1 - mean), several times too wide: answer twice.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.size == 0 or claim_epochs < 1:
        raise UsageError(f"scores of shape {table.shape} are not (items, epochs)", "give one row an item")
    _check(table, claim, rounding)
    items, epochs = table.shape
    within, freedom = _within(table, z_quantile(1 - 2 * alpha))
    errors = _Errors(within / (items * epochs), within / (items * claim_epochs), epochs, "epochs")
    value, se = float(table.mean()) - claim, math.sqrt(errors.rerun + errors.claim)

    def ends(level: float) -> tuple[float, float]:
        half = float(stdtrit(freedom, (1 + level) / 2)) * se + rounding
        return max(-1.0, value - half), min(1.0, value + half)

    known = "decoding variance over epochs" if epochs > 1 else "decoding variance bounded by mean (1 - mean)"
    return _judged(value, ends, errors, margin, alpha, f"t, {known}")


def reproduced_other_items(
    scores: ArrayLike,
    claim: float,
    claim_n: int,
    *,
    margin: float,
    alpha: float,
    clusters: Labels | None = None,
    rounding: float = 0.0,
) -> Reproduction:
    """scores: (n,) in [0, 1], of items drawn like the claim's `claim_n`, but other ones.

    Both intervals, the re-run's (Wilson, with effective n for clusters) and the claim's own (Wilson), squared
    and added. Source: Newcombe (1998), Statistics in Medicine 17:873-890, method 10; for other intervals Zou
    and Donner (2008), Statistics in Medicine 27:1693-1702.
    """
    array = np.asarray(scores, dtype=np.float64)
    _check(array, claim, rounding)
    if claim_n < 1:
        raise UsageError(f"a claim about {claim_n} items has no known error", "state n")
    own = mean_interval(array, clusters=clusters)
    value = own.value - claim

    def ends(level: float) -> tuple[float, float]:
        ours = mean_interval(array, clusters=clusters, level=level)
        low, high = wilson(claim * claim_n, claim_n, level=level)
        return (
            max(-1.0, value - math.hypot(ours.value - ours.low, high - claim) - rounding),
            min(1.0, value + math.hypot(ours.high - ours.value, claim - low) + rounding),
        )

    # For planning: one more right and one more wrong answer, so that a perfect score has a spread too.
    theirs, mine = (claim * claim_n + 1) / (claim_n + 2), (float(array.sum()) + 1) / (array.size + 2)
    rerun = max(own.se**2, mine * (1 - mine) / array.size if own.se == 0 else 0.0)
    errors = _Errors(
        rerun if math.isfinite(rerun) else 1.0, theirs * (1 - theirs) / claim_n, array.size, "items"
    )
    return _judged(value, ends, errors, margin, alpha, f"square-and-add of {own.method} and wilson")


def _judged(
    value: float, ends: Ends, errors: _Errors, margin: float, alpha: float, method: str
) -> Reproduction:
    if not 0 < alpha < 0.5:
        raise UsageError(f"a level of {alpha} makes no sense", "give a fraction such as 0.01")
    check_margin(margin)
    level = 1 - 2 * alpha
    low, high = ends(level)
    low, high = min(low, value), max(high, value)
    answer: Answer = "undetermined"
    if equivalent(low, high, margin):
        answer = "yes"
    elif low > margin or high < -margin:
        answer = "no"
    se = math.sqrt(errors.rerun + errors.claim)
    normal = NormalDist()
    deviates = normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)
    needed = _needed(abs(abs(value) - margin) / deviates, errors) if answer == "undetermined" else None
    p = _p(value, ends, se, margin)
    mde = min(1.0, margin + deviates * se)
    return Reproduction(value, low, high, level, se, margin, answer, p, mde, needed, errors.unit, method)


def _p(value: float, ends: Ends, se: float, margin: float) -> float:
    """The smallest alpha at which the interval lies inside the margin; above 1/2, where no interval does, that
    of the normal distribution."""
    low, high = 0.0, 0.5
    if not equivalent(*ends(1e-9), margin):
        return max(0.5, tost(value, se, margin))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if equivalent(*ends(1 - 2 * middle), margin) else (middle, high)
    return high


def _needed(largest_se: float, errors: _Errors) -> int | None:
    room = largest_se**2 - errors.claim
    if room <= 0:
        return None
    return max(errors.size + 1, math.ceil(errors.rerun * errors.size / room - 1e-9))


def _within(table: Floats, z: float) -> tuple[float, float]:
    """(mean variance of one answer around its item's mean, degrees of freedom)."""
    items, epochs = table.shape
    if epochs == 1:
        share = (float(table.sum()) + z * z / 2) / (items + z * z)
        return share * (1 - share), math.inf
    repeats = items * (epochs - 1)
    # Of `repeats` comparisons none differed: up to z²/(repeats + z²) may (Wilson), and a pair of 0 and 1 has
    # variance 1/2.
    least = z * z / (repeats + z * z) / 2
    return max(float(table.var(axis=1, ddof=1).mean()), least), repeats


def _check(scores: Floats, claim: float, rounding: float) -> None:
    if scores.size == 0 or not (scores.min() >= 0 and scores.max() <= 1):
        raise UsageError("there is no score, or one outside [0, 1]")
    if not 0 <= claim <= 1:
        raise UsageError(f"a claimed score of {claim} is impossible", "give a fraction: 0.855 for 85.5 %")
    if not 0 <= rounding < 0.5:
        raise UsageError(f"a rounding of {rounding} makes no sense", "half of the last printed digit")
