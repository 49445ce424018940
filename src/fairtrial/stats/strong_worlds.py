"""Simulated models and items whose truth is known, for the tests of the strong tier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from fairtrial.stats.clustered import Floats


@dataclass(frozen=True, slots=True)
class ReferencesWorld:
    """published, fresh: (1 + references, items), 1 right and 0 wrong, the suspect first; templates: of either
    set's items; inflation: the true one, a fraction."""

    published: Floats
    fresh: Floats
    templates: list[int]
    inflation: float


def references_world(
    rng: np.random.Generator,
    *,
    references: int,
    items: int,
    tau: float,
    templates: int = 20,
    harder: float = 0.3,
    leaning: float = 0.0,
) -> ReferencesWorld:
    """Models of differing ability (mean log-odds 0.8, spread 0.7), items and templates of differing difficulty.

    tau: the suspect's gain on published items, in log-odds; harder: by how much the fresh items are, for all
    alike; leaning: by how much they are harder still for the suspect alone, which no reference shows: the
    assumption broken.
    """
    ability = rng.normal(0.8, 0.7, references + 1)
    template = rng.normal(0, 0.5, templates)
    labels = np.arange(items) % templates
    sides, gain = [], 0.0
    for shift, own in ((0.0, tau), (-harder, -leaning)):
        honest = ability[:, None] + rng.normal(0, 1, items) + template[labels] + shift
        odds = honest.copy()
        odds[0] += own
        if own == tau and shift == 0.0:
            gain = float((expit(odds[0]) - expit(honest[0])).mean())
        sides.append((rng.random(odds.shape) < expit(odds)).astype(np.float64))
    return ReferencesWorld(sides[0], sides[1], labels.tolist(), gain)
