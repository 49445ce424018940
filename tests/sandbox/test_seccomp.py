"""The filter of system calls: its numbers by libseccomp's, its logic by interpretation, its effect for real."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from dataclasses import replace

import pytest

from fairtrial.sandbox import seccomp
from fairtrial.sandbox.bubblewrap import Bubblewrap
from tests.sandbox.boxes import Ended, ran, works

MACHINES = tuple(seccomp.ARCHITECTURES)
ALLOW, KILL, NO, UNKNOWN = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
EVERYTHING = struct.pack("<HBBI", 6, 0, 0, ALLOW)


@pytest.fixture
def box() -> Bubblewrap:
    found = works("bubblewrap")
    assert isinstance(found, Bubblewrap)
    return found


def numbers(machine: str) -> dict[str, int]:
    """Every call by name, as libseccomp knows them."""
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        pytest.skip("libseccomp, to compare numbers with, is not installed")
    library.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    names = [*seccomp.REFUSED, "clone", "clone3", "socket", "socketpair", "ioctl", *ORDINARY]
    arch = seccomp.ARCHITECTURES[machine]
    return {name: library.seccomp_syscall_resolve_name_arch(arch, name.encode()) for name in names}


ORDINARY = (
    *(
        "read",
        "write",
        "openat",
        "close",
        "mmap",
        "munmap",
        "mprotect",
        "brk",
        "futex",
        "execve",
        "exit_group",
    ),
    *(
        "wait4",
        "kill",
        "prlimit64",
        "getrandom",
        "pipe2",
        "dup3",
        "connect",
        "sendmsg",
        "nanosleep",
        "madvise",
    ),
)


def answer(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the kernel would answer: the filter run by a second reading of the manual, not by our own writer."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, seccomp.ARCHITECTURES[machine] if arch is None else arch, 0, *words)
    lines = list(struct.iter_unpack("<HBBI", seccomp.program(machine)))
    at = loaded = 0
    while True:
        code, true, false, value = lines[at]
        at += 1
        if code == 0x20:
            loaded = struct.unpack_from("<I", data, value)[0]
        elif code == 0x06:
            return int(value)
        else:
            tests = {0x15: loaded == value, 0x25: loaded > value, 0x35: loaded >= value, 0x45: loaded & value}
            at += true if tests[code] else false


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_libseccomps(machine: str) -> None:
    known = numbers(machine)
    column = MACHINES.index(machine)
    assert {name: pair[column] for name, pair in seccomp.REFUSED.items()} == {
        name: known[name] if known[name] >= 0 else None for name in seccomp.REFUSED
    }
    special = (seccomp.CLONE, seccomp.CLONE3, seccomp.SOCKET, seccomp.SOCKETPAIR, seccomp.IOCTL)
    names = ("clone", "clone3", "socket", "socketpair", "ioctl")
    assert [pair[column] for pair in special] == [known[name] for name in names]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_gets_its_answer(machine: str) -> None:
    known = numbers(machine)
    refused = {known[name] for name in seccomp.REFUSED}
    special = {known[name] for name in ("clone3", "socket", "socketpair")}
    for number in range(451):
        if number not in special:
            assert answer(machine, number) == (NO if number in refused else ALLOW), number
    assert {answer(machine, known[name]) for name in ORDINARY} == {ALLOW}
    assert {answer(machine, number) for number in range(451, 1024)} == {UNKNOWN}
    assert answer(machine, known["clone3"]) == UNKNOWN


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments_decide(machine: str) -> None:
    known = numbers(machine)
    threads = 0x003D0F00  # what glibc asks for
    assert answer(machine, known["clone"], threads) == ALLOW
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert answer(machine, known["clone"], threads | flag) == NO
    for call in ("socket", "socketpair"):
        answers = {family: answer(machine, known[call], family) for family in range(64)}
        assert [family for family, got in answers.items() if got == ALLOW] == [1]
        assert answer(machine, known[call], 1 << 32 | 2) == NO  # the kernel reads the lower half
    for request, expected in (
        (0x5412, NO),
        (0x541C, NO),
        (0x5423, NO),
        (0x5401, ALLOW),
        (0xFF << 32 | 0x5412, NO),
    ):
        assert answer(machine, known["ioctl"], 0, request) == expected


def test_another_architecture_ends_the_process() -> None:
    x86, arm = seccomp.ARCHITECTURES.values()
    assert answer("x86_64", 0, arch=0x40000003) == KILL  # i386, by int 0x80
    assert answer("aarch64", 0, arch=0x40000028) == KILL  # 32-bit arm
    assert answer("x86_64", 0, arch=arm) == answer("aarch64", 0, arch=x86) == KILL
    assert answer("x86_64", 0x40000000) == answer("x86_64", 0x40000000 | 101) == KILL  # x32


CALLS = """
import ctypes, json
libc = ctypes.CDLL(None, use_errno=True)
told = {{}}
for name, number in {calls!r}.items():
    ctypes.set_errno(0)
    told[name] = ctypes.get_errno() if libc.syscall(number, 0, 0, 0, 0, 0, 0) == -1 else 0
print(json.dumps(told))
"""


def _errors(box: Bubblewrap) -> dict[str, int]:
    column = MACHINES.index(platform.machine())
    calls = {name: pair[column] for name, pair in seccomp.REFUSED.items() if pair[column] is not None}
    told: dict[str, int] = ran(box, CALLS.format(calls=calls)).told
    return told


def test_the_kernel_refuses_them_all(box: Bubblewrap) -> None:
    assert set(_errors(box).values()) == {errno.EPERM}


def test_without_the_filter_the_kernel_would_not(box: Bubblewrap) -> None:
    """So that the test above can fail: most of these calls are open to anybody, or fail for another reason."""
    open_to_all = [
        name for name, error in _errors(replace(box, filter=EVERYTHING)).items() if error != errno.EPERM
    ]
    assert len(open_to_all) > 40
    assert {"ptrace", "unshare", "keyctl", "shmget", "memfd_create", "process_vm_readv"} <= set(open_to_all)


SPECIAL = """
import ctypes, errno, json, signal
libc = ctypes.CDLL(None, use_errno=True)
def error(number, *arguments):
    ctypes.set_errno(0)
    got = libc.syscall(number, *map(ctypes.c_ulong, arguments))
    return errno.errorcode[ctypes.get_errno()] if got == -1 else "done"
print(json.dumps([
    error({clone}, 0x10000000 | signal.SIGCHLD), error({clone3}, 0, 0), error({ioctl}, 0, 0x5412, 0),
    error({socket}, 2, 1, 0), error({socket}, 16, 3, 0), error({socket}, 38, 5, 0), error({socket}, 1, 1, 0),
    error(600, 0),
]))
"""


def test_the_kernel_looks_at_arguments(box: Bubblewrap) -> None:
    column = MACHINES.index(platform.machine())
    code = SPECIAL.format(
        clone=seccomp.CLONE[column],
        clone3=seccomp.CLONE3[column],
        ioctl=seccomp.IOCTL[column],
        socket=seccomp.SOCKET[column],
    )
    expected = ["EPERM", "ENOSYS", "EPERM", "EPERM", "EPERM", "EPERM", "done", "ENOSYS"]
    assert ran(box, code).told == expected


MACHINE_CODE = """
import ctypes, mmap
code = bytes.fromhex({code!r})
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
call = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
print("before", flush=True)
print("pid", call(), flush=True)
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="code for x86_64")
@pytest.mark.parametrize(
    "code", ["b814000000cd80c3", "b827000040 0f05 c3"], ids=["getpid by int 0x80", "getpid by x32"]
)
def test_other_doors_into_the_kernel_are_shut(box: Bubblewrap, code: str) -> None:
    assert ran(box, MACHINE_CODE.format(code=code)) == Ended("before\n", 128 + 31)  # SIGSYS
    native = ran(box, MACHINE_CODE.format(code="b827000000 0f05 c3"))
    assert native == Ended("before\npid 2\n", 0)


def test_a_filter_for_another_machine_ends_everything(box: Bubblewrap) -> None:
    other = next(machine for machine in MACHINES if machine != platform.machine())
    assert ran(replace(box, filter=seccomp.program(other)), "print('alive')").said == ""
