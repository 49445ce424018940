"""A task file from the folder to the score, by a model that is a Python function."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from fairtrial.lab import Lab
from tests.evals.lmeval.files import ROWS, write_rows, write_task

MODEL = """
CITIES = {"Ghana": "Accra", "Peru": "LIMA", "Laos": "Paris"}

def answer(prompt):
    return "It is " + CITIES[prompt.split()[-1].rstrip("?")]

def loglikelihood(context, continuations):
    right = CITIES[context.split()[-1].rstrip("?")]
    return [(-1.0, True) if each.strip().lower() == right.lower() else (-9.0, False) for each in continuations]

answer.loglikelihood = loglikelihood
"""
GENERATE = {
    "filter_list": [
        {
            "name": "is",
            "filter": [{"function": "regex", "regex_pattern": r"is (\w+)"}, {"function": "take_first"}],
        },
        {"name": "all", "filter": [{"function": "take_first"}]},
    ]
}
CHOICE = {"output_type": "multiple_choice", "doc_to_choice": ["Accra", "Lima", "Vientiane", "Paris"]}
LAST = {"output_type": "loglikelihood", "doc_to_target": " {{city}}"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (GENERATE, {"exact_match": 1 / 3, "all": 0.0}),
        (
            {**GENERATE, "metric_list": [{"metric": "exact_match", "ignore_case": True}]},
            {"exact_match": 2 / 3},
        ),
        (CHOICE, {"acc": 2 / 3, "acc_norm": 2 / 3}),
        (LAST, {"acc": 2 / 3}),
    ],
)
def test_a_task_file_is_asked_and_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any], expected: dict[str, float]
) -> None:
    (tmp_path / "model_of_capitals.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("model_of_capitals", None)
    write_rows(tmp_path, ROWS)
    run = Lab(tmp_path / "runs").run(str(write_task(tmp_path, **keys)), "python:model_of_capitals:answer")
    assert run.summary.status == "complete"
    found = {each.metric: each.value for each in run.summary.metrics} | {
        each.metric: each.value for each in run.summary.others
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), (name, found)
