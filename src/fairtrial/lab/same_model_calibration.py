"""How often the same-model tests err between a model and itself, and how often they find another one.

One model's answers, recorded many times, are split in two again and again: null pairs. Another model's stand on
side b instead: power. Pairs share answers, so the limits of the rates speak about pairs of these recordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fairtrial.audit.same_model_tests import RESOLUTION, TEXT, TOKEN, Calls
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.same_model import Heard, ask, heard_in
from fairtrial.lab.same_model_tasks import LOTTERY_ID, Asking
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.two_sample import Ints, call_table, padded, token_tracking
from fairtrial.stats.two_sample_power import null_p_values, pair_p_values

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

LEVELS: Final = (0.05, 0.01, 0.001)
DRAWS: Final = 999
"""Permutations a p-value: the smallest is 0.001."""
BOUND: Final = 0.999


@dataclass(frozen=True, slots=True)
class Rate:
    """hits of pairs had p <= level. low, high: Clopper-Pearson, level BOUND."""

    test: str
    a: str
    b: str
    each: int
    level: float
    hits: int
    pairs: int

    @property
    def bounds(self) -> tuple[float, float]:
        return clopper_pearson(self.hits, self.pairs, level=BOUND)

    @property
    def held(self) -> bool:
        """For a null pair: the level is not proven wrong."""
        return self.bounds[0] <= self.level


def listen(lab: Lab, model: ModelSpec, asking: Asking, times: int, **settings: Any) -> Heard:
    """The model's answers, each prompt asked so many times."""
    runs, _ = ask(lab, model, asking, asking.decoding((model,)), times, **settings)
    return heard_in(runs, lambda name, epoch: True)


def false_alarms(name: str, heard: Heard, *, each: int, pairs: int, length: int, seed: int) -> Iterator[Rate]:
    """Null pairs of one model, for every test and level."""
    rng = np.random.default_rng([seed, each, 0])
    found = null_p_values(table(heard, length), each=each, pairs=pairs, rng=rng, draws=DRAWS)
    yield from _rates(TEXT, name, name, each, found)
    if heard.calls:
        yield from _rates(TOKEN, name, name, each, _token(heard.calls, None, each, pairs, rng))


def power(
    names: tuple[str, str], heard: tuple[Heard, Heard], *, each: int, pairs: int, length: int, seed: int
) -> Iterator[Rate]:
    """How often another model is found, for every test and level."""
    rng = np.random.default_rng([seed, each, 1])
    a, b = (table(side, length) for side in heard)
    yield from _rates(TEXT, *names, each, pair_p_values(a, b, each=each, pairs=pairs, rng=rng, draws=DRAWS))
    if heard[0].calls and heard[1].calls:
        yield from _rates(TOKEN, *names, each, _token(heard[0].calls, heard[1].calls, each, pairs, rng))


def table(heard: Heard, length: int) -> Ints:
    """(prompts, answers, length) of the text test's prompts."""
    return padded(
        [texts for name, texts in sorted(heard.texts.items()) if not name.startswith(LOTTERY_ID)], length
    )


def _token(a: Calls, b: Calls | None, each: int, pairs: int, rng: np.random.Generator) -> Sequence[float]:
    """p-values; b: None for null pairs."""
    both = call_table([*a, *(b or ())])
    ours, theirs = both[: len(a)], both[len(a) :]
    found = []
    for _ in range(pairs):
        order = rng.permutation(len(ours))
        x = ours[order[:each]]
        y = ours[order[each : 2 * each]] if b is None else theirs[rng.permutation(len(theirs))[:each]]
        test = token_tracking(x, y, rng=rng, draws=DRAWS)
        found.append(test.p if test.statistic >= RESOLUTION else 1.0)
    return found


def _rates(test: str, a: str, b: str, each: int, p_values: Sequence[float] | Any) -> Iterator[Rate]:
    found = np.asarray(p_values, dtype=np.float64)
    for level in LEVELS:
        yield Rate(test, a, b, each, level, int(np.count_nonzero(found <= level)), found.size)
