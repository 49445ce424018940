"""The rule that makes findings a verdict, over every combination of answers, against the design's sentence."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest

from fairtrial.audit.verdict import NEVER, answerable, outcome
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Answer, Asked, Effect, Evidence, Finding, Tier

ANSWERS: tuple[Answer, ...] = get_args(Answer)
EFFECT = Effect(1.0, 0.5, 1.5, "points", 0.95, "made up")


def evidence(question: Asked, tier: Tier) -> Evidence:
    return Evidence("a probe", tier, question, "a null", "text", 10, 1.0, 0.5, 1.0, 0.01, EFFECT, None)


def finding(question: Asked, answer: Answer, tier: Tier = "proof") -> Finding:
    return Finding(question, answer, "because", evidence(question, tier))


def expected(told: dict[str, str], fresh_form: bool) -> str:
    """The design page's sentence, word by word."""
    if told["reproduces"] == "no" or told["inflated"] == "yes" or told["same-model"] == "no":
        return "refuted"
    not_inflated = told["inflated"] == "no" or not fresh_form
    if told["reproduces"] == "yes" and not_inflated and told["seen"] != "yes" and told["tuned"] != "yes":
        return "supported"
    return "inconclusive"


def test_every_combination_of_answers_follows_the_rule() -> None:
    questions: tuple[Asked, ...] = ("reproduces", "inflated", "seen", "tuned", "same-model")
    possible = [[each for each in ANSWERS if NEVER.get(question) != each] for question in questions]
    seen = set()
    for answers, fresh_form in product(product(*possible), (True, False)):
        told = dict(zip(questions, answers, strict=True))
        found = outcome([finding(*pair) for pair in told.items()], fresh_form=fresh_form)
        assert found == expected(told, fresh_form), (told, fresh_form)
        seen.add(found)
    assert seen == {"refuted", "supported", "inconclusive"}


@pytest.mark.parametrize("answer", ["yes", "no", "undetermined"])
def test_disclosure_never_decides(answer: Any) -> None:
    told = [finding("reproduces", "yes"), finding("inflated", "no")]
    assert outcome([*told, Finding("disclosed", answer, "")], fresh_form=True) == "supported"


def test_without_findings_nothing_is_said() -> None:
    assert outcome([], fresh_form=False) == "inconclusive"


@pytest.mark.parametrize(("question", "answer"), [("seen", "no"), ("same-model", "yes")])
def test_what_behaviour_can_not_show_is_refused(question: Any, answer: Any) -> None:
    with pytest.raises(UsageError, match="from behaviour"):
        answerable(finding(question, answer))


@pytest.mark.parametrize(
    ("question", "answer"), [("inflated", "yes"), ("inflated", "no"), ("seen", "yes"), ("same-model", "no")]
)
@pytest.mark.parametrize("tier", ["strong", "weak", None])
def test_only_proof_answers_the_three_accusing_questions(question: Any, answer: Any, tier: Any) -> None:
    found = Finding(question, answer, "because") if tier is None else finding(question, answer, tier)
    with pytest.raises(UsageError, match="evidence"):
        outcome([found], fresh_form=True)


def test_two_findings_on_one_question_are_refused() -> None:
    with pytest.raises(UsageError, match="two findings on seen"):
        outcome([finding("seen", "yes"), finding("seen", "undetermined")], fresh_form=True)
