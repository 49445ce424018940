"""`fairtrial power`: one sentence, one number, and no answer to a question that makes no sense."""

from __future__ import annotations

import json

import pytest

from fairtrial.cli import main
from fairtrial.metrics.power_plan import plan_power


def test_the_sentence_states_n_and_what_it_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--difference", "0.05", "--baseline", "0.8"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    n = plan_power(0.05, baseline=0.8).n
    assert text.startswith(
        "To find a difference of 5.0 points from 80.0 % with probability 80% at level 0.95, run"
    )
    assert f"run {n:,} samples on every candidate" in text and "(assumed)" in text


def test_every_option_reaches_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--difference 0.04 --baseline 0.7 --level 0.99 --power 0.9 --discordant 0.2 --candidates 3"
    assert main(["power", *words.split(), "--json"]) == 0
    plan = plan_power(0.04, baseline=0.7, level=0.99, power=0.9, discordant=0.2, candidates=3)
    assert json.loads(capsys.readouterr().out) == plan.to_json()
    assert main(["power", "--correlation", "0.9", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == plan_power(0.05, correlation=0.9).to_json()


@pytest.mark.parametrize(
    "words",
    [
        "--difference 0",
        "--difference 1",
        "--difference 5",
        "--difference nan",
        "--baseline 80",
        "--baseline nan",
        "--level 1",
        "--power 0",
        "--power nan",
        "--discordant 0.01",
        "--discordant 0.2 --correlation 0.5",
        "--correlation 1",
        "--correlation nan",
        "--candidates 1",
        "--difference 0.6 --baseline 0.5",
    ],
)
def test_what_cannot_be_planned_for_is_wrong_use(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", *words.split(), "--json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["exit"] == 2 and "fairtrial: " in told.err
