"""Task files on disk for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fairtrial.core.task import Task
from fairtrial.evals.lmeval.config import Config, parse_config
from fairtrial.evals.lmeval.loading import load_task
from fairtrial.evals.lmeval.source import NamedFunction, Source

BASE: Mapping[str, Any] = {
    "task": "capitals",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
    "test_split": "test",
    "doc_to_text": "Capital of {{country}}?",
    "doc_to_target": "city",
}
ROWS: tuple[Mapping[str, Any], ...] = (
    {"country": "Ghana", "city": "Accra"},
    {"country": "Peru", "city": "Lima"},
    {"country": "Laos", "city": "Vientiane"},
)


def write_rows(folder: Path, rows: Iterable[Mapping[str, Any]], name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_task(folder: Path, **keys: Any) -> Path:
    """BASE with some keys changed. A value "!function x.y" becomes the tag."""
    path = folder / "task.yaml"
    text = json.dumps({**BASE, **keys}, ensure_ascii=False)  # JSON is YAML
    path.write_text(_tagged(text))
    return path


def _tagged(text: str) -> str:
    parts = text.split('"!function ')
    return parts[0] + "".join("!function " + part.replace('"', "", 1) for part in parts[1:])


def load(folder: Path, rows: Iterable[Mapping[str, Any]] = ROWS, code: str = "", **keys: Any) -> Task:
    """The task of BASE with some keys changed. code: what stands in code.py, trusted."""
    write_rows(folder, rows)
    if code:
        (folder / "code.py").write_text(code)
    shots = keys.pop("shots", None)
    return load_task(write_task(folder, **keys), trust_code=bool(code), num_fewshot=shots)


def config_of(
    *, trusted: bool = False, has_data: bool = False, shots: int | None = None, **keys: Any
) -> Config:
    """BASE with some keys changed, checked; no file is read."""
    merged = {**BASE, **keys}
    source = Source(Path("task.yaml"), merged, (Path.cwd(),))
    return parse_config(source, trusted=trusted, has_data=has_data, num_fewshot=shots)


def function(name: str = "code.f") -> NamedFunction:
    return NamedFunction(name, Path.cwd())
