"""Canaries (P4): random strings published in a file, against controls drawn alike and never published.

A model that never met the file can't tell the canary from its controls. A canary that isn't found proves nothing:
files that carry one are often filtered out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrc, ndtr

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import clustered_mean
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.siblings import (
    POWER,
    Floats,
    poisson_binomial_tail,
    rank_mde,
    rank_process,
    uniform_sum_tails,
)

_DEVIATES: Final = np.linspace(-8.0, 8.0, 801)
_HIGHEST_SHIFT = 40.0
_FAR_BITS = 1_000
_FEW, _CONTROLS = 50, 199


@dataclass(frozen=True, slots=True)
class Position:
    """Where canaries stand among their controls. ranks: of each canary among its `controls`, ties counted against
    it; share: mean share of controls that score below, less the 1/2 of chance, with its interval. p: one-sided;
    e: mean at most 1 under the null."""

    ranks: tuple[int, ...]
    controls: int
    share: float
    low: float
    high: float
    p: float
    e: float
    method: str


@dataclass(frozen=True, slots=True)
class Emission:
    """How many of `canaries` a model wrote out. p: an upper bound; e: mean at most 1 under the null."""

    emitted: int
    canaries: int
    p: float
    e: float


def canary_rank(canary: float, controls: ArrayLike, *, level: float = 0.98) -> Position:
    """Does one canary score higher than its controls? p = (1 + controls at least as high) / (m + 1).

    controls: (m,), scores of strings drawn like the canary. p is never below 1 / (m + 1): 9,999 controls for a
    level of 0.001. The interval of the share is Clopper and Pearson's, over controls.
    """
    return canary_ranks([canary], np.asarray(controls, dtype=np.float64)[None, :], level=level)


def canary_ranks(canaries: ArrayLike, controls: ArrayLike, *, level: float = 0.98) -> Position:
    """Several canaries with independent draws: the sum of their ranks, as for siblings.

    canaries: (n,); controls: (n, m). Ties count against the canary, which can only raise p.
    """
    own, others = np.asarray(canaries, dtype=np.float64), np.asarray(controls, dtype=np.float64)
    if own.ndim != 1 or others.ndim != 2 or len(own) != len(others) or others.size == 0:
        raise UsageError(f"canaries {own.shape} and controls {others.shape} are not (n,) and (n, m)")
    if not (np.isfinite(own).all() and np.isfinite(others).all()):
        raise UsageError("a canary or control has no score", "score all of them, or leave the canary out")
    n, m = others.shape
    ranks = (others < own[:, None]).sum(axis=1)
    shares = ranks / m - 0.5
    value = float(shares.mean())
    if n == 1:
        ends = clopper_pearson(int(ranks[0]), m, level=level)
        low, high, method = ends[0] - 0.5, ends[1] - 0.5, "Clopper-Pearson over controls"
    else:
        low, high = clustered_mean(shares).interval(level=level)
        method = f"t over {n} canaries"
    return Position(
        tuple(int(rank) for rank in ranks),
        m,
        value,
        max(-0.5, min(low, value)),
        min(0.5, max(high, value)),
        float(_tails(n, m)[ranks.sum()]),
        float(rank_process(ranks.astype(np.float64), m)[-1]),
        method,
    )


def canary_mde(canaries: int, controls: int, *, alpha: float) -> float:
    """Smallest shift of a canary's score, in standard deviations of a control's, found with probability 0.8.

    Scores are taken as normal; exact, by integration over the canary's score, for up to 50 canaries (several are
    taken to have 199 controls at most: more hardly help their sum), and as for siblings, `rank_mde`, beyond.
    Infinite where p can't reach alpha.
    """
    if canaries < 1 or controls < 1:
        raise UsageError(f"{canaries} canaries and {controls} controls find nothing")
    if canaries > _FEW:
        return rank_mde(canaries, controls, alpha=alpha)
    top = controls if canaries == 1 else min(controls, _CONTROLS)
    least = int(np.count_nonzero(_tails(canaries, top) > alpha))
    if least > canaries * top:
        return math.inf
    low, high = 0.0, _HIGHEST_SHIFT
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if _power(middle, canaries, top, least) >= POWER else (middle, high)
    return high


def _tails(canaries: int, controls: int) -> Floats:
    """Chance of each rank sum or a higher one. For one canary not by summing: 1 / 1,000 must not come out above
    0.001 by rounding."""
    if canaries > 1:
        return uniform_sum_tails(canaries, controls)
    return np.arange(controls + 1, 0, -1) / (controls + 1)


def _power(shift: float, canaries: int, controls: int, least: int) -> float:
    """Chance that the rank sum reaches `least`, controls N(0, 1) and canaries N(shift, 1). By a fine grid: what is
    integrated may be nearly a step, where the few nodes of Gauss and Hermite would be off."""
    density = np.exp(-(_DEVIATES**2) / 2)
    density /= density.sum()
    below = ndtr(shift + _DEVIATES)
    if canaries == 1:
        return float(density @ bdtrc(least - 1.0, controls, below))
    ranks = np.arange(controls + 1)
    one = np.diff(density @ bdtr(ranks, controls, below[:, None]), prepend=0.0)
    several = np.ones(1)
    for _ in range(canaries):
        several = np.convolve(several, one)
    return float(several[least:].sum())


def canary_emission(emitted: Sequence[bool], *, absent_bits: int, candidates: int) -> Emission:
    """Canaries written out by the model, against the chance of guessing one.

    emitted: for each canary with an independent draw, whether its bits appeared among the at most `candidates`
    (G, fixed beforehand) distinct strings that were looked at; absent_bits: canary bits that the prompt didn't
    give (B'). Blind guessing succeeds with chance at most q = G 2^-B' for each; p <= P(Binomial(n, q) >= emitted).
    e: for one canary 1 / q if it appeared and 0 if not; for several, each is hedged (1/2 + e/2) and multiplied.
    """
    if not emitted:
        raise UsageError("no canary was looked for")
    chance = guessing_chance(absent_bits=absent_bits, candidates=candidates)
    count = sum(map(bool, emitted))
    if len(emitted) == 1:
        return Emission(count, 1, chance if count else 1.0, 1 / chance if count else 0.0)
    p = poisson_binomial_tail([chance] * len(emitted), count)
    log_e = count * math.log((1 + 1 / chance) / 2) + (len(emitted) - count) * math.log(0.5)
    return Emission(count, len(emitted), p, math.exp(min(709.0, log_e)))


def guessing_chance(*, absent_bits: int, candidates: int) -> float:
    """min(1, G 2^-B'): at most so often G guesses hold B' unknown bits. Bits beyond 1,000 are not counted, so that
    it is never 0."""
    if absent_bits < 1 or candidates < 1:
        raise UsageError(f"{candidates} candidates for {absent_bits} unknown bits make no sense")
    return min(1.0, math.ldexp(candidates, -min(absent_bits, _FAR_BITS)))


def emission_mde(*, absent_bits: int, candidates: int, alpha: float) -> float:
    """Smallest chance per candidate of writing the canary out that is found with probability 0.8, were the
    candidates independent: 1 - 0.2^(1/G). Infinite where even an appearance would not reach alpha."""
    if guessing_chance(absent_bits=absent_bits, candidates=candidates) > alpha:
        return math.inf
    return -math.expm1(math.log1p(-POWER) / candidates)
