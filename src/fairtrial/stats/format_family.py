"""A declared family of prompt formats: how far scores spread over it, and where a claimed configuration
falls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.intervals import check_level

SHARES: Final = (0.05, 0.5, 0.95)
HIGH: Final = 0.95
"""Percentile above which a configuration was "selected, or lucky"; never more is said."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """The score below which this share of the family lies, with an interval over draws from the family."""

    share: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Placed:
    """percentile: share of the family below the claimed configuration, ties half, with its interval. p: of "it
    is a draw from the family like any other", (1 + as high) / (n + 1). high_up: percentile above 0.95."""

    percentile: float
    low: float
    high: float
    p: float

    @property
    def high_up(self) -> bool:
        return self.percentile > HIGH


def family_quantiles(
    scores: ArrayLike, *, shares: tuple[float, ...] = SHARES, level: float = 0.95
) -> tuple[Quantile, ...]:
    """scores: (formats,), each format drawn from the declared family, all run on the same items.

    Intervals are order statistics, exact for any distribution: x_(l) to x_(u) with P(Bin(n, share) < l) and
    P(Bin(n, share) >= u) at most (1 - level) / 2. Where n is too small for such an l or u, the end is 0 or 1.
    They speak of these items: the noise of each score is part of the spread.
    """
    values, tail = np.sort(_scores(scores)), (1 - check_level(level)) / 2
    n = values.size
    padded = np.concatenate([[0.0], values, [1.0]])
    found = []
    for share in shares:
        if not 0 < share < 1:
            raise UsageError(f"a share of {share} has no quantile")
        below = bdtr(np.arange(n), n, share)  # P(Bin <= k), k = 0 … n - 1
        # l: the most with P(Bin <= l - 1) <= tail; u: the least with P(Bin <= u - 1) >= 1 - tail.
        lower, upper = int(np.count_nonzero(below <= tail)), int(np.count_nonzero(below < 1 - tail)) + 1
        value = float(np.quantile(values, share))
        found.append(
            Quantile(share, value, min(value, float(padded[lower])), max(value, float(padded[upper])))
        )
    return tuple(found)


def place(claimed: float, scores: ArrayLike, *, level: float = 0.95) -> Placed:
    """Where a claimed score falls in the family; scores as for `family_quantiles`, the claimed one not among
    them.

    The interval is Clopper and Pearson's; ties count as below for its upper end and as above for its lower one.
    """
    values = _scores(scores)
    if not 0 <= claimed <= 1:
        raise UsageError(f"a claimed score of {claimed} is impossible", "give a fraction")
    n, below = values.size, int(np.count_nonzero(values < claimed))
    upto = int(np.count_nonzero(values <= claimed))
    return Placed(
        (below + upto) / 2 / n,
        clopper_pearson(below, n, level=level)[0],
        clopper_pearson(upto, n, level=level)[1],
        (1 + n - below) / (n + 1),
    )


def _scores(scores: ArrayLike) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not (values.min() >= 0 and values.max() <= 1):
        raise UsageError("a family needs scores in [0, 1], one a format")
    return values
