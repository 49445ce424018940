"""`fairtrial audit` at the command line: statuses, the JSON of the contract, wrong use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_main import fairtrial

KEYS = {"question", "answer", "tier", "probe", "effect", "p", "e", "mde", "n"}
HONEST, CHEAT = "specimen/honest", "specimen/cheat"
FEW = ("--completions", "6", "--max-tokens", "8", "--prompts", "few.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "few.txt").write_text("Say something.\nSay more.\nWhat now?\n", "utf-8")
    return tmp_path


def test_two_models_that_differ_end_with_1_and_the_contract_s_json(folder: Path) -> None:
    done = fairtrial("audit", "--same-model", HONEST, CHEAT, *FEW, "--json", cwd=folder)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    (found,) = told["findings"]
    assert set(told) >= {"claim", "verdict", "findings", "sentence"} and set(found) >= KEYS
    assert (told["verdict"], found["question"], found["answer"]) == ("refuted", "same-model", "no")
    unit = "points" if found["probe"] == "canary-mcnemar" else "fraction"
    assert (found["tier"], found["effect"]["unit"]) == ("proof", unit)
    assert found["p"] <= 0.01 and found["mde"] > 0 and told["order"].startswith("sha256:")
    probes = {found["probe"], *(each["probe"] for each in found["also"])}
    assert probes == {"text-two-sample", "one-token", "canary-mcnemar"}
    assert set(told["calibration"]) == probes
    assert all(row.startswith("Calibration at level 0.01: ") for row in told["calibration"].values())
    assert "evidence" not in told and told["impossible"] == []
    assert "cause unknown" in told["sentence"]


def test_one_model_twice_ends_with_10_and_resumes(folder: Path) -> None:
    words = ("audit", "--same-model", HONEST, HONEST, *FEW)
    done = fairtrial(*words, cwd=folder)
    assert done.returncode == 10, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "doesn't show that they are the same" in said and "with probability 0.8" in said
    assert "canary-mcnemar: Calibration at level 0.01: " in said and "of 5, " in said
    assert "order: drawn from sha256:" in done.stderr and "seed 0" in done.stderr
    again = fairtrial(*words, "--resume", cwd=folder)
    assert again.stdout == done.stdout and len(list((folder / "runs").iterdir())) == 3


def test_a_fingerprint_recorded_sealed_and_judged_by(folder: Path) -> None:
    words = ("audit", "--model", HONEST, "--fingerprint", "f.json")
    done = fairtrial(*words, "--record", "--sealed", *FEW, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["prompts"] == 3 and "Say more" not in (folder / "f.json").read_text()
    judged = fairtrial(
        "audit", "-m", CHEAT, "--fingerprint", "f.json", "--prompts", "few.txt", "--json", cwd=folder
    )
    told = json.loads(judged.stdout)
    assert judged.returncode == 10 and told["findings"][0]["tier"] == "strong"
    assert told["findings"][0]["answer"] == "undetermined" and told["findings"][0]["p"] <= 0.01
    refused = fairtrial("audit", "-m", CHEAT, "--fingerprint", "f.json", cwd=folder)
    assert refused.returncode == 2 and "different prompts" in refused.stderr
    taken = fairtrial(*words, "--record", cwd=folder)
    assert taken.returncode == 2 and "there already" in taken.stderr
    elsewhere = ("--fingerprint", "g.json", "--record", "--completions", "2", "--max-tokens", "8")
    (folder / "others.txt").write_text("What then?\nAnd now?\n", "utf-8")
    fairtrial("audit", "-m", HONEST, *elsewhere, "--prompts", "others.txt", cwd=folder)
    between = fairtrial("audit", "--fingerprint", "f.json", "--fingerprint", "g.json", cwd=folder)
    assert between.returncode == 2 and "different prompts (0 of 3 and 2 are shared)" in between.stderr
    (folder / "f.json").write_text((folder / "f.json").read_text().replace('"length":100', '"length":99'))
    edited = fairtrial(*words, cwd=folder)
    assert edited.returncode == 4 and "edited" in edited.stderr


def test_canary_items_borders_and_ranks_are_asked_for(folder: Path) -> None:
    (folder / "own.jsonl").write_text(
        "".join(
            json.dumps({"input": f"Q: What is {at} + 1?\nA:", "target": str(at + 1)}) + "\n"
            for at in range(8)
        )
    )
    words = ("audit", "--same-model", HONEST, CHEAT, *FEW, "--borders", "20", "--ranks", "--json")
    done = fairtrial(*words, "--canary", "own.jsonl", cwd=folder)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    (found,) = told["findings"]
    tried = {found["probe"], *(each["probe"] for each in found["also"])}
    assert {"canary-mcnemar", "rank-uniformity"} <= tried
    assert set(told["calibration"]) == tried
    assert "border-prompts" in tried or any("border-prompts" in each for each in told["impossible"])
    none = fairtrial("audit", "--same-model", HONEST, CHEAT, *FEW, "--canary", "0", "--json", cwd=folder)
    assert "canary" not in none.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing to audit"),
        (("--same-model", HONEST), "requires 2 arguments"),
        (("--same-model", HONEST, CHEAT, "-m", HONEST), "compares two models"),
        (("--fingerprint", "no.json", "-m", HONEST), "can't read no.json"),
        (("--fingerprint", "no.json"), "1 fingerprints and no model"),
        (("--fingerprint", "no.json", "-m", HONEST, "--completions", "4"), "says how it was asked"),
        (("--record", "-m", HONEST), "nothing to audit"),
        (("--same-model", HONEST, CHEAT, "--sealed"), "--sealed belongs to --record"),
        (("--same-model", HONEST, CHEAT, "--max-cost", "1"), "--max-cost can't be kept"),
        (("--same-model", HONEST, "specimen/nobody"), "nobody"),
        (("--same-model", HONEST, CHEAT, "--prompts", "no.txt"), "can't read no.txt"),
        (("--same-model", HONEST, CHEAT, "--temperature", "0"), "temperature"),
        (("--same-model", HONEST, CHEAT, *(3 * ("--base-url", "http://x"))), "3 base URLs"),
    ],
)
def test_wrong_use(folder: Path, words: tuple[str, ...], told: str) -> None:
    done = fairtrial("audit", *words, cwd=folder)
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
    assert not (folder / "runs").exists()


def test_a_cache_is_said_at_the_command_line(folder: Path) -> None:
    (folder / "parrot.py").write_text('def answer(prompt):\n    return "Hello."\n', "utf-8")
    done = fairtrial("audit", "--same-model", "python:parrot:answer", HONEST, *FEW, "--json", cwd=folder)
    told = json.loads(done.stdout)
    assert done.returncode == 10 and told["findings"][0]["evidence"] is None
    assert "python:parrot:answer repeats answers to the letter" in told["impossible"][0]
