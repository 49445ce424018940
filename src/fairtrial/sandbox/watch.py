"""What the kernel's limits don't hold: the memory of all processes of one sandbox together.

A limit on address space binds each process alone, and 64 processes of 1 GiB are more than a laptop has. So the
parent adds up what every process below a sandbox has mapped, many times a second. Mapped rather than resident:
shared pages can be put out of sight without being given up, but nothing is held that isn't mapped (the filter
refuses the other ways, and folders in memory are small). What is shared is counted as often as it is mapped.
"""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import Final

INTERVAL_S: Final = 0.05
PROC: Final = Path("/proc")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Watch:
    """One thread for all sandboxes of this process; it sleeps while there are none."""

    def __init__(self) -> None:
        self._watched: dict[subprocess.Popen[bytes], int] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def over(self, process: subprocess.Popen[bytes], most: int) -> None:
        """Kill the process, and with it all below, once they have mapped more than so many bytes together."""
        with self._changed:
            self._watched[process] = most
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sandbox-watch", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._watched)
                watched = list(self._watched.items())
            ended = [process for process, most in watched if not _within(process, most)]
            with self._changed:
                for process in ended:
                    del self._watched[process]
                self._changed.wait(INTERVAL_S)


def countable() -> bool:
    """Whether this kernel says which processes are below another (CONFIG_PROC_CHILDREN)."""
    return (PROC / "self/task" / str(threading.get_native_id()) / "children").exists()


def mapped(pid: int) -> int:
    """Bytes of address space of a process and of all below it; 0 for one that is gone."""
    total, waiting = 0, [pid]
    while waiting:
        place = PROC / str(waiting.pop())
        try:
            total += int((place / "statm").read_text().split()[0]) * PAGE
            for task in (place / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return total


def _within(process: subprocess.Popen[bytes], most: int) -> bool:
    """Whether it still runs, and within its bound; killed otherwise."""
    if process.poll() is not None:
        return False
    if mapped(process.pid) <= most:
        return True
    process.kill()
    return False
