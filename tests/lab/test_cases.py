"""The bundled cases, and the table of what a sound audit may say of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairtrial import Lab
from fairtrial.audit.verdict import NEVER, answerable, outcome
from fairtrial.core.errors import IntegrityError, UnknownName
from fairtrial.core.evidence import Effect, Evidence, Finding
from fairtrial.lab import cases
from fairtrial.lab.cases import NAMES, bundled_cases, open_case
from fairtrial.lab.claim_task import claim_task
from fairtrial.specimens.files import card, names
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


def test_every_case_stands_in_the_table_and_is_about_models_that_ship() -> None:
    found = bundled_cases()
    assert list(found) == list(NAMES) and set(TRUTH) == set(NAMES)
    for name, case in found.items():
        assert case == open_case(name) and case.name == name
        assert case.claim.model == case.tested and case.claim.conditions.undisclosed == ()
        for model in (case.served, case.tested):
            assert model.removeprefix("specimen/") in names()
    with pytest.raises(UnknownName, match="swapped"):
        open_case("specimen/swaped")


def test_served_is_another_than_tested_where_that_was_planted() -> None:
    other = {
        name: (case.tested, case.served)
        for name, case in bundled_cases().items()
        if case.served != case.tested
    }
    assert other == {
        "specimen/int4-as-original": ("specimen/honest", "specimen/honest-int4"),
        "specimen/swapped": ("specimen/cheat", "specimen/honest"),
    }


def test_a_claim_states_what_its_models_card_measured_unless_it_was_picked() -> None:
    for case in bundled_cases().values():
        told = card(case.tested.removeprefix("specimen/"))["measured"]["published"]
        if case.register is None:
            assert (case.claim.value, case.claim.n) == (told["value"], told["n"])
        else:
            assert case.claim.n == told["n"]


@pytest.mark.parametrize("name", ["specimen/tuned-prompt", "specimen/best-of-ten"])
def test_the_best_of_the_registered_attempts_is_claimed(name: str) -> None:
    case = open_case(name)
    found = case.register
    assert found is not None and case.claim.value is not None
    scores = [each.value or 0.0 for each in found.rows]
    assert (
        len({each.label for each in found.rows}) == len({each.run for each in found.rows}) == found.attempts
    )
    assert round(max(scores), 4) == round(case.claim.value, 4) and found.best_claimed(case.claim.value)
    # A choice that changed nothing would be none.
    assert max(scores) > sorted(scores)[len(scores) // 2]


def test_the_registers_hold_what_the_recipe_tries() -> None:
    prompts, seeds = (open_case(f"specimen/{each}") for each in ("tuned-prompt", "best-of-ten"))
    assert prompts.register is not None and seeds.register is not None
    assert prompts.register.attempts == 32 and not prompts.register.complete
    assert [each.label for each in seeds.register.rows] == [f"seed {at}" for at in range(1, 11)]
    assert seeds.register.complete and seeds.claim.conditions.temperature == 0.7
    words = prompts.claim.conditions.prompt
    assert words in {each.label for each in prompts.register.rows}
    assert words != open_case("specimen/honest").claim.conditions.prompt


@pytest.mark.parametrize("name", ["specimen/tuned-prompt", "specimen/best-of-ten"])
def test_an_attempt_is_the_run_that_the_register_names(name: str) -> None:
    """Plan digests of what the recipe asks, made here anew: nobody can have written the register by hand."""
    case = open_case(name)
    assert case.register is not None
    lab, task = Lab(), claim_task(Lab(), case.claim)
    best = max(case.register.rows, key=lambda each: each.value or 0.0)
    if best.label.startswith("seed "):
        seed = int(best.label.removeprefix("seed "))
        task = replace(task, decoding=replace(task.decoding, seed=seed))
    plan, _ = lab.plan(task, case.tested)
    assert plan.digest == best.run


def test_a_tuned_prompts_score_comes_out_again(tmp_path: Path) -> None:
    """On the first 60 items, in the claimed words; the recipe asked all."""
    case = open_case("specimen/tuned-prompt")
    run = Lab(tmp_path, environ={}).run(claim_task(Lab(), case.claim), case.served, limit=60)
    assert run.summary.primary is not None and run.summary.primary.n == 60
    assert abs(run.summary.primary.value - (case.claim.value or 0)) < 0.15


def test_a_damaged_register_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "files", lambda package: tmp_path)
    with pytest.raises(IntegrityError, match=r"tuned-prompt\.claim\.yaml"):
        open_case("specimen/tuned-prompt")
