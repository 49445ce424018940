"""A benchmark's local file, read as hostile bytes: limits on size, strict rows, errors that name the line."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from fairtrial.core.errors import UsageError

MAX_FILE = 512 * 2**20
MAX_ROW = 2**20


def local_bytes(path: Path) -> bytes:
    """The file's bytes. Raises UsageError where it can't be read or is too large."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise UsageError(f"{path.name} has {size} bytes", f"give a file of at most {MAX_FILE} bytes")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}", "check the path") from error


def json_lines(data: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    """The rows of JSON lines, gzipped or not. Raises UsageError naming the line."""
    stream: io.BufferedIOBase = io.BytesIO(data)
    if data[:2] == b"\x1f\x8b":
        stream = gzip.GzipFile(fileobj=stream)
    number = total = 0
    while True:
        number += 1
        try:
            line = stream.readline(MAX_ROW + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise UsageError(f"{name} is no whole gzip file: {error}", "fetch it again") from error
        if not line:
            return
        total += len(line)
        if len(line) > MAX_ROW or total > MAX_FILE:
            raise UsageError(
                f"{name}, line {number}: larger than a benchmark's row or file may be", "check the file"
            )
        if line.strip():
            yield _row(line, f"{name}, line {number}")


def _row(line: bytes, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} is no JSON: {error}", "give one JSON object a line, in UTF-8") from error
    if not isinstance(row, dict):
        raise UsageError(f"{where} is no JSON object", "give one JSON object a line, in UTF-8")
    return row


def parquet_rows(data: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a Parquet file, which needs the extra `parquet`. Raises UsageError without it."""
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(
            f"{name} is a Parquet file, and pyarrow is not installed",
            "pip install 'fairtrial[parquet]', or give the JSONL form with --data FILE",
        ) from error
    try:
        for batch in parquet.ParquetFile(io.BytesIO(data)).iter_batches():
            yield from batch.to_pylist()
    except (OSError, ValueError) as error:
        raise UsageError(f"{name} is no Parquet file: {error}", "fetch it again") from error
