"""docs/build.py as a module: it lies outside the package, since only the repository needs it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

_FILE = Path(__file__).resolve().parents[2] / "docs" / "build.py"
_SPEC = importlib.util.spec_from_file_location("docs_build", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
build: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(build)
