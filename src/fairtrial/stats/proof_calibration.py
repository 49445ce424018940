"""False alarms of the proof tier beyond siblings, over null audits whose draw is made anew each time.

Keyed answers, canaries, order on a committed shuffle, and the same-model tests. Siblings:
`sibling_calibration`. Same draws and seed, same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from fairtrial.stats.canary import canary_emission
from fairtrial.stats.clustered import Floats
from fairtrial.stats.keyed import keyed_answers
from fairtrial.stats.order import drawn_orders, order_test, shards
from fairtrial.stats.rank_uniformity import rank_uniformity
from fairtrial.stats.sibling_calibration import LEVELS, Rate
from fairtrial.stats.standing import standing
from fairtrial.stats.two_sample import Ints, border_shift, mmd_hamming, token_tracking

PERMUTATIONS = 999
"""A permutation test's: just enough to reach the level 0.001, few enough for 10,000 audits."""

Audit: TypeAlias = Callable[[np.random.Generator], tuple[float, float | None]]
"""One null audit: (p, e), None where there is no e. For keyed answers e is the highest that its process
reaches, at whatever item; for the others its value at the end."""


def proof_rates(draws: int, seed: int, *, only: str = "") -> Iterator[Rate]:
    """How often each test rejects at 0.05, 0.01 and 0.001 where nothing is wrong: by p, and by e >= 1 / level.

    draws: null audits a test, 10,000 for the published table (some minutes); only: a name of `AUDITS`.
    """
    for name, make in AUDITS.items():
        if only and name != only:
            continue
        audit = make(np.random.default_rng([seed, 1]))
        rng = np.random.default_rng([seed, 2])
        found = [audit(rng) for _ in range(draws)]
        for level in LEVELS:
            hits = sum(p <= level for p, _ in found)
            yield Rate(name, "at the end", level, hits, draws)
        if found[0][1] is not None:
            for level in LEVELS:
                crossed = sum(e is not None and e >= 1 / level for _, e in found)
                yield Rate(name, "e-value", level, crossed, draws)


def _keyed(rng: np.random.Generator) -> Audit:
    """A model with a favourite answer to each of 200 items with two to four valid ones; the key is drawn
    anew."""
    choices = rng.integers(2, 5, 200)
    preferred = np.minimum(rng.geometric(0.7, 200) - 1, choices - 1)

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        found = keyed_answers(preferred == rng.integers(0, choices), choices)
        return found.p, float(found.e.max())

    return audit


def _canary(rng: np.random.Generator) -> Audit:
    """One canary among 1,999 controls, scores rounded so that some tie."""
    scores = np.round(rng.normal(size=2_000), 3)

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        order = rng.permutation(scores)
        return standing(order[:1], order[None, 1:]).p, None

    return audit


def _canaries(rng: np.random.Generator) -> Audit:
    """Eight canaries with 99 controls each."""
    scores = np.round(rng.normal(size=(8, 100)), 2)

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        order = rng.permuted(scores, axis=1)
        found = standing(order[:, 0], order[:, 1:])
        return found.p, found.e

    return audit


def _emission(rng: np.random.Generator) -> Audit:
    """A guesser: 40 guesses at each of three canaries of 16 bits."""

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        guessed = [bool(each) for each in rng.integers(0, 2**16, 3) < 40]
        found = canary_emission(guessed, absent_bits=16, candidates=40)
        return found.p, found.e

    return audit


def _order(rng: np.random.Generator) -> Audit:
    """A reader with tastes of its own about what follows what; a file of 100 items is shuffled anew, in shards
    of four against the 23 other orders."""
    taste, orders = rng.normal(size=(100, 100)), drawn_orders(4, 23, rng=rng)

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        items = rng.permutation(100)[shards(100, 4)][:, orders]
        found = order_test(taste[items[:, :, :-1], items[:, :, 1:]].sum(axis=2))
        return found.p, found.e

    return audit


def completions(rng: np.random.Generator, favourite: Ints, count: int) -> Ints:
    """(prompts, count, length): a favourite text a prompt, three characters in ten replaced."""
    shape = (len(favourite), count, favourite.shape[1])
    slips = rng.random(shape) < 0.3
    return np.where(slips, rng.integers(0, 20, shape), favourite[:, None, :])


def _mmd(rng: np.random.Generator) -> Audit:
    favourite = rng.integers(0, 20, (6, 12))

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        a, b = (completions(rng, favourite, 6) for _ in range(2))
        return mmd_hamming(a, b, rng=rng, draws=PERMUTATIONS).p, None

    return audit


def _border(rng: np.random.Generator) -> Audit:
    """12 prompts, eight calls a side."""
    chances = rng.random(12)[:, None]

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        a, b = ((rng.random((12, 8)) < chances).astype(np.int64) for _ in range(2))
        return border_shift(a, b, rng=rng, draws=PERMUTATIONS).p, None

    return audit


def _tracking(rng: np.random.Generator) -> Audit:
    """20 calls a side, eight tokens whose noise is shared within a call."""
    centre = -np.sort(rng.exponential(2, 8))

    def calls(rng: np.random.Generator) -> Floats:
        return centre + rng.normal(0, 0.05, (20, 8)) + rng.normal(0, 0.1, (20, 1))

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        return token_tracking(calls(rng), calls(rng), rng=rng, draws=PERMUTATIONS).p, None

    return audit


def _uniformity(rng: np.random.Generator) -> Audit:
    """40 prompts, 20 local answers each, scores that tie."""

    def audit(rng: np.random.Generator) -> tuple[float, float | None]:
        scores = np.round(rng.normal(size=(40, 21)), 1)
        return rank_uniformity(scores[:, 0], scores[:, 1:], rng=rng, draws=PERMUTATIONS).p, None

    return audit


AUDITS: dict[str, Callable[[np.random.Generator], Audit]] = {
    "keyed answers": _keyed,
    "canary rank": _canary,
    "canary ranks, eight": _canaries,
    "canary emission, three": _emission,
    "order on a committed shuffle": _order,
    "completions (MMD, Hamming)": _mmd,
    "border prompts": _border,
    "one-token tracking": _tracking,
    "rank uniformity": _uniformity,
}
