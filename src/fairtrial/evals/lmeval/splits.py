"""The splits of one task: local files, or a function of the task file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairtrial.core.canon import digest
from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Origin
from fairtrial.evals.lmeval.columns import Times, from_csv, from_json
from fairtrial.evals.lmeval.config import Config
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.functions import Function
from fairtrial.evals.lmeval.source import NamedFunction, confined
from fairtrial.evals.row_files import RowFile

_SUFFIXES = (".jsonl", ".json", ".ndjson", ".csv")


@dataclass(frozen=True, slots=True)
class Split:
    """Rows, the name of where they came from, and its digest."""

    docs: Documents
    source: str
    digest: str


@dataclass(slots=True)
class Splits:
    """data: the file or folder the user gave, which goes before what the task file names."""

    config: Config
    data: Path | None
    custom: Function | None
    _read: dict[str, Split] = field(default_factory=dict)

    def docs(self, split: str, process: Function | None) -> Documents:
        """The rows of a split, worked over by `process`. Raises UsageError where there are none."""
        docs = self.raw(split).docs
        if process is None:
            return docs
        return Documents.of(process(Documents(docs)), f"the function {process.name}")

    def origin(self) -> Origin:
        """Of the split that is asked."""
        asked = self.raw(self.config.split)
        return Origin(self.config.name, asked.source, asked.digest, self.config.split)

    def raw(self, split: str) -> Split:
        """The rows as the file holds them."""
        if split not in self._read:
            self._read[split] = self._load(split)
        return self._read[split]

    def _load(self, split: str) -> Split:
        if self.custom is not None and self.data is None:
            return _from_function(self.custom, self.config.source.keys, split)
        paths = self._paths(split)
        rows, hashes, kinds = [], [], set()
        for path in paths:
            file = RowFile(path)
            kinds.add(file.kind)
            if kinds & {"yaml", "yml"} or (len(kinds) > 1 and "csv" in kinds):
                raise UsageError(
                    f"{path.name}: not the kind of file that is read here", "give .jsonl or .csv"
                )
            rows += [dict(row) for _, row in file.rows()]
            file.faults.raise_if_any()
            hashes.append(file.digest)
        if not rows:
            raise UsageError(f"{paths[0].name} holds no row", "give at least one")
        docs = self._typed(Documents.filled(rows), kinds == {"csv"}, paths[0].name)
        names = ", ".join(path.name for path in paths)
        return Split(docs, names, hashes[0] if len(hashes) == 1 else digest(hashes))

    def _typed(self, docs: Documents, csv: bool, name: str) -> Documents:
        columns: dict[str, list[Any]] = {}
        for key in docs.column_names:
            try:
                columns[key] = from_csv(docs[key]) if csv else from_json(docs[key])
            except Times as error:
                if _uses(self.config, key):
                    raise UsageError(
                        f"{name}: the texts of the column {key!r} all look like times, and lm-eval turns them "
                        "into times",
                        "write them in another way, such as '1 May 2024', or rename the column",
                    ) from error
                columns[key] = docs[key]
        return Documents(
            [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        )

    def _paths(self, split: str) -> list[Path]:
        source = self.config.source
        if self.data is not None:
            found = self._given(self.data, split)
            if found is not None:
                return [found]
        files = self.config.data_files.get(split)
        if files is None:
            raise UsageError(
                f"{source.name} asks for the split {split!r}, and no file holds it",
                f"write data_files: {{{split}: FILE}}, or give a folder with {split}.jsonl as --data",
            )
        base, told = source.path.resolve().parent, f"{source.name}: data_files.{split}"
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


def _uses(config: Config, column: str) -> bool:
    """Whether the task file could use the column: it names it, or has code that may."""
    keys = config.source.keys
    told = json.dumps(keys, default=lambda value: value.name)
    code = any(isinstance(value, NamedFunction) for value in keys.values())
    return code or json.dumps(column)[1:-1] in told


def _from_function(custom: Function, keys: Mapping[str, Any], split: str) -> Split:
    metadata, kwargs = (keys.get(key) or {} for key in ("metadata", "dataset_kwargs"))
    splits = custom(**{**metadata, **kwargs})
    if not isinstance(splits, Mapping) or split not in splits:
        raise UsageError(f"the function {custom.name} gives no split {split!r}", "correct either")
    docs = Documents.of(splits[split], f"the function {custom.name}")
    return Split(docs, custom.name, digest(json.loads(json.dumps(list(docs)))))
