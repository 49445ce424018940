"""The truth table of the bundled cases, committed before any of them was audited.

python -m tests.lab.truth       writes it into docs/reference/audit-cases.md
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
TRUTH: Final[dict[str, dict[str, Any]]] = json.loads(
    Path(__file__).with_name("audit_truth.json").read_text("utf-8")
)["cases"]
PAGE: Final = ROOT / "docs" / "reference" / "audit-cases.md"
BLOCK: Final = re.compile(r"(<!-- truth -->\n).*?(<!-- end truth -->)", re.DOTALL)
QUESTIONS: Final = ("reproduces", "inflated", "seen", "tuned", "same-model", "disclosed")


def table() -> str:
    """Markdown: what a sound audit may say of each case, and below it what was planted and why."""
    head = ["case", *(f"*{each}*" for each in QUESTIONS), "verdict", "exit"]
    lines = [_row(head), _row(["---"] * len(head))]
    for name, told in TRUTH.items():
        answers = (" or ".join(told["answers"][each]) for each in QUESTIONS)
        lines.append(_row([f"`{name}`", *answers, told["verdict"], str(told["exit_status"])]))
    lines.append("")
    for name, told in TRUTH.items():
        lines.append(f"- **`{name}`**: {told['planted']}. {told['why']}")
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    old = PAGE.read_text("utf-8")
    PAGE.write_text(BLOCK.sub(lambda found: f"{found[1]}{table()}{found[2]}", old), "utf-8")
