"""Which worked examples stand before which question (`api/samplers.py` and `fewshot_docs` in `api/task.py`,
lm-eval 0.4.13).

One `random.Random(1234)` goes through the questions in the order of the split, so that a question always has the
same examples, whatever part of the split is asked. Where the examples come from the split that is asked, the row
itself is left out, and every row equal to it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Final

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.config import Config
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.functions import Function, Imports
from fairtrial.evals.lmeval.source import NamedFunction
from fairtrial.evals.lmeval.splits import Splits

SEED: Final = 1234
"""lm-eval's --seed for worked examples, where nobody gives another."""

Shots = tuple[tuple[int, ...], ...]


def pool_of(config: Config, splits: Splits, imports: Imports, process: Function | None) -> Documents:
    """The rows that examples are drawn from. process: the task's process_docs."""
    fewshot = config.fewshot
    if fewshot.split is not None:
        own = None if fewshot.process_docs is None else imports.function(fewshot.process_docs)
        return splits.docs(fewshot.split, own)
    if isinstance(fewshot.samples, NamedFunction):
        made = imports.function(fewshot.samples)
        return Documents(Documents.of(made(), f"the function {made.name}"))
    if fewshot.samples is not None:
        return Documents(fewshot.samples)
    named = config.splits
    return splits.docs(named["training"] or named["validation"] or config.split, process)


def leaves_out(config: Config) -> bool:
    """Whether the row that is asked is kept out of its own examples. lm-eval compares two keys for that, which
    are equal where both are missing, too."""
    return config.fewshot.split == config.splits["test"]


def draw(pool: Documents, docs: Documents, config: Config) -> Shots:
    """For each row of `docs` the examples before it, as indexes into `pool`. Raises UsageError where the pool
    is too small."""
    count = config.fewshot.count
    if count == 0:
        return ((),) * len(docs)
    without = leaves_out(config)
    drawn = _first(pool, docs, count, without) if config.fewshot.sampler == "first_n" else None
    found = tuple(drawn if drawn is not None else _sampled(pool, docs, count, without))
    if any(len(each) < count for each in found):
        raise UsageError(
            f"{config.name}: {count} worked examples are wanted, and {len(pool)} rows to draw them from are "
            "too few",
            "give more rows, or a smaller --num-fewshot",
        )
    return found


def _first(pool: Documents, docs: Documents, count: int, without: bool) -> Iterator[tuple[int, ...]]:
    if not without:
        return (tuple(range(min(count, len(pool)))) for _ in docs)
    others = ((at for at, row in enumerate(pool) if row != doc) for doc in docs)
    return (tuple(islice(each, count)) for each in others)


def _sampled(pool: Documents, docs: Documents, count: int, without: bool) -> Iterator[tuple[int, ...]]:
    rng, rows = random.Random(SEED), range(len(pool))
    for doc in docs:
        # One more than needed, since the row itself may be among them.
        wanted = count + 1 if without and doc else count
        if wanted > len(pool):
            yield ()
            continue
        found = rng.sample(rows, wanted)
        if wanted > count:
            found = [at for at in found if list.__getitem__(pool, at) != doc][:count]
        if len(found) < count:
            others = [at for at, row in enumerate(pool) if row != doc]
            found = rng.sample(others, count) if len(others) >= count else []
        yield tuple(found)
