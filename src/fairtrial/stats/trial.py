"""One simulated measurement: so many hits in so many draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

Kind = Literal["coverage", "false alarm", "power"]


@dataclass(frozen=True, slots=True)
class Trial:
    """hits of draws, beside the rate that the method promises. used, note: see `CalibrationRow`."""

    kind: Kind
    method: str
    setting: str
    promised: float
    hits: int
    draws: int
    used: bool = True
    note: str = ""


Group: TypeAlias = Callable[[int, np.random.Generator], Iterator[Trial]]
"""Trials that share their data: takes the number of draws and the only source of randomness."""


def fewer(draws: int, part: int) -> int:
    """A stated fraction of the draws for a slow method, at least 100."""
    return max(100, draws // part)
