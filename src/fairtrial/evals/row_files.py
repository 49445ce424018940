"""A file of rows as raw data: JSON lines, JSON, CSV or YAML, gzipped or not, read as hostile bytes.

Streams JSON lines and CSV: a file of gigabytes never stands in memory. Bad rows are collected, so that one
reading of a file names them all (the first `SHOWN`), and raise together at its end.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import math
import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import NUL_BYTES, SAVE_UTF8, WrittenFloat, decode, not_utf8, parse_yaml

ROW_LIMIT: Final = 10 * 2**20
"""Most bytes one row may have."""

FILE_LIMIT: Final = 512 * 2**20
"""Most bytes all rows may have, inflated."""

WHOLE_LIMIT: Final = 64 * 2**20
"""Most bytes of a .json file, which can't be read line by line."""

MAX_DEPTH: Final = 64
SHOWN: Final = 10
KINDS: Final = ("jsonl", "ndjson", "json", "csv", "yaml", "yml")

Raw = tuple[str, Mapping[str, Any]]


def need_file(path: Path) -> None:
    """Raises UsageError unless `path` is a plain file: opening a pipe can wait, reading a device never ends."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"there is no file {path}", "check the path, or name a benchmark such as gsm8k"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{str(path)[:200]!r} can't be read: {why}", "check the path and its rights"
        ) from error
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a folder", "name a file in it")
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is a pipe or a device", "save the rows to a file first")


@dataclass(slots=True)
class Faults:
    """What is wrong with a file's rows: all counted, the first ten kept."""

    name: str
    kept: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, what: str, remedy: str) -> None:
        """`where` names the row ("line 3"), without the file's name."""
        self.count += 1
        if len(self.kept) < SHOWN:
            self.kept.append((f"{where}: {what}", remedy))

    def raise_if_any(self) -> None:
        """One UsageError for all of them."""
        if not self.count:
            return
        remedies = list(dict.fromkeys(remedy for _, remedy in self.kept))
        if self.count == 1:
            raise UsageError(f"{self.name}, {self.kept[0][0]}", remedies[0])
        rows = "\n".join(f"  {text}" for text, _ in self.kept)
        more = f"\n  and {self.count - SHOWN} more" if self.count > SHOWN else ""
        raise UsageError(f"{self.name} has {self.count} bad rows:\n{rows}{more}", "; ".join(remedies))


class RowFile:
    """One reading of one file. After `rows` has run out, `digest` is the SHA-256 of the file's bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self.faults = Faults(path.name)
        self.digest = ""

    @property
    def kind(self) -> str:
        """`jsonl`, `csv`, …, from the name. Raises UsageError for another."""
        kind = self.name.lower().removesuffix(".gz").rpartition(".")[2]
        if kind not in KINDS:
            raise UsageError(
                f"{self.name} is no file of rows that can be read",
                "give .jsonl, .csv, .yaml or .json (.gz of each)",
            )
        return kind

    def rows(self) -> Iterator[Raw]:
        """("line 3", row) of every row that could be read; what could not is in `faults`."""
        need_file(self.path)
        kind = self.kind
        try:
            with open(self.path, "rb") as file:
                source = _Hashed(file)
                stream: IO[bytes] = io.BufferedReader(source, 2**18)
                if self.name.lower().endswith(".gz"):
                    stream = gzip.GzipFile(fileobj=stream)  # type: ignore[assignment]
                if kind == "csv":
                    yield from self._csv(self._lines(stream))
                elif kind in ("jsonl", "ndjson"):
                    yield from self._jsonl(self._lines(stream))
                else:
                    yield from self._whole(stream, kind)
                while source.read(2**18):  # what a stopped reading left: the digest is the whole file's
                    pass
                self.digest = f"sha256:{source.hasher.hexdigest()}"
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UsageError(
                f"{self.name} is no whole gzip file: {error}", "pack or fetch it again"
            ) from error
        except OSError as error:
            raise UsageError(
                f"{self.path} can't be read: {error.strerror or error}", "check the path and its rights"
            ) from error

    def _lines(self, stream: IO[bytes]) -> Iterator[tuple[int, str]]:
        size = number = 0
        while line := stream.readline(ROW_LIMIT + 2):
            number += 1
            size += len(line)
            where = f"line {number}"
            if len(line.rstrip(b"\r\n")) > ROW_LIMIT:
                self.faults.add(
                    where,
                    f"longer than {ROW_LIMIT // 2**20} MB; reading ends here",
                    "shorten the row, or move what is not asked out of it",
                )
                return
            if size > FILE_LIMIT:
                raise UsageError(
                    f"{self.name} holds more than {FILE_LIMIT // 2**20} MB", "split it into several files"
                )
            if number == 1 and line[:2] in (b"\xff\xfe", b"\xfe\xff"):
                self.faults.add(where, "the file is UTF-16, not UTF-8", SAVE_UTF8)
                return
            if b"\0" in line:
                self.faults.add(where, NUL_BYTES, SAVE_UTF8)
                return
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                at = error.start + (3 if number == 1 and line.startswith(b"\xef\xbb\xbf") else 0)
                self.faults.add(where, not_utf8(line, at), SAVE_UTF8)

    def _jsonl(self, lines: Iterator[tuple[int, str]]) -> Iterator[Raw]:
        for number, line in lines:
            if not line.strip():
                continue
            where = f"line {number}"
            try:
                row = parse_json(line.rstrip("\r\n"))
            except ValueError as error:
                self.faults.add(where, f"no strict JSON: {error}", "write one JSON object a line")
                continue
            if not isinstance(row, dict):
                self.faults.add(where, f"{_kind(row)} in place of an object", "write one JSON object a line")
                continue
            yield where, row

    def _csv(self, lines: Iterator[tuple[int, str]]) -> Iterator[Raw]:
        csv.field_size_limit(ROW_LIMIT)
        reader = csv.reader((line for _, line in lines), strict=True)
        begins = 1
        try:
            header = next(reader, None)
            if header is None:
                return
            self._check_header(header)
            begins = reader.line_num + 1
            for cells in reader:
                where, begins = f"line {begins}", reader.line_num + 1
                if not cells:
                    continue
                if len(cells) != len(header):
                    self.faults.add(
                        where,
                        f"{len(cells)} fields, and the header has {len(header)}",
                        'put fields that hold commas or line breaks in "quotes"',
                    )
                    continue
                yield where, dict(zip(header, cells, strict=True))
        except csv.Error as error:
            self.faults.add(f"line {begins}", f"no CSV: {error}", "check the quotes")

    def _check_header(self, header: list[str]) -> None:
        for number, name in enumerate(header, 1):
            if not name.strip():
                raise UsageError(
                    f"{self.name}, line 1: column {number} has no name",
                    "name it, or leave it out (pandas: to_csv(…, index=False))",
                )
            if header.index(name) + 1 < number:
                raise UsageError(f"{self.name}, line 1: the column {name!r} stands twice", "rename one")
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise UsageError(
                f"{self.name}, line 1: one single column, {header[0][:60]!r}", "separate columns with commas"
            )

    def _whole(self, stream: IO[bytes], kind: str) -> Iterator[Raw]:
        data = stream.read(WHOLE_LIMIT + 1)
        if len(data) > WHOLE_LIMIT:
            raise UsageError(
                f"{self.name} holds more than {WHOLE_LIMIT // 2**20} MB, and can't be read line by line",
                "save the rows as JSON lines (.jsonl)",
            )
        lines: Mapping[tuple[str | int, ...], int] = {}
        if kind == "json":
            try:
                rows = parse_json(decode(data, self.name)) if data.strip() else []
            except ValueError as error:
                raise UsageError(
                    f"{self.name}: no strict JSON: {error}",
                    "write a list of objects, or one object a line (.jsonl)",
                ) from error
        else:
            document = parse_yaml(data, self.name)
            rows, lines = ([] if document.value is None else document.value), document.lines
        if not isinstance(rows, list):
            raise UsageError(f"{self.name}: {_kind(rows)} in place of a list", "write a list of rows")
        for number, row in enumerate(rows):
            where = f"line {lines[(number,)]}" if lines else f"row {number + 1}"
            if isinstance(row, dict):
                yield where, row
            else:
                self.faults.add(where, f"{_kind(row)} in place of a row", "give each row input and target")


class _Hashed(io.RawIOBase):
    """A raw file whose bytes are hashed as they pass."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.hasher = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.file.read(len(buffer))
        self.hasher.update(data)
        buffer[: len(data)] = data
        return len(data)


def parse_json(text: str) -> Any:
    """Strict JSON: no NaN, no key twice, no half surrogate, at most 64 deep. Raises ValueError."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in text else ""
        raise ValueError(f"{error.msg.removesuffix(' at')} at {line}column {error.colno}") from error
    except RecursionError as error:
        raise ValueError(f"nested more than {MAX_DEPTH} deep") from error
    _check_depth(value)
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{error.object[error.start]!a} is half a surrogate pair, no text") from error


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _check_depth(value: Any) -> None:
    layer, depth = [value], 0
    while layer := [inner for each in layer for inner in _inside(each)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")


def _inside(value: Any) -> Iterator[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, (dict, list)))


def _float(text: str) -> float:
    number = WrittenFloat(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


def _int(text: str) -> int:
    if len(text) > 400:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number that JSON knows")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_float, parse_int=_int
)
