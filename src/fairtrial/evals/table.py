"""The bytes of a user's file as rows: JSONL, JSON, CSV or YAML, plain or gzipped.

Strict, since a case that is read wrongly is scored wrongly: UTF-8 or nothing, no duplicate keys, no NaN, no
YAML tags or aliases. Every row comes with the number of the line it starts on.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import yaml

from fairtrial.core.errors import UsageError

FILE_LIMIT = 2**30
"""Bytes a file may have, unpacked."""
ROW_LIMIT = 10 * 2**20
"""Bytes one row may have."""
YAML_LIMIT = 32 * 2**20
"""Bytes a YAML or JSON file may have: unlike the others it is read whole."""

FORMATS = (".jsonl", ".ndjson", ".csv", ".json", ".yaml", ".yml")

Line = tuple[int, Mapping[str, Any] | UsageError]
"""The line a row starts on, and the row, or what is wrong with it."""


class RowError(UsageError):
    """One row can't be read; the reader goes on, so that all bad rows are told at once."""


def lines(path: Path) -> Iterator[Line]:
    """Rows of `path` in order. Raises UsageError where the file as a whole can't be read."""
    kind = suffix(path)
    with _open(path) as file:
        if kind in (".jsonl", ".ndjson"):
            yield from _jsonl(file, path.name)
        elif kind == ".csv":
            yield from _csv(file, path.name)
        else:
            yield from _whole(file, path.name, kind)


def suffix(path: Path) -> str:
    """The kind of file by its name, `.gz` aside. Raises UsageError for a kind nobody reads."""
    name = path.name.lower().removesuffix(".gz")
    kind = Path(name).suffix
    if kind not in FORMATS:
        raise UsageError(f"{path.name} is no kind of file that is read", f"give one of {', '.join(FORMATS)}")
    return kind


def file_digest(path: Path) -> str:
    """`sha256:…` of the file's bytes as they lie on disk."""
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def load_yaml(text: str, name: str) -> Any:
    """YAML without tags, aliases or duplicate keys. Raises UsageError naming the file and line."""
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        raise UsageError(
            f"{name}{line}: {getattr(error, 'problem', None) or 'this is no YAML'}", "correct the file"
        ) from error
    except RecursionError as error:
        raise UsageError(f"{name}: nested too deeply", "flatten it") from error


def load_json(text: str, name: str) -> Any:
    """JSON without duplicate keys, NaN or infinities. Raises UsageError naming the place."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise RowError(
            f"{name}: this is no JSON ({error.msg}, column {error.colno})", "correct it"
        ) from error
    except (ValueError, RecursionError) as error:
        raise RowError(f"{name}: {error}", "correct it") from error


def _open(path: Path) -> IO[bytes]:
    try:
        size = path.stat().st_size
        if size == 0:
            raise UsageError(f"{path.name} is empty", "give at least one row with input and target")
        if size > FILE_LIMIT:
            raise UsageError(f"{path.name} has {size:,} bytes; at most {FILE_LIMIT:,} are read", "split it")
        if path.name.lower().endswith(".gz"):
            return cast(IO[bytes], gzip.open(path))
        return open(path, "rb")
    except OSError as error:
        raise UsageError(
            f"{path.name} can't be read: {error.strerror}", "check the path and your rights"
        ) from error


def _jsonl(file: IO[bytes], name: str) -> Iterator[Line]:
    number = total = 0
    while line := _next(file, name, number + 1):
        number += 1
        total += len(line)
        if total > FILE_LIMIT:
            raise UsageError(f"{name} unpacks to more than {FILE_LIMIT:,} bytes", "split it")
        where = f"{name}, line {number}"
        try:
            text = _decode(line, where)
            if not text.strip():
                continue
            row = load_json(text, where)
            if not isinstance(row, Mapping):
                raise RowError(f"{where}: a row is an object, not {type(row).__name__}", 'write {"input": …}')
            yield number, row
        except RowError as error:
            yield number, error


def _next(file: IO[bytes], name: str, number: int) -> bytes:
    try:
        line = file.readline(ROW_LIMIT + 1)
    except (OSError, EOFError) as error:
        raise UsageError(
            f"{name}, line {number}: can't be unpacked ({error})", "fetch the file again"
        ) from error
    if len(line) > ROW_LIMIT:
        raise UsageError(
            f"{name}, line {number}: longer than {ROW_LIMIT // 2**20} MB", "shorten or remove that row"
        )
    return line


def _csv(file: IO[bytes], name: str) -> Iterator[Line]:
    text = _text(file, name, FILE_LIMIT)
    csv.field_size_limit(ROW_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) != len(header):
            raise UsageError(f"{name}: a column name stands twice in the header", "name each column once")
        start = reader.line_num + 1
        for cells in reader:
            number, start = start, reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                told = f"{name}, line {number}: {len(cells)} cells under {len(header)} column names"
                yield number, RowError(told, "quote cells that hold commas or line breaks")
                continue
            yield number, {key: cell for key, cell in zip(header, cells, strict=True) if cell != ""}
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num}: {error}", "correct the quoting") from error


def _whole(file: IO[bytes], name: str, kind: str) -> Iterator[Line]:
    text = _text(file, name, YAML_LIMIT)
    data = load_json(text, name) if kind == ".json" else load_yaml(text, name)
    if not isinstance(data, list):
        raise UsageError(f"{name} holds no list of rows", "write a list, each entry with input and target")
    for number, row in enumerate(data, 1):
        if isinstance(row, Mapping) and all(isinstance(key, str) for key in row):
            yield number, row
        else:
            yield number, RowError(f"{name}, row {number}: no mapping of names to values", "write input: …")


def _text(file: IO[bytes], name: str, limit: int) -> str:
    try:
        data = file.read(limit + 1)
    except (OSError, EOFError) as error:
        raise UsageError(f"{name} can't be unpacked ({error})", "fetch the file again") from error
    if len(data) > limit:
        raise UsageError(f"{name} has more than {limit // 2**20} MB", "split it, or write JSONL")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{name}, line {line}: not UTF-8 text", "save the file as UTF-8") from error


def _decode(line: bytes, where: str) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError(f"{where}: not UTF-8 text", "save the file as UTF-8") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that can be compared")


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that also refuses aliases (they expand without bound) and duplicate keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases are not read; write it out", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)
