"""Runs a command where podman works, on a machine that has podman and no image, or control groups of both kinds.

    python -m tests.sandbox.podman pytest tests/sandbox/test_isolation.py -k podman

As root on Debian. An image is made of this interpreter and the libraries that it loads, in a storage of its own
that goes with the temporary folder. In a mount namespace of its own the second hierarchy of control groups is put
out of sight, since crun refuses to work with both; the machine itself is left as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

NAME = "localhost/fairtrial-sandbox:test"
PROGRAMS = ("/usr/bin/env", "/usr/bin/timeout", "/usr/bin/sh")
LEFT_OUT = {"test", "site-packages", "__pycache__", "idlelib", "tkinter", "ensurepip"}
STAGE = """
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
podman import --quiet "$1" "$2" >/dev/null
shift 2
exec "$@"
"""


def image(place: Path) -> None:
    """A root file system as a tar file."""
    base, files = Path(sys.base_prefix), {}
    for program in PROGRAMS:
        files[program] = Path(program).resolve()
    files["/usr/local/bin/python3"] = (base / "bin/python3").resolve()
    for library in base.glob("lib/libpython*.so*"):
        files[f"/usr/lib/{library.name}"] = library.resolve()
    for folder, folders, names in os.walk(sysconfig.get_path("stdlib")):
        folders[:] = [each for each in folders if each not in LEFT_OUT and not each.startswith("config-")]
        files |= {f"/usr/local/{Path(folder, each).relative_to(base)}": Path(folder, each) for each in names}
    for binary in [each for each in files.values() if each.suffix == ".so" or not each.suffix]:
        files |= {
            library: Path(library).resolve()
            for library in _loaded(binary)
            if not library.startswith(str(base))
        }
    with tarfile.open(place, "w") as archive:
        for name in ("bin", "dev", "etc", "lib", "lib64", "proc", "sys", "tmp", "usr/bin", "work"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for inside, host in files.items():
            archive.add(host, inside.lstrip("/"), recursive=False)


def _loaded(binary: Path) -> list[str]:
    told = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", told)


def main(command: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="fairtrial-podman-") as folder:
        archive, storage = Path(folder, "image.tar"), Path(folder, "storage.conf")
        image(archive)
        storage.write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/root"\nrunroot = "{folder}/run"\n'
        )
        environ = os.environ | {
            "CONTAINERS_STORAGE_CONF": str(storage),
            "FAIRTRIAL_SANDBOX_IMAGE": NAME,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        stage = ["unshare", "--mount", "sh", "-euc", STAGE, "sh", str(archive), NAME, *command]
        return subprocess.run(stage, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
