"""From a run's records to what the sibling tests read: one row an item, the published sibling first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.record import Record, Score
from fairtrial.core.twin import Place

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """published: (n,), fresh: (n, K), scores in [0, 1]; items, templates: of each row, in the draw's order.

    failed: items left out whole since no answer came for one of their siblings; unasked: items of which
    something was never asked.
    """

    published: Floats
    fresh: Floats
    items: tuple[int, ...]
    templates: tuple[str, ...]
    failed: int
    unasked: int

    @property
    def exclusions(self) -> dict[str, int]:
        found = {"no answer came for one of the siblings": self.failed, "not asked": self.unasked}
        return {reason: count for reason, count in found.items() if count}


def outcomes(records: Iterable[Record], places: Mapping[str, Place]) -> Outcomes:
    """Scores by item and sibling; epochs of one sample are averaged.

    An item with a failed sibling is left out whole, whichever sibling failed: the rule is blind to which one
    is published, and a failure is never a zero. Raises UsageError for a record of no known place, and where
    no item is left.
    """
    scores: dict[str, list[float]] = {}
    failed: set[int] = set()
    for record in records:
        place = places.get(record.sample_id)
        if place is None:
            raise UsageError(
                f"the run holds a sample {record.sample_id!r} that is not in this draw",
                "name the draw that the run was made from",
            )
        if isinstance(record.result, Score):
            scores.setdefault(record.sample_id, []).append(record.result.value)
        else:
            failed.add(place.item)
    rows: dict[int, dict[int, float]] = {}
    templates: dict[int, str] = {}
    width: dict[int, int] = {}
    for name, place in places.items():
        width[place.item] = width.get(place.item, 0) + 1
        templates[place.item] = place.template
        if name in scores:
            rows.setdefault(place.item, {})[place.column] = float(np.mean(scores[name]))
    asked = [item for item in sorted(width) if item not in failed]
    kept = [item for item in asked if len(rows.get(item, {})) == width[item]]
    if not kept:
        raise UsageError(
            "no item was answered in all its siblings", "look at the run's failures, and resume it"
        )
    table = np.array([[rows[item][column] for column in sorted(rows[item])] for item in kept])
    return Outcomes(
        table[:, 0],
        table[:, 1:],
        tuple(kept),
        tuple(templates[item] for item in kept),
        len(failed),
        len(asked) - len(kept),
    )


@dataclass(frozen=True, slots=True)
class Ranks:
    """ranks: (n,), how many of the item's `fresh` siblings are less likely than the published one."""

    ranks: Ints
    fresh: int
    templates: tuple[str, ...]
    failed: int

    @property
    def exclusions(self) -> dict[str, int]:
        return {"no log-probabilities came": self.failed} if self.failed else {}


def ranks(records: Iterable[Record], ties: Mapping[str, bytes]) -> Ranks:
    """Ranks from records of the question "how likely is each sibling?", the published one named by the target.

    ties: sample id -> random bytes of the draw, by which siblings of equal likelihood are ordered: fixed
    beforehand, and blind to which one is published. Rows are in the order of their sample ids. Raises
    UsageError where no item has an answer.
    """
    found: list[int] = []
    templates: list[str] = []
    failed = fresh = 0
    for record in sorted(records, key=lambda each: each.sample_id):
        if not isinstance(record.result, Score) or record.output is None:
            failed += 1
            continue
        order = ties.get(record.sample_id)
        if order is None:
            raise UsageError(f"the run holds a sample {record.sample_id!r} that is not in this draw")
        values = [
            (each.logprob, hashlib.sha256(order + bytes([at])).digest())
            for at, each in enumerate(record.output.logliks)
        ]
        at = LETTERS.index(record.target[0])
        found.append(sum(each < values[at] for each in values))
        templates.append(record.groups.get("template", ""))
        fresh = len(values) - 1
    if not found:
        raise UsageError("no item has log-probabilities", "look at the run's failures, and resume it")
    return Ranks(np.array(found), fresh, tuple(templates), failed)
