"""What the page says that the audits said is what the truth table allows; and a wrong answer is found."""

from __future__ import annotations

from dataclasses import replace

from tests.lab.trials import BLOCK, Trial, table
from tests.lab.truth import PAGE, QUESTIONS, TRUTH


def found() -> dict[str, dict[str, str]]:
    block = BLOCK.search(PAGE.read_text("utf-8"))
    assert block is not None
    head, _, *rows = (
        [cell.strip(" *`") for cell in line.split("|")[1:-1]] for line in block[0].splitlines()[1:-1]
    )
    return {row[0]: dict(zip(head, row, strict=True)) for row in rows}


def test_every_case_was_tried_and_none_said_what_it_may_not() -> None:
    rows = found()
    assert set(rows) == set(TRUTH)
    for name, row in rows.items():
        truth = TRUTH[name]
        assert all(row[question] in truth["answers"][question] for question in QUESTIONS), name
        assert (row["verdict"], row["exit"]) == (truth["verdict"], str(truth["exit_status"]))


def test_a_wrong_answer_a_wrong_verdict_and_a_wrong_status_are_told() -> None:
    truth = TRUTH["specimen/honest"]
    told = {
        "verdict": truth["verdict"],
        "findings": [
            {
                "question": question,
                "answer": truth["answers"][question][0],
                "effect": {"value": 1.0, "low": 0.0, "high": 2.0},
            }
            for question in QUESTIONS
        ],
    }
    right = Trial("specimen/honest", truth["exit_status"], told, 1.0)
    assert right.wrong == [] and "+1.0 [+0.0, +2.0]" in table([right])
    assert replace(right, status=1).wrong == ["exit 1, not 0"]
    accused = {**told, "verdict": "refuted"}
    assert replace(right, told=accused).wrong == ["verdict refuted, not supported"]
    said = [
        {**each, "answer": "no"} if each["question"] == "reproduces" else each for each in told["findings"]
    ]
    assert replace(right, told={**told, "findings": said}).wrong == ["reproduces: no, not yes"]
