"""Published texts among unpublished ones drawn alike, scored by log-likelihood: what canaries and orders share.

One line is one committed draw: its texts in an order in which the published one's place was drawn too, so that it
is asked like the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from fairtrial.audit.outcomes import Floats
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Effect
from fairtrial.core.record import Failure, Record
from fairtrial.core.sample import Sample
from fairtrial.stats.standing import Standing

AT_ONCE: Final = 25
"""Texts in one question."""

NO_LIKELIHOOD: Final = "no log-probabilities came for one of its texts"


@dataclass(frozen=True, slots=True)
class Line:
    """texts: all of them; at: index of the published one."""

    texts: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Scores:
    """published: (n,), controls: (n, m): log-likelihoods in nats. A line that lacks a score is left out whole."""

    published: Floats
    controls: Floats
    exclusions: Mapping[str, int]


def line(published: str, controls: Sequence[str], at: int) -> Line:
    """at: the published text's place, drawn uniformly from 0 to len(controls)."""
    return Line((*controls[:at], published, *controls[at:]), at)


def line_samples(lines: Sequence[Line], opening: str) -> tuple[Sample, ...]:
    """Samples whose choices are the texts, `AT_ONCE` in each: how likely is each of them behind `opening`?"""
    return tuple(
        Sample(_name(row, start), opening, (), each.texts[start : start + AT_ONCE])
        for row, each in enumerate(lines)
        for start in range(0, len(each.texts), AT_ONCE)
    )


def line_scores(records: Iterable[Record], lines: Sequence[Line]) -> Scores:
    """Raises UsageError for a record of other texts, and where no line has all its scores."""
    told: dict[str, list[float]] = {}
    texts: dict[str, tuple[str, ...]] = {each.id: each.choices for each in line_samples(lines, " ")}
    for record in records:
        if texts.get(record.sample_id) != record.choices:
            raise UsageError(
                f"the run's sample {record.sample_id!r} asks other texts than this draw's",
                "name the file that the run was made from",
            )
        if not isinstance(record.result, Failure) and record.output is not None:
            told[record.sample_id] = [each.logprob for each in record.output.logliks]
    published, controls = [], []
    for row, each in enumerate(lines):
        parts = [told.get(_name(row, start)) for start in range(0, len(each.texts), AT_ONCE)]
        values = [value for part in parts if part is not None for value in part]
        if len(values) == len(each.texts):
            published.append(values.pop(each.at))
            controls.append(values)
    if not published:
        raise UsageError(
            "not one draw has all its log-probabilities", "look at the run's failures, and resume it"
        )
    lost = len(lines) - len(published)
    return Scores(np.array(published), np.array(controls), {NO_LIKELIHOOD: lost} if lost else {})


def share_effect(found: Standing, level: float) -> Effect:
    """Share of its controls that a published text stands above, less the 1/2 that chance explains."""
    return Effect(found.share, found.low, found.high, "fraction", level, found.method)


def share_of_shift(shift: float) -> float | None:
    """The effect of a shift in standard deviations of a control's score, were scores normal; None for one that
    nothing reaches."""
    return NormalDist().cdf(shift / math.sqrt(2)) - 0.5 if math.isfinite(shift) else None


def _name(row: int, start: int) -> str:
    return f"line-{row:05d}.{start:05d}"
