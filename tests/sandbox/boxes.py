"""The sandboxes of this machine, and a program run in one of them with what it said."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.probe import ORDER, attempt_at


def works(name: str) -> Backend:
    """That sandbox; a skip with the reason where this machine has none."""
    attempt = attempt_at(name, os.environ)
    if attempt.backend is None:
        pytest.skip(f"{attempt.name}: {attempt.why}")
    return attempt.backend


EVERY = tuple(ORDER)


@dataclass(frozen=True)
class Ended:
    """What a program wrote before it ended, and how bubblewrap or the container's engine ended."""

    said: str
    status: int

    @property
    def told(self) -> Any:
        return json.loads(self.said)


def started(box: Backend, code: str, limits: Limits = Limits()) -> subprocess.Popen[bytes]:  # noqa: B008
    return box.start([box.python, "-I", "-S", "-c", code], limits)


def ran(box: Backend, code: str, limits: Limits = Limits(), timeout: float = 30) -> Ended:  # noqa: B008
    """Run to its end; a program that doesn't end in time is a failed test."""
    process = started(box, code, limits)
    try:
        said, _ = process.communicate(timeout=timeout)
    finally:
        process.kill()
        process.wait()
    return Ended(said.decode(), process.returncode)


def processes_with(token: str) -> list[int]:
    """Processes of this machine, as the host sees them, whose command line holds the token."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if token.encode() in file.read():
                    found.append(int(name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
