"""What the canary set of a same-model test can see: exact power of McNemar's test, by points of accuracy lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fairtrial.stats.power import mcnemar_power
from fairtrial.stats.sibling_calibration import LEVELS

ITEMS: Final = (100, 400)
LOST: Final = (5, 10, 20)
BESIDES: Final = (0, 10)


@dataclass(frozen=True, slots=True)
class CanarySetPower:
    """n: items; lost: points of accuracy by which one side is worse; besides: points of items that come out
    otherwise without a change of accuracy, half of them each way; power: chance to reject at `level`, exact."""

    n: int
    lost: int
    besides: int
    level: float
    power: float


def canary_set_power() -> Iterator[CanarySetPower]:
    for n in ITEMS:
        for lost in LOST:
            for besides in BESIDES:
                for level in LEVELS:
                    power = mcnemar_power(
                        n, delta=lost / 100, discordant=(lost + besides) / 100, level=1 - level
                    )
                    yield CanarySetPower(n, lost, besides, level, power)
