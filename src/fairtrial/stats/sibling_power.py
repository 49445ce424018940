"""What the sibling tests find, and how often they would clear an honest model: the planning of a twin.

The world: an item is hard or easy for a model (a normal deviate, correlation `alike` between its siblings), an
answer is right where item and chance together stay below a bar, and a share of the published items is memorised:
right whatever they are. An inflation of x needs a share x / (1 - accuracy).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, gammaln, ndtr, xlog1py, xlogy

from fairtrial.core.errors import UsageError
from fairtrial.stats.siblings import inflation, rank_process, sibling_accuracy, uniform_sum_tails

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """n items with `fresh` siblings asked; accuracy of an honest answer, alike: correlation of siblings,
    inflation: a fraction, 0 for an honest model."""

    n: int
    fresh: int
    accuracy: float = 0.6
    alike: float = 0.7
    inflation: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.accuracy < 1 and 0 <= self.alike < 1 and 0 <= self.inflation <= 1 - self.accuracy):
            raise UsageError(f"no such world: {self}")

    @property
    def memorised(self) -> float:
        """Share of published items that are right whatever they are."""
        return self.inflation / (1 - self.accuracy)

    def outcomes(self, rng: np.random.Generator) -> Floats:
        """(n, 1 + fresh), 1 right and 0 wrong, the published sibling first."""
        bar = NormalDist().inv_cdf(self.accuracy)
        item = rng.normal(size=(self.n, 1)) * math.sqrt(self.alike)
        chance = rng.normal(size=(self.n, 1 + self.fresh)) * math.sqrt(1 - self.alike)
        table = (item + chance < bar).astype(np.float64)
        table[rng.random(self.n) < self.memorised, 0] = 1.0
        return table


def discordant(accuracy: float, alike: float) -> float:
    """Chance that of two siblings one is answered right and the other wrong: 0.245 at 0.6 and 0.7."""
    bar = NormalDist().inv_cdf(accuracy)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    right = ndtr((bar - math.sqrt(alike) * nodes) / math.sqrt(1 - alike))
    return float(2 * (weights @ (right * (1 - right))) / math.sqrt(2 * math.pi))


def accuracy_power_exact(world: World, alpha: float) -> float:
    """Of `sibling_accuracy` with one fresh sibling, by summing over the number of discordant pairs."""
    if world.fresh != 1:
        raise UsageError("the exact power is for one fresh sibling", "simulate others")
    split, f = discordant(world.accuracy, world.alike), world.memorised
    only_published = (1 - f) * split / 2 + f * (1 - world.accuracy)
    only_fresh = (1 - f) * split / 2
    both = only_published + only_fresh
    m = np.arange(1, world.n + 1)
    log_choose = gammaln(world.n + 1) - gammaln(m + 1) - gammaln(world.n - m + 1)
    chance = np.exp(log_choose + xlogy(m, both) + xlog1py(world.n - m, -both))
    likely = m[chance > 1e-12]
    return float(
        sum(
            chance[count - 1] * bdtrc(_critical(int(count), alpha) - 1, count, only_published / both)
            for count in likely
        )
    )


def _critical(count: int, alpha: float) -> int:
    """The smallest b with P(Binomial(count, 1/2) >= b) <= alpha; count + 1 where there is none."""
    b = np.arange(count + 1)
    rejects = b[bdtrc(b - 1.0, count, 0.5) <= alpha]
    return int(rejects[0]) if rejects.size else count + 1


def accuracy_power(world: World, alpha: float, *, draws: int, rng: np.random.Generator) -> float:
    """The same for any number of siblings, simulated."""
    hits = 0
    for _ in range(draws):
        table = world.outcomes(rng)
        hits += sibling_accuracy(table[:, 0], table[:, 1:]).p <= alpha
    return hits / draws


def rank_power(
    n: int, fresh: int, shift: float, alpha: float, *, draws: int, rng: np.random.Generator
) -> float:
    """Of `sibling_rank` where published scores are N(shift, 1) and fresh ones N(0, 1)."""
    least = int(np.count_nonzero(uniform_sum_tails(n, fresh) > alpha))
    hits = 0
    for _ in range(draws):
        # A rank given the published score x is Binomial(K, Phi(x)): the siblings are independent.
        ranks = rng.binomial(fresh, ndtr(rng.normal(shift, 1, n)))
        hits += int(ranks.sum()) >= least
    return hits / draws


def cleared(world: World, tolerance: float, alpha: float, *, draws: int, rng: np.random.Generator) -> float:
    """How often the upper limit of the inflation, at level 1 - alpha, falls below the tolerance; 20 templates."""
    templates = [item % 20 for item in range(world.n)]
    hits = 0
    for _ in range(draws):
        table = world.outcomes(rng)
        found = inflation(table[:, 0], table[:, 1:], templates=templates, level=1 - 2 * alpha)
        hits += found.high < tolerance
    return hits / draws


@dataclass(frozen=True, slots=True)
class NullAudits:
    """False alarms of as many audits of one model: counts by level, at the end and, for the e-processes, at any
    time. `draws`: audits."""

    draws: int
    accuracy: dict[float, int]
    rank: dict[float, int]
    accuracy_e: dict[float, int]
    rank_e: dict[float, int]


def null_audits(
    right: Floats,
    scores: Floats,
    *,
    fresh: int,
    levels: tuple[float, ...],
    draws: int,
    rng: np.random.Generator,
) -> NullAudits:
    """Redraw which sibling is published, again and again: each redraw is an exact null audit of this model.

    right, scores: (n, K + 1), whether each sibling was answered right and how likely it is. The published sibling
    is drawn uniformly, and `fresh` of the others for sibling accuracy. Certifies the implementation (ties,
    discreteness, who sees the label), not any other model: the guarantee holds for every table.
    """
    n, width = right.shape
    rows = np.arange(n)
    found = NullAudits(draws, *(dict.fromkeys(levels, 0) for _ in range(4)))
    tails = uniform_sum_tails(n, width - 1)
    for _ in range(draws):
        order = rng.permuted(np.tile(np.arange(width), (n, 1)), axis=1)
        picked = right[rows[:, None], order[:, : fresh + 1]]
        exact = sibling_accuracy(picked[:, 0], picked[:, 1:])
        own = scores[rows, order[:, 0]]
        tied = (scores == own[:, None]).sum(axis=1) - 1
        ranks = (scores < own[:, None]).sum(axis=1) + rng.integers(0, tied + 1)
        peak, rank_p = exact.e.max(), tails[ranks.sum()]
        rank_peak = rank_process(ranks.astype(np.float64), width - 1).max()
        for level in levels:
            found.accuracy[level] += exact.p <= level
            found.rank[level] += rank_p <= level
            found.accuracy_e[level] += peak >= 1 / level
            found.rank_e[level] += rank_peak >= 1 / level
    return found
