"""From a file of rows to a task, and what each scorer makes of real replies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.output import Output
from fairtrial.core.question import Generate
from fairtrial.core.task import Task
from fairtrial.evals.own_task import own_task

CHOICES = {"choices": ["red", "blue"]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def task(*rows: dict[str, Any], **options: Any) -> Task:
    path = Path("cases.jsonl")
    path.write_text("".join(json.dumps({"input": "?", **row}) + "\n" for row in rows))
    return own_task(path, **options)


def refusal(*rows: dict[str, Any], **options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        task(*rows, **options)
    assert caught.value.remedy
    return str(caught.value)


# scorer, row, reply, state
MARKED: list[tuple[str, dict[str, Any], str, str]] = [
    ("exact", {"target": "billing"}, " billing\n", "right"),
    ("exact", {"target": "two  words"}, "two\nwords", "right"),
    ("exact", {"target": ["a", "b"]}, "b", "right"),
    ("exact", {"target": "billing"}, "Billing", "wrong"),
    ("exact", {"target": "billing"}, "billing.", "wrong"),
    ("exact", {"target": "billing"}, "  ", "unparsed"),
    ("includes", {"target": "Oslo"}, "The capital is OSLO.", "right"),
    ("includes", {"target": "Oslo"}, "Bergen", "wrong"),
    ("regex:Answer: (.+)", {"target": "7"}, "Hm.\nAnswer: 7", "right"),
    ("regex:Answer: (.+)", {"target": "7"}, "Answer: 8", "wrong"),
    ("regex:Answer: (.+)", {"target": "7"}, "7", "unparsed"),
    ("regex:[0-9]+", {"target": "7"}, "7 or 8", "right"),
    ("number", {"target": 1200}, "That makes $1,200.00 in all.", "right"),
    ("number", {"target": "1.50"}, "1.5", "right"),
    ("number", {"target": 3}, "4", "wrong"),
    ("number", {"target": 3}, "three", "unparsed"),
    ("choice", {"target": "B", **CHOICES}, "B", "right"),
    ("choice", {"target": "blue", **CHOICES}, "The answer is (B).", "right"),
    ("choice", {"target": 0, **CHOICES}, "B) because", "wrong"),
    ("choice", {"target": "B", **CHOICES}, "I would rather not", "unparsed"),
    ("json", {"target": {"a": 1, "b": [2]}}, '```json\n{"b": [2.0], "a": 1}\n```', "right"),
    ("json", {"target": '{"a": 1}'}, '{"a": "1"}', "wrong"),
    ("json", {"target": {"a": 1}}, "a is 1", "unparsed"),
]


@pytest.mark.parametrize(("scorer", "row", "reply", "state"), MARKED)
def test_a_reply_is_marked(scorer: str, row: dict[str, Any], reply: str, state: str) -> None:
    made = task(row, scorer=scorer)
    found = made.scorer(Output(reply, "stop"), made.samples[0])
    assert found.state == state
    assert found.value == (1.0 if state == "right" else 0.0)


@pytest.mark.parametrize(
    ("reply", "right"), [("3.1", True), ("3.1000001", False), ("2.9", True), ("2.8999", False)]
)
def test_a_tolerance_is_exact_at_its_edge(reply: str, right: bool) -> None:
    made = task({"target": 3}, scorer="number", tolerance=0.1)
    assert made.scorer(Output(reply, "stop"), made.samples[0]).value == float(right)


def test_every_scorer_says_what_another_reading_would_give() -> None:
    made = task({"target": "billing"}, scorer="exact")
    found = made.scorer(Output("Billing.", "stop"), made.samples[0])
    assert found.value == 0.0 and found.others["case and full stop aside"] == 1.0


def test_without_a_scorer_the_rows_decide_and_the_notes_say_so() -> None:
    made = task({"target": "x"})
    assert made.scorer.form["name"] == "exact" and made.chance is None
    assert "No scorer was named: exact was taken, since the rows have no choices." in made.notes
    made = task({"target": "A", **CHOICES}, {"target": ["A", "B"], **CHOICES, "input": "??"})
    assert made.scorer.form["name"] == "choice" and made.chance == 0.75
    assert "No scorer was named: choice was taken, since all rows have choices." in made.notes


def test_what_is_asked() -> None:
    question = task({"target": "x"}).question(task({"target": "x"}).samples[0])
    assert isinstance(question, Generate) and question.prompt == "?"
    made = task({"target": "A", **CHOICES})
    assert "A) red\nB) blue" in made.question(made.samples[0]).prompt  # type: ignore[union-attr]
    made = task({"target": "x", "lang": "en"}, template="{{ lang }}: {{ input }}", system="S")
    question = made.question(made.samples[0])
    assert [(turn.role, turn.content) for turn in question.messages] == [  # type: ignore[union-attr]
        ("system", "S"),
        ("user", "en: ?"),
    ]


def test_its_name_and_origin() -> None:
    made = task({"target": "x"})
    assert (made.name, made.origin.source) == ("cases", "cases.jsonl")
    assert made.origin.digest.startswith("sha256:")
    assert task({"target": "x"}, name="tickets").name == "tickets"


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ([{"target": "x"}], {"scorer": "exakt"}, "no scorer is called 'exakt'"),
        ([{"target": "x"}], {"scorer": "regex"}, "regex has no pattern"),
        ([{"target": "x"}], {"scorer": "regex:("}, "regex"),
        ([{"target": "x"}], {"scorer": "exact", "tolerance": 0.1}, "tolerance has no meaning"),
        ([{"target": "x"}], {"scorer": "python:a:b", "tolerance": 0.1}, "rights|tolerance"),
        ([{"target": 1}], {"scorer": "number", "tolerance": -1.0}, "tolerance is -1"),
        ([{"target": 1}], {"scorer": "number", "tolerance": float("nan")}, "tolerance is nan"),
        ([{"target": "x"}], {"scorer": "choice"}, "choices"),
        ([{"target": "A", **CHOICES}], {"scorer": "number"}, "targets are letters"),
        ([{"target": "A", **CHOICES}], {"scorer": "includes"}, "targets are letters"),
        ([{"target": "A", **CHOICES}, {"target": "x"}], {}, "1 of 2 rows have choices"),
        ([{"target": "x"}], {"slices": ("lang",)}, "no column is called 'lang'"),
        ([{"target": "x", "lang": "en"}], {"slices": ("lnag",)}, "the nearest: lang"),
        ([{"target": "x", "c": 1}, {"target": "y"}], {"cluster": "c"}, "1 rows have no 'c' to cluster by"),
        ([{"target": "x"}], {"template": "{{ input"}, "template, line 1"),
    ],
)  # fmt: skip
def test_what_makes_no_task(rows: list[dict[str, Any]], options: dict[str, Any], said: str) -> None:
    found = refusal(*rows, **options)
    assert any(each in found for each in said.split("|"))


@pytest.mark.parametrize(
    ("scorer", "fine", "target"), [("number", "3", "three"), ("json", "{}", "{a: 1}"), ("json", "{}", "NaN")]
)
def test_a_target_that_no_reply_could_meet_is_a_bad_row(scorer: str, fine: str, target: str) -> None:
    rows = [{"target": fine}, {"id": "bad", "target": target}, {"id": "worse", "target": target}]
    said = refusal(*rows, scorer=scorer)
    assert "cases.jsonl has 2 bad rows" in said
    assert "sample 'bad'" in said and "sample 'worse'" in said


def test_unknown_names_are_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        task({"target": "x"}, scorer="exakt")
    assert "the nearest: exact" in caught.value.remedy
