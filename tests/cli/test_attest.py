"""`fairtrial attest` as people type it: a lab publishes, an auditor tests, and asks the model drawn items."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairtrial.lab import Lab
from tests.cli.test_main import fairtrial
from tests.lab.attest_world import ORGS, published
from tests.lab.registered_world import World, world
from tests.lab.test_bundling import method

KEYS = {"lab": "Example Lab", "auditor": "Auditors", "evaluator": "Auditors", "owner": "Auditors"}
TASK = (
    "--scorer",
    "number",
    "--template",
    "Q: {{ input }}\nA:",
    "--max-tokens",
    "40",
    "--model",
    "specimen/honest",
)
TERMS = ("--claim", "it adds", "--construct", "addition", "--deadline", "7d", "--log", "log")
STATED = ("--conflicts", "none", "--funding", "the auditors' own", "--log", "log", "--key", "auditor.key")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("attest")
    with world(path) as made:
        trust = json.loads((made.log / "trust.json").read_text())
        for role, org in KEYS.items():
            done = fairtrial("key", "new", f"{role}.key", "--role", role, "--org", org, cwd=path)
            assert done.returncode == 0, done.stderr
            trust["keys"].append(json.loads((path / f"{role}.key.pub").read_text()))
        (made.log / "trust.json").write_text(json.dumps(trust))
        yield made


@pytest.fixture
def place(whole: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # paths in a registration are as they were typed
    for role in KEYS:
        shutil.copy(whole.path / f"{role}.key", tmp_path)
        shutil.copy(whole.path / f"{role}.key.pub", tmp_path)
    (tmp_path / "log").symlink_to(whole.log)
    trust = json.loads((whole.log / "trust.json").read_text()) | {"operators": ORGS}
    (tmp_path / "mine.json").write_text(json.dumps(trust))
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in published(16)))
    return tmp_path


def typed(place: Path, *words: str, status: int = 0) -> dict[str, Any]:
    done = fairtrial(*words, "--json", cwd=place)
    assert done.returncode == status, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def bundled(place: Path, run: str, output: str, key: str, *more: str) -> None:
    (place / run / "method.json").write_text(json.dumps(method(Lab().load(run))))
    typed(
        place, "bundle", run, "-o", output, "--key", key, "--method", f"{run}/method.json", *more
    )  # fmt: skip


def verified(place: Path, name: str) -> dict[str, Any]:
    return typed(place, "verify", name, "--trust", "mine.json", "--log-policy", "log/log.policy")


def published_run(place: Path, name: str) -> None:
    """The lab's own: claim.bundle."""
    words = ("--campaign", name, *TERMS, "--key", "lab.key")
    run = typed(place, "run", "items.jsonl", *TASK, "--register", *words)["runs"][0]["run"]
    bundled(place, run, "claim.bundle", "lab.key")


def toss(place: Path, about: str, *parties: str) -> None:
    for step in ("commit", "reveal"):
        for party in parties:
            more = ("--for", about, "--party", party) if step == "commit" else ("--parties", *parties)
            words = ("attest", "coin", step, f"{party}.coin", *more, "--log", "log", "--key", f"{party}.key")
            typed(place, *words)


def test_a_published_score_is_audited(place: Path) -> None:
    published_run(place, "audited")
    assert verified(place, "claim.bundle")["label"] == "witnessed-self-run"
    toss(place, "claim.bundle", "lab", "auditor")
    words = (
        "attest",
        "claim.bundle",
        *STATED,
        "--coin",
        "lab",
        "auditor",
        "--items",
        "12",
        "--margin",
        "0.4",
    )
    told = typed(
        place, *words, "--model", "specimen/honest", "--tests", "T-A,T-B,T-F", "-o", "audited.bundle"
    )
    assert told["verdict"] == "supported"
    assert [each["outcome"] for each in told["tests"] if each["test"] in ("T-A", "T-B", "T-F")] == [
        "passed"
    ] * 3
    found = verified(place, "audited.bundle")
    assert found["label"] == "witnessed-self-run"
    (audit,) = [each for each in found["checks"] if each["check"] == "audit"]
    assert audit["ok"] and "Auditors: supported" in audit["detail"]
    again = fairtrial(*words, "--model", "specimen/honest", "-o", "audited.bundle", cwd=place)
    assert again.returncode == 5 and "--force" in again.stderr
    told = typed(place, *words[:2], *STATED, "--tests", "t-a", "-o", "second.bundle", status=10)
    assert told["verdict"] == "inconclusive"
    done = fairtrial("attest", "claim.bundle", *STATED, "--tests", "T-Z", "-o", "x", cwd=place)
    assert done.returncode == 2 and "there is no test 'T-Z'" in done.stderr


def test_the_auditors_own_run_on_drawn_items(place: Path) -> None:
    owner, evaluator = ("--log", "log", "--key", "owner.key"), ("--log", "log", "--key", "evaluator.key")
    typed(place, "attest", "items", "seal", "items.jsonl", "--epoch", "2026-1", *owner, "-o", "sealed")
    words = ("--sealed", "sealed", "--draw", "6", "--coin", "lab", "evaluator", "--campaign", "own", *TERMS)
    typed(
        place,
        "attest",
        "items",
        "freeze",
        "items.jsonl",
        *TASK,
        *words,
        "--key",
        "evaluator.key",
        "-o",
        "freeze",
    )
    toss(place, "freeze", "lab", "evaluator")
    drawn = (
        "attest",
        "items",
        "draw",
        "--sealed",
        "sealed",
        "--frozen",
        "freeze",
        "--deadline",
        "7d",
        *evaluator,
    )
    told = typed(place, *drawn, "-o", "drawn")
    rows = [json.loads(line) for line in (place / told["rows"]).read_text().splitlines()]
    assert len(told["indices"]) == len(rows) == 6
    run = typed(place, "run", "--register", "drawn", "--key", "evaluator.key")["runs"][0]["run"]
    bundled(
        place, run, "own.bundle", "evaluator.key", "--custody", "with us alone; used in no other campaign"
    )
    assert verified(place, "own.bundle")["label"] == "witnessed-self-run"
    opened = ("attest", "items", "open", "own.bundle", "--sealed", "sealed", "--frozen", "freeze", *owner)
    typed(place, *opened, "-o", "opened.bundle")
    found = verified(place, "opened.bundle")
    assert found["label"] == "independent-blind", (found["reason"], found["lacks"])


def test_a_result_is_disputed_and_retracted(place: Path) -> None:
    published_run(place, "disputed")
    done = fairtrial("log", "campaigns", "log", "--name", "disputed", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    run = next((place / "runs").iterdir())
    result = run / "registration" / "result.dsse.json"
    words = (str(result), "--log", "log", "--reason")
    typed(place, "attest", "dispute", *words, "two items are wrong", "--key", "auditor.key")
    other = fairtrial("attest", "retract", *words, "we agree", "--key", "auditor.key", cwd=place)
    assert other.returncode == 2 and "was signed by others" in other.stderr
    typed(place, "attest", "retract", *words, "we agree", "--key", "lab.key")
    typed(place, "attest", "claim.bundle", *STATED, "--tests", "T-A", "-o", "after.bundle", status=10)
    found = verified(place, "after.bundle")
    (audit,) = [each for each in found["checks"] if each["check"] == "audit"]
    assert audit["ok"] is None and "two items are wrong" in audit["detail"]
    assert {"disputes: two items are wrong", "retracts: we agree"} <= {
        each["what"] for each in found["chain"]
    }


def test_a_beacon_file_that_is_none_is_refused(place: Path) -> None:
    published_run(place, "beacon")
    words = ("attest", "claim.bundle", *STATED, "-o", "x.bundle", "--beacon", "round.json")
    for text, what in (("{", "is no JSON"), ('{"round": "1"}', "tells no round")):
        (place / "round.json").write_text(text)
        done = fairtrial(*words, cwd=place)
        assert done.returncode == 2 and what in done.stderr
    (place / "round.json").write_text(json.dumps({"round": 1000, "signature": "00" * 48}))
    done = fairtrial(*words, cwd=place)
    assert done.returncode == 4 and "was due too early" in done.stderr, done.stderr
