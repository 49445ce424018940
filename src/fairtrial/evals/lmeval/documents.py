"""The rows of a split, as lm-eval sees them, and as much of a `datasets.Dataset` as a task's code uses most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, SupportsIndex, overload

from fairtrial.core.errors import UsageError

Doc = dict[str, Any]

_IDLE: Final = ("num_proc", "desc", "load_from_cache_file", "keep_in_memory", "writer_batch_size")
"""Options of map and filter that change nothing in the rows."""


class Documents(list[Doc]):
    """Rows that all have the same columns, in the same order."""

    @classmethod
    def of(cls, value: Any, told: str) -> Documents:
        """What a function returned, as rows. Raises UsageError where it is none, or holds what is no data."""
        rows = list(value) if hasattr(value, "__iter__") and not isinstance(value, str | bytes) else []
        if not rows or not all(isinstance(row, Mapping) for row in rows):
            raise UsageError(f"{told} gave no rows", "return a list of mappings")
        return cls.filled([{str(key): _plain(item, told) for key, item in row.items()} for row in rows])

    @classmethod
    def filled(cls, rows: list[Doc]) -> Documents:
        """A column that a row lacks holds nothing there."""
        columns = list(dict.fromkeys(key for row in rows for key in row))
        return cls([{key: row.get(key) for key in columns} for row in rows])

    @property
    def column_names(self) -> list[str]:
        return list(self[0]) if self else []

    @property
    def features(self) -> dict[str, None]:
        return dict.fromkeys(self.column_names)

    @property
    def num_rows(self) -> int:
        return len(self)

    @overload  # type: ignore[override]
    def __getitem__(self, at: SupportsIndex) -> Doc: ...
    @overload
    def __getitem__(self, at: str) -> list[Any]: ...
    @overload
    def __getitem__(self, at: slice) -> dict[str, list[Any]]: ...
    def __getitem__(self, at: Any) -> Any:
        """A row by its number, a column by its name, or columns of a slice of rows."""
        if isinstance(at, str):
            return [row[at] for row in self]
        if isinstance(at, slice):
            return {key: [row[key] for row in list.__getitem__(self, at)] for key in self.column_names}
        return list.__getitem__(self, at)

    def map(
        self,
        function: Callable[..., Mapping[str, Any] | None],
        *,
        with_indices: bool = False,
        remove_columns: str | list[str] | None = None,
        **options: Any,
    ) -> Documents:
        """Every row with the columns that `function` returns put into it."""
        _refuse(options, "map")
        gone = _names(remove_columns)
        rows: list[Doc] = []
        for at, row in enumerate(self):
            made = function(dict(row), at) if with_indices else function(dict(row))
            kept = {key: value for key, value in row.items() if key not in gone}
            rows.append({**kept, **{key: _plain(item, "map") for key, item in (made or {}).items()}})
        return Documents.filled(rows)

    def filter(
        self, function: Callable[..., bool], *, with_indices: bool = False, **options: Any
    ) -> Documents:
        _refuse(options, "filter")
        rows = enumerate(self)
        return Documents(
            [row for at, row in rows if (function(dict(row), at) if with_indices else function(dict(row)))]
        )

    def select(self, indices: Iterable[int]) -> Documents:
        return Documents([self[at] for at in indices])

    def rename_column(self, old: str, new: str) -> Documents:
        return self.rename_columns({old: new})

    def rename_columns(self, names: Mapping[str, str]) -> Documents:
        return Documents([{names.get(key, key): value for key, value in row.items()} for row in self])

    def remove_columns(self, names: str | list[str]) -> Documents:
        gone = _names(names)
        return Documents([{key: value for key, value in row.items() if key not in gone} for row in self])

    def select_columns(self, names: str | list[str]) -> Documents:
        kept = [names] if isinstance(names, str) else list(names)
        return Documents([{key: row[key] for key in kept} for row in self])

    def add_column(self, name: str, column: Iterable[Any]) -> Documents:
        return Documents([{**row, name: value} for row, value in zip(self, column, strict=True)])


def _names(given: str | list[str] | None) -> set[str]:
    return {given} if isinstance(given, str) else set(given or ())


def _refuse(options: Mapping[str, Any], method: str) -> None:
    for name in options:
        if name not in _IDLE:
            raise UsageError(f"{method}({name}=…) of a dataset is not supported", "write it without")


def _plain(value: Any, told: str) -> Any:
    """Data as it comes back from a file: lists for tuples, and nothing that is no data."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, told) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, told) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()  # numpy's arrays and numbers
    raise UsageError(
        f"{told} gave a {type(value).__name__}, which is no data", "return texts, numbers, lists"
    )
