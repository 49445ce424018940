"""False alarms of the proof tier beyond siblings, over null audits whose draw is made anew each time.

Keyed answers, canaries, order on a committed shuffle; the worlds of the same-model tests are in
`same_model_audits`. Siblings: `sibling_calibration`. Same draws and seed, same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from fairtrial.stats import same_model_audits
from fairtrial.stats.canary import canary_emission
from fairtrial.stats.keyed import keyed_answers
from fairtrial.stats.order import drawn_orders, order_test, shards
from fairtrial.stats.same_model_audits import Audit
from fairtrial.stats.sibling_calibration import LEVELS, Rate
from fairtrial.stats.standing import standing


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


AUDITS: dict[str, Callable[[np.random.Generator], Audit]] = {
    "keyed answers": _keyed,
    "canary rank": _canary,
    "canary ranks, eight": _canaries,
    "canary emission, three": _emission,
    "order on a committed shuffle": _order,
    "completions (MMD, Hamming)": same_model_audits.text,
    "one-token tracking": same_model_audits.tracking,
    "canary set (McNemar)": same_model_audits.canary_set,
    "canary set (McNemar), few differ": same_model_audits.few_differ,
    "border prompts": same_model_audits.borders,
    "rank uniformity": same_model_audits.ranks,
    "rank uniformity, few and tied": same_model_audits.few_ranks,
}
