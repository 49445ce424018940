"""How well the intervals cover and how often the tests cry wolf: measured on data whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairtrial.core.errors import UsageError
from fairtrial.stats.alarms import measure_alarms
from fairtrial.stats.coverage import measure_coverage
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.trial import Kind, Trial

Verdict = Literal["holds", "close", "short"]

BOUND_LEVEL = 0.99
"""Level of the Clopper-Pearson bounds on each measured rate."""

_CLOSE = 0.015

_LEGEND = (
    "Bounds are Clopper-Pearson at level 0.99. *holds*: the bounds reach the promise. *close*: they miss it by "
    "at most 0.015. *short*: by more. Rows marked *shown only* are not what Fairtrial uses there; they show why."
)


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One method in one setting, measured.

    kind: "coverage" (should be at least `promised`), "false alarm" (at most), "power" (equal to it).
    rate: hits of draws, low and high: its Clopper-Pearson bounds at level 0.99. verdict: "holds" where the
    bounds reach the promise, "close" where they miss it by at most 0.015, "short" beyond. used: whether
    Fairtrial's own results rest on this method in this setting; rows that are not used show why.
    """

    kind: Kind
    method: str
    setting: str
    promised: float
    rate: float
    low: float
    high: float
    draws: int
    verdict: Verdict
    used: bool


def calibrate(draws: int = 10_000, seed: int = 0) -> tuple[CalibrationRow, ...]:
    """Measure every interval and test of this package. Same draws and seed, same rows.

    draws: simulated data sets a row, at least 100; slow methods take a stated fraction of them, at least 100.
    About a minute on one core for 10,000.
    """
    if draws < 100:
        raise UsageError(f"{draws} draws measure nothing", "give at least 100")
    rng = np.random.default_rng(seed)
    return tuple(
        _row(trial) for measure in (measure_coverage, measure_alarms) for trial in measure(draws, rng)
    )


def calibration_markdown(rows: Sequence[CalibrationRow]) -> str:
    """The rows as Markdown tables, one a kind, with a legend."""
    titles: tuple[tuple[Kind, str, str], ...] = (
        ("coverage", "Coverage of intervals", "Share of simulated data sets whose interval holds the truth."),
        (
            "false alarm",
            "False alarms of tests",
            "Share of data sets without an effect in which the test rejects.",
        ),
        ("power", "Power", "Share of data sets with the planned effect in which the test rejects."),
    )
    parts = []
    for kind, title, legend in titles:
        chosen = [row for row in rows if row.kind == kind]
        if chosen:
            parts.append(f"## {title}\n\n{legend}\n\n{_table(chosen)}")
    parts.append(_LEGEND)
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[CalibrationRow]) -> str:
    lines = [
        "| method | setting | promised | measured | bounds | draws | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        verdict = row.verdict if row.used else f"{row.verdict} (shown only)"
        lines.append(
            f"| {row.method} | {row.setting} | {row.promised:.3f} | {row.rate:.4f} | "
            f"{row.low:.4f} to {row.high:.4f} | {row.draws:,} | {verdict} |"
        )
    return "\n".join(lines)


def _row(trial: Trial) -> CalibrationRow:
    low, high = clopper_pearson(trial.hits, trial.draws, level=BOUND_LEVEL)
    if trial.kind == "coverage":
        miss = trial.promised - high
    elif trial.kind == "false alarm":
        miss = low - trial.promised
    else:
        miss = max(trial.promised - high, low - trial.promised)
    verdict: Verdict = "holds" if miss <= 0 else "close" if miss <= _CLOSE else "short"
    return CalibrationRow(
        trial.kind,
        trial.method,
        trial.setting,
        trial.promised,
        trial.hits / trial.draws,
        low,
        high,
        trial.draws,
        verdict,
        trial.used,
    )
