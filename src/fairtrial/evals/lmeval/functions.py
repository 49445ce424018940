"""Python functions that a task file names. They run with the user's rights, so only after --trust-code, and only
out of the folder of the file that names them.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
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


@dataclass(slots=True)
class Imports:
    """The modules of one task file, each run once: what its functions share, they share."""

    _modules: dict[Path, tuple[Any, str]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)

    def function(self, named: NamedFunction) -> Function:
        """Raises UsageError where the file, the function or the folder is not right."""
        module, _, name = named.name.strip().rpartition(".")
        if not all(part.isidentifier() for part in (*module.split("."), name)):
            raise UsageError(f"{named.name[:80]!r} names no function", "write !function module.name")
        told = f"!function {named.name}"
        path = confined(module.replace(".", "/") + ".py", named.folder, (named.folder,), told)
        if path not in self._modules:
            self._modules[path] = _run(path, told)
        loaded, sha256 = self._modules[path]
        code = getattr(loaded, name, None)
        if not callable(code):
            raise UsageError(f"{told}: {path.name} has no function {name}", "correct the name")
        return self.functions.setdefault(f"{path} {name}", Function(named.name.strip(), sha256, code))


def _run(path: Path, told: str) -> tuple[Any, str]:
    data = path.read_bytes()
    spec = importlib.util.spec_from_loader(f"fairtrial_task_{path.stem}", None, origin=str(path))
    if spec is None:
        raise UsageError(f"{told}: {path.name} can't be imported", "check the file")
    loaded = importlib.util.module_from_spec(spec)
    loaded.__file__ = str(path)
    try:
        # From the bytes that are hashed: the plan names exactly the code that runs.
        exec(compile(data, str(path), "exec"), loaded.__dict__)
    except Exception as error:  # as above
        raise UsageError(f"{told}: {path.name} can't be imported: {error!r:.300}", READ_BEFORE) from error
    return loaded, hashlib.sha256(data).hexdigest()
