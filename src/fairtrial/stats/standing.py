"""Where published things stand among unpublished ones drawn alike: canaries (P4), the order of a file (P5).

If the model doesn't depend on the committed draw, each published score is as likely to stand in any place among
its controls, whatever the score measures. The sum of the places has an exact distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrc, ndtr

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import clustered_mean
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.siblings import POWER, Floats, rank_mde, rank_process, uniform_sum_tails

_DEVIATES: Final = np.linspace(-8.0, 8.0, 801)
_HIGHEST_SHIFT = 40.0
_FEW, _CONTROLS = 50, 199
_LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class Standing:
    """ranks: of each published thing among its `controls`, ties counted against it; share: mean share of
    controls that score below, less the 1/2 of chance, with its interval. p: one-sided, exact; e: the e-process
    at its end, mean at most 1 under the null."""

    ranks: tuple[int, ...]
    controls: int
    share: float
    low: float
    high: float
    p: float
    e: float
    method: str


def standing(published: ArrayLike, controls: ArrayLike, *, level: float = 0.98) -> Standing:
    """Do published things score higher than controls drawn like them?

    published: (n,), each with a committed draw of its own; controls: (n, m). For n = 1,
    p = (1 + controls at least as high) / (m + 1), so 9,999 controls reach a level of 0.0001 at best; for more,
    the sum of the n ranks. Ties count against the published one, which can only raise p. The interval: t over
    n, and for n = 1 Clopper and Pearson's over controls.
    """
    own, others = np.asarray(published, dtype=np.float64), np.asarray(controls, dtype=np.float64)
    if own.ndim != 1 or others.ndim != 2 or len(own) != len(others) or others.size == 0:
        raise UsageError(f"published {own.shape} and controls {others.shape} are not (n,) and (n, m)")
    if not (np.isfinite(own).all() and np.isfinite(others).all()):
        raise UsageError("a published thing or a control has no score", "leave it out with all its controls")
    n, m = others.shape
    ranks = (others < own[:, None]).sum(axis=1)
    shares = ranks / m - 0.5
    value = float(shares.mean())
    if n == 1:
        ends = clopper_pearson(int(ranks[0]), m, level=level)
        low, high, method = ends[0] - 0.5, ends[1] - 0.5, "Clopper-Pearson over controls"
    else:
        low, high = clustered_mean(shares).interval(level=level)
        method = f"t over {n}"
    return Standing(
        tuple(int(rank) for rank in ranks),
        m,
        value,
        max(-0.5, min(low, value)),
        min(0.5, max(high, value)),
        float(_tails(n, m)[ranks.sum()]),
        float(rank_process(ranks.astype(np.float64), m)[-1]),
        method,
    )


def standing_mde(published: int, controls: int, *, alpha: float) -> float:
    """Smallest shift of a canary's score, in standard deviations of a control's, found with probability 0.8.

    Scores are taken as normal; exact, by integration over the canary's score, for up to 50 published (several
    are taken to have 199 controls at most: more hardly help their sum), and as for siblings, `rank_mde`,
    beyond. Infinite where p can't reach alpha.
    """
    if published < 1 or controls < 1:
        raise UsageError(f"{published} published and {controls} controls find nothing")
    if published > _FEW:
        return rank_mde(published, controls, alpha=alpha)
    top = controls if published == 1 else min(controls, _CONTROLS)
    least = int(np.count_nonzero(_tails(published, top) > alpha))
    if least > published * top:
        return math.inf
    low, high = 0.0, _HIGHEST_SHIFT
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if _power(middle, published, top, least) >= POWER else (middle, high)
    return high


def _tails(published: int, controls: int) -> Floats:
    """Chance of each rank sum or a higher one. For one canary not by summing: 1 / 1,000 must not come out above
    0.001 by rounding."""
    if published == 1:
        return np.arange(controls + 1, 0, -1) / (controls + 1)
    if published * controls > _LARGEST:
        raise UsageError(
            f"the sum of {published} ranks among {controls:,} controls each would take minutes to work out",
            f"take at most {_LARGEST // published:,} controls each: more hardly help a sum",
        )
    return uniform_sum_tails(published, controls)


def _power(shift: float, published: int, controls: int, least: int) -> float:
    """Chance that the rank sum reaches `least`, controls N(0, 1) and published N(shift, 1). By a fine grid:
    what is integrated may be nearly a step, where the few nodes of Gauss and Hermite would be off."""
    density = np.exp(-(_DEVIATES**2) / 2)
    density /= density.sum()
    below = ndtr(shift + _DEVIATES)
    if published == 1:
        return float(density @ bdtrc(least - 1.0, controls, below))
    ranks = np.arange(controls + 1)
    one = np.diff(density @ bdtr(ranks, controls, below[:, None]), prepend=0.0)
    several = np.ones(1)
    for _ in range(published):
        several = np.convolve(several, one)
    return float(several[least:].sum())
