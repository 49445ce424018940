"""From an lm-eval task file to a task."""

from __future__ import annotations

from pathlib import Path

from fairtrial.core.errors import UsageError
from fairtrial.core.task import Task
from fairtrial.evals.lmeval.source import looks_like_task


def is_task_file(path: Path) -> bool:
    return looks_like_task(path)


def load_task(
    path: Path,
    *,
    include_path: tuple[Path, ...],
    data: Path | None,
    trust_code: bool,
    num_fewshot: int | None,
) -> Task:
    raise UsageError(f"{path} is a task file of lm-eval", "not read yet")
