"""Keyed random answers (P3): of several equally good answers a committed draw published one as the key.

Whoever hits the key more often than chance has met the key. Text is enough. An item counts where the answer is
one of its valid ones; whether it is doesn't depend on the key, so leaving the others out keeps the test exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fairtrial.core.errors import UsageError
from fairtrial.stats.intervals import check_level
from fairtrial.stats.siblings import POWER, Exact, Floats, accuracy_process, poisson_binomial_tail

_HALVINGS = 50


@dataclass(frozen=True, slots=True)
class Memorised:
    """Share of items whose key is known by heart, the rest answered by luck, with an exact interval. Below 0
    where the key is hit less often than chance."""

    value: float
    low: float
    high: float


def keyed_answers(matches: ArrayLike, choices: ArrayLike) -> Exact:
    """Do answers match the published key more often than a blind draw among the valid answers would?

    matches: (n,), 1 where the answer is the key and 0 where it is another valid one; choices: (n,) or a single
    number, how many valid answers each item has, >= 2. Only eligible items: those whose answer is valid.
    Under the null the matches are independent coins with chances 1 / choices, whatever the model prefers.
    """
    x, chances = _coins(matches, choices)
    count = int(x.sum())
    return Exact(
        count, float(chances.sum()), poisson_binomial_tail(chances, count), accuracy_process(x, chances)
    )


def memorised(matches: ArrayLike, choices: ArrayLike, *, level: float = 0.95) -> Memorised:
    """Share f of items with P(match) = f + (1 - f) / c, by moments; interval by inverting the exact tests.

    With equal c this is Clopper and Pearson's interval for the match rate, carried over to f.
    """
    x, chances = _coins(matches, choices)
    count, tail = int(x.sum()), (1 - check_level(level)) / 2
    least = -float(np.min(chances / (1 - chances)))
    value = float((x - chances).sum() / (1 - chances).sum())
    low = _crossing(lambda f: poisson_binomial_tail(_with(f, chances), count) >= tail, least)
    high = _crossing(lambda f: 1 - poisson_binomial_tail(_with(f, chances), count + 1) < tail, least)
    value = min(1.0, max(least, value))
    return Memorised(value, min(low if count else least, value), max(high if count < x.size else 1.0, value))


def keyed_power(choices: ArrayLike, fraction: float, *, alpha: float) -> float:
    """Chance that `keyed_answers` reaches alpha if this fraction of the items is memorised; exact.

    choices: (n,), valid answers of each eligible item.
    """
    chances = _chances(choices)
    if not 0 <= fraction <= 1:
        raise UsageError(f"{fraction} of the items can't be memorised", "give a fraction")
    return poisson_binomial_tail(_with(fraction, chances), _critical(chances, alpha))


def keyed_mde(choices: ArrayLike, *, alpha: float) -> float:
    """Smallest memorised fraction found with probability 0.8, by exact power; infinite where the items are so few
    that not even a model that knows every key would be found."""
    chances = _chances(choices)
    bar = _critical(chances, alpha)
    if bar > chances.size:
        return math.inf
    return _crossing(lambda f: poisson_binomial_tail(_with(f, chances), bar) >= POWER, 0.0)


def _critical(chances: Floats, alpha: float) -> int:
    """The fewest matches that reach alpha; n + 1 where none do."""
    low, high = 0, chances.size + 1
    while low < high:
        middle = (low + high) // 2
        if poisson_binomial_tail(chances, middle) <= alpha:
            high = middle
        else:
            low = middle + 1
    return low


def _with(fraction: float, chances: Floats) -> Floats:
    return np.clip(fraction + (1 - fraction) * chances, 0.0, 1.0)


def _crossing(holds: Callable[[float], bool], least: float) -> float:
    """The f in [least, 1] from which `holds` is true."""
    low, high = least, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _chances(choices: ArrayLike) -> Floats:
    counts = np.asarray(choices)
    if counts.ndim != 1 or counts.size == 0 or not (counts >= 2).all() or (counts != np.rint(counts)).any():
        raise UsageError("a keyed item needs two or more valid answers", "leave items with one out")
    return 1.0 / counts.astype(np.float64)


def _coins(matches: ArrayLike, choices: ArrayLike) -> tuple[Floats, Floats]:
    x = np.asarray(matches, dtype=np.float64)
    if x.ndim != 1 or x.size == 0:
        raise UsageError("no eligible item", "no answer was one of its item's valid ones")
    if not np.isin(x, (0.0, 1.0)).all():
        raise UsageError("an answer neither matches the key nor misses it")
    counts = np.asarray(choices)
    chances = _chances(np.full(x.size, counts) if counts.ndim == 0 else counts)
    if chances.size != x.size:
        raise UsageError(f"{x.size} answers but {chances.size} numbers of valid answers")
    return x, chances
