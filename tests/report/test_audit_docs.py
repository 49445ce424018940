"""What the pages about an audit quote is what the code holds."""

from __future__ import annotations

import re
from pathlib import Path

from fairtrial.audit.verdict import ALPHA, NEVER
from fairtrial.core.evidence import EXIT_STATUS
from fairtrial.lab.audit_calibration import shipped
from fairtrial.report.calibration_row import calibration_row
from tests.report import audits

DOCS = Path(__file__).resolve().parents[2] / "docs"
MEANING = (DOCS / "explanation" / "what-a-verdict-means.md").read_text("utf-8")
JSON = (DOCS / "reference" / "json.md").read_text("utf-8")


def test_the_calibration_row_is_the_one_that_ships() -> None:
    quoted = re.search(r"^> (Calibration.*?)\n\n", MEANING, re.MULTILINE | re.DOTALL)
    assert quoted
    row = calibration_row(shipped(), "sibling-rank", alpha=ALPHA["seen"], n=100)
    assert " ".join(quoted[1].replace("\n>", "\n").split()) == row


def test_the_levels_are_those_of_the_rules() -> None:
    rows = re.findall(r"^\| ([a-z, -]+) \| (0\.\d+) \|$", MEANING, re.MULTILINE)
    told = {name.strip(): float(level) for names, level in rows for name in names.split(",")}
    assert told == dict(ALPHA)


def test_exit_statuses_and_what_is_never_said() -> None:
    for outcome, status in EXIT_STATUS.items():
        assert re.search(rf"^\| \*\*{outcome}\*\* \|.*\| {status} \|$", MEANING, re.MULTILINE), outcome
    assert NEVER == {"seen": "no", "same-model": "yes"}
    assert "*Seen* is never **no**" in MEANING and "*Same-model* is never **yes**" in MEANING


def test_every_key_of_an_audit_is_on_the_page() -> None:
    told = audits.refuted().to_json()
    part = JSON[JSON.index("## audit --json") : JSON.index("## twin --json")]
    finding = told["findings"][0]  # type: ignore[index,call-overload]
    record = finding["evidence"]  # type: ignore[index,call-overload]
    keys = [*told, *finding, *record, *record["effect"], *told["claim"], *told["claim"]["conditions"]]  # type: ignore[index,call-overload,misc]
    assert len(keys) > 50
    for key in keys:
        assert f"`{key}`" in part, key
    for each in (audits.SETTINGS, audits.FAMILY, audits.ATTEMPTS, audits.WEAK):
        assert f"| `{each.name}` |" in part
