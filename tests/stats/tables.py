"""What several tests of statistics say briefly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairtrial.stats.means import Interval


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def sides(only_a: int, only_b: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Right/wrong scores with these discordant counts; both right elsewhere."""
    a, b = np.ones(n), np.ones(n)
    b[:only_a] = 0
    a[only_a : only_a + only_b] = 0
    return a, b
