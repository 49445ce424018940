"""`fairtrial doctor`: what works on this machine, and what each missing part would need."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.speech import colour, emit, show, width
from fairtrial.core.canon import JSON
from fairtrial.core.version import VERSION
from fairtrial.report.terminal import BOLD, DIM, RED, painter, row
from fairtrial.sandbox.probe import Attempt, attempts

READ = (
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "GOOGLE_API_KEY"),
    *("GEMINI_API_KEY", "HF_HOME", "HF_HUB_OFFLINE", "FAIRTRIAL_SANDBOX", "FAIRTRIAL_SANDBOX_IMAGE"),
    "FAIRTRIAL_KEY_PASSPHRASE",
)
"""Environment variables that change what Fairtrial does. Only whether they are set is told, never a value."""

FOR_US = ("dev", "test")
"""Extras for people who work on Fairtrial itself."""


@click.command()
@options.out_folder
@options.json_output
def doctor(out: str | None, as_json: bool) -> int:
    """Say what works on this machine, and what each missing part would need.

    Runs a program in every sandbox that is installed. Names the environment variables that are set, never
    their values. Exit 0 where everything but optional parts works, 1 where run folders can't be written.
    """
    folder = out or "runs"
    found = examined(folder, os.environ)
    if as_json:
        emit(found)
    else:
        show(told(found))
    return 0 if found["core"] else 1


def examined(folder: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """The report, plain JSON."""
    trouble = _unwritable(folder)
    tried = attempts(environ)
    usable = [each.name for each in tried if each.backend is not None and each.wanted]
    return {
        "version": VERSION,
        "python": platform.python_version(),
        "core": not trouble,
        "runs": {"folder": folder, "writable": not trouble, "why": trouble},
        "sandbox": usable[0] if usable else None,
        "sandboxes": [_sandbox(each) for each in tried],
        "extras": [_extra(name, needed) for name, needed in sorted(_extras().items())],
        "environment": {name: bool(environ.get(name)) for name in READ},
    }


def _sandbox(attempt: Attempt) -> dict[str, JSON]:
    return {
        "name": attempt.name,
        "works": attempt.backend is not None,
        "version": attempt.backend.version if attempt.backend else None,
        "why": attempt.why,
        "remedy": attempt.remedy,
    }


def _unwritable(folder: str) -> str:
    """Why no run folder can be made there; "" where one can. Leaves nothing behind."""
    place = Path(folder).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return f"{place}: {error.strerror}"


def _extras() -> dict[str, list[str]]:
    """Distributions by the extra that brings them, as our own metadata says."""
    extras: dict[str, list[str]] = {}
    for requirement in metadata.requires("fairtrial") or []:
        match = re.fullmatch(r"([\w.-]+).*; extra == ['\"]([\w-]+)['\"]", requirement)
        if match and match[2] not in FOR_US:
            extras.setdefault(match[2], []).append(match[1])
    return extras


def _extra(name: str, needed: list[str]) -> dict[str, JSON]:
    versions = {each: _installed(each) for each in needed}
    return {
        "extra": name,
        "present": all(versions.values()),
        "packages": dict(versions),
        "remedy": f"pip install 'fairtrial[{name}]'",
    }


def _installed(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def told(found: Mapping[str, Any]) -> str:
    """The report for a person."""
    paint, columns = painter(colour()), width()
    runs = found["runs"]
    lines = [paint(BOLD, f"fairtrial {found['version']} on Python {found['python']}")]
    if runs["writable"]:
        lines.append(row("runs", f"run folders can be made in {runs['folder']}", columns))
    else:
        lines.append(paint(RED, row("runs", f"no run folder can be made in {runs['why']}", columns)))
        lines.append(row("what now", "name another folder with --out", columns))
    lines += _about_sandboxes(found, columns)
    for extra in found["extras"]:
        if extra["present"]:
            packages = ", ".join(f"{name} {version}" for name, version in extra["packages"].items())
            lines.append(row(extra["extra"], packages, columns))
        else:
            lines.append(paint(DIM, row(extra["extra"], f"not installed: {extra['remedy']}", columns)))
    given = [name for name, there in found["environment"].items() if there]
    unset = [name for name, there in found["environment"].items() if not there]
    lines.append(row("set", ", ".join(given) or "none of the variables below", columns))
    lines.append(paint(DIM, row("not set", ", ".join(unset), columns)))
    return "\n".join(lines)


def _about_sandboxes(found: Mapping[str, Any], columns: int) -> list[str]:
    used = found["sandbox"]
    paint = painter(colour())
    if used is None:
        lines = [paint(RED, row("sandbox", "none: tasks that run what models write are refused", columns))]
    else:
        lines = [row("sandbox", f"{used} runs what models write", columns)]
    for each in found["sandboxes"]:
        if each["works"]:
            lines.append(row(each["name"], f"works: {each['version']}", columns))
        else:
            lines.append(paint(DIM, row(each["name"], f"not here: {each['why']}", columns)))
            lines.append(paint(DIM, row("what now", each["remedy"], columns)))
    return lines
