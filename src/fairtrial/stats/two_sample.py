"""Do two endpoints answer alike (F4)? Permutation tests on completions, first tokens and log-probabilities.

Under "the two sides answer by one distribution" which side an answer came from may be shuffled within its
prompt. That the requests to both were interleaved in an order drawn at random makes it so. A rejection says
that the two distributions differ, not why; no rejection shows nothing. For right or wrong on shared items:
`compare_pairs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats, clustered_mean
from fairtrial.stats.intervals import check_level

Ints = NDArray[np.int64]
Sides = NDArray[np.float64]
"""(draws, prompts, answers) or (draws, answers): 1 for side a, 0 for side b."""

PADDING = -1
_AT_ONCE = 2_000_000
_TIES = 1e-12


@dataclass(frozen=True, slots=True)
class TwoSample:
    """statistic: what was measured between the two sides; expected: its mean over permutations. p =
    (1 + permutations with as large a one) / (draws + 1). effect, low, high: the difference in `unit`, with its
    interval."""

    statistic: float
    expected: float
    p: float
    draws: int
    effect: float
    low: float
    high: float
    unit: str


def padded(completions: Sequence[Sequence[str | Sequence[int]]], length: int) -> Ints:
    """(prompts, completions, length): characters or tokens as numbers, cut at `length` or filled up with -1.

    completions: as many for every prompt.
    """
    width = len(completions[0]) if completions else 0
    if width == 0 or any(len(each) != width for each in completions) or length < 1:
        raise UsageError("not every prompt has the same number of completions", "leave short ones out")
    table = np.full((len(completions), width, length), PADDING, dtype=np.int64)
    for row, texts in enumerate(completions):
        for column, text in enumerate(texts):
            codes = [ord(each) for each in text] if isinstance(text, str) else list(text)
            table[row, column, : len(codes[:length])] = codes[:length]
    return table


def mmd_hamming(
    a: ArrayLike, b: ArrayLike, *, rng: np.random.Generator, draws: int = 9_999, level: float = 0.98
) -> TwoSample:
    """Maximum mean discrepancy with the Hamming kernel, averaged over prompts.

    a: (prompts, m, length), b: (prompts, m', length), from `padded`; m, m' >= 2. k = share of equal positions;
    per prompt mean k within a + mean k within b - 2 mean k between, over pairs of different completions. Mean 0
    where both sides are alike. Interval: t over prompts. Source: Gao, Liang and Guestrin (2024), arXiv
    2410.20247.
    """
    x, y = np.asarray(a), np.asarray(b)
    if x.ndim != 3 or y.ndim != 3 or x.shape[::2] != y.shape[::2] or min(x.shape[1], y.shape[1]) < 2:
        raise UsageError(f"completions {x.shape} and {y.shape} are no two sides of the same prompts")
    kernel = _kernels(np.concatenate([x, y], axis=1))
    rows, total = kernel.sum(axis=2), kernel.sum(axis=(1, 2))
    m, k = x.shape[1], y.shape[1]

    def by_prompt(sides: Sides) -> Floats:
        # Off the diagonal: s'Ks within a; s'K1 counts those and the pairs between; the rest lies within b.
        within = np.einsum("dqi,dqi->dq", np.matmul(sides[:, :, None, :], kernel)[:, :, 0, :], sides)
        touching = np.einsum("dqi,qi->dq", sides, rows)
        between = touching - within
        rest = total - within - 2 * between
        return np.asarray(within / (m * (m - 1)) + rest / (k * (k - 1)) - 2 * between / (m * k))

    found = by_prompt(_observed(m, k, len(x)))[0]
    permuted = _permuted(lambda sides: by_prompt(sides).mean(axis=1), m, k, len(x), draws, rng)
    mean = clustered_mean(found)
    low, high = mean.interval(level=level) if mean.units > 1 else (-2.0, 2.0)
    value = mean.value
    return _result(value, permuted, (value, max(-2.0, low), min(2.0, high)), "squared discrepancy of shares")


def border_prompts(tokens: ArrayLike) -> Ints:
    """Indices of prompts whose first token is not always the same: where a small change shows first.

    tokens: (prompts, repeats). From earlier calls, or from both sides together: never chosen by where the sides
    differ.
    """
    table = np.asarray(tokens)
    return np.flatnonzero((table != table[:, :1]).any(axis=1)).astype(np.int64)


def border_shift(
    a: ArrayLike, b: ArrayLike, *, rng: np.random.Generator, draws: int = 9_999, level: float = 0.98
) -> TwoSample:
    """Total variation between the two sides' first tokens, summed over border prompts.

    a: (prompts, m), b: (prompts, m'), tokens as text or numbers. The effect is the mean a prompt. Its interval
    adds to both ends the quantile of what permutations give: total variation is a norm, so sampling moves it by
    no more than the sampling noise's own norm. Source: arXiv 2602.11083, with total variation as the comparison
    of counts.
    """
    x, y = np.asarray(a), np.asarray(b)
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or x.size == 0 or y.size == 0:
        raise UsageError(f"first tokens {x.shape} and {y.shape} are no two sides of the same prompts")
    kinds, codes = np.unique(np.concatenate([x, y], axis=1), return_inverse=True)
    hot = (codes.reshape(len(x), -1)[:, :, None] == np.arange(kinds.size)).astype(np.float64)
    everyone, m, k = hot.sum(axis=1), x.shape[1], y.shape[1]

    def summed(sides: Sides) -> Floats:
        ours = np.einsum("dqi,qiv->dqv", sides, hot, optimize=True)
        return np.asarray(np.abs(ours / m - (everyone - ours) / k).sum(axis=(1, 2)) / 2)

    found = float(summed(_observed(m, k, len(x)))[0])
    permuted = _permuted(summed, m, k, len(x), draws, rng)
    noise = float(np.quantile(permuted, check_level(level)))
    ends = (found / len(x), max(0.0, found - noise) / len(x), min(1.0, (found + noise) / len(x)))
    return _result(found, permuted, ends, "total variation")


def call_table(calls: Sequence[Mapping[str, float]]) -> Floats:
    """(calls, tokens): log-probability of each token named in any call, in nats; where a call doesn't list a
    token, the lowest value that this call lists, which the token's is at most.

    Tokens in order of first appearance. Make one table of both sides' calls, then cut it: what is censored must
    not depend on the side.
    """
    if not calls or any(not call for call in calls):
        raise UsageError("a call lists no log-probability", "leave it out, or ask for top log-probabilities")
    tokens = list(dict.fromkeys(token for call in calls for token in call))
    table = np.array([[call.get(token, min(call.values())) for token in tokens] for call in calls])
    if not np.isfinite(table).all():
        raise UsageError("a log-probability is not finite")
    return table


def token_tracking(
    a: ArrayLike, b: ArrayLike, *, rng: np.random.Generator, draws: int = 9_999, level: float = 0.98
) -> TwoSample:
    """One prompt, one output token: mean over tokens of the absolute difference of mean log-probabilities, in
    nats.

    a: (m, tokens), b: (m', tokens): two parts of one `call_table`. Whole calls change sides. Interval as for
    `border_shift`. Source: Chauvin et al. (2025), arXiv 2512.03816.
    """
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or x.size == 0 or y.size == 0:
        raise UsageError(f"log-probabilities {x.shape} and {y.shape} are not of the same tokens")
    table = np.concatenate([x, y])
    table -= table.mean(axis=0)
    total, m, k = table.sum(axis=0), len(x), len(y)

    def gap(sides: Sides) -> Floats:
        ours = sides[:, 0, :] @ table
        return np.asarray(np.abs(ours / m - (total - ours) / k).mean(axis=1))

    found = float(gap(_observed(m, k, 1))[0])
    permuted = _permuted(gap, m, k, 1, draws, rng)
    noise = float(np.quantile(permuted, check_level(level)))
    return _result(found, permuted, (found, max(0.0, found - noise), found + noise), "nats")


def _kernels(pooled: Ints) -> Floats:
    """(prompts, N, N): share of equal positions, 0 on the diagonal."""
    kernel = np.stack([(rows[:, None, :] == rows[None, :, :]).mean(axis=2) for rows in pooled])
    kernel[:, np.arange(kernel.shape[1]), np.arange(kernel.shape[1])] = 0.0
    return kernel


def _observed(m: int, k: int, prompts: int) -> Sides:
    return np.tile(np.repeat([1.0, 0.0], [m, k]), (1, prompts, 1))


def _permuted(
    statistic: Callable[[Sides], Floats], m: int, k: int, prompts: int, draws: int, rng: np.random.Generator
) -> Floats:
    """(draws,): the statistic, with the sides shuffled within each prompt."""
    if draws < 1:
        raise UsageError("no permutation, no p-value", "give at least 999")
    found, batch = np.empty(draws), max(1, _AT_ONCE // (prompts * (m + k)))
    for start in range(0, draws, batch):
        size = min(batch, draws - start)
        order = rng.random((size, prompts, m + k)).argsort(axis=2)
        found[start : start + size] = statistic((order < m).astype(np.float64))
    return found


def _result(statistic: float, permuted: Floats, effect: tuple[float, float, float], unit: str) -> TwoSample:
    extreme = int(np.count_nonzero(permuted >= statistic - _TIES))
    return TwoSample(
        statistic,
        float(permuted.mean()),
        (1 + extreme) / (permuted.size + 1),
        permuted.size,
        *effect,
        unit,
    )
