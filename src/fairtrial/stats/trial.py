"""One simulated measurement: so many hits in so many draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["coverage", "false alarm", "power"]


@dataclass(frozen=True, slots=True)
class Trial:
    """hits of draws, beside the rate that the method promises. used: see `CalibrationRow`."""

    kind: Kind
    method: str
    setting: str
    promised: float
    hits: int
    draws: int
    used: bool = True
