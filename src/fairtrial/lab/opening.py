"""From what a user types to a task: a benchmark's name, a file of rows, or a task file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from fairtrial.benchmarks import BENCHMARKS, load
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.ports import Datasets
from fairtrial.core.question import Decoding
from fairtrial.core.task import Task
from fairtrial.evals.lmeval.source import looks_like_task
from fairtrial.evals.own_task import own_task
from fairtrial.evals.row_files import need_file

ROWS = (".jsonl", ".ndjson", ".csv", ".json", ".yaml", ".yml")


def open_task(
    name: str,
    *,
    datasets: Datasets | None = None,
    data: str | None = None,
    form: str | None = None,
    num_fewshot: int | None = None,
    scorer: str | None = None,
    tolerance: float | None = None,
    template: str | None = None,
    cluster: str | None = None,
    slices: Sequence[str] = (),
    system: str | None = None,
    decoding: Decoding | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    top_p: float | None = None,
    stop: Sequence[str] | None = None,
    sampling_seed: int | None = None,
    effort: str | None = None,
    include_path: Sequence[str] = (),
    trust_code: bool = False,
) -> Task:
    """Open a task by name or path.

    data: a local file for a benchmark whose items don't ship with us. scorer, tolerance, template, cluster,
    slices: own rows only. temperature … effort override single settings of the task's decoding.
    Raises UnknownName (no such benchmark, no such file), UsageError for what is wrong inside the file.
    """
    path = Path(name)
    own = {"--scorer": scorer, "--tolerance": tolerance, "--template": template, "--cluster": cluster}
    benchmark = name.partition("/")[0] in {known.partition("/")[0] for known in BENCHMARKS}
    if path.suffix in ROWS or name.endswith(".gz") or (os.path.lexists(path) and not benchmark):
        need_file(path)
        if looks_like_task(path):
            _refuse(own, f"{name} is a task file and states its own")
            task: Task = _task_files().load_task(
                path,
                include_path=tuple(map(Path, include_path)),
                data=None if data is None else Path(data),
                trust_code=trust_code,
                num_fewshot=num_fewshot,
            )
        else:
            task = own_task(
                path,
                scorer=scorer,
                template=template,
                tolerance=tolerance,
                cluster=cluster or "",
                slices=tuple(slices),
                trust_code=trust_code,
            )
    elif benchmark:
        _refuse(own, f"{name} is a benchmark and states its own")
        task = load(name, num_fewshot=num_fewshot, path=data, datasets=datasets, form=form)
    else:
        raise UnknownName("benchmark or file", name, BENCHMARKS)
    if system is not None:
        task = replace(task, system=system)
    changes = {
        "temperature": temperature,
        "max_tokens": max_tokens,
        "top_p": top_p,
        "stop": None if stop is None else tuple(stop),
        "seed": sampling_seed,
        "effort": effort,
    }
    changed: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    return replace(task, decoding=replace(decoding or task.decoding, **changed))


def _task_files() -> ModuleType:
    """The one door to lm-eval's task files, which bring templates, patterns and filters that rows don't need."""
    return import_module("fairtrial.evals.lmeval.loading")


def _refuse(options: Mapping[str, object], why: str) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(f"{', '.join(given)}: {why}", "leave it out, or copy the items into a file of rows")
