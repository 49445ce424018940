"""`fairtrial audit CLAIM` at the command line: statuses, the JSON of the contract, the folder, wrong use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_audit import KEYS
from tests.cli.test_main import fairtrial

QUESTIONS = ["reproduces", "inflated", "seen", "tuned", "same-model", "disclosed"]
FAST = ("--items", "60", "--fresh", "1", "--formats", "0", "--weak-items", "0", "--setting-items", "0")
CLAIM = """\
model: somebody's model
benchmark: gsm8k
metric: accuracy
value: 0.5
n: 1319
source: a card
date: 2026-01-01
"""


def test_a_bundled_claim_is_refuted_and_keeps_its_folder(tmp_path: Path) -> None:
    """The released model is not the one that was claimed."""
    done = fairtrial("audit", "specimen/swapped", *FAST, "--json", "-o", "page.html", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert set(told) >= {"claim", "verdict", "findings", "sentence", "served", "tested", "calibration"}
    assert [each["question"] for each in told["findings"]] == QUESTIONS
    assert all(set(each) >= KEYS for each in told["findings"])
    answers = {each["question"]: each["answer"] for each in told["findings"]}
    assert answers["reproduces"] == answers["same-model"] == "no" and told["verdict"] == "refuted"
    assert told["served"] == "specimen/honest" and told["tested"] == "specimen/cheat"
    folder = tmp_path / told["folder"]
    assert (folder / "audit.json").is_file() and (tmp_path / "page.html").read_bytes() == (
        folder / "report.html"
    ).read_bytes()
    again = fairtrial("audit", "specimen/swapped", *FAST, "--resume", cwd=tmp_path)
    assert again.returncode == 1 and "does not reproduce" in " ".join(again.stdout.split())
    assert len(list((tmp_path / "runs").iterdir())) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("specimen/nobody",), "no bundled claim is called 'specimen/nobody'"),
        (("no.yaml", "-m", "specimen/honest"), "no.yaml can't be read"),
        (("claim.yaml",), "no model was named"),
        (("claim.yaml", "-m", "specimen/honest", "--same-model", "a/b", "c/d"), "go without a claim"),
        (
            ("claim.yaml", "-m", "specimen/honest", "--temperature", "1"),
            "--temperature is not asked of a claim",
        ),
        (
            ("claim.yaml", "-m", "specimen/honest", "--completions", "3"),
            "--completions is not asked of a claim",
        ),
        (("claim.yaml", "-m", "openai/a", "--tested", "openai/b", "--max-cost", "1"), "two models at once"),
        (("claim.yaml", "-m", "openai/a", "--tested", "openai/b", "--fingerprint", "f"), "both named"),
        (("claim.yaml", "-m", "specimen/honest", "--register", "no.yaml"), "no.yaml can't be read"),
        (("claim.yaml", "-m", "specimen/honest", "--canaries", "claim.yaml"), "claim.yaml"),
        (("--tolerance", "0.1", "-m", "specimen/honest"), "--tolerance belongs to an audit of a claim"),
        (("high.yaml", "-m", "specimen/honest"), "value"),
        (("without.yaml", "-m", "specimen/honest"), "n is missing"),
        (("metric.yaml", "-m", "specimen/honest"), "pass@1"),
    ],
)
def test_wrong_use_is_told_before_anything_is_asked(
    words: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    (tmp_path / "claim.yaml").write_text(CLAIM)
    (tmp_path / "high.yaml").write_text(CLAIM.replace("0.5", "85.5"))
    (tmp_path / "without.yaml").write_text(CLAIM.replace("n: 1319\n", ""))
    (tmp_path / "metric.yaml").write_text(CLAIM.replace("metric: accuracy", "metric: pass@1"))
    done = fairtrial("audit", *words, cwd=tmp_path)
    assert done.returncode in (2, 4) and done.stdout == "" and "Traceback" not in done.stderr
    assert told in " ".join(done.stderr.split()), done.stderr
    assert not list(tmp_path.glob("runs/*/*/records.jsonl"))
