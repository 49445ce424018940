"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable

import click

from fairtrial.core.canon import JSON
from fairtrial.report.plain import visible


def tell(text: str) -> None:
    """Progress, notices and hints: standard error. What a server or a file said can't steer the terminal."""
    print(visible(text), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """A result for a person: standard output."""
    print(text, flush=True)


def emit(data: JSON) -> None:
    """The one JSON object of `--json`."""
    print(json.dumps(data, ensure_ascii=True, allow_nan=False), flush=True)


def colour(stream: object = None) -> bool:
    """Whether to colour standard output: a terminal, and NO_COLOR (no-color.org) not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def passphrase_prompt() -> Callable[[], str] | None:
    """Asks for the words that unlock a key; None where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        return None
    return lambda: str(click.prompt("Passphrase", hide_input=True, err=True))


def width() -> int:
    """Columns of the terminal, at most 100: longer lines are hard to read."""
    return min(100, shutil.get_terminal_size((100, 24)).columns)
