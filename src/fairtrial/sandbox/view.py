"""What a sandbox shows of this machine, read-only: the interpreter, the system's libraries, numpy. Nothing else.

Packages are hidden wherever they are installed: among them are ours, with the answers of benchmarks.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

WORK = "/work"
PACKAGES = "/packages"
PYTHON = "/python"
LIBRARIES = ("lib", "lib32", "lib64", "libx32")
OURS = Path(__file__).resolve().parents[2]
DATA = ("/usr/share/zoneinfo", "/etc/alternatives")


@dataclass(frozen=True, slots=True)
class View:
    """shown: (path here, path inside), folders or files. links: (target, path inside). hidden: folders inside that
    are shown empty. python: the interpreter inside. packages: the folder inside that holds numpy."""

    shown: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    python: str
    packages: str = PACKAGES
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def here(cls) -> View:
        shown = [
            (f"/usr/{name}", f"/usr/{name}") for name in ("bin", *LIBRARIES) if Path("/usr", name).is_dir()
        ]
        shown += [(path, path) for path in DATA if Path(path).exists()]
        links = []
        for name in ("bin", *LIBRARIES):
            top = Path("/", name)
            if top.is_symlink():
                links.append((f"usr/{name}", str(top)))
            elif top.is_dir():
                shown.append((str(top), str(top)))
        environment = {}
        base, python = (
            Path(sys.base_prefix).resolve(),
            Path(getattr(sys, "_base_executable", sys.executable)).resolve(),
        )
        if base != Path("/usr"):
            parts = [name for name in ("bin", *LIBRARIES) if (base / name).is_dir()]
            shown += [(str(base / name), f"{PYTHON}/{name}") for name in parts]
            python = PYTHON / python.relative_to(base)
            environment["LD_LIBRARY_PATH"] = (
                f"{PYTHON}/lib"  # a shared libpython may be sought at its old place
            )
        hidden = {
            f"{inside}/{folder.relative_to(host)}"
            for host, inside in shown
            for folder in [*Path(host).glob("python*/*-packages"), OURS]
            if folder.is_relative_to(host)
        }
        shown += [(str(path), f"{PACKAGES}/{path.name}") for path in _numpy()]
        return cls(tuple(shown), tuple(links), tuple(sorted(hidden)), str(python), PACKAGES, environment)


def _numpy() -> list[Path]:
    """The folders that importing numpy needs: the package, and the libraries its wheel brings along."""
    spec = find_spec("numpy")
    assert spec is not None and spec.origin is not None, "a dependency of ours"
    package = Path(spec.origin).resolve().parent
    return [path for path in (package, package.with_name("numpy.libs")) if path.is_dir()]
