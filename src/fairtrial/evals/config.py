"""`fairtrial.yaml`: every setting of `fairtrial run` in a file. What is typed wins over what stands in it.

Paths in the file are relative to the file. `trust_code` is the one flag that can't stand in it: a file
that came with somebody else's cases must not be able to run code. The shapes are in `config_model`, which
needs pydantic and is loaded only where there is a file to read.
"""

from __future__ import annotations

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
_OF_MODELS: Final = ("base_url", "api", "stream")
_NOT_OPTIONS: Final = ("cases", "models", *_OF_MODELS)


@dataclass(frozen=True, slots=True)
class Config:
    """A file, read. `settings` are named as the command line names its options (`max_tokens`, `slices`, …);
    `resolved` says which paths were found relative to the file ("cases.jsonl is work/cases.jsonl")."""

    path: Path
    tasks: tuple[str, ...]
    models: tuple[ModelSpec, ...]
    settings: Mapping[str, Any]
    resolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """Settings of file and command line together; `won` names each that stood in both, and its two values."""

    settings: Mapping[str, Any]
    won: tuple[str, ...] = ()


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
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return False
    if path.name == CONFIG_FILE:
        return True
    return any(line.startswith("cases:") for line in _text(path).decode("utf-8", "replace").splitlines())


def load_config(path: Path) -> Config:
    """The file, checked. Raises UsageError naming every problem with its line."""
    document = parse_yaml(_text(path), path.name)
    settings = _checked(path, document)
    folder, resolved = path.parent, list[str]()

    def found(name: str, *, wanted: bool) -> str:
        """`name` beside the file, where it is there or must be."""
        beside = folder / name
        if folder == Path() or Path(name).is_absolute() or not (wanted or beside.exists()):
            return name
        resolved.append(f"{name} is {beside}")
        return str(beside)

    tasks = tuple(found(name, wanted=_is_file_name(name)) for name in settings["cases"])
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
    return Config(path, tasks, models, options, tuple(resolved))


def merge(config: Config | None, overrides: Mapping[str, Any]) -> Merged:
    """File and command line: an override wins where it is not None and not empty."""
    given = {key: value for key, value in overrides.items() if value is not None and value != ()}
    stated = dict(config.settings) if config else {}
    won = [
        f"{key}: {given[key]!r} was typed and wins over {stated[key]!r} of the file"
        for key in stated
        if key in given and given[key] != stated[key]
    ]
    return Merged({**stated, **given}, tuple(won))


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


def _is_file_name(name: str) -> bool:
    return name.removesuffix(".gz").rpartition(".")[2] in KINDS and "." in name


def _spec(stated: Mapping[str, Any], settings: Mapping[str, Any]) -> ModelSpec:
    shared = {key: settings[key] for key in _OF_MODELS if key in settings}
    return ModelSpec.parse(
        stated["model"], **{**shared, **{key: stated[key] for key in stated if key != "model"}}
    )
