"""`dataset_path` and `dataset_kwargs`: which local files hold a task's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairtrial.evals.lmeval.obstacles import Obstacles

SHIPPED: Final = {
    **dict.fromkeys(("gsm8k", "openai/gsm8k"), "gsm8k"),
    **dict.fromkeys(("cais/mmlu", "hails/mmlu_no_train"), "mmlu"),
    **dict.fromkeys(("hellaswag", "Rowan/hellaswag"), "hellaswag"),
}
"""Datasets whose benchmark ships with the package, by the benchmark's name here."""
_SUFFIXES: Final = {"json": (".json", ".jsonl", ".ndjson"), "csv": (".csv",)}


def parse_dataset(
    keys: Mapping[str, Any], bad: Obstacles, *, has_data: bool, custom: bool
) -> dict[str, tuple[str, ...]]:
    """The files of each split. has_data: --data gives the rows of what is asked; custom: a function does."""
    path = keys.get("dataset_path")
    kwargs = {} if keys.get("dataset_kwargs") is None else keys["dataset_kwargs"]
    if path is not None and not isinstance(path, str):
        bad.add("dataset_path", f"is {path!r:.60}, no text", "quote it")
        path = None
    if not isinstance(kwargs, dict):
        bad.add("dataset_kwargs", "is no mapping", "write data_files under it")
        kwargs = {}
    bad.no_functions("dataset_kwargs", kwargs)
    if custom:
        return {}
    if path not in ("json", "csv"):
        if not has_data:
            _refuse_hub(path, bad)
        return {}
    for key in kwargs:
        # trust_remote_code lets the hub run code; nothing here ever does, so it allows nothing.
        if key not in ("data_files", "trust_remote_code"):
            bad.add(f"dataset_kwargs.{key[:60]}", "is not supported; only data_files is")
    named = _files(path, kwargs.get("data_files"), bad)
    if not named and not has_data:
        bad.add("dataset_kwargs.data_files", "names no file", "write {test: FILE}, or give --data FILE")
    return named


def _files(path: str, given: Any, bad: Obstacles) -> dict[str, tuple[str, ...]]:
    files = given if isinstance(given, dict) else {} if given is None else {"train": given}
    named: dict[str, tuple[str, ...]] = {}
    for split, value in files.items():
        at = f"dataset_kwargs.data_files.{split[:60]}"
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(each, str) and each for each in names):
            bad.add(at, "names no file", "write a file's name")
            continue
        for each in names:
            if "://" in each or "*" in each:
                bad.add(at, f"{each[:80]!r} is no local file", "name one")
            elif not each.lower().removesuffix(".gz").endswith(_SUFFIXES[path]):
                told = ", ".join(_SUFFIXES[path])
                bad.add(at, f"{each[:80]!r} is none of {told} (.gz of each)", "rename it, or name another")
        named[split] = tuple(names)
    return named


def _refuse_hub(path: str | None, bad: Obstacles) -> None:
    if path is None:
        bad.add("dataset_path", "is missing", "write dataset_path: json and data_files, or give --data FILE")
        return
    ships = SHIPPED.get(path)
    remedy = "get its rows and give them with --data FILE"
    if ships:
        remedy += f", or run the benchmark {ships} that ships here"
    bad.add(
        "dataset_path", f"{path[:80]!r} is a dataset of a hub, and nothing is fetched for a task file", remedy
    )
