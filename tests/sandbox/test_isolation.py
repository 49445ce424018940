"""What a program sees and reaches from inside a sandbox: nothing. Every test runs a real program in a real one."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.limits import MIB, Limits
from fairtrial.sandbox.probe import attempt_at
from tests.sandbox.boxes import EVERY, processes_with, ran, started, works

ROOT = Path(__file__).resolve().parents[2]


WORKING = [name for name in EVERY if attempt_at(name, os.environ).backend is not None]


@pytest.mark.parametrize("name", EVERY)
def test_this_kind_of_sandbox_works_here(name: str) -> None:
    """Skipped, with the reason, where it doesn't; the tests below are then not collected for it."""
    works(name)


@pytest.fixture(params=WORKING or EVERY[:1])
def box(request: pytest.FixtureRequest) -> Backend:
    return works(request.param)


def test_no_connection_to_the_host_by_loopback(box: Backend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 2)
    print("connected")
except OSError as error:
    print(type(error).__name__)
"""
        assert ran(box, code).said.strip() in ("PermissionError", "ConnectionRefusedError")


def test_no_connection_to_the_host_by_an_abstract_socket(box: Backend) -> None:
    name = "\0fairtrial-" + secrets.token_hex(8)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        code = f"import socket; print(socket.socket(socket.AF_UNIX).connect_ex({name!r}))"
        assert ran(box, code).told == 111  # ECONNREFUSED: nobody there


def test_no_name_is_resolved_and_no_address_is_reached(box: Backend) -> None:
    code = """
import json, socket
def outcome(what):
    try:
        what()
    except OSError:
        return "refused"
    return "reached"
datagram = lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))
print(json.dumps([
    outcome(lambda: socket.getaddrinfo("example.com", 80)),
    outcome(lambda: socket.create_connection(("192.0.2.1", 80), 2)),
    outcome(lambda: socket.create_connection(("2001:db8::1", 80), 2)),
    outcome(datagram),
    outcome(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
]))
"""
    assert ran(box, code).told == ["refused"] * 5


def test_no_file_of_the_host(box: Backend, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    code = f"""
import json, os
print(json.dumps([[path for path in {[str(secret), str(ROOT)]!r} if os.path.exists(path)],
                  os.listdir("/"), os.listdir("/etc"), os.listdir("/dev")]))
"""
    paths, root, etc, dev = ran(box, code).told
    assert paths == []
    if box.name == "bubblewrap":  # an image has folders of its own
        assert set(root) <= {
            "bin",
            "dev",
            "etc",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "packages",
            "python",
            "usr",
            "work",
        }
        assert set(etc) <= {"alternatives"}
        assert set(dev) == {"full", "null", "random", "shm", "urandom", "zero"}


def test_none_of_our_packages_nor_anybody_elses(box: Backend) -> None:
    """Beside our code in site-packages lie the answers of the benchmarks."""
    code = """
import json, os, sysconfig
found = []
for place, folders, files in os.walk("/"):
    if place in ("/proc", "/sys"):
        folders.clear()
    ours = [name for name in folders + files if "fairtrial" in name.lower() or "humaneval" in name.lower()]
    found += [f"{place}/{name}" for name in ours]
packages = [path for path in sysconfig.get_paths().values() if path.endswith("-packages") and os.path.isdir(path)]
print(json.dumps([found, [os.listdir(path) for path in packages]]))
"""
    found, packages = ran(box, code).told
    assert found == []
    if box.name == "bubblewrap":  # an image's packages are whoever's chose the image
        assert packages and not any(packages)


def test_numpy_and_the_standard_library_are_there(box: Backend) -> None:
    if not box.packages:
        pytest.skip("the container's image has no numpy")
    code = f"""
import sys; sys.path.append({box.packages!r})
import numpy, json, decimal, sqlite3, zoneinfo, asyncio, multiprocessing
print(round(float(numpy.linalg.det(numpy.eye(3) * 2)), 9))
"""
    assert ran(box, code).told == 8.0


def test_the_environment_is_ours_alone(box: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a secret")
    told = ran(box, "import os, json; print(json.dumps(dict(os.environ)))").told
    assert "a secret" not in told.values()
    assert {
        "OPENBLAS_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": "/work",
    }.items() <= told.items()
    assert set(told) <= {
        *("PATH", "HOME", "LANG", "TZ", "PWD", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"),
        *("LD_LIBRARY_PATH", "HOSTNAME", "container", "TERM"),
    }


def test_no_other_process_is_visible(box: Backend) -> None:
    code = """
import json, os
def there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
print(json.dumps([pid for pid in range(1, 40_000) if there(pid)]))
"""
    told = ran(box, code).told
    assert len(told) <= 3 and max(told) < 10


def test_nobody_inside_is_root(box: Backend) -> None:
    code = """
import ctypes, json, os
class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
sets, header = (ctypes.c_uint32 * 6)(), Header(0x20080522, 0)
libc = ctypes.CDLL(None)
assert libc.capget(ctypes.byref(header), sets) == 0
bounding = sum(libc.prctl(23, each, 0, 0, 0) == 1 for each in range(64))
print(json.dumps({
    "ids": [*os.getresuid(), *os.getresgid()], "groups": os.getgroups(), "capabilities": list(sets),
    "bounding": bounding, "no_new_privs": libc.prctl(39, 0, 0, 0, 0), "host": os.uname().nodename,
}))
"""
    told = ran(box, code).told
    assert 0 not in told["ids"]
    assert set(told["groups"]) <= {65534}
    assert told["capabilities"] == [0] * 6
    assert told["bounding"] == 0
    assert told["no_new_privs"] == 1
    assert told["host"] == "sandbox" != os.uname().nodename


def test_nothing_can_be_written_but_two_folders(box: Backend) -> None:
    code = """
import json, os
written = set()
for place, folders, files in os.walk("/"):
    if place in ("/proc", "/sys"):
        folders.clear()
    try:
        open(place + "/written", "x").close()
        written.add(place)
        folders.clear()
    except OSError:
        pass
    for name in files[:20]:
        try:
            if os.path.isfile(f"{place}/{name}"):
                open(f"{place}/{name}", "r+").close()
                written.add(f"{place}/{name}")
        except OSError:
            pass
print(json.dumps(sorted(written - {"/work/written", "/dev/shm/written"})))
"""
    assert ran(box, code).told == ["/dev/shm", "/work"]


def test_the_two_folders_are_small(box: Backend) -> None:
    code = """
import json
def fill(folder):
    total = 0
    for number in range(1000):
        try:
            with open(f"{folder}/{number}", "wb", buffering=0) as file:
                for _ in range(16):
                    total += file.write(bytes(65536))
        except OSError:
            return total
print(json.dumps([fill("/work"), fill("/dev/shm")]))
"""
    told = ran(box, code, Limits(scratch_bytes=3 * MIB)).told
    assert [2 * MIB <= total <= 3 * MIB for total in told] == [True, True]


def test_sandboxes_share_nothing(box: Backend) -> None:
    code = """
import json, os
print(json.dumps(os.listdir("/work") + os.listdir("/dev/shm")), flush=True)
open("/work/left", "w").close(); open("/dev/shm/left", "w").close()
input()
"""
    first = started(box, code)
    assert first.stdout is not None and first.stdout.readline() == b"[]\n"
    second = started(box, code)
    assert second.stdout is not None and second.stdout.readline() == b"[]\n"
    for process in (first, second):
        process.communicate(b"\n", timeout=30)


def test_links_in_the_work_folder_lead_nowhere(box: Backend, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    code = f"""
import json, os
read = []
secret = {str(secret)!r}
for number, target in enumerate([secret, "../../../.." + secret, "/proc/1/root" + secret]):
    os.symlink(target, f"/work/link{{number}}")
    try:
        read.append(open(f"/work/link{{number}}").read())
    except OSError:
        pass
for kind in ("block", "character"):
    try:
        os.mknod("/work/" + kind, (0o060600 if kind == "block" else 0o020600), os.makedev(8, 0))
        read.append(kind)
    except OSError:
        pass
print(json.dumps(read))
"""
    assert ran(box, code).told == []


def test_memory_of_one_process(box: Backend) -> None:
    code = """
def taken(size):
    try:
        return len(bytearray(size))
    except MemoryError:
        return 0
print([taken(50 << 20), taken(400 << 20)])
"""
    assert ran(box, code, Limits(memory=256 * MIB)).said.strip() in (f"[{50 * MIB}, 0]", "")


FAMILY = """
import mmap, os, time
children = []
for _ in range(12):
    children.append(os.fork())
    if children[-1] == 0:
        {take}
        time.sleep(20)
time.sleep(3)
if all(os.waitpid(child, os.WNOHANG) == (0, 0) for child in children):
    print("all of it is held", flush=True)
else:
    print("not all of it", flush=True)
os._exit(0)
"""


@pytest.mark.parametrize(
    "take",
    [
        "held = bytearray(150 << 20)",
        # Written once, then put out of sight: nothing of it counts as resident any more.
        "held = mmap.mmap(-1, 150 << 20); held[::4096] = bytes(38400); held.madvise(mmap.MADV_DONTNEED)",
    ],
    ids=["private", "shared and out of sight"],
)
def test_memory_of_all_processes_together(box: Backend, take: str) -> None:
    """Killed as a whole, or by the kernel one by one."""
    ended = ran(box, FAMILY.format(take=take), Limits(memory=256 * MIB))
    assert ended.said in ("", "not all of it\n")
    if box.name == "bubblewrap":
        assert ended.status != 0


def test_processes(box: Backend) -> None:
    """Every sandbox has a count of its own: a bomb in one leaves the others their processes."""
    code = """
import os, sys, time
count = 0
try:
    while count < 400:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count, flush=True)
input()
os._exit(0)
"""
    limits = Limits(processes=16)
    bombs = [started(box, code, limits) for _ in range(2)]
    counts = [int(bomb.stdout.readline()) for bomb in bombs if bomb.stdout is not None]
    for bomb in bombs:
        bomb.kill()
        bomb.communicate()
    assert [8 <= count < 16 for count in counts] == [True, True], counts


def test_a_limit_can_not_be_raised(box: Backend) -> None:
    code = """
import json, resource as r
raised = []
for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_CORE"):
    which = getattr(r, name)
    soft, hard = r.getrlimit(which)
    try:
        r.setrlimit(which, (hard + 1, hard + 1))
        raised.append(name)
    except (ValueError, OSError):
        pass
print(json.dumps([raised, r.getrlimit(r.RLIMIT_CORE)]))
"""
    assert ran(box, code).told == [[], [0, 0]]


def test_the_size_of_a_file_and_the_number_of_open_ones(box: Backend) -> None:
    code = """
import json
def write():
    total = 0
    with open("/work/large", "wb", buffering=0) as file:
        try:
            for _ in range(64):
                total += file.write(bytes(65536))
        except OSError:
            pass
    return total
def opened():
    held = []
    try:
        while len(held) < 1000:
            held.append(open("/dev/null"))
    except OSError:
        pass
    return len(held)
print(json.dumps([write(), opened()]))
"""
    size, count = ran(box, code, Limits(file_bytes=MIB, files=32)).told
    assert size == MIB
    assert 20 <= count < 32


def test_processor_time(box: Backend) -> None:
    code = """
import signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
print("begun", flush=True)
while True:
    pass
"""
    begun = time.monotonic()
    ended = ran(box, code, Limits(cpu_s=1))
    assert ended.said == "begun\n" and ended.status != 0
    assert time.monotonic() - begun < 15


DAEMON = """
import os, signal, time
token = {token!r}
if os.fork() == 0:
    try:
        os.setsid()
    except PermissionError:  # the filter keeps a sandbox one session
        os.setpgid(0, 0)
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        print("daemon", flush=True)
        os.close(0); os.close(1); os.close(2)
        time.sleep(60)
    os._exit(0)
os.wait()
{then}
"""


def _gone(token: str, seconds: float = 5) -> bool:
    """Nothing of it is left after so long at most."""
    end = time.monotonic() + seconds
    while processes_with(token) and time.monotonic() < end:
        time.sleep(0.02)
    return not processes_with(token)


def test_killing_it_leaves_no_survivor(box: Backend) -> None:
    token = "fairtrial-" + secrets.token_hex(8)
    process = started(box, DAEMON.format(token=token, then="time.sleep(60)"))
    assert process.stdout is not None and process.stdout.readline() == b"daemon\n"
    assert processes_with(token)
    process.kill()
    process.communicate(timeout=10)
    assert _gone(token)


def test_its_end_leaves_no_survivor(box: Backend) -> None:
    token = "fairtrial-" + secrets.token_hex(8)
    process = started(box, DAEMON.format(token=token, then="input()"))
    assert process.stdout is not None and process.stdout.readline() == b"daemon\n"
    assert processes_with(token)
    process.communicate(b"\n", timeout=30)
    assert _gone(token)


def test_our_own_death_leaves_no_survivor(box: Backend) -> None:
    token = "fairtrial-" + secrets.token_hex(8)
    parent = f"""
import os, time
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.probe import attempt_at
box = attempt_at({box.name!r}, os.environ).backend
code = {DAEMON.format(token=token, then="time.sleep(60)")!r}
process = box.start([box.python, "-I", "-S", "-c", code], Limits(wall_s=2))
print(process.stdout.readline(), flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and b"daemon" in process.stdout.readline()
        assert len(processes_with(token)) > 1
        process.send_signal(signal.SIGKILL)
    assert _gone(token, 5 if box.name == "bubblewrap" else 15)  # a container ends by its own clock


def test_no_descriptor_is_inherited(box: Backend, tmp_path: Path) -> None:
    with open(tmp_path / "secret.txt", "w") as held:
        os.set_inheritable(held.fileno(), True)
        told = ran(
            box,
            """
import json, os
def there(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
print(json.dumps([number for number in range(4096) if there(number)]))
""",
        ).told
    assert told == [0, 1, 2]


def test_no_terminal(box: Backend) -> None:
    code = """
import json, os
try:
    open("/dev/tty").close()
    print(json.dumps("a terminal"))
except OSError:
    print(json.dumps(os.getsid(0)))
"""
    assert ran(box, code).told != "a terminal"
    assert ran(box, code).told != 0  # 0: the session of a process that can't be seen from here


def test_the_clock_can_not_be_set(box: Backend) -> None:
    code = """
import time
try:
    time.clock_settime(time.CLOCK_REALTIME, time.time())
    print("set")
except PermissionError:
    print("refused")
"""
    assert ran(box, code).said.strip() == "refused"


@pytest.mark.parametrize(
    "call", ["unshare(0x10000000)", "unshare(0x00020000)", "ptrace(0, 0, 0, 0)", "chroot(b'/work')"]
)
def test_no_new_namespace_mount_or_trace(box: Backend, call: str) -> None:
    code = (
        f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print([libc.{call}, ctypes.get_errno()])"
    )
    assert ran(box, code).told[0] == -1


def test_ordinary_programs_work(box: Backend) -> None:
    """What limits and filter must leave: threads, processes, event loops, temporary files, a shell."""
    code = """
import asyncio, concurrent.futures, multiprocessing, queue, subprocess, tempfile, threading
async def soon():
    await asyncio.sleep(0.01)
    return 1
def double(n):
    return 2 * n
print(asyncio.run(soon()))
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(double, range(5))))
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(sum(pool.map(double, range(5))))
with tempfile.TemporaryFile("w+") as file:
    file.write("kept"); file.seek(0); print(file.read())
print(subprocess.run(["sh", "-c", "echo shell"], capture_output=True, text=True).stdout.strip())
"""
    assert ran(box, code).said.split() == ["1", "20", "20", "kept", "shell"]
