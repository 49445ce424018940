"""One whole process, measured from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Cost:
    """cpu_s: user + system of the process and every descendant it waited for. peak_mb: largest resident set
    of the largest single process of the tree, in 10^6 bytes. exit: its status, negative for a signal."""

    exit: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def measure(
    argv: Sequence[str], *, env: Mapping[str, str], folder: Path, stdout: Path, limit_s: float = 900.0
) -> Cost:
    """Run a process to its end and take its bill from wait4(2), as getrusage(2) counts it.

    Standard output goes to the file `stdout`, standard error beside it with the ending .err. After
    `limit_s` seconds the process group is killed. The peak can't read less than this process's own peak
    at the fork (Linux hands it down), so whoever calls must stay small.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(stdout, "wb") as out, open(stdout.with_suffix(".err"), "wb") as err:
        started = perf_counter()
        process = subprocess.Popen(
            argv,
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        watchdog = threading.Timer(limit_s, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        finally:
            watchdog.cancel()
        wall = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    return Cost(process.returncode, wall, cpu, used.ru_maxrss * 1024 / 1e6)
