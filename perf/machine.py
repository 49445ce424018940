"""One line about this machine: what a reader needs to judge the figures, and nothing that names it."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def machine_line() -> str:
    """Processor, cores, memory, system, Python. No host name, no path."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    python = f"{platform.python_implementation()} {platform.python_version()}"
    release = ".".join(platform.release().split(".")[:2])
    return (
        f"Machine: {cores} CPUs ({_processor()}), {memory:.0f} GiB, {platform.system()} {release}, "
        f"{platform.machine()}, {python}."
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "processor unknown"
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else "processor unknown"
