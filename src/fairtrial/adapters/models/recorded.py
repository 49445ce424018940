"""Answers from a plain file: JSONL or CSV, `.gz` or not, one row an answer.

Columns: `id` and `output`; optional `epoch` (from 1), `model`, `input_tokens`, `output_tokens`,
`duration_s`, `stop`, `refusal`. Others are left alone. An `output` of null (JSONL) is a reply without text.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from fairtrial.adapters.models.shape import MOST
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.output import STOPS, Output, Usage

ROW_LIMIT: Final = 10 * 2**20
"""Most bytes one row may have."""

FILE_LIMIT: Final = 1024 * 2**20
"""Most bytes all rows may have, inflated."""

_SHAPE: Final = "each row needs id and output; see `fairtrial check --help`"


def rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(where, row) of each row. Raises UsageError for a file that can't be read as what its name says."""
    name = path.name.removesuffix(".gz")
    kind = name.rpartition(".")[2].lower()
    if kind not in ("jsonl", "ndjson", "csv"):
        raise UsageError(f"{path.name} is no recording that can be read", "give a run folder, .jsonl or .csv")
    try:
        with _open(path) as stream:
            lines = _lines(stream, path.name)
            yield from _csv(lines, path.name) if kind == "csv" else _jsonl(lines, path.name)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path.name} can't be read: {error}", "check the file") from error


def answer(row: Mapping[str, Any], where: str) -> tuple[tuple[str, int], Output]:
    """((id, epoch), Output) of one row. Raises UsageError naming `where`."""
    if row.get("id") in (None, "") or "output" not in row:
        raise UsageError(f"{where}: id or output is missing", _SHAPE)
    text, stop = row["output"], row.get("stop") or "unknown"
    if not (text is None or isinstance(text, str)) or type(row["id"]) not in (str, int):
        raise UsageError(f"{where}: id and output are texts", _SHAPE)
    if stop not in STOPS:
        raise UsageError(f"{where}: stop is {stop!r:.40}", f"one of {', '.join(STOPS)}")
    refusal = row.get("refusal") or None
    usage = Usage(_whole(row, "input_tokens", where), _whole(row, "output_tokens", where))
    duration = row.get("duration_s")
    output = Output(
        text=text,
        stop="refused" if refusal else stop,
        refusal=None if refusal is None else str(refusal),
        usage=None if usage == Usage() else usage,
        response=text or "",
        duration_s=None if duration in (None, "") else _seconds(duration, where),
        model=str(row["model"]) if row.get("model") else None,
    )
    epoch = _whole(row, "epoch", where)
    if epoch == 0:
        raise UsageError(f"{where}: epoch is 0", "count epochs from 1")
    return (str(row["id"]), epoch or 1), output


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return open(path, "rb")


def _lines(stream: IO[bytes], name: str) -> Iterator[tuple[int, str]]:
    size = number = 0
    while line := stream.readline(ROW_LIMIT + 1):
        number += 1
        size += len(line)
        if len(line) > ROW_LIMIT:
            raise UsageError(
                f"{name}, line {number}: longer than {ROW_LIMIT // 2**20} MB", "split or trim it"
            )
        if size > FILE_LIMIT:
            raise UsageError(f"{name} holds more than {FILE_LIMIT // 2**20} MB", "split it")
        try:
            yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"{name}, line {number}: not UTF-8", "save the file as UTF-8") from error


def _jsonl(lines: Iterator[tuple[int, str]], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in lines:
        where = f"{name}, line {number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{where}: not JSON", "each line is one object") from error
        if not isinstance(row, dict):
            raise UsageError(f"{where}: not an object", "each line is one object")
        yield where, row


def _csv(lines: Iterator[tuple[int, str]], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    csv.field_size_limit(ROW_LIMIT)
    reader = csv.DictReader((line for _, line in lines), strict=True)
    try:
        for row in reader:
            where = f"{name}, line {reader.line_num}"
            if None in row or None in row.values():
                raise UsageError(f"{where}: not as many fields as the header has", "quote fields with commas")
            yield where, row
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num}: {error}", "check the quotes") from error


def _whole(row: Mapping[str, Any], key: str, where: str) -> int | None:
    value: JSON = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if type(value) is int and 0 <= value <= MOST:
        return value
    raise UsageError(f"{where}: {key} is {value!r:.40}", "give a whole number from 0")


def _seconds(value: object, where: str) -> float:
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0) or isinstance(value, bool):
        raise UsageError(f"{where}: duration_s is {value!r:.40}", "give seconds, from 0")
    return seconds
