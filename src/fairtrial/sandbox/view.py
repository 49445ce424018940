"""What a sandbox shows of this machine, read-only: the interpreter, the system's libraries, numpy. Nothing else.

Packages are hidden wherever they are installed: among them are ours, with the answers of benchmarks.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from fairtrial.sandbox.backend import Unavailable

WORK = "/work"
PACKAGES = "/packages"
PYTHON = "/python"
FOLDERS = ("bin", "lib", "lib32", "lib64", "libx32")
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
        """This interpreter's; a virtual environment's is the one that it stands on."""
        python = getattr(sys, "_base_executable", sys.executable)
        return cls.of(Path(sys.base_prefix).resolve(), Path(python).resolve())

    @classmethod
    def of(cls, base: Path, python: Path) -> View:
        """An interpreter's and its prefix's, both resolved. Raises Unavailable where it lies outside."""
        if not python.is_relative_to(base):
            raise Unavailable(f"{python} lies outside {base}, where its library is", "use another Python")
        shown, links = _system()
        environment = {}
        if base != Path("/usr"):
            parts = [name for name in FOLDERS if (base / name).is_dir()]
            shown += [(str(base / name), f"{PYTHON}/{name}") for name in parts]
            python = PYTHON / python.relative_to(base)
            # A shared libpython is looked for where it was installed.
            environment["LD_LIBRARY_PATH"] = f"{PYTHON}/lib"
        hidden = {
            f"{inside}/{folder.relative_to(host)}"
            for host, inside in shown
            for folder in [*Path(host).glob("python*/*-packages"), OURS]
            if folder.is_relative_to(host)
        }
        shown += [(str(path), f"{PACKAGES}/{path.name}") for path in _numpy()]
        return cls(tuple(shown), tuple(links), tuple(sorted(hidden)), str(python), PACKAGES, environment)


def _system() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Programs and libraries as the host has them: under /usr, and at the top as links or folders."""
    shown = [(f"/usr/{name}", f"/usr/{name}") for name in FOLDERS if Path("/usr", name).is_dir()]
    shown += [(path, path) for path in DATA if Path(path).exists()]
    links = [(f"usr/{name}", f"/{name}") for name in FOLDERS if Path("/", name).is_symlink()]
    tops = [Path("/", name) for name in FOLDERS]
    shown += [(str(top), str(top)) for top in tops if top.is_dir() and not top.is_symlink()]
    return shown, links


def _numpy() -> list[Path]:
    """The folders that importing numpy needs: the package, and the libraries its wheel brings along."""
    spec = find_spec("numpy")
    assert spec is not None and spec.origin is not None, "a dependency of ours"
    package = Path(spec.origin).resolve().parent
    return [path for path in (package, package.with_name("numpy.libs")) if path.is_dir()]
