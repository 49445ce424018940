"""Null audits of the same-model tests: one model on both sides, and who gets which request drawn by lot.

Worlds are chosen to be awkward: answers drift while they are asked for, few of them differ, most scores tie.
The lot makes up for a drift, or the tests would accuse here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from fairtrial.stats.clustered import Floats
from fairtrial.stats.paired import compare_pairs
from fairtrial.stats.rank_uniformity import rank_uniformity
from fairtrial.stats.two_sample import Ints, border_prompts, border_shift, mmd_hamming, token_tracking

PERMUTATIONS: Final = 999
"""A permutation test's: just enough to reach the level 0.001, few enough for 10,000 audits."""
KEPT: Final = 12
"""Border prompts that are asked again; 20 in an audit."""

Audit: TypeAlias = Callable[[np.random.Generator], tuple[float, float | None]]
"""One null audit: (p, e), None where there is no e. For keyed answers e is the highest that its process
reaches, at whatever item; for the others its value at the end."""
Number = TypeVar("Number", np.int64, np.float64)


def by_lot(answers: NDArray[Number], rng: np.random.Generator) -> tuple[NDArray[Number], NDArray[Number]]:
    """Side a's and side b's answers, each in the order they came. answers: (prompts, 2 m), in that order; half of
    each prompt's are a's, any half as likely as any other."""
    prompts, asked = answers.shape
    ours = rng.random((prompts, asked)).argsort(axis=1) < asked // 2
    return answers[ours].reshape(prompts, -1), answers[~ours].reshape(prompts, -1)


def canary_set(rng: np.random.Generator) -> Audit:
    """100 items of any difficulty."""
    return _marks(rng.beta(2, 1, 100))


def few_differ(rng: np.random.Generator) -> Audit:
    """100 items, all but 20 of them always right or always wrong: about eight on which the sides differ."""
    chances = (rng.random(100) < 0.7).astype(np.float64)
    chances[:20] = rng.uniform(0.3, 0.7, 20)
    return _marks(chances)


def _marks(chances: Floats) -> Audit:
    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        # Whoever is asked second answers better: sure items stay sure.
        first, second = rng.random(chances.size) < chances, rng.random(chances.size) < np.sqrt(chances)
        a, b = by_lot(np.column_stack([first, second]).astype(np.float64), rng)
        return compare_pairs(b[:, 0], a[:, 0], rng=rng).p, None

    return audit


def borders(rng: np.random.Generator) -> Audit:
    """300 candidates, one in eight of which wavers. Both sides are asked each once; the first so many with two
    different first tokens are asked again, eight times a side, while their answers drift."""
    chances = np.where(rng.random(300) < 1 / 8, rng.random(300), 0.0)

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        kept = border_prompts(rng.random((300, 2)) < chances[:, None])[:KEPT]
        if not kept.size:
            return 1.0, None
        drifting = chances[kept][:, None] * np.linspace(1.0, 0.4, 16)
        a, b = by_lot((rng.random(drifting.shape) < drifting).astype(np.int64), rng)
        return border_shift(a, b, rng=rng, draws=PERMUTATIONS).p, None

    return audit


def ranks(rng: np.random.Generator) -> Audit:
    """40 prompts with eight possible answers each, ten answers a side, so that scores tie; later answers are
    less likely than early ones. One of b's, drawn, is ranked among a's."""
    scores = -np.sort(np.round(rng.exponential(1.0, (40, 8)), 1), axis=1)

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        late = rng.random((40, 20)) < np.linspace(0.0, 1.0, 20)
        answers = rng.integers(0, 4, (40, 20)) + 4 * late
        a, b = by_lot(np.take_along_axis(scores, answers, axis=1), rng)
        one = b[np.arange(40), rng.integers(0, b.shape[1], 40)]
        return rank_uniformity(one, a, rng=rng, draws=PERMUTATIONS).p, None

    return audit


def few_ranks(rng: np.random.Generator) -> Audit:
    """Six prompts, two answers a side: as few ranks as may be asked for, and most scores tie."""
    scores = rng.integers(0, 2, (6, 4)).astype(np.float64)

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        a, b = by_lot(scores, rng)
        return rank_uniformity(b[:, 0], a, rng=rng, draws=PERMUTATIONS).p, None

    return audit


def completions(rng: np.random.Generator, favourite: Ints, count: int) -> Ints:
    """(prompts, count, length): a favourite text a prompt, three characters in ten replaced."""
    shape = (len(favourite), count, favourite.shape[1])
    slips = rng.random(shape) < 0.3
    return np.where(slips, rng.integers(0, 20, shape), favourite[:, None, :])


def text(rng: np.random.Generator) -> Audit:
    """Six prompts, six answers of twelve characters a side."""
    favourite = rng.integers(0, 20, (6, 12))

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        a, b = (completions(rng, favourite, 6) for _ in range(2))
        return mmd_hamming(a, b, rng=rng, draws=PERMUTATIONS).p, None

    return audit


def tracking(rng: np.random.Generator) -> Audit:
    """20 calls a side, eight tokens whose noise is shared within a call."""
    centre = -np.sort(rng.exponential(2, 8))

    def calls(rng: np.random.Generator) -> Floats:
        return centre + rng.normal(0, 0.05, (20, 8)) + rng.normal(0, 0.1, (20, 1))

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        return token_tracking(calls(rng), calls(rng), rng=rng, draws=PERMUTATIONS).p, None

    return audit
