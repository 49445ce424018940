"""Simulated data whose truth is known, for the calibration of intervals and tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairtrial.stats.clustered import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clusters:
    """How items hang together: the label of each item, and how many clusters there are."""

    labels: Ints
    count: int

    @property
    def n(self) -> int:
        return self.labels.size


def equal_clusters(count: int, size: int) -> Clusters:
    """`count` clusters of `size` items."""
    return Clusters(np.repeat(np.arange(count), size), count)


def uneven_clusters(count: int, size: int) -> Clusters:
    """`count` clusters of 1 to 4 x `size` items, most of them small: sizes in geometric steps, about
    1.5 x `size` on average."""
    steps = np.linspace(0, 1, count)
    sizes = np.maximum(1, np.rint((4 * size) ** steps)).astype(np.int64)
    return Clusters(np.repeat(np.arange(count), sizes), count)


def clustered_scores(world: Clusters, mean: float, alike: float, rng: np.random.Generator) -> Floats:
    """Right/wrong scores with the given mean and correlation `alike` within a cluster (beta-binomial)."""
    strength = (1 - alike) / alike
    chances = rng.beta(mean * strength, (1 - mean) * strength, world.count)
    return (rng.random(world.n) < chances[world.labels]).astype(np.float64)


def clustered_pairs(
    world: Clusters, discordant: float, tilt: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Right/wrong scores of two sides that are equally good over all clusters, not within each.

    A share `discordant` of items is right on one side alone; in half of the clusters, at random, side a takes
    (1 + tilt) / 2 of those, in the others (1 - tilt) / 2. The true difference is 0.
    """
    lean = np.where(rng.random(world.count) < 0.5, tilt, -tilt)[world.labels]
    differs = rng.random(world.n) < discordant
    to_a = rng.random(world.n) < (1 + lean) / 2
    both = rng.random(world.n) < 0.6
    a = np.where(differs, to_a, both)
    b = np.where(differs, ~to_a, both)
    return a.astype(np.float64), b.astype(np.float64)


def discordant_counts(
    n: int, only_a: float, only_b: float, draws: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Discordant counts (only a right, only b right) of `draws` paired samples of n items."""
    table = rng.multinomial(n, [only_a, only_b, 1 - only_a - only_b], size=draws)
    return [(int(row[0]), int(row[1])) for row in table]


def null_models(n: int, models: int, rng: np.random.Generator) -> Floats:
    """Right/wrong scores of equally good models on the same items, one row a model, alike item by item."""
    chances = rng.beta(1.2, 0.4, n)
    return (rng.random((models, n)) < chances).astype(np.float64)


def shared_fractions(n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Fractional scores of two equally good sides that share the difficulty of each item."""
    shared = rng.beta(4, 2, n)
    left, right = (np.clip(shared + rng.uniform(-0.2, 0.2, n), 0, 1) for _ in range(2))
    return left, right
