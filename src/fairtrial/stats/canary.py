"""Canaries (P4): random strings published in a file, against controls drawn alike and never published.

A model that never met the file can't tell the canary from its controls: `standing` compares their scores. And
it can't write the canary out, but by guessing its bits. A canary that isn't found proves nothing: files that
carry one are often filtered out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fairtrial.core.errors import UsageError
from fairtrial.stats.siblings import POWER, poisson_binomial_tail

_FAR_BITS = 1_000


@dataclass(frozen=True, slots=True)
class Emission:
    """How many of `canaries` a model wrote out. p: an upper bound; e: mean at most 1 under the null."""

    emitted: int
    canaries: int
    p: float
    e: float


def canary_emission(emitted: Sequence[bool], *, absent_bits: int, candidates: int) -> Emission:
    """Canaries written out by the model, against the chance of guessing one.

    emitted: for each canary with an independent draw, whether its bits appeared among the at most `candidates`
    (G, fixed beforehand) distinct strings that were looked at; absent_bits: canary bits that the prompt didn't
    give (B'). Blind guessing succeeds with chance at most q = G 2^-B' for each; p <= P(Binomial(n, q) >=
    emitted). e: for one canary 1 / q if it appeared and 0 if not; for several, each is hedged (1/2 + e/2) and
    multiplied.
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
    """min(1, G 2^-B'): at most so often G guesses hold B' unknown bits. Bits beyond 1,000 are not counted, so
    that it is never 0."""
    if absent_bits < 1 or candidates < 1:
        raise UsageError(f"{candidates} candidates for {absent_bits} unknown bits make no sense")
    return min(1.0, math.ldexp(candidates, -min(absent_bits, _FAR_BITS)))


def emission_mde(*, absent_bits: int, candidates: int, alpha: float) -> float:
    """Smallest chance per candidate of writing the canary out that is found with probability 0.8, were the
    candidates independent: 1 - 0.2^(1/G). Infinite where even an appearance would not reach alpha."""
    if guessing_chance(absent_bits=absent_bits, candidates=candidates) > alpha:
        return math.inf
    return -math.expm1(math.log1p(-POWER) / candidates)
