"""A number with its uncertainty. There are no bare numbers anywhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric's value and interval. Fractions, not percent. `n` counts scored samples, not replies.

    `method` names the interval so that a statistician can redo it ("wilson", "clustered normal by subject",
    "paired bootstrap, 10,000 draws, seed 0").
    """

    metric: str
    value: float
    low: float
    high: float
    level: float
    n: int
    method: str

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high))):
            raise UsageError(
                f"{self.metric}: an estimate is finite, not {self.value} [{self.low}, {self.high}]"
            )
        if not self.low <= self.high:
            raise UsageError(f"{self.metric}: the interval [{self.low}, {self.high}] is upside down")
        if not self.low - _ROUNDING <= self.value <= self.high + _ROUNDING:
            raise UsageError(f"{self.metric}: {self.value} lies outside [{self.low}, {self.high}]")
        if not 0 < self.level < 1 or self.n < 0:
            raise UsageError(f"{self.metric}: a level of {self.level} with n = {self.n}")

    def to_json(self) -> dict[str, JSON]:
        return {
            "metric": self.metric,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "n": self.n,
            "method": self.method,
        }

    def __str__(self) -> str:
        return (
            f"{self.metric} {self.value:.3f} [{self.low:.3f}, {self.high:.3f}], "
            f"{self.level:.0%} {self.method}, n = {self.n:,}"
        )
