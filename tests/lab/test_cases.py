"""The bundled cases, and the table of what a sound audit may say of them."""

from __future__ import annotations

from typing import Any

import pytest

from fairtrial.audit.verdict import NEVER, answerable, outcome
from fairtrial.core.evidence import Effect, Evidence, Finding
from tests.lab.truth import PAGE, QUESTIONS, TRUTH, table


def test_the_page_shows_the_table() -> None:
    assert table() in PAGE.read_text("utf-8")


def proof(question: Any) -> Evidence:
    return Evidence(
        probe="made up",
        tier="proof",
        question=question,
        null="-",
        access="text",
        n=600,
        statistic=0.0,
        p=0.5,
        e=1.0,
        alpha=0.01,
        effect=Effect(0.0, -1.0, 1.0, "points", 0.98, "-"),
        mde=1.0,
    )


@pytest.mark.parametrize("name", TRUTH)
def test_every_allowed_answer_leads_to_the_verdict(name: str) -> None:
    """By the rule alone, whichever of the allowed answers are given; and none that behaviour can't show."""
    told = TRUTH[name]
    assert tuple(told["answers"]) == QUESTIONS
    combinations: list[list[Finding]] = [[]]
    for question, allowed in told["answers"].items():
        assert NEVER.get(question) not in allowed
        found = [answerable(Finding(question, each, "-", proof(question))) for each in allowed]
        combinations = [[*before, each] for before in combinations for each in found]
    assert {outcome(each, fresh_form=True) for each in combinations} == {told["verdict"]}
    assert told["exit_status"] == {"supported": 0, "refuted": 1, "inconclusive": 10}[told["verdict"]]
