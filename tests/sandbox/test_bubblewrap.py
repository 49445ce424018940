"""bubblewrap's own: the command line, the user that is dropped, what an ordinary user gets, and refusals."""

from __future__ import annotations

import ctypes
import os
import resource
import secrets
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from fairtrial.core.errors import ProviderError
from fairtrial.sandbox.backend import Unavailable
from fairtrial.sandbox.bubblewrap import Bubblewrap, probe
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.view import View
from fairtrial.sandbox.watch import mapped
from tests.sandbox.boxes import processes_with, ran, started, works

EVERYTHING = struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000)
ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="for root: an ordinary user runs everything as such")


@pytest.fixture
def box() -> Bubblewrap:
    found = works("bubblewrap")
    assert isinstance(found, Bubblewrap)
    return found


def test_it_is_there_where_it_must_be() -> None:
    """`make test` installs it for root on Debian and Ubuntu, so there and in CI nothing is skipped in silence.
    Only where the kernel makes no namespaces for anybody (most containers) nothing can be asked of it."""
    debian = os.geteuid() == 0 and Path("/usr/bin/apt-get").exists()
    if not debian and not os.environ.get("CI"):
        pytest.skip("not root on Debian or Ubuntu")
    assert shutil.which("bwrap"), "sudo apt-get install bubblewrap"
    try:
        probe(os.environ)
    except Unavailable as found:
        if subprocess.run(["unshare", "--mount", "--user", "true"], capture_output=True).returncode == 0:
            raise
        pytest.skip(f"no namespaces on this machine: {found.why}")


def test_a_program_is_never_started_by_root(box: Bubblewrap) -> None:
    """As the host sees it: real, effective, saved and file user, and no group of ours besides."""
    token = "fairtrial-" + secrets.token_hex(8)
    groups = os.getgroups()
    if os.geteuid() == 0:
        os.setgroups([4242])
    try:
        process = started(box, f"print({token!r}, flush=True); input()")
    finally:
        if os.geteuid() == 0:
            os.setgroups(groups)
    assert process.stdout is not None
    process.stdout.readline()
    seen = [_identity(pid) for pid in processes_with(token)]
    process.communicate(b"\n")
    assert seen
    for users, own, others in seen:
        if os.geteuid() == 0:
            assert (users, own, others) == ({65534}, {65534}, set())
        else:
            assert users == {os.geteuid()}


def _identity(pid: int) -> tuple[set[int], set[int], set[int]]:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    users, groups, others = (set(map(int, fields[name].split())) for name in ("Uid", "Gid", "Groups"))
    return users, groups, others


def test_what_is_shown_can_not_be_written_even_where_its_owner_could(box: Bubblewrap, tmp_path: Path) -> None:
    """An interpreter in a user's own home is that user's to write."""
    folder = tmp_path / "shown"
    folder.mkdir()
    (folder / "file").write_text("kept")
    for path in (folder, folder / "file"):
        path.chmod(0o777)
    view = replace(box.view, shown=(*box.view.shown, (str(folder), "/shown")))
    code = """
import json
def tried(mode, path):
    try:
        open(path, mode).close()
    except OSError:
        return "refused"
    return "done"
print(json.dumps([tried("r", "/shown/file"), tried("r+", "/shown/file"), tried("x", "/shown/new")]))
"""
    assert ran(replace(box, view=view), code).told == ["done", "refused", "refused"]
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_the_systems_own_interpreter(box: Bubblewrap) -> None:
    python = Path("/usr/bin/python3").resolve()
    if not python.exists():
        pytest.skip("no /usr/bin/python3 on this machine")
    view = View.of(Path("/usr"), python)
    assert view.python == str(python) and not any(inside.startswith("/python") for _, inside in view.shown)
    assert ran(replace(box, view=view), "import sys; print(sys.prefix)").said == "/usr\n"


@as_root
def test_an_ordinary_user_gets_the_same() -> None:
    """The tests that a user's rights could change, run by `nobody`."""
    names = (
        "file_of_the_host or memory_of_all or test_processes or killing or written or inherited or ordinary"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-x",
        "-k",
        f"bubblewrap and ({names})",
    ]
    command.append("tests/sandbox/test_isolation.py")
    done = subprocess.run(_as_nobody(command), capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def _as_nobody(command: list[str]) -> list[str]:
    """The interpreter may lie where only root can reach: shown to `nobody` in a mount namespace of its own."""
    base = Path(sys.base_prefix).resolve()
    closed = [path for path in reversed(base.parents) if not path.stat().st_mode & stat.S_IXOTH]
    script = "set -e\n"
    if closed:
        script += f"mount --bind {base} /mnt; mount -t tmpfs -o mode=755 open {closed[0]}\n"
        script += f"mkdir -p {base}; mount --bind /mnt {base}\n"
    script += (
        'export HOME=/nonexistent TMPDIR=/tmp; exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"'
    )
    return ["unshare", "--mount", "sh", "-c", script, "sh", *command]


def test_without_the_filter_user_namespaces_are_still_shut(box: Bubblewrap) -> None:
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), ctypes.get_errno())
"""
    assert ran(replace(box, filter=EVERYTHING), code).said.split() == ["-1", "28"]  # ENOSPC


def test_an_older_version_has_fewer_words(box: Bubblewrap) -> None:
    command = replace(box, version="0.6.1").command(["true"], Limits(), 3)
    assert "--disable-userns" not in command and "--unshare-user" in command
    assert "--disable-userns" in replace(box, version="0.11").command(["true"], Limits(), 3)


def test_queues_and_segments_of_the_host_are_not_there(box: Bubblewrap) -> None:
    """Without the filter, which refuses the calls altogether."""
    libc = ctypes.CDLL(None, use_errno=True)
    key = secrets.randbelow(1 << 30) + 1
    segment = libc.shmget(key, 4096, 0o1000 | 0o666)
    assert segment >= 0
    try:
        code = f"import ctypes; print(ctypes.CDLL(None).shmget({key}, 4096, 0))"
        assert ran(replace(box, filter=EVERYTHING), code).told == -1
    finally:
        libc.shmctl(segment, 0, None)


def test_many_at_once_and_nothing_left_open(box: Bubblewrap) -> None:
    before = len(os.listdir("/proc/self/fd"))

    def one(number: int) -> str:
        return ran(box, f"print({number})").said.strip()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(24))) == [str(number) for number in range(24)]
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_fresh_one_adds_little_time(box: Bubblewrap) -> None:
    """To an interpreter's own start. Processor time of the quickest: other work on this machine is not ours."""

    def seconds(start: Callable[[], object]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare = [sys.executable, "-I", "-S", "-c", "pass"]
    inside = min(seconds(lambda: ran(box, "pass")) for _ in range(10))
    outside = min(seconds(lambda: subprocess.run(bare, check=True)) for _ in range(10))
    assert 0 < inside - outside < 0.12


def test_what_a_process_and_its_children_have_mapped() -> None:
    code = "import os, mmap; held = mmap.mmap(-1, 64 << 20); os.fork(); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline(), process.stdout.readline()
        both = mapped(process.pid)
        process.communicate(b"\n\n")
    assert 2 * (64 << 20) < both < 2 * (64 << 20) + (200 << 20)
    assert mapped(process.pid) == 0


# --- refusals ---


def _installed(folder: Path, script: str) -> dict[str, str]:
    program = folder / "bwrap"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    return {"PATH": str(folder)}


def test_not_installed(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="bwrap is not on PATH") as found:
        probe({"PATH": str(tmp_path)})
    assert found.value.remedy == "sudo apt-get install bubblewrap"


def test_something_else_of_that_name(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not bubblewrap"):
        probe(_installed(tmp_path, "echo brick wrapper 1.0"))
    with pytest.raises(Unavailable, match="doesn't answer"):
        probe(_installed(tmp_path, "") | {"PATH": str(_broken(tmp_path / "broken"))})


def _broken(folder: Path) -> Path:
    folder.mkdir()
    (folder / "bwrap").write_bytes(b"\x7fELF no program")
    (folder / "bwrap").chmod(0o755)
    return folder


def test_installed_and_not_allowed(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):  # `nobody` is to run it
        folder.chmod(0o755)
    complaint = "bwrap: setting up uid map: Permission denied"
    script = f'[ "$1" = --version ] && exec echo bubblewrap 0.9.0\necho "{complaint}" >&2; exit 1'
    with pytest.raises(Unavailable, match=r"bubblewrap 0\.9\.0 can't run a program \(.*uid map") as found:
        probe(_installed(tmp_path, script))
    assert "user namespaces" in found.value.remedy


def test_gone_since_it_was_found(box: Bubblewrap) -> None:
    """As an ordinary user the command itself; as root another step comes first and the program just ends."""
    gone = replace(box, program="/nonexistent/bwrap", root=False)
    with pytest.raises(ProviderError, match="can't be started") as found:
        started(gone, "pass")
    assert found.value.cause == "sandbox" and found.value.retryable
