"""Why weak signals don't count: what they say of items that no model ever saw, once the controls are other items.

A signal such as the likelihood needs items that were not trained on, to be held against. In a laboratory the same
generator makes them. Outside nobody has such items, only similar ones. Here the stand-ins are as similar as they
get: other templates of the same family, in a model that was never shown either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.stats import mannwhitneyu

from fairtrial.stats.siblings import Floats, Ints

SIDE: Final = 100
"""Texts on either side of a comparison."""
LEVEL: Final = 0.05

Controls = Literal["same templates", "other templates"]


@dataclass(frozen=True, slots=True)
class ShiftedRate:
    """A verdict: suspects score higher than controls, one-sided Mann-Whitney p <= 0.05; and an item is accused
    where it scores above 95 % of the controls. Nothing was planted: every alarm is false.

    alarms: share of verdicts, mean over models, with the models' lowest and highest share. accused: share of
    suspects, likewise; worst: the largest share of accused suspects in one comparison.
    """

    signal: str
    controls: Controls
    comparisons: int
    models: int
    trunks: int
    alarms: float
    lowest: float
    highest: float
    accused: float
    worst: float


@dataclass(frozen=True, slots=True)
class Separation:
    """How well a signal tells planted from unplanted items of the same templates: area under the curve, mean over
    trunks with the lowest and highest trunk."""

    signal: str
    exposures: int
    trunks: int
    area: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A signal that is a share of items, as its authors read it. share: mean over trunks, with lowest and
    highest."""

    signal: str
    reads: str
    exposures: int
    trunks: int
    items: int
    share: float
    lowest: float
    highest: float


def compare(
    signal: Floats, template: Ints, controls: Controls, *, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """(p, share of accused suspects) of each comparison.

    signal: (texts,), of unplanted texts, higher looks more like a member; template: (texts,). The suspects come
    from half of the templates, drawn anew; the controls from the same half, or from the other.
    """
    names = np.unique(template)
    p_values, accused = np.empty(draws), np.empty(draws)
    for draw in range(draws):
        half = np.isin(template, rng.permutation(names)[: names.size // 2])
        first = rng.permutation(np.flatnonzero(half))
        if controls == "same templates":
            suspects, others = first[:SIDE], first[SIDE : 2 * SIDE]
        else:
            suspects, others = first[:SIDE], rng.permutation(np.flatnonzero(~half))[:SIDE]
        ours, theirs = signal[suspects], signal[others]
        p_values[draw] = mannwhitneyu(ours, theirs, alternative="greater", method="asymptotic").pvalue
        accused[draw] = (ours > np.quantile(theirs, 1 - LEVEL)).mean()
    return p_values, accused


def shifted_rate(
    signal: str, controls: Controls, found: Mapping[tuple[str, str], tuple[Floats, Floats]]
) -> ShiftedRate:
    """found: (trunk, model) -> its comparisons."""
    alarms = [float((p <= LEVEL).mean()) for p, _ in found.values()]
    shares = [each for _, each in found.values()]
    return ShiftedRate(
        signal,
        controls,
        sum(each.size for each in shares),
        len(found),
        len({trunk for trunk, _ in found}),
        float(np.mean(alarms)),
        min(alarms),
        max(alarms),
        float(np.mean([each.mean() for each in shares])),
        max(float(each.max()) for each in shares),
    )


def separation(
    signal: str, exposures: int, planted: Sequence[Floats], unplanted: Sequence[Floats]
) -> Separation:
    """planted, unplanted: the signal of each trunk's items."""
    areas = [
        float(mannwhitneyu(ours, theirs, method="asymptotic").statistic) / (ours.size * theirs.size)
        for ours, theirs in zip(planted, unplanted, strict=True)
    ]
    return Separation(signal, exposures, len(areas), float(np.mean(areas)), min(areas), max(areas))


def reading(signal: str, reads: str, exposures: int, hits: Sequence[Floats]) -> Reading:
    """hits: of each trunk's items, 1 where the signal says "seen"."""
    shares = [float(each.mean()) for each in hits]
    return Reading(
        signal,
        reads,
        exposures,
        len(shares),
        sum(each.size for each in hits),
        float(np.mean(shares)),
        min(shares),
        max(shares),
    )
