"""Models that a paper's authors contaminated themselves: what our curve finds in their scores, beside what theirs
found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairtrial.stats.monotone import above_curve


@dataclass(frozen=True, slots=True)
class Planted:
    """One such model. base, recipe: as the authors name them. fresh, planted, spared: its scores on the other
    form, on the items that were planted, on those that were not; fractions. delta, low, high: by how much the
    authors' method finds the planted score too high, with their 95 % interval."""

    base: str
    recipe: str
    fresh: float
    planted: float
    spared: float
    delta: float
    low: float
    high: float

    @property
    def truth(self) -> float:
        """The authors' own yardstick: how much better it does on items that were planted."""
        return self.planted - self.spared


@dataclass(frozen=True, slots=True)
class ReportedPlant:
    """form: what the published items were held against; ours: what our curve finds, a fraction."""

    form: str
    model: Planted
    ours: float

    @property
    def within(self) -> bool:
        """Whether ours lies in the paper's interval."""
        return self.model.low <= self.ours <= self.model.high


def reported_plants(
    form: str, models: Sequence[Planted], references: Sequence[tuple[float, float]]
) -> tuple[ReportedPlant, ...]:
    """references: (fresh, planted) scores of models that were not contaminated here; as in the paper, one that
    knows nothing, at (0, 0), stands among them."""
    fresh, published = zip((0.0, 0.0), *references, strict=True)
    return tuple(
        ReportedPlant(form, each, above_curve([each.fresh, *fresh], [each.planted, *published]))
        for each in models
    )
