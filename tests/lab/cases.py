"""Files for the lab's tests: rows, and answers recorded for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from fairtrial.lab import Lab


def write_rows(path: Path, n: int = 10) -> Path:
    """n sums: id, input, target."""
    rows = ({"id": f"s{i}", "input": f"{i} + 1 =", "target": str(i + 1)} for i in range(n))
    return write_lines(path, rows)


def write_answers(path: Path, wrong: Iterable[int] = (), n: int = 10, **more: object) -> Path:
    """A recording of n answers, right but for those in `wrong`."""
    bad = set(wrong)
    return write_lines(
        path, ({"id": f"s{i}", "output": str(0 if i in bad else i + 1), **more} for i in range(n))
    )


def write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lab_in(folder: Path, **more: object) -> Lab:
    """A lab whose runs, rows and environment are all in `folder`."""
    return Lab(folder / "runs", environ={}, **more)  # type: ignore[arg-type]


def lines(run: Path) -> list[str]:
    """The journal's lines, each with its newline."""
    return (run / "records.jsonl").read_text().splitlines(keepends=True)
