"""Where other scorers run, so that what is tried on them harms nobody: a bubblewrap with what they need.

Beside what our own sandboxes show: the peers' packages, /proc, a folder for temporary files, more memory. The same
user, name spaces and filter of system calls, so nothing of it helps a scorer to its verdict, or hinders it.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from fairtrial.sandbox.bubblewrap import WATCH, Bubblewrap
from fairtrial.sandbox.limits import MIB, Limits

HERE = Path(__file__).resolve().parent
PACKAGES = "/peers"
LIMITS = Limits(
    cpu_s=30, memory=4096 * MIB, processes=128, files=256, file_bytes=64 * MIB, scratch_bytes=64 * MIB
)
PATIENCE_S = 30.0
BROKE = "broke"
"""The scorer itself came to no verdict: it ended, or hung."""


def verdict(box: Bubblewrap, packages: Path, scorer: str, job: dict[str, Any]) -> str:
    """accepted, refused, or broke. packages: the site-packages of the peers' environment."""
    token = secrets.token_hex(16)
    view = replace(box.view, shown=(*box.view.shown, (str(packages), PACKAGES), (str(HERE), "/scorers")))
    start = f"import sys, runpy; sys.path[:0] = [{PACKAGES!r}]; sys.argv = ['', {scorer!r}]; "
    start += "runpy.run_path('/scorers/scorers.py', run_name='__main__')"
    process = _started(replace(box, view=view), [view.python, "-I", "-S", "-c", start])
    try:
        said, _ = process.communicate(
            json.dumps({**job, "token": token, "numpy": box.packages}).encode(), timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return BROKE
    finally:
        process.kill()
        process.wait()
    lines = [line.split() for line in said.decode("utf-8", "replace").splitlines() if line.startswith(token)]
    return lines[0][1] if lines else BROKE


def _started(box: Bubblewrap, program: list[str]) -> subprocess.Popen[bytes]:
    rules = os.memfd_create("filter")
    try:
        os.write(rules, box.filter)
        os.lseek(rules, 0, os.SEEK_SET)
        command = box.command(program, LIMITS, rules)
        at = command.index("--chdir")
        more = ["--proc", "/proc", "--size", str(64 * MIB), "--tmpfs", "/tmp"]
        process = subprocess.Popen(
            [*command[:at], *more, *command[at:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(rules,),
            cwd="/",
            env={"PATH": os.defpath},
        )
    finally:
        os.close(rules)
    WATCH.over(process, 4 * LIMITS.memory)
    return process
