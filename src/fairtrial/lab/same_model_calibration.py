"""How often the same-model tests err between a model and itself, and how often they find another one.

One model's answers, recorded many times, are split in two again and again: null pairs. Another model's stand on
side b instead: power. Pairs share answers, so the limits of the rates speak about pairs of these recordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fairtrial.audit.same_model_tests import BORDER, CANARY, RANKS, RESOLUTION, TEXT, TOKEN, Calls
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.same_model_asking import Heard, ask, heard_in
from fairtrial.lab.same_model_border import MOST_KEPT
from fairtrial.lab.same_model_tasks import LOTTERY_ID, Asking
from fairtrial.stats.clustered import Floats
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.intervals import mcnemar_exact
from fairtrial.stats.rank_uniformity import rank_uniformity
from fairtrial.stats.two_sample import Ints, border_shift, call_table, padded, token_tracking
from fairtrial.stats.two_sample_power import null_p_values, pair_p_values

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

LEVELS: Final = (0.05, 0.01, 0.001)
DRAWS: Final = 999
"""Permutations a p-value: the smallest is 0.001."""
BOUND: Final = 0.999

Marks: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rate:
    """hits of pairs had p <= level. each: answers a side, of every prompt; of a canary set its items. low, high:
    Clopper-Pearson, level BOUND."""

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


def canary_false_alarms(
    name: str, twice: tuple[Marks, Marks], *, items: int, pairs: int, seed: int
) -> Iterator[Rate]:
    """Null pairs of one model whose answers vary. twice: whether each item was right, at two times."""
    rng = np.random.default_rng([seed, items, 2])
    yield from _rates(CANARY, name, name, items, _mcnemar(twice, items, pairs, rng))


def canary_power(
    names: tuple[str, str], marks: tuple[Marks, Marks], *, items: int, pairs: int, seed: int
) -> Iterator[Rate]:
    """How often another model is found. marks: whether each of many items was right, by side."""
    rng = np.random.default_rng([seed, items, 3])
    yield from _rates(CANARY, *names, items, _mcnemar(marks, items, pairs, rng))


def border_rates(
    names: tuple[str, str], a: Ints, b: Ints | None, *, each: int, pairs: int, seed: int
) -> Iterator[Rate]:
    """a, b: (candidates, draws), first tokens as numbers; b None for null pairs. Draws are dealt anew for every
    pair: one a side to look for border prompts, `each` to judge them."""
    rng, found = np.random.default_rng([seed, each, 4]), []
    for _ in range(pairs):
        ours = rng.permuted(a, axis=1)
        x = ours[:, : each + 1]
        y = ours[:, each + 1 : 2 * each + 2] if b is None else rng.permuted(b, axis=1)[:, : each + 1]
        kept = np.flatnonzero(x[:, 0] != y[:, 0])[:MOST_KEPT]
        test = border_shift(x[kept, 1:], y[kept, 1:], rng=rng, draws=DRAWS) if kept.size else None
        found.append(1.0 if test is None else test.p)
    yield from _rates(BORDER, *names, each, found)


def rank_rates(
    names: tuple[str, str], own: Floats, other: Floats | None, *, each: int, pairs: int, seed: int
) -> Iterator[Rate]:
    """own, other: (prompts, answers), how likely side a finds its own answers and side b's; other None for null
    pairs."""
    rng, found = np.random.default_rng([seed, each, 5]), []
    for _ in range(pairs):
        ours = rng.permuted(own, axis=1)
        theirs = ours[:, each] if other is None else rng.permuted(other, axis=1)[:, 0]
        found.append(rank_uniformity(theirs, ours[:, :each], rng=rng, draws=DRAWS).p)
    yield from _rates(RANKS, *names, each, found)


def _mcnemar(marks: tuple[Marks, Marks], items: int, pairs: int, rng: np.random.Generator) -> list[float]:
    """p-values on items drawn from all that were asked."""
    found = []
    for _ in range(pairs):
        some = rng.choice(marks[0].size, items, replace=False)
        a, b = marks[0][some], marks[1][some]
        found.append(mcnemar_exact(int((a & ~b).sum()), int((b & ~a).sum())))
    return found


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
