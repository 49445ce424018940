"""`fairtrial.yaml`: every setting of `fairtrial run` in a file. What is typed wins over what stands in it.

Paths in the file are relative to the file. `trust_code` is the one flag that can't stand in it: a file
that came with somebody else's cases must not be able to run code. The shapes are in `config_model`, which
needs pydantic and is loaded only where there is a file to read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.evals.row_files import KINDS
from fairtrial.evals.strict_yaml import MAX_YAML, Document, parse_yaml

CONFIG_FILE: Final = "fairtrial.yaml"
_PATHS: Final = ("data", "price_table", "out")
OF_MODELS: Final[tuple[str, ...]] = ("base_url", "api", "stream")
_NOT_OPTIONS: Final = ("cases", "models", *OF_MODELS)


@dataclass(frozen=True, slots=True)
class Config:
    """A file, read. `settings` are named as the command line names its options (`max_tokens`, `slices`, …)."""

    path: Path
    tasks: tuple[str, ...]
    models: tuple[ModelSpec, ...]
    settings: Mapping[str, Any]


def find_config(names: Sequence[str]) -> Config | None:
    """The configuration among what was typed; with nothing typed, `fairtrial.yaml` in this folder, if any.

    A name is a configuration if it is a YAML file with the key `cases` or is called fairtrial.yaml.
    Raises UsageError for two of them, and for whatever is wrong in the file.
    """
    if not names:
        here = Path(CONFIG_FILE)
        return load_config(here) if here.is_file() else None
    found = [Path(name) for name in names if is_config(Path(name))]
    if len(found) > 1:
        raise UsageError(f"{found[0]} and {found[1]} are both configurations", "run one at a time")
    return load_config(found[0]) if found else None


def is_config(path: Path) -> bool:
    """Whether a path is a configuration: by its name, or by its key `cases` at the left margin."""
    if path.suffix not in (".yaml", ".yml") or not os.path.isfile(path):  # unlike Path.is_file, never raises
        return False
    if path.name == CONFIG_FILE:
        return True
    return any(line.startswith("cases:") for line in _text(path).decode("utf-8", "replace").splitlines())


def load_config(path: Path) -> Config:
    """The file, checked. Raises UsageError naming every problem with its line."""
    document = parse_yaml(_text(path), path.name)
    settings = _checked(path, document)
    folder = path.parent

    def found(name: str, *, wanted: bool) -> str:
        """`name` beside the file, where it is there or must be."""
        beside = folder / name
        if folder == Path() or Path(name).is_absolute() or not (wanted or beside.exists()):
            return name
        return str(beside)

    tasks = tuple(found(name, wanted=is_file_name(name)) for name in settings["cases"])
    models = tuple(
        ModelSpec("replay", found(spec.name, wanted=False), spec.options)
        if spec.provider == "replay"
        else spec
        for spec in (_spec(each, settings) for each in settings["models"])
    )
    options = {key: value for key, value in settings.items() if key not in _NOT_OPTIONS}
    for key in _PATHS:
        if key in options:
            options[key] = found(options[key], wanted=True)
    if "include_path" in options:
        options["include_path"] = tuple(found(each, wanted=True) for each in options["include_path"])
    return Config(path, tasks, models, options)


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, as published in docs/reference/fairtrial.schema.json."""
    found: dict[str, Any] = import_module("fairtrial.evals.config_model").schema()
    return found


def _checked(path: Path, document: Document) -> dict[str, Any]:
    checked: dict[str, Any] = import_module("fairtrial.evals.config_model").check(path.name, document)
    return checked


def _text(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_YAML + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}", "check the path") from error


def is_file_name(name: str) -> bool:
    """Whether a name ends like a file of rows or a task file."""
    return name.removesuffix(".gz").rpartition(".")[2] in KINDS and "." in name


def _spec(stated: Mapping[str, Any], settings: Mapping[str, Any]) -> ModelSpec:
    shared = {key: settings[key] for key in OF_MODELS if key in settings}
    return ModelSpec.parse(
        stated["model"], **{**shared, **{key: stated[key] for key in stated if key != "model"}}
    )
