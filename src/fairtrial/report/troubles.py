"""What kept answers out of a score, one line a cause: what, how many, what now. For standard error and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fairtrial.core.summary import Summary
from fairtrial.report.plain import visible

_AGAIN: Final = "run again with --resume; what was answered is not asked again"
_POOR: Final = {
    "unparsed": (
        "no answer was found in the reply",
        "read them in {run}/records.jsonl; is the scorer right?",
    ),
    "truncated": ("cut by the length limit", "give --max-tokens more, which is another run"),
    "refused": ("refused, or stopped by a content filter", "read them in {run}/records.jsonl"),
}


def troubles(summary: Summary) -> tuple[str, ...]:
    """The lines, without colour; none where every question was answered and read."""
    head = f"{summary.model} on {summary.task}: "
    return tuple(visible(head + " ".join(line.split())) for line in _lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    planned = f"{summary.planned:,}"
    for each in summary.causes:
        yield f"{each.count:,} of {planned} failed, {each.cause}: {each.example}; now: {each.remedy or _AGAIN}"
    for state, (what, remedy) in _POOR.items():
        if count := getattr(summary.counts, state):
            yield f"{count:,} of {planned} {state}: {what}; now: {remedy.format(run=summary.run)}"
    missing = summary.planned - summary.counts.total
    if missing > 0:
        why = summary.provenance.get("stopped") or "the run was cut"
        yield f"{missing:,} of {planned} never asked: {why}; now: {_AGAIN}"
