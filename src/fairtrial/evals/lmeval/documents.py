"""The rows of a split, as lm-eval sees them: columns of a local CSV, JSON or JSON lines file.

CSV cells become numbers, booleans or nothing, a whole column at a time, as pandas reads them for lm-eval
(`datasets` 4, `packaged_modules/csv`): a column of 0 and 1 holds numbers, an empty cell or `NA` holds nothing,
and a whole-number column with such a cell holds decimals. In JSON a text that looks like a time stays a text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairtrial.core.canon import digest
from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Origin
from fairtrial.evals.lmeval.config import Config
from fairtrial.evals.lmeval.functions import Documents, Function
from fairtrial.evals.lmeval.source import confined
from fairtrial.evals.row_files import RowFile

Doc = dict[str, Any]

_NOTHING: Final = frozenset(
    ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A")
) | {"NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
"""Cells that pandas reads as nothing."""
_INT = re.compile(r"\s*[-+]?[0-9]{1,18}\s*")
_FLOAT = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\s*")
_BOOLS: Final = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
_SUFFIXES = (".jsonl", ".json", ".ndjson", ".csv")


@dataclass(slots=True)
class Dataset:
    """The splits of one task. data: the file or folder the user gave, which goes before what the file names."""

    config: Config
    data: Path | None
    process: Function | None
    custom: Function | None

    def __post_init__(self) -> None:
        self._read: dict[str, tuple[Documents, str, str]] = {}

    def docs(self, split: str, process: Function | None) -> Documents:
        """The rows of a split, worked over by `process`. Raises UsageError where there are none."""
        docs = self._split(split)[0]
        if process is not None:
            docs = _rows_of(process(Documents(docs)), f"the function {process.name}")
        return docs

    def origin(self) -> Origin:
        """Of the split that is asked."""
        _, source, hashed = self._split(self.config.split)
        return Origin(self.config.name, source, hashed, self.config.split)

    def _split(self, split: str) -> tuple[Documents, str, str]:
        if split not in self._read:
            self._read[split] = self._load(split)
        return self._read[split]

    def _load(self, split: str) -> tuple[Documents, str, str]:
        if self.custom is not None and self.data is None:
            return self._from_function(split)
        paths = self._paths(split)
        docs, hashes = Documents(), []
        for path in paths:
            rows, hashed = _read(path)
            docs.extend(rows)
            hashes.append(hashed)
        if not docs:
            raise UsageError(f"{paths[0].name} holds no row", "give at least one")
        columns = list(dict.fromkeys(key for row in docs for key in row))
        filled = Documents([{key: row.get(key) for key in columns} for row in docs])
        names = ", ".join(path.name for path in paths)
        return filled, names, hashes[0] if len(hashes) == 1 else digest(hashes)

    def _paths(self, split: str) -> list[Path]:
        source = self.config.source
        if self.data is not None:
            found = self._given(self.data, split)
            if found is not None:
                return [found]
        base = source.path.resolve().parent
        told = f"{source.name}: data_files.{split}"
        files = self.config.data_files.get(split)
        if files is None:
            raise UsageError(
                f"{source.name} asks for the split {split!r}, and no file holds it",
                f"write data_files: {{{split}: FILE}}, or give a folder with {split}.jsonl as --data",
            )
        return [confined(name, base, source.folders, told) for name in files]

    def _given(self, data: Path, split: str) -> Path | None:
        """A file given with --data is the split that is asked; a folder holds one file for each split."""
        if not data.is_dir():
            return data if split == self.config.split else None
        for suffix in _SUFFIXES:
            for name in (split + suffix, split + suffix + ".gz"):
                if "/" not in name and (data / name).is_file():
                    return data / name
        return None

    def _from_function(self, split: str) -> tuple[Documents, str, str]:
        assert self.custom is not None
        metadata, kwargs = (self.config.source.keys.get(key) or {} for key in ("metadata", "dataset_kwargs"))
        splits = self.custom(**metadata, **kwargs)
        if not isinstance(splits, Mapping) or split not in splits:
            raise UsageError(f"the function {self.custom.name} gives no split {split!r}", "correct either")
        docs = _rows_of(splits[split], f"the function {self.custom.name}")
        return docs, self.custom.name, digest([json.loads(json.dumps(row, default=str)) for row in docs])


def _rows_of(value: Any, told: str) -> Documents:
    rows = list(value) if hasattr(value, "__iter__") else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise UsageError(f"{told} gave no rows", "return a list of mappings")
    return Documents([dict(row) for row in rows])


def _read(path: Path) -> tuple[list[Doc], str]:
    file = RowFile(path)
    if file.kind in ("yaml", "yml"):
        raise UsageError(f"{path.name}: the rows of a task file are no YAML", "save them as .jsonl or .csv")
    rows = [dict(row) for _, row in file.rows()]
    file.faults.raise_if_any()
    if file.kind == "csv" and rows:
        for column in rows[0]:
            for row, value in zip(rows, typed([row[column] for row in rows]), strict=True):
                row[column] = value
    return rows, file.digest


def typed(cells: list[str]) -> list[Any]:
    """One column of CSV cells as values: all whole numbers, all decimals, all booleans, or texts."""
    stated = [cell for cell in cells if cell not in _NOTHING]
    gaps = len(stated) < len(cells)
    if not stated:
        return [None] * len(cells)
    if all(map(_INT.fullmatch, stated)) and not gaps:
        return [int(cell) for cell in cells]
    if all(map(_FLOAT.fullmatch, stated)) and all(math.isfinite(float(cell)) for cell in stated):
        return [None if cell in _NOTHING else float(cell) for cell in cells]
    if all(cell in _BOOLS for cell in stated):
        return [_BOOLS.get(cell) for cell in cells]
    return [None if cell in _NOTHING else cell for cell in cells]
