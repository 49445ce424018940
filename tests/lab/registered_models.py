"""Models of the tests of registered runs: they tell what the log held when they were asked."""

from __future__ import annotations

import time
from pathlib import Path

from fairtrial.trust.checkpoint import SignedCheckpoint, parse_checkpoint

watched: Path | None = None
"""The log's folder, for `watching`."""
seen: list[SignedCheckpoint] = []
asked: list[str] = []
failing: set[str] = set()


def watching(question: str) -> str:
    """Right; looks at the newest checkpoint that the log shows everybody."""
    assert watched is not None
    seen.append(parse_checkpoint((watched / "public/checkpoint").read_bytes(), "it"))
    return right(question)


def right(question: str) -> str:
    asked.append(question)
    if question in failing:
        raise RuntimeError("no answer")
    left, _, rest = question.partition("+")
    return str(int(left) + int(rest.rstrip("= ")))


def slow(question: str) -> str:
    time.sleep(0.05)
    return right(question)
