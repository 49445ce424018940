"""Is an answer computed each time, or kept from the first time (test T-D of an audit)?

Each item is asked four times, at random places and at a temperature above 0: twice word for word alike, and twice
with a line break more at its end, one and two of them. A cache knows the first two for the same and the others for
two. Where nothing is kept, the first pair is no more alike than the second, and its second answer no faster.

Word for word alike and faster at once is called a cache; one of the two alone is told, and not judged: a model
that hardly varies repeats itself, and a provider who keeps a prompt's first tokens is faster and keeps no answer.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

ALPHA: Final = 0.01
POWER: Final = 0.8
LEAST: Final = 7
"""Items: with six, no outcome at all reaches the level."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One item's answers in the order in which they were asked. seconds: of each, None where not measured."""

    alike: tuple[str, str]
    altered: tuple[str, str]
    alike_s: tuple[float, float] | None = None
    altered_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Caching:
    """n: items. alike, altered: pairs of equal texts. faster: of `timed` items, those on which the second of two
    equal requests gained more than the second of two altered ones. p_text, p_time: one-sided; 1 where nothing was
    measured. missed: the largest share of kept answers that this would have missed more often than one time in
    five; None where even a cache of all of them could be missed."""

    n: int
    alike: int
    altered: int
    timed: int
    faster: int
    p_text: float
    p_time: float
    missed: float | None

    @property
    def repeats(self) -> bool:
        return self.p_text <= ALPHA

    @property
    def is_faster(self) -> bool:
        return self.p_time <= ALPHA

    @property
    def seen(self) -> bool:
        """Both at once, so that the chance of a false alarm is at most that of either."""
        return self.repeats and self.is_faster


def caching(asked: Sequence[Asked]) -> Caching:
    """asked: an item each."""
    alike = [each.alike[0] == each.alike[1] for each in asked]
    altered = [each.altered[0] == each.altered[1] for each in asked]
    only = sum(one and not two for one, two in zip(alike, altered, strict=True))
    other = sum(two and not one for one, two in zip(alike, altered, strict=True))
    gains = [
        (each.alike_s[0] - each.alike_s[1]) - (each.altered_s[0] - each.altered_s[1])
        for each in asked
        if each.alike_s is not None and each.altered_s is not None
    ]
    timed, faster = sum(gain != 0 for gain in gains), sum(gain > 0 for gain in gains)
    share = sum(altered) / len(asked) if asked else 0.0
    return Caching(
        len(asked),
        sum(alike),
        sum(altered),
        timed,
        faster,
        upper_tail(only, only + other),
        upper_tail(faster, timed),
        _missed(len(asked), timed, share),
    )


def upper_tail(successes: int, trials: int) -> float:
    """P(X >= successes) of `trials` fair coins; 1 of none."""
    ways = sum(math.comb(trials, each) for each in range(successes, trials + 1))
    return float(ways / 2**trials)


@lru_cache(maxsize=256)
def _missed(n: int, timed: int, share: float) -> float | None:
    """The smallest share of kept answers, in hundredths, that both tests find with probability `POWER`.

    share: of altered pairs whose texts agree by themselves. A kept answer is taken to agree, and to be faster.
    """
    found = bisect_left(range(1, 101), True, key=lambda each: _found(n, timed, share, each / 100)) + 1
    return found / 100 if found <= 100 else None


def _found(n: int, timed: int, share: float, kept: float) -> bool:
    only, other = (1 - share) * (share + kept * (1 - share)), share * (1 - share) * (1 - kept)
    by_time = sum(_binomial(timed, each, 0.5 + kept / 2) for each in range(_least(timed), timed + 1))
    return by_time >= POWER and _text_power(n, only, other) >= POWER


def _text_power(n: int, only: float, other: float) -> float:
    """Over the number of items whose two pairs differ, and which of the two agrees there."""
    either = only + other
    if either <= 0:
        return 0.0
    power = 0.0
    for differ in range(1, n + 1):
        inside = sum(_binomial(differ, each, only / either) for each in range(_least(differ), differ + 1))
        power += _binomial(n, differ, min(1.0, either)) * inside
    return power


@lru_cache(maxsize=256)
def _least(n: int) -> int:
    """Successes among n from which on the level is reached; n + 1 where it never is."""
    return next((each for each in range(n + 1) if upper_tail(each, n) <= ALPHA), n + 1)


def _binomial(n: int, successes: int, chance: float) -> float:
    return float(math.comb(n, successes) * chance**successes * (1 - chance) ** (n - successes))
