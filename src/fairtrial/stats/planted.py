"""What a test would have found, where no formula says: plant a difference, count how often it is found."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairtrial.core.errors import UsageError
from fairtrial.stats.siblings import POWER

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Detectable:
    """rate: the smallest planted rate found with probability 0.8, infinite where none of those tried was;
    powers: (rate, share of `draws` in which it was found), up to the first that was enough."""

    rate: float
    powers: tuple[tuple[float, float], ...]
    draws: int


def planted_mde(
    trial: Callable[[float, np.random.Generator], float],
    rates: Sequence[float],
    *,
    alpha: float,
    draws: int,
    rng: np.random.Generator,
) -> Detectable:
    """trial: plants a difference of the given rate and returns the test's p-value; rates: tried from the
    smallest.

    A rate reaches a power of 0.8 by luck if its power is a little less: with 200 draws, 0.75 or more.
    """
    if draws < 1 or not rates:
        raise UsageError("no rate, or no draw: nothing is planted")
    powers = []
    for rate in sorted(rates):
        found = sum(trial(rate, rng) <= alpha for _ in range(draws)) / draws
        powers.append((rate, found))
        if found >= POWER:
            return Detectable(rate, tuple(powers), draws)
    return Detectable(math.inf, tuple(powers), draws)


def mixed(
    null: Array, rate: float, size: int, *, rng: np.random.Generator, other: Array | None = None
) -> tuple[Array, Array]:
    """Two sides of `size` drawn from one model, the second diluted: each of its entries is replaced with chance
    `rate`.

    null: (prompts, N, ...), entries of one model, N >= 2 size; drawn without replacement, prompt by prompt.
    other: (prompts, M, ...), what replaces them; None: entries that agree with nothing, not even with each
    other (whole numbers below -1), the largest change there is.
    """
    prompts, available = null.shape[:2]
    if available < 2 * size or not 0 <= rate <= 1:
        raise UsageError(f"{available} entries a prompt can't fill two sides of {size}", "record more")
    rows = np.arange(prompts)[:, None]
    order = rng.permuted(np.tile(np.arange(available), (prompts, 1)), axis=1)
    first, second = null[rows, order[:, :size]], null[rows, order[:, size : 2 * size]]
    replaced = rng.random((prompts, size)) < rate
    if other is None:
        count = int(replaced.sum()) * math.prod(null.shape[2:])
        second[replaced] = -2 - np.arange(count).reshape(-1, *null.shape[2:])
    else:
        second[replaced] = other[rows, rng.integers(0, other.shape[1], (prompts, size))][replaced]
    return first, second
