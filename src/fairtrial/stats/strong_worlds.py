"""Simulated models and items whose truth is known, for the tests of the strong tier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

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


def label_world(
    rng: np.random.Generator, *, peers: int, items: int, tau: float, weaker: float
) -> tuple[Floats, Floats]:
    """(agreed, right): (1 + peers, items) wrong keys repeated and (1 + peers, 400) other items got right.

    Wrong keys tempt more or less; the weaker a model, the more. tau: the suspect's extra agreement, in
    log-odds; weaker: by how much its ability is lower on the mislabelled items than on the others, the
    assumption broken.
    """
    ability = rng.normal(0.5, 0.6, peers + 1)
    right = rng.random((peers + 1, 400)) < expit(ability[:, None] + rng.normal(0, 1, 400))
    odds = rng.normal(-0.8, 1, items) - ability[:, None]
    odds[0] += tau + weaker
    return (rng.random(odds.shape) < expit(odds)).astype(np.float64), right.astype(np.float64)


def history(rng: np.random.Generator, *, drop: float, drift: float) -> tuple[Floats, Floats]:
    """(right, dates) of 800 items: accuracy drifts down by `drift` from 0 to 1 and falls by `drop` at 0.6."""
    dates = rng.beta(1.5, 1, 800)
    return (rng.random(800) < 0.75 - drift * dates - drop * (dates > 0.6)).astype(np.float64), dates


def sorted_file(rng: np.random.Generator, sorted_by_topic: bool) -> tuple[NDArray[np.int64], list[bytes]]:
    """(topic of each item, its text): 120 items of 12 topics, each topic with words of its own."""
    topics = np.repeat(np.arange(12), 10)
    if not sorted_by_topic:
        topics = rng.permutation(topics)
    words = [["".join(rng.choice(list("abcdefghij"), 9)) for _ in range(12)] for _ in range(12)]
    texts = [(" ".join(rng.choice(words[topic], 8)) + "\n").encode() for topic in topics]
    return topics, texts


def configurations(rng: np.random.Generator, accuracies: Floats, items: int, alike: float) -> Floats:
    """(N, items): right where a deviate, a share `alike` of its variance the item's, stays below the
    configuration's bar."""
    item = rng.normal(size=items) * np.sqrt(alike)
    noise = rng.normal(size=(accuracies.size, items)) * np.sqrt(1 - alike)
    bars: Floats = ndtri(accuracies)
    return np.asarray(item + noise < bars[:, None], dtype=np.float64)
