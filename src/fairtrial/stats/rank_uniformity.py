"""One call a prompt to an endpoint, many samples from local weights: is the endpoint's answer one of them
(RUT)?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats, clustered_mean
from fairtrial.stats.siblings import POWER, Ints

STEPS = 20
"""Shares of prompts that are tried: 1 / STEPS, 2 / STEPS, …"""
_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class RankUniformity:
    """statistic: Cramer and von Mises's distance of the ranks from uniform; p: by simulation, p =
    (1 + simulated as large) / (draws + 1). shift: mean rank less the middle, as a share, with a t interval;
    ranks may be uniform in the mean and not otherwise."""

    statistic: float
    p: float
    draws: int
    shift: float
    low: float
    high: float


def rank_uniformity(
    endpoint: ArrayLike,
    local: ArrayLike,
    *,
    rng: np.random.Generator,
    draws: int = 9_999,
    level: float = 0.98,
) -> RankUniformity:
    """endpoint: (prompts,), the score of the endpoint's one answer; local: (prompts, m), of answers by the
    weights.

    Any score will do, likelihood under the weights say; ties are broken at random. If the endpoint runs the
    same model, each rank is uniform on 0 … m. Source: Zhu et al. (2025), arXiv 2506.06975.
    """
    own, others = np.asarray(endpoint, dtype=np.float64), np.asarray(local, dtype=np.float64)
    if own.ndim != 1 or others.ndim != 2 or len(own) != len(others) or others.size == 0 or draws < 1:
        raise UsageError(f"scores {own.shape} and {others.shape} are not (prompts,) and (prompts, m)")
    n, m = others.shape
    tied = (others == own[:, None]).sum(axis=1)
    ranks = (others < own[:, None]).sum(axis=1) + rng.integers(0, tied + 1)
    found, extreme = float(_distance(ranks[None, :], m)[0]), 0
    batch = max(1, _AT_ONCE // n)
    for start in range(0, draws, batch):
        uniform = rng.integers(0, m + 1, (min(batch, draws - start), n))
        extreme += int(np.count_nonzero(_distance(uniform, m) >= found - 1e-12))
    mean = clustered_mean(ranks / m - 0.5)
    low, high = mean.interval(level=level)
    return RankUniformity(
        found,
        (1 + extreme) / (draws + 1),
        draws,
        mean.value,
        max(-0.5, min(low, mean.value)),
        min(0.5, max(high, mean.value)),
    )


def least_misranked(
    n: int, m: int, *, alpha: float, rng: np.random.Generator, sets: int = 500
) -> float | None:
    """The smallest share of n prompts at which an answer less likely than all m is found with probability 0.8 at
    `alpha`, in twentieths; None where not even all are."""
    null = _distance(rng.integers(0, m + 1, (max(2_000, round(20 / alpha)), n)), m)
    critical = float(np.quantile(null, 1 - alpha, method="higher"))
    for step in range(1, STEPS + 1):
        ranks = rng.integers(0, m + 1, (sets, n))
        ranks[rng.random((sets, n)) < step / STEPS] = 0
        if float((_distance(ranks, m) > critical).mean()) >= POWER:
            return step / STEPS
    return None


def _distance(ranks: Ints, top: int) -> Floats:
    """1/(12 n) + sum ((2i - 1)/(2n) - u_(i))^2, u = (r + 1/2)/(m + 1). ranks: (draws, n)."""
    n = ranks.shape[1]
    u = (np.sort(ranks, axis=1) + 0.5) / (top + 1)
    return np.asarray(1 / (12 * n) + (((2 * np.arange(1, n + 1) - 1) / (2 * n) - u) ** 2).sum(axis=1))
