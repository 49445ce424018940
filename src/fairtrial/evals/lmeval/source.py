"""A task file's keys, with everything it includes: read as hostile bytes, confined to folders the user named.

lm-eval reads YAML 1.1 (`no` is false), merges included files first and lets local keys win
(`tasks/_yaml_loader.py`, 0.4.13). Here a file may include only what lies in its own folder or in a folder
given with --include-path, so that a file from the net can't read another one of this machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import MAX_YAML, Function, parse_yaml

MAX_FILES: Final = 32
"""Files that one task may be made of."""

_HEAD: Final = 2**16
_KEY = re.compile(r"""^(?:\{\s*)?["']?(task|group|dataset_path|include|doc_to_text)["']?\s*:(?:\s|$)""", re.M)
_CASES = re.compile(r"""^["']?cases["']?\s*:(?:\s|$)""", re.M)


@dataclass(frozen=True, slots=True)
class NamedFunction:
    """`!function module.name` in a file of `folder`. Nothing is imported by naming it."""

    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Source:
    """A task file with its includes merged. folders: where it may read, the file's own first."""

    path: Path
    keys: Mapping[str, Any]
    folders: tuple[Path, ...]

    @property
    def name(self) -> str:
        return self.path.name


def looks_like_task(path: Path) -> bool:
    """True for YAML whose top level names one of lm-eval's keys, and no `cases`. Reads 64 KB, parses none."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        return False
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    except OSError:
        return False
    begins = next((line for line in head.split("\n") if line.strip() and line[0] not in "#%"), "")
    if begins.rstrip() == "---":
        rest = head[head.index("---") + 3 :].split("\n")
        begins = next((line for line in rest if line.strip() and line[0] != "#"), "")
    if begins.lstrip()[:1] in ("[", "-"):
        return False
    return _KEY.search(head) is not None and _CASES.search(head) is None


def read_source(path: Path, include_path: tuple[Path, ...] = ()) -> Source:
    """The file and what it includes. Raises UsageError for a cycle, an escape, or bad YAML."""
    folders = tuple(folder.resolve() for folder in (path.parent, *include_path))
    reader = _Reader(folders)
    keys = reader.read(path.resolve(), ())
    return Source(path, keys, folders)


def confined(name: str, base: Path, folders: tuple[Path, ...], told: str) -> Path:
    """The file `name` as seen from `base`, or from the other folders. Raises UsageError where it lies outside
    of them all (links followed) or does not exist."""
    if not name or "\0" in name:
        raise UsageError(f"{told} names no file", "write the file's name")
    places = [Path(folder, name) for folder in dict.fromkeys((base, *folders))]
    for place in places:
        found = place.resolve()
        if not any(found.is_relative_to(folder) for folder in folders):
            continue
        if found.is_file():
            return found
    if any(place.is_file() for place in places):
        raise UsageError(
            f"{told} names {name!r}, which lies outside the task file's folder",
            "read that file, then allow its folder with --include-path DIR",
        )
    raise UsageError(f"{told} names {name!r}, which is not there", "put it beside the task file")


class _Reader:
    def __init__(self, folders: tuple[Path, ...]) -> None:
        self.folders = folders
        self.count = 0

    def read(self, path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
        if path in above:
            chain = " → ".join(each.name for each in (*above, path))
            raise UsageError(f"{above[0].name}: include in a circle: {chain}", "take one include out")
        self.count += 1
        if self.count > MAX_FILES:
            raise UsageError(f"{above[0].name} is made of more than {MAX_FILES} files", "include fewer")
        keys = _mapping(path)
        includes = keys.pop("include", None)
        merged: dict[str, Any] = {}
        for name in includes if isinstance(includes, list) else [includes] if includes is not None else []:
            if not isinstance(name, str):
                raise UsageError(
                    f"{path.name}: include is {name!r}", "write a file's name, or a list of names"
                )
            found = confined(name, path.parent, self.folders, f"{path.name}: include")
            inner = self.read(found, (*above, path))
            inner.pop("task_list", None)
            merged.update(inner)
        merged.update(keys)
        return merged


def _mapping(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_YAML + 1)
    except OSError as error:
        raise UsageError(
            f"{path.name} can't be read: {error.strerror}", "check the path and its rights"
        ) from error
    value = parse_yaml(data, path.name, legacy=True, functions=True).value
    if not isinstance(value, dict):
        raise UsageError(f"{path.name} is no mapping of keys to values", "give an lm-eval task file")
    found = _placed(value, path.parent)
    assert isinstance(found, dict)
    return found


def _placed(value: Any, folder: Path) -> Any:
    """Every `!function` with the folder of the file it stands in."""
    if isinstance(value, Function):
        return NamedFunction(value.name, folder)
    if isinstance(value, dict):
        return {key: _placed(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_placed(item, folder) for item in value]
    return value
