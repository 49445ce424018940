"""Evidence put together: e-values multiplied, averaged, made of p-values, and sorted for a whole grid.

An e-value is a statistic >= 0 whose mean is at most 1 under the null. By Markov's inequality it reaches 1 / alpha
with chance at most alpha, so that is where a null is rejected. Holm's rule for p-values is in `multiplicity`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fairtrial.core.errors import UsageError

_WEIGHTS = 1e-9
"""How far weights may be from adding up to 1."""

_NEAR_ONE = 1e-3
"""-ln p below which the mixture is computed from its series: its formula divides 0 by 0 at p = 1."""


def rejects(e: float, alpha: float) -> bool:
    """Does e reach 1 / alpha? False alarms: at most alpha, at whatever time one looks if e is an e-process."""
    return e >= 1 / _level(alpha)


def hedged(e: float) -> float:
    """1/2 + e/2: an e-value again, and never 0. For one that can be 0 before it enters a product."""
    return (1 + _e_value(e)) / 2


def product(e_values: Sequence[float]) -> float:
    """The product: an e-value where each rests on randomness of its own (its own committed draw).

    An e-value of 0 would wipe out the others, and 0 times infinity is nothing at all, so 0 is refused: use
    `hedged`. The product of none is 1.
    """
    if any(_e_value(e) == 0 for e in e_values):
        raise UsageError("an e-value of 0 would wipe out all others", "pass it through hedged() beforehand")
    return math.exp(min(709.0, math.fsum(math.log(e) if e < math.inf else 709.0 for e in e_values)))


def weighted_mean(e_values: Sequence[float], weights: Sequence[float]) -> float:
    """The mean with weights fixed beforehand: an e-value however the e-values depend on each other.

    weights: >= 0, adding up to 1, as many as e-values. Source: Vovk and Wang (2021), Annals of Statistics
    49:1736-1754, section 3: essentially the only such rule.
    """
    if len(weights) != len(e_values) or not e_values:
        raise UsageError(f"{len(e_values)} e-values but {len(weights)} weights", "give one weight each")
    if min(weights) < 0 or abs(math.fsum(weights) - 1) > _WEIGHTS:
        raise UsageError(f"weights {list(weights)} do not add up to 1", "fix shares before the data are seen")
    return math.fsum(w * _e_value(e) for w, e in zip(weights, e_values, strict=True) if w > 0)


def all_or_nothing(p: float, alpha: float) -> float:
    """1 / alpha where p <= alpha, else 0: for a test planned alone with n fixed, with exactly its power."""
    return 1 / alpha if _p_value(p) <= _level(alpha) else 0.0


def calibrated(p: float, *, kappa: float = 0.5) -> float:
    """kappa p^(kappa - 1), 0 < kappa < 1: an e-value from any p-value; 1 / (2 sqrt p) by default.

    Costs power: p = 0.01 becomes 5. Source: Vovk and Wang (2021), equation 1.
    """
    if not 0 < kappa < 1:
        raise UsageError(f"kappa = {kappa} calibrates nothing", "give a number between 0 and 1")
    return math.inf if _p_value(p) == 0 else kappa * p ** (kappa - 1)


def calibrated_mixture(p: float) -> float:
    """The mean of `calibrated` over all kappa, (1 - p + p ln p) / (p ln(p)^2): no kappa to choose.

    Source: Vovk and Wang (2021), equation 2.
    """
    if _p_value(p) == 0:
        return math.inf
    depth = -math.log(p)
    if depth < _NEAR_ONE:
        return 0.5 + depth / 6 + depth**2 / 24
    return (math.expm1(depth) - depth) / depth**2


def e_bh(e_values: Sequence[float], alpha: float) -> tuple[bool, ...]:
    """Which of M nulls to reject, in the order given, so that of those rejected a share of at most alpha is true
    on average, however the e-values depend on each other.

    Rejects the k largest, k the most with e_(k) >= M / (k alpha).
    Source: Wang and Ramdas (2022), J. Royal Statistical Society B 84:822-852, base e-BH.
    """
    values = np.array([_e_value(e) for e in e_values])
    if values.size == 0:
        return ()
    ordered = np.sort(values)[::-1]
    k = np.arange(1, values.size + 1)
    enough = np.flatnonzero(ordered >= values.size / (k * _level(alpha)))
    bar = ordered[enough[-1]] if enough.size else math.inf
    return tuple(bool(each >= bar) for each in values) if enough.size else (False,) * values.size


def _e_value(e: float) -> float:
    if not e >= 0:
        raise UsageError(f"{e} is no e-value", "an e-value is 0 or more")
    return e


def _p_value(p: float) -> float:
    if not 0 <= p <= 1:
        raise UsageError(f"{p} is no p-value")
    return p


def _level(alpha: float) -> float:
    if not 0 < alpha < 1:
        raise UsageError(f"a level of {alpha} makes no sense", "give a fraction such as 0.01")
    return alpha
