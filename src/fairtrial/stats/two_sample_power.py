"""What the two-sample test on completions finds, and how often it errs, measured on recorded answers.

A null pair is one model's answers to each prompt, split in two at random. A planted change puts answers to
another prompt among those of one side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats
from fairtrial.stats.siblings import POWER
from fairtrial.stats.two_sample import Ints, border_shift, mmd_hamming, token_tracking

STEPS: Final = 40
"""Shares that are tried: 1 / STEPS, 2 / STEPS, …"""
SPLITS: Final = 20
FLIPS: Final = 20
"""Shares of first tokens that are tried: 1 / FLIPS, 2 / FLIPS, …"""
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Planted:
    """share: of one side's answers, exchanged for answers to another prompt; effect: the discrepancy that
    makes."""

    share: float
    effect: float


def least_mixed(
    a: ArrayLike, b: ArrayLike, *, alpha: float, rng: np.random.Generator, draws: int = 200
) -> Planted | None:
    """The smallest planted change found with probability 0.8 at `alpha`; None where not even a whole side is.

    a, b: as for `mmd_hamming`, two prompts at least. Both sides are pooled and split anew, so that nothing
    but what is planted lies between them. The critical value is that of permutations of planted data.
    """
    x, y = np.asarray(a), np.asarray(b)
    if x.ndim != 3 or y.ndim != 3 or x.shape[::2] != y.shape[::2] or len(x) < 2:
        raise UsageError(f"completions {x.shape} and {y.shape}: a change is planted from another prompt")
    m, k = x.shape[1], y.shape[1]
    own = np.concatenate([x, y], axis=1)
    both = np.concatenate([own, np.roll(own, 1, axis=0)], axis=1)
    kernel = np.stack([(rows[:, None, :] == rows[None, :, :]).mean(axis=2) for rows in both])

    def tried(share: float) -> tuple[float, Planted]:
        sets = _planted(share, m, k, len(x), draws, rng)
        found = _discrepancies(kernel, sets, m)
        mixed = rng.permuted(np.repeat(sets[:SPLITS], max(1, draws // 2), axis=0), axis=2)
        critical = float(np.quantile(_discrepancies(kernel, mixed, m), 1 - alpha))
        return float((found > critical).mean()), Planted(share, float(found.mean()))

    low, high = 0, STEPS
    best = tried(1.0)
    if best[0] < POWER:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        now = tried(middle / STEPS)
        if now[0] >= POWER:
            high, best = middle, now
        else:
            low = middle
    return best[1]


def least_shift(
    a: ArrayLike, b: ArrayLike, *, alpha: float, floor: float, rng: np.random.Generator, sets: int = 50
) -> float | None:
    """The smallest mean difference of log-probabilities, in nats, found with probability 0.8 at `alpha`, as a
    power of 2 times `floor`; None where none is up to 2**16 times. a, b: as for `token_tracking`."""
    pooled = np.concatenate([np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)])
    m = len(np.asarray(a))
    for step in range(17):
        shift, caught = floor * 2.0**step, 0
        for _ in range(sets):
            table = pooled[rng.permutation(len(pooled))]
            moved = table[m:] + shift * rng.choice([-1.0, 1.0], table.shape[1])
            found = token_tracking(table[:m], moved, rng=rng, draws=max(999, round(4 / alpha)))
            caught += found.statistic >= floor and found.p <= alpha
        if caught >= POWER * sets:
            return shift
    return None


def least_flipped(
    a: ArrayLike, b: ArrayLike, *, alpha: float, rng: np.random.Generator, sets: int = 25
) -> float | None:
    """The smallest share of side b's first tokens, exchanged for one that nobody says, found with probability 0.8
    at `alpha`, in twentieths; None where not even all are. a, b: as for `border_shift`."""
    codes = np.unique(np.concatenate([np.asarray(a), np.asarray(b)], axis=1), return_inverse=True)[1]
    pooled, m = codes.reshape(len(np.asarray(a)), -1), np.asarray(a).shape[1]
    draws = max(999, round(4 / alpha))

    def found(share: float) -> bool:
        caught = 0
        for _ in range(sets):
            table = rng.permuted(pooled, axis=1)
            table[:, m:][rng.random(table[:, m:].shape) < share] = -1
            caught += border_shift(table[:, :m], table[:, m:], rng=rng, draws=draws).p <= alpha
        return caught >= POWER * sets

    low, high = 0, FLIPS
    if not found(1.0):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle / FLIPS) else (middle, high)
    return high / FLIPS


def null_p_values(
    answers: Ints, *, each: int, pairs: int, rng: np.random.Generator, draws: int = 999
) -> Floats:
    """(pairs,): p-values of null pairs. answers: (prompts, N, length) of one model, N >= 2 each. each:
    completions a side."""
    if answers.shape[1] < 2 * each:
        raise UsageError(f"{answers.shape[1]} answers a prompt are too few for two sides of {each}")
    found = np.empty(pairs)
    for number in range(pairs):
        order = rng.permuted(np.tile(np.arange(answers.shape[1]), (len(answers), 1)), axis=1)
        drawn = np.take_along_axis(answers, order[:, : 2 * each, None], axis=1)
        found[number] = mmd_hamming(drawn[:, :each], drawn[:, each:], rng=rng, draws=draws).p
    return found


def pair_p_values(
    a: Ints, b: Ints, *, each: int, pairs: int, rng: np.random.Generator, draws: int = 999
) -> Floats:
    """(pairs,): p-values where side b is another model. a, b: (prompts, N, length), N >= each."""
    found = np.empty(pairs)
    for number in range(pairs):
        sides = []
        for answers in (a, b):
            order = rng.permuted(np.tile(np.arange(answers.shape[1]), (len(answers), 1)), axis=1)
            sides.append(np.take_along_axis(answers, order[:, :each, None], axis=1))
        found[number] = mmd_hamming(sides[0], sides[1], rng=rng, draws=draws).p
    return found


def _planted(share: float, m: int, k: int, prompts: int, draws: int, rng: np.random.Generator) -> Ints:
    """(draws, prompts, m + k): places in the doubled pool, side a first."""
    width = m + k
    own = rng.permuted(np.broadcast_to(np.arange(width), (draws, prompts, width)).copy(), axis=2)
    foreign = width + rng.permuted(np.broadcast_to(np.arange(width), (draws, prompts, width)).copy(), axis=2)
    exchanged = rng.random((draws, prompts, width)) < share
    exchanged[:, :, :m] = False
    return np.where(exchanged, foreign, own).astype(np.int64)


def _discrepancies(kernel: Floats, sets: Ints, m: int) -> Floats:
    """(sets,): mean over prompts of the unbiased squared discrepancy."""
    k = sets.shape[2] - m
    found = np.empty(len(sets))
    rows = np.arange(len(kernel))[None, :, None, None]
    for start in range(0, len(sets), _AT_ONCE):
        part = sets[start : start + _AT_ONCE]
        shares = kernel[rows, part[:, :, :, None], part[:, :, None, :]]
        # The diagonal holds ones: an answer with itself is no pair.
        within = (shares[:, :, :m, :m].sum(axis=(2, 3)) - m) / (m * (m - 1))
        rest = (shares[:, :, m:, m:].sum(axis=(2, 3)) - k) / (k * (k - 1))
        between = shares[:, :, :m, m:].mean(axis=(2, 3))
        found[start : start + _AT_ONCE] = (within + rest - 2 * between).mean(axis=1)
    return found
