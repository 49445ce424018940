"""`fairtrial claim`: flags, files, runs; a value whose unit isn't stated is never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairtrial.cli import main
from fairtrial.lab.cases import NAMES
from fairtrial.lab.claims import open_claim
from tests.cli.test_init import Terminal

HUB = "- dataset: {id: openai/gsm8k, task_id: gsm8k}\n  value: 20.90\n  verifyToken: SECRET\n"
NEW = ("claim", "new", "--model", "vendor/m", "--benchmark", "gsm8k", "--metric", "accuracy")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_new_writes_a_claim_that_is_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NEW, "--value", "0.850", "--n", "1319", "--shots", "5", "--system", ""]) == 0
    claim = open_claim("claim.yaml")
    assert (claim.value, claim.decimals, claim.conditions.shots, claim.conditions.system) == (0.85, 3, 5, "")
    assert "undisclosed: prompt, temperature" in capsys.readouterr().err
    assert main([*NEW, "--value", "0.850", "--n", "1319"]) == 5
    assert "--force" in capsys.readouterr().err
    assert main(["claim", "list", "claim.yaml"]) == 0
    assert "vendor/m has accuracy 0.850 on gsm8k" in capsys.readouterr().out


def test_new_refuses_what_is_no_claim_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NEW, "--value", "85.5"]) == 2
    told = capsys.readouterr().err
    assert "above 1" in told and "0.855 for 85.5 %" in told and "n: 1319" in told
    assert main([*NEW, "--value", "many", "--n", "1319"]) == 2
    assert main([*NEW, "--value", "1e-99999999", "--n", "1319"]) == 2
    assert not Path("claim.yaml").exists()


def test_the_list_names_the_bundled_claims(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claim", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["claims"]
    assert [each["name"] for each in listed] == list(NAMES)
    assert all(each["statement"] and each["family"] == "arithmetic" for each in listed)
    told = {each["name"]: (each["served"], each["tested"], each["attempts"]) for each in listed}
    assert told["specimen/swapped"] == ("specimen/honest", "specimen/cheat", None)
    assert told["specimen/best-of-ten"] == ("specimen/honest", "specimen/honest", 10)
    assert main(["claim", "list"]) == 0
    assert "served: specimen/honest-int4; tested: specimen/honest\n" in capsys.readouterr().out
    assert main(["claim", "list", "specimen/tuned-prompt"]) == 0
    assert "the best of 32 registered attempts" in capsys.readouterr().out
    assert main(["claim", "list", "specimen/tuned"]) == 2


def test_a_foreign_file_leaves_open_what_it_leaves_open(capsys: pytest.CaptureFixture[str]) -> None:
    Path("hub.yaml").write_text(HUB, "utf-8")
    assert main(["claim", "from", "hub.yaml"]) == 0
    out, err = capsys.readouterr()
    assert "# value:" in out and "# n:" in out and "lost: units-unknown" in err and "SECRET" not in out + err
    words = [
        "claim",
        "from",
        "hub.yaml",
        "--unit",
        "percent",
        "--n",
        "1319",
        "--metric",
        "accuracy",
        "--model",
        "m",
    ]
    assert main([*words, "-o", "c.yaml"]) == 0
    assert open_claim("c.yaml").value == 0.209
    assert main([*words[:-2], "--n", "2000", "--model", "m"]) == 2
    Path("hub.yaml").write_text(HUB + HUB, "utf-8")
    capsys.readouterr()
    assert main(["claim", "from", "hub.yaml"]) == 2
    assert "--entry" in capsys.readouterr().err
    assert main(["claim", "from", "hub.yaml", "--entry", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"units-unknown", "aggregate-only"} <= {each["code"] for each in told["losses"]}


def test_a_file_that_states_it_is_not_overruled(capsys: pytest.CaptureFixture[str]) -> None:
    Path("hub.yaml").write_text(HUB, "utf-8")
    assert main(["claim", "from", "hub.yaml", "--entry", "3"]) == 2
    assert "no entry 3" in capsys.readouterr().err
    assert main(["claim", "from", "nothing.yaml"]) == 2


def test_a_terminal_is_asked_for_what_a_claim_cant_do_without(folder: Path) -> None:
    terminal = Terminal(folder, "claim", "new", "--model", "vendor/m")
    for question, answer in (
        ("Benchmark", "gsm8k"),
        ("Metric", "accuracy"),
        ("Score", "0.5"),
        ("Items", "1319"),
        ("Where", "a card"),
    ):
        terminal.expect(question)
        terminal.type(answer + "\n")
    terminal.expect("wrote claim.yaml")
    assert terminal.end() == 0
    assert open_claim("claim.yaml").source == "a card"
