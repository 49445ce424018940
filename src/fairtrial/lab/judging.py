"""Where programs are run for their score, and what of it belongs into a run's provenance."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import ExecutedScorer, Sandbox
from fairtrial.core.task import Task


def sandbox_for(task: Task, environ: Mapping[str, str]) -> Sandbox | None:
    """What runs the programs that answer this task; None where its answers are no programs.

    Raises UsageError where no sandbox works: without one nothing is run, ever.
    """
    if not isinstance(task.scorer, ExecutedScorer):
        return None
    found: Sandbox = import_module("fairtrial.sandbox").find(environ)
    return found


def lacking(task: Task, environ: Mapping[str, str]) -> UsageError | None:
    """Why this task can't be judged here; None where it can."""
    try:
        sandbox_for(task, environ)
    except UsageError as error:
        return error
    return None


def judging(sandbox: Sandbox, wall_s: float, before: JSON) -> dict[str, JSON]:
    """For the provenance. wall_s: seconds of this session; before: what earlier sessions of the run wrote here."""
    spent = before.get("wall_s") if isinstance(before, Mapping) else None
    total = wall_s + (spent if isinstance(spent, (int, float)) else 0.0)
    return {"wall_s": round(total, 3), "at_once": usable_cores(), "sandbox": dict(sandbox.form)}


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
