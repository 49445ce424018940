"""Every bundled case on trial, in full, held against the truth table.

python -m tests.lab.trials            exit 1 where an answer, a verdict or an exit status isn't one that it allows
python -m tests.lab.trials --quick    the same with few formats, and no weak signals
python -m tests.lab.trials --write    and writes what was found into docs/reference/audit-cases.md
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.lab.truth import PAGE, QUESTIONS, TRUTH

AT_ONCE: Final = 2
QUICK: Final = ("--formats", "5", "--format-items", "20", "--weak-items", "0", "--setting-items", "0")
BLOCK: Final = re.compile(r"(<!-- found -->\n).*?(<!-- end found -->)", re.DOTALL)


@dataclass(frozen=True)
class Trial:
    """What one audit said. seconds: on the clock, beside one other audit."""

    case: str
    status: int
    told: dict[str, Any]
    seconds: float

    @property
    def answers(self) -> dict[str, str]:
        return {each["question"]: each["answer"] for each in self.told["findings"]}

    @property
    def wrong(self) -> list[str]:
        """What the truth table doesn't allow."""
        truth = TRUTH[self.case]
        found = [
            f"{question}: {self.answers[question]}, not {' or '.join(truth['answers'][question])}"
            for question in QUESTIONS
            if self.answers[question] not in truth["answers"][question]
        ]
        if self.told["verdict"] != truth["verdict"]:
            found.append(f"verdict {self.told['verdict']}, not {truth['verdict']}")
        if self.status != truth["exit_status"]:
            found.append(f"exit {self.status}, not {truth['exit_status']}")
        return found


def trial(case: str, out: str, more: Sequence[str]) -> Trial:
    """The command that a user types."""
    started = time.monotonic()
    words = [sys.executable, "-m", "fairtrial", "audit", case, "--json", "--out", str(Path(out, case)), *more]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{case}: exit {done.returncode}\n{done.stderr}")
    return Trial(case, done.returncode, json.loads(done.stdout), time.monotonic() - started)


def table(trials: Sequence[Trial]) -> str:
    """Markdown: what was found, by case."""
    head = ["case", *(f"*{each}*" for each in QUESTIONS), "verdict", "exit", "inflated by, points"]
    lines = [_row(head), _row(["---"] * len(head))]
    for each in trials:
        effect = next(found["effect"] for found in each.told["findings"] if found["question"] == "inflated")
        span = f"{effect['value']:+.1f} [{effect['low']:+.1f}, {effect['high']:+.1f}]"
        cells = [f"`{each.case}`", *(each.answers[question] for question in QUESTIONS)]
        lines.append(_row([*cells, each.told["verdict"], str(each.status), span]))
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", help="default: all")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as out, ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(
            pool.map(lambda case: trial(case, out, QUICK if given.quick else ()), given.cases or TRUTH)
        )
    for each in found:
        wrong = "; ".join(each.wrong) or "as the table says"
        print(f"{each.case}: {each.told['verdict']}, exit {each.status}, {each.seconds:.0f} s: {wrong}")
    if given.write:
        old = PAGE.read_text("utf-8")
        PAGE.write_text(BLOCK.sub(lambda block: f"{block[1]}{table(found)}{block[2]}", old), "utf-8")
    return int(any(each.wrong for each in found))


if __name__ == "__main__":
    sys.exit(main())
