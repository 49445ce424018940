"""`fairtrial method`: what is missing is listed, exit 1; nothing is filled in for a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairtrial.cli import main
from fairtrial.lab import Lab
from fairtrial.lab.claims import open_claim
from fairtrial.trust.documents import signed_bytes
from fairtrial.trust.method import schema
from tests.trust.methods import GOOD, without


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_bytes(signed_bytes(GOOD))
    return tmp_path


@pytest.fixture
def run() -> str:
    Path("rows.jsonl").write_text('{"input": "What is 1 + 1?", "target": "2"}\n')
    return str(Lab("runs").run("rows.jsonl", model="specimen/honest", scorer="number").path)


def test_new_check_and_the_rest(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["method", "check", "--run", run]) == 1
    before = capsys.readouterr().out
    assert "claim.construct: absent. The ability that the score is meant to measure." in before
    assert main(["method", "new", "--run", run]) == 0
    assert "fields are for a person" in capsys.readouterr().err
    assert main(["method", "new", "--run", run]) == 5
    assert "--force" in capsys.readouterr().err
    assert main(["method", "check", "--run", run, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] is False
    assert {
        "group": "people",
        "field": "funding",
        "fault": "absent",
        "detail": "Who paid for the evaluation.",
    } in (told["gaps"])
    assert len(told["gaps"]) == before.count("absent") - 3  # what is mostly so stands in the file


def test_the_claim_is_taken_from_its_file(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = "specimen/honest"
    assert main(["method", "check", "--run", run, "--claim", said]) == 1
    assert "claim.claim" not in capsys.readouterr().out
    assert main(["method", "new", "--run", run, "--claim", said, "-o", "a.yaml"]) == 0
    text = Path("a.yaml").read_text()
    assert open_claim(said).statement in text
    Path("a.yaml").write_text(text.replace(open_claim(said).statement, "it is the best"))
    capsys.readouterr()
    assert main(["method", "check", "a.yaml", "--run", run, "--claim", said]) == 1
    assert "claim.claim: contradicts the run" in capsys.readouterr().out
    assert main(["method", "check", "good.json", "--claim", said]) == 2


def test_a_file_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["method", "check", "good.json"]) == 0
    assert capsys.readouterr().out == "complete\n"
    Path("bad.json").write_bytes(signed_bytes(without("people", "funding", "TBD")))
    assert main(["method", "check", "bad.json"]) == 1
    assert "people.funding: absent" in capsys.readouterr().out
    assert main(["method", "check"]) == 2
    assert main(["method", "check", "none.yaml"]) == 2


def test_a_file_against_its_run(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["method", "check", "good.json", "--run", run]) == 1
    assert "data.n: contradicts the run. the run says 1" in capsys.readouterr().out


def test_what_a_file_says_cant_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x9b31m\u202eevil"
    Path("bad.json").write_text(json.dumps(without("model", "public", hostile)))
    assert main(["method", "check", "bad.json"]) == 1
    Path("name.json").write_text(json.dumps(without("data", "name", hostile)))
    for target in ("nist-ai-800-2", "stream", "croissant"):
        assert main(["method", "export", "name.json", "--to", target]) == 0
    said = capsys.readouterr()
    assert not {"\x9b", "\u202e"} & set(said.out + said.err)


def test_exports(capsys: pytest.CaptureFixture[str]) -> None:
    for target, title in (("nist-ai-800-2", "# Evaluation report"), ("stream", "# Checklist")):
        assert main(["method", "export", "good.json", "--to", target]) == 0
        assert capsys.readouterr().out.startswith(title)
    assert (
        main(["method", "export", "good.json", "--to", "croissant", "--set", "url=https://example.org/a=b"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["url"] == "https://example.org/a=b"
    assert main(["method", "export", "good.json", "--to", "croissant", "--set", "url"]) == 2
    assert main(["method", "export", "good.json", "--to", "stream", "--set", "url=x"]) == 2
    assert main(["method", "export", "good.json", "--to", "stream", "-o", "a.md"]) == 0
    assert main(["method", "export", "good.json", "--to", "stream", "-o", "a.md"]) == 5
    assert Path("a.md").read_text().startswith("# Checklist")


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["method", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()
