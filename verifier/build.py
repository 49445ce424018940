"""Builds the stand-alone verifier from exactly the modules that verifying loads.

    python verifier/build.py [FOLDER]        dist/fairtrial-verify.pyz and, beside it, requirements.txt

The same sources make the same bytes. The file is a ZIP: `unzip` shows every line that will run.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"
NAME = "fairtrial-verify.pyz"
SHEBANG = b"#!/usr/bin/env python3\n"
ENTRANCE = ("fairtrial.trust.verify", "fairtrial.trust.telling", "fairtrial.report.plain")
_LIST = f"import sys, json, {', '.join(ENTRANCE)}\nprint(json.dumps(sorted(sys.modules)))"


def loaded() -> list[str]:
    """Every module that is there once verifying is: ours and others'."""
    told = subprocess.run([sys.executable, "-c", _LIST], capture_output=True, text=True, check=True)
    names: list[str] = json.loads(told.stdout)
    return names


def sources() -> list[Path]:
    """Files of ours that verifying loads, sorted."""
    found = []
    for name in loaded():
        if name == "fairtrial" or name.startswith("fairtrial."):
            path = SOURCE.joinpath(*name.split("."))
            found.append(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))
    return sorted(found)


def archive() -> bytes:
    """The zipapp: stored, sorted, dated 1980-01-01."""
    buffer = io.BytesIO()
    buffer.write(SHEBANG)
    files = {str(path.relative_to(SOURCE)): path.read_bytes() for path in sources()}
    files["__main__.py"] = (HERE / "main.py").read_bytes()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for name in sorted(files):
            made.writestr(zipfile.ZipInfo(name), files[name])
    return buffer.getvalue()


def build(folder: Path) -> Path:
    """Both files in `folder`. Returns the verifier's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_bytes(archive())
    path.chmod(0o755)
    shutil.copyfile(HERE / "requirements.txt", folder / "requirements.txt")
    return path


if __name__ == "__main__":
    print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "dist"))
