"""The published figures, computed again from the records: counts, means, and the interval in closed form.

Texts are compared, not numbers: a figure is written with the fewest digits that give the same number back. What
is not a share of right answers with Wilson's interval keeps the interval it states, and that is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from fairtrial.stats.intervals import wilson
from fairtrial.trust.documents import decimal_text
from fairtrial.trust.records import Journal, Row

How = Literal["re-scored", "recounted", "stated"]
RANK: Final[Mapping[str, int]] = {"stated": 0, "recounted": 1, "re-scored": 2}
CLOSED_FORM: Final = "wilson"
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Recount:
    """how: how far a score was computed again. problem: where it differs; None where nowhere."""

    how: How
    note: str
    problem: str | None = None


def recount(score: Mapping[str, Any], task: Mapping[str, Any], journal: Journal) -> Recount:
    """One published score. task: the plan's; only its own metric is a plain mean over the samples."""
    name = metric_name(task)
    if score["metric"] not in (name, f"{name} (micro)"):
        return Recount("stated", "stated, not recomputed: it is no plain mean of the scores")
    return _compared(score, task, journal, lambda row: row.value)


def recount_reading(score: Mapping[str, Any], task: Mapping[str, Any], journal: Journal) -> Recount:
    """The same for another reading of the same answers."""
    if not any(score["metric"] in row.others for row in journal.rows.values()):
        return Recount("stated", "stated, not recomputed: no record tells of this reading")
    return _compared(score, task, journal, lambda row: row.others.get(score["metric"]))


def metric_name(task: Mapping[str, Any]) -> str:
    """As `metrics.summary` names a run's own metric."""
    scorer = task.get("scorer")
    name = scorer.get("metric") if isinstance(scorer, Mapping) else None
    return name if isinstance(name, str) and name else "accuracy"


def credit_text(value: float, n: int) -> str:
    """What the samples earned together, to nine decimals."""
    return decimal_text((Decimal(repr(value)) * n).quantize(Decimal("1e-9")).normalize())


def _compared(
    score: Mapping[str, Any],
    task: Mapping[str, Any],
    journal: Journal,
    value: Callable[[Row], float | None],
) -> Recount:
    values = _by_sample(journal, value)
    if len(values) != score["n"]:
        return Recount(
            "stated", "", f"{score['metric']} is over {score['n']} samples; {len(values)} are scored"
        )
    how: How = "recounted" if journal.recounted else "re-scored"
    note = "re-scored from the answers" if how == "re-scored" else "recounted, not re-scored"
    closed = score["method"] == CLOSED_FORM
    if closed != (set(values) <= {0.0, 1.0} and not task.get("cluster")):
        return Recount(
            "stated", "", f"{score['metric']}: the interval {score['method']!r} doesn't fit its scores"
        )
    mean = sum(values) / len(values) if closed else math.fsum(values) / len(values)
    if not closed:
        note += "; its interval is stated, not recomputed"
        if round(float(score["value"]), _DIGITS) != round(mean, _DIGITS):
            return Recount(how, note, _differs(score, "value", decimal_text(mean)))
        return Recount("stated", note)
    low, high = wilson(sum(values), len(values), level=float(score["level"]))
    found = {"value": mean, "low": low, "high": high}
    due = {name: decimal_text(each) for name, each in found.items()} | {
        "credit": credit_text(mean, len(values))
    }
    wrong = next((name for name, text in due.items() if score[name] != text), None)
    return Recount(how, note, None if wrong is None else _differs(score, wrong, due[wrong]))


def _differs(score: Mapping[str, Any], field: str, due: str) -> str:
    return f"{score['metric']}: the {field} is given as {score[field]}; the records make it {due}"


def _by_sample(journal: Journal, value: Callable[[Row], float | None]) -> list[float]:
    """The mean of each sample's scored answers, in order of the samples' ids, as a run's summary has it."""
    sums: dict[str, list[float]] = {}
    for (sample, _), row in sorted(journal.rows.items()):
        if (got := value(row)) is not None:
            sums.setdefault(sample, []).append(got)
    return [min(1.0, max(0.0, sum(each) / len(each))) for each in sums.values()]
