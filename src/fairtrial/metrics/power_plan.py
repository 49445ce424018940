"""How many samples to buy before money is spent: what `fairtrial power` prints."""

from __future__ import annotations

from dataclasses import dataclass

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.metrics.sentence import percent, points
from fairtrial.stats.intervals import check_level, wilson
from fairtrial.stats.power import (
    CORRELATION,
    discordant_share,
    mcnemar_power,
    needed_n_discordant,
    needed_n_unpaired,
)

_EXACT_UP_TO = 100_000


@dataclass(frozen=True, slots=True)
class PowerRow:
    """To find `difference`: `n` shared samples if paired, `unpaired` a side if not."""

    difference: float
    n: int
    unpaired: int

    def to_json(self) -> dict[str, JSON]:
        return {"difference": self.difference, "n": self.n, "unpaired": self.unpaired}


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """n: shared samples that find `difference` with probability `power` at `level`, corrected for
    `comparisons` pairs. exact_power: of the exact McNemar test at that n, None where too large to enumerate.
    low, high: how precisely the baseline itself is then known. table: other differences."""

    baseline: float
    difference: float
    level: float
    power: float
    discordant: float
    assumption: str
    candidates: int
    comparisons: int
    n: int
    exact_power: float | None
    low: float
    high: float
    table: tuple[PowerRow, ...]
    sentence: str

    def to_json(self) -> dict[str, JSON]:
        return {
            "baseline": self.baseline,
            "difference": self.difference,
            "level": self.level,
            "power": self.power,
            "discordant": self.discordant,
            "assumption": self.assumption,
            "candidates": self.candidates,
            "comparisons": self.comparisons,
            "needed_n": self.n,
            "exact_power": self.exact_power,
            "baseline_interval": [self.low, self.high],
            "table": [row.to_json() for row in self.table],
            "sentence": self.sentence,
        }

    def __str__(self) -> str:
        return self.sentence


def plan_power(
    difference: float,
    *,
    baseline: float = 0.8,
    level: float = 0.95,
    power: float = 0.8,
    discordant: float | None = None,
    correlation: float | None = None,
    candidates: int = 2,
) -> PowerPlan:
    """Needed samples for candidates compared pairwise on the same right/wrong items.

    difference, baseline: fractions; a candidate at `baseline` against one that much below it (above it,
    where below is impossible). discordant: share of items that one side alone gets right, if known;
    otherwise it follows from `correlation` of the two models' scores, by default 0.5. candidates: all pairs
    are compared, and the level is corrected for them (Holm's first step). Raises UsageError for what cannot
    be: a share outside (0, 1), a difference larger than the discordant share.
    """
    check_level(level)
    _check(difference, baseline, discordant, correlation, candidates)
    comparisons = candidates * (candidates - 1) // 2
    corrected = 1 - (1 - level) / comparisons
    share, assumption = _discordant(difference, baseline, discordant, correlation)
    n = _enough(difference, share, corrected, power)
    exact = (
        mcnemar_power(n, delta=difference, discordant=share, level=corrected) if n <= _EXACT_UP_TO else None
    )
    low, high = wilson(baseline * n, n, level=level)
    rows = tuple(
        _row(each, baseline, discordant, correlation, corrected, power)
        for each in sorted({0.01, 0.02, 0.03, 0.05, 0.1, difference})
        if _possible(each, baseline, discordant)
    )
    several = f" (corrected for {comparisons} pairs)" if comparisons > 1 else ""
    sentence = (
        f"To find a difference of {points(difference)} points from {percent(baseline)} with probability "
        f"{power:.0%} at level {level:g}{several}, run {n:,} samples on every candidate, the same ones, "
        f"if {assumption}. The score itself is then known to about {points((high - low) / 2)} points "
        "either way."
    )
    return PowerPlan(
        baseline,
        difference,
        level,
        power,
        share,
        assumption,
        candidates,
        comparisons,
        n,
        exact,
        low,
        high,
        rows,
        sentence,
    )


def _enough(difference: float, share: float, level: float, power: float) -> int:
    """The formula's n, raised until the exact test has the power: it is a little weaker than the normal one.

    Exact power has teeth in n; the first n found need not be the very smallest, and is at most 1 % above it.
    """
    n = needed_n_discordant(difference, discordant=share, level=level, power=power)
    while n <= _EXACT_UP_TO and mcnemar_power(n, delta=difference, discordant=share, level=level) < power:
        n += max(1, n // 100)
    return n


def _discordant(
    difference: float, baseline: float, discordant: float | None, correlation: float | None
) -> tuple[float, str]:
    """The share of discordant items and the words for where it comes from."""
    if discordant is not None:
        return discordant, f"{percent(discordant)} of the items are answered rightly by one side alone"
    used = CORRELATION if correlation is None else correlation
    # At least the difference itself: 0.8 - 0.7 is a hair less than 0.1.
    share = max(difference, discordant_share(baseline, _other(difference, baseline), correlation=used))
    origin = f"their scores correlate by {used:g}" + (" (assumed)" if correlation is None else "")
    return share, f"{origin}, so that {percent(share)} of the items are answered rightly by one side alone"


def _row(
    difference: float,
    baseline: float,
    discordant: float | None,
    correlation: float | None,
    level: float,
    power: float,
) -> PowerRow:
    share, _ = _discordant(difference, baseline, discordant, correlation)
    unpaired = needed_n_unpaired(
        baseline - _other(difference, baseline), baseline=baseline, level=level, power=power
    )
    return PowerRow(difference, _enough(difference, share, level, power), unpaired)


def _other(difference: float, baseline: float) -> float:
    return baseline - difference if baseline >= difference else baseline + difference


def _possible(difference: float, baseline: float, discordant: float | None) -> bool:
    fits = difference <= max(baseline, 1 - baseline)
    return fits and (discordant is None or difference <= discordant)


def _check(
    difference: float, baseline: float, discordant: float | None, correlation: float | None, candidates: int
) -> None:
    if not 0 < difference < 1:
        raise UsageError(
            f"a difference of {difference} cannot be planned for", "give a fraction: 0.02 is 2 points"
        )
    if not 0 < baseline < 1:
        raise UsageError(f"a baseline of {baseline} is no score to start from", "give a fraction such as 0.8")
    if discordant is not None and correlation is not None:
        raise UsageError("a discordant share and a correlation were both given", "give one of them")
    if discordant is not None and not 0 < discordant <= 1:
        raise UsageError(f"a discordant share of {discordant} makes no sense", "give a fraction such as 0.15")
    if correlation is not None and not -1 <= correlation < 1:
        raise UsageError(
            f"a correlation of {correlation} makes no sense", "give a number below 1, such as 0.5"
        )
    if candidates < 2:
        raise UsageError(f"{candidates} candidate cannot be compared", "give at least 2")
    if not _possible(difference, baseline, discordant):
        raise UsageError(
            f"a difference of {difference} does not fit a baseline of {baseline}"
            + (f" with a discordant share of {discordant}" if discordant is not None else ""),
            "give a smaller difference",
        )
