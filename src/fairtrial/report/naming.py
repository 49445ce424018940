"""What a run is called on a page."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.summary import Summary
from fairtrial.report.markup import shortened

NAME = 90
"""Characters of a name that a chart or table shows; the provenance holds it whole."""


def run_name(summary: Summary, among: Sequence[Summary]) -> str:
    """The model; with the task, or the run's folder, where the model alone would not tell which run."""
    same = [each for each in among if each.model == summary.model]
    name = shortened(summary.model, NAME)
    if len(same) <= 1:
        return name
    if len({each.task for each in same}) == len(same):
        return f"{name} on {shortened(summary.task, 40)}"
    return f"{name} ({shortened(summary.run.rstrip('/').rpartition('/')[2], 40)})"
