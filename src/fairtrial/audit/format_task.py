"""N formats of the same items as one task, and its records as a table of scores.

One run in place of N: a journal, a resume, a report. Each item is asked in every format before the next item
comes: a cut run and a provider's bad hour treat all formats alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairtrial.audit.format_draw import Drawn
from fairtrial.audit.formats import OWN, Format, formatted
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.question import Question
from fairtrial.core.record import Record, Score
from fairtrial.core.sample import Message, Sample
from fairtrial.core.task import Task

Floats = NDArray[np.float64]

CLAIMED: Final = "claimed"
"""Stands for the configuration that the claim is about, asked beside the others."""

MISSING: Final = 0.1
"""A format that lacks more than this share of its answers is left out whole; below it, the items are."""


@dataclass(frozen=True, slots=True)
class ManyPrompts:
    """Each sample in the words of the part that its id names."""

    parts: Mapping[str, Task]
    told: Mapping[str, JSON]

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"formats": self.told, "parts": {key: _described(part) for key, part in self.parts.items()}}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return self.parts[part_of(sample.id)].prompt.messages(sample)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return self.parts[part_of(sample.id)].prompt.continuations(sample)


@dataclass(frozen=True, slots=True)
class ManyTask(Task):
    """A task whose every sample is asked as its part asks: decoding included."""

    parts: Mapping[str, Task] = field(default_factory=dict)

    def question(self, sample: Sample, epoch: int = 1) -> Question:
        return self.parts[part_of(sample.id)].question(sample, epoch)


def part_of(name: str) -> str:
    """The part that a sample id belongs to."""
    return name.partition("/")[0]


def many(task: Task, drawn: Drawn) -> ManyTask:
    """The task's own configuration, as CLAIMED, and every drawn format, on all samples of the task. Formats that
    differ only in how an answer is read are asked once."""
    parts = {CLAIMED: task} | {each.key: formatted(task, each, drawn.pool) for each in drawn.formats}
    told: dict[str, JSON] = {"draw": drawn.digest, "count": len(drawn.formats)}
    return ManyTask(
        name=f"{task.name}-formats",
        version=task.version,
        asks=task.asks,
        samples=tuple(replace(each, id=f"{key}/{each.id}") for each in task.samples for key in parts),
        origin=task.origin,
        prompt=ManyPrompts(parts, told),
        scorer=task.scorer,
        decoding=task.decoding,
        system=task.system,
        cluster=task.cluster,
        chance=task.chance,
        notes=task.notes,
        parts=parts,
    )


@dataclass(frozen=True, slots=True)
class FormatScores:
    """scores: (N, M) in [0, 1], a row a format, each read as the format says; claimed: (M,), the claim's own
    configuration on the same items. formats, items: names of rows and columns; clusters: of each item, () for
    none. readings: name -> (N, M), the same answers all read alike. left_out: reason -> how many; too_long: draws
    that the bound on prompts refused."""

    scores: Floats
    claimed: Floats
    formats: tuple[Format, ...]
    items: tuple[str, ...]
    clusters: tuple[str, ...]
    readings: Mapping[str, Floats]
    left_out: Mapping[str, int]
    draw: str
    too_long: int = 0


def read_scores(records: Iterable[Record], task: Task, drawn: Drawn) -> FormatScores:
    """From the run of `many(task, drawn)`, epochs averaged.

    A format that lacks more than a tenth of its items is left out whole, then every item that any other format
    lacks: a failure is never a zero. Raises UsageError where the claimed configuration is among the former, or
    fewer than two formats or items are left.
    """
    readings = sorted({each.reading for each in drawn.formats} | {OWN})
    cells: dict[tuple[str, str], list[list[float]]] = {}
    for record in records:
        if isinstance(record.result, Score):
            part, _, item = record.sample_id.partition("/")
            cells.setdefault((part, item), []).append([_value(record.result, each) for each in readings])
    items = [each.id for each in task.samples]
    keys = [CLAIMED, *dict.fromkeys(each.key for each in drawn.formats)]
    table = np.full((len(keys), len(items), len(readings)), np.nan)
    for row, key in enumerate(keys):
        for column, item in enumerate(items):
            if (key, item) in cells:
                table[row, column] = np.mean(cells[key, item], axis=0)
    lacking = np.isnan(table[:, :, 0])
    kept = lacking.mean(axis=1) <= MISSING
    if not kept[0]:
        raise UsageError(
            f"the claimed configuration got no answer to {int(lacking[0].sum())} of {len(items)} items",
            "look at the run's failures, and resume it",
        )
    whole = ~lacking[kept].any(axis=0)
    place = {key: row for row, key in enumerate(keys) if kept[row]}
    formats = tuple(each for each in drawn.formats if each.key in place)
    if len(formats) < 2 or whole.sum() < 2:
        raise UsageError(
            f"{len(formats)} formats and {int(whole.sum())} items were answered",
            "look at the run's failures, and resume it",
        )
    reads = {name: table[:, whole, at] for at, name in enumerate(readings)}
    left_out = {
        "formats that got too few answers": len(drawn.formats) - len(formats),
        "items that some format got no answer to": int((~whole).sum()),
    }
    rows = [place[each.key] for each in formats]
    samples = [each for each, stays in zip(task.samples, whole, strict=True) if stays]
    return FormatScores(
        scores=np.stack([reads[each.reading][place[each.key]] for each in formats]),
        claimed=reads[OWN][0],
        formats=formats,
        items=tuple(each.id for each in samples),
        clusters=_clusters(task, samples),
        readings={name: values[rows] for name, values in reads.items()},
        left_out={reason: count for reason, count in left_out.items() if count},
        draw=drawn.digest,
        too_long=drawn.too_long,
    )


def _value(score: Score, reading: str) -> float:
    if reading == OWN:
        return score.value
    if reading not in score.others:
        raise UsageError(f"the run's scores know no reading {reading!r}", "run it anew with this scorer")
    return score.others[reading]


def _clusters(task: Task, samples: Sequence[Sample]) -> tuple[str, ...]:
    return tuple(str(each.metadata[task.cluster]) for each in samples) if task.cluster else ()


def _described(part: Task) -> JSON:
    return {"prompt": dict(part.prompt.form), "decoding": part.decoding.to_json()}
