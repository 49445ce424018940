"""Comparing and reporting: the part of the lab that loads pages and the larger statistics.

Opened by name on first use (`lab.lab._room`): a plain run needs neither, and both cost start-up time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import replace

from fairtrial.core.comparison import Comparison
from fairtrial.core.errors import UsageError
from fairtrial.core.summary import Summary
from fairtrial.lab.run import Run
from fairtrial.metrics.comparison import Side
from fairtrial.metrics.comparison import compare_all as compare_sides
from fairtrial.report.conditions import conditions
from fairtrial.report.exhibits import choose
from fairtrial.report.notebook import summary_html
from fairtrial.report.page import page


def compare_all(
    runs: Sequence[Run], *, allow: Collection[str], margin: float | None, level: float
) -> tuple[Comparison, ...]:
    """Every pair of runs on the same task, corrected together."""
    sides = [Side(str(run.path), run.plan, run.tally, run.summary) for run in runs]
    return compare_sides(sides, allow=allow, margin=margin, level=level)


def report(
    runs: Sequence[Run],
    comparisons: Sequence[Comparison] | None,
    *,
    allow: Collection[str],
    margin: float | None,
    volume: int | None,
    made: str,
) -> str:
    """One page. Without `comparisons` the runs are compared where they can be; a page about runs that can't
    still shows each of them."""
    if comparisons is None:
        comparisons = ()
        if len(runs) > 1:
            with contextlib.suppress(UsageError):
                comparisons = compare_all(runs, allow=allow, margin=margin, level=0.95)
    exhibits, left_out = choose([(run.summary, run.records) for run in runs])
    told = [
        replace(run.summary, provenance={**conditions(run.plan), **run.summary.provenance}) for run in runs
    ]
    return page(told, comparisons, exhibits, left_out=left_out, volume=volume, made=made)


def notebook(summary: Summary) -> str:
    """A run's figures as an HTML fragment."""
    return summary_html(summary)
