"""Null audits of real models from their stored scores: the draw is made again, and again.

Whatever a model thinks of the siblings of an item, a sibling drawn anew can't be what it was trained on. So each
new draw is an exact audit of a model that can't be guilty, by the very functions that judge a suspect. That
certifies the implementation (ties, discreteness, who sees the label); the guarantee itself is the draw's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.keyed import keyed_answers
from fairtrial.stats.order import order_test
from fairtrial.stats.sibling_calibration import BOUND_LEVEL, LEVELS
from fairtrial.stats.siblings import Exact, Floats, Ints, sibling_accuracy, sibling_rank
from fairtrial.stats.standing import standing

AUDITED: Final = 100
"""Items of one null audit: another part of the model's items each time."""

PValues: TypeAlias = tuple[Floats, Floats | None]
"""(p, e) of each null audit; e: the highest that the e-process ever was, or at its end for canaries and orders;
None where the test has none."""


@dataclass(frozen=True, slots=True)
class NullRate:
    """How often a test rejected where nothing is wrong: `hits` of `audits` at `level`.

    world: "simulated" or "grid"; what: "p" or "e >= 1 / level"; models, trunks: whose scores were used, 0 where
    the world is simulated; highest: the largest rate of one model.
    """

    world: str
    test: str
    what: str
    level: float
    hits: int
    audits: int
    models: int = 0
    trunks: int = 0
    highest: float = 0.0

    @property
    def rate(self) -> float:
        return self.hits / self.audits

    @property
    def bounds(self) -> tuple[float, float]:
        """Clopper-Pearson; each end alone has level 0.999."""
        return clopper_pearson(self.hits, self.audits, level=BOUND_LEVEL)

    @property
    def holds(self) -> bool:
        return self.bounds[0] <= self.level


def rank_nulls(scores: Floats, *, draws: int, rng: np.random.Generator) -> PValues:
    """scores: (items, siblings), of any kind."""
    items, width = scores.shape
    below = (scores[:, None, :] < scores[:, :, None]).sum(axis=2)
    tied = (scores[:, None, :] == scores[:, :, None]).sum(axis=2) - 1

    def audit() -> Exact:
        rows = _some(items, rng)
        picks = rng.integers(0, width, rows.size)
        ranks = below[rows, picks] + rng.integers(0, tied[rows, picks] + 1)
        return sibling_rank(ranks, width - 1)

    return _exacts([audit() for _ in range(draws)])


def accuracy_nulls(right: Floats, *, draws: int, rng: np.random.Generator) -> PValues:
    """right: (items, siblings), 1 or 0."""
    items, width = right.shape

    def audit() -> Exact:
        rows = _some(items, rng)
        order = rng.permuted(np.tile(np.arange(width), (rows.size, 1)), axis=1)
        table = np.take_along_axis(right[rows], order, axis=1)
        return sibling_accuracy(table[:, 0], table[:, 1:])

    return _exacts([audit() for _ in range(draws)])


def keyed_nulls(given: Ints, answers: Ints, *, draws: int, rng: np.random.Generator) -> PValues:
    """given: (questions,), which right answer the model gives, -1 for none; answers: how many there are."""
    eligible = np.flatnonzero(given >= 0)

    def audit() -> Exact:
        rows = eligible[_some(eligible.size, rng)]
        return keyed_answers(given[rows] == rng.integers(0, answers[rows]), answers[rows])

    return _exacts([audit() for _ in range(draws)])


def canary_nulls(scores: Floats, *, canaries: int, draws: int, rng: np.random.Generator) -> PValues:
    """scores: of strings that were never planted; each audit deals them anew to canaries and controls."""
    controls = scores.size // canaries - 1

    def audit() -> tuple[float, float]:
        dealt = rng.permutation(scores)[: canaries * (controls + 1)].reshape(canaries, controls + 1)
        found = standing(dealt[:, 0], dealt[:, 1:])
        return found.p, found.e

    return _both([audit() for _ in range(draws)])


def order_nulls(scores: Floats, *, draws: int, rng: np.random.Generator) -> PValues:
    """scores: (shards, orders) of a file; each audit draws anew in which order a shard was published."""

    def audit() -> tuple[float, float]:
        found = order_test(rng.permuted(scores, axis=1))
        return found.p, found.e

    return _both([audit() for _ in range(draws)])


def null_rates_of(test: str, found: Mapping[tuple[str, str], PValues]) -> list[NullRate]:
    """found: (trunk, model) -> its null audits."""
    rates = []
    for what, at in (("p", 0), ("e", 1)):
        each = [values[at] for values in found.values()]
        some = [values for values in each if values is not None]
        if not some:
            continue
        for level in LEVELS:
            shares = [values <= level if at == 0 else values >= 1 / level for values in some]
            rates.append(
                NullRate(
                    "grid",
                    test,
                    what if at == 0 else "e ≥ 1 / level",
                    level,
                    int(sum(np.count_nonzero(share) for share in shares)),
                    sum(share.size for share in shares),
                    models=len(found),
                    trunks=len({trunk for trunk, _ in found}),
                    highest=max(float(share.mean()) for share in shares),
                )
            )
    return rates


def _some(items: int, rng: np.random.Generator) -> Ints:
    return rng.permutation(items)[:AUDITED]


def _exacts(found: Sequence[Exact]) -> PValues:
    return np.array([each.p for each in found]), np.array([each.e.max() for each in found])


def _both(found: Sequence[tuple[float, float]]) -> PValues:
    p, e = np.array(found).T
    return p, e
