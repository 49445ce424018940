"""Python functions that a task file names. They run with the user's rights, so only after --trust-code, and only
out of the folder of the file that names them.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.source import NamedFunction, confined

READ_BEFORE = "it runs code of the task file; read that code"


@dataclass(frozen=True, slots=True)
class Function:
    """An imported function. `form` names it and the bytes of its file, for the plan."""

    name: str
    sha256: str
    code: Callable[..., Any]

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"function": self.name, "sha256": self.sha256}

    def __call__(self, *values: Any, **named: Any) -> Any:
        """What the function returns. Raises UsageError for whatever it raises."""
        try:
            return self.code(*values, **named)
        except Exception as error:  # somebody else's code: whatever it raises is told
            raise UsageError(f"the function {self.name} failed: {error!r:.300}", READ_BEFORE) from error


def import_function(named: NamedFunction) -> Function:
    """Runs the module. Raises UsageError where the file, the function or the folder is not right."""
    module, _, name = named.name.strip().rpartition(".")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise UsageError(f"{named.name[:80]!r} names no function", "write !function module.name")
    told = f"!function {named.name}"
    path = confined(module.replace(".", "/") + ".py", named.folder, (named.folder,), told)
    data = path.read_bytes()
    spec = importlib.util.spec_from_file_location(f"fairtrial_task_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{told}: {path.name} can't be imported", "check the file")
    loaded = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(loaded)
    except Exception as error:  # as above
        raise UsageError(f"{told}: {path.name} can't be imported: {error!r:.300}", READ_BEFORE) from error
    code = getattr(loaded, name, None)
    if not callable(code):
        raise UsageError(f"{told}: {path.name} has no function {name}", "correct the name")
    return Function(named.name.strip(), hashlib.sha256(data).hexdigest(), code)


class Documents(list[dict[str, Any]]):
    """Rows as a task file's functions expect them: as much of a `datasets.Dataset` as such code uses most."""

    @property
    def column_names(self) -> list[str]:
        return list(self[0]) if self else []

    @property
    def features(self) -> dict[str, None]:
        return dict.fromkeys(self.column_names)

    def map(self, function: Callable[[dict[str, Any]], Mapping[str, Any] | None], **_: Any) -> Documents:
        """Every row with the columns that `function` returns put into it."""
        return Documents([{**row, **(function(dict(row)) or {})} for row in self])

    def filter(self, function: Callable[[dict[str, Any]], bool], **_: Any) -> Documents:
        return Documents([row for row in self if function(dict(row))])

    def select(self, indices: Iterable[int]) -> Documents:
        return Documents([self[at] for at in indices])

    def rename_column(self, old: str, new: str) -> Documents:
        return Documents([{new if key == old else key: value for key, value in row.items()} for row in self])

    def remove_columns(self, names: str | list[str]) -> Documents:
        gone = {names} if isinstance(names, str) else set(names)
        return Documents([{key: value for key, value in row.items() if key not in gone} for row in self])
