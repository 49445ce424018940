"""From an answer to a trial, from a ruling to a score: states, other readings, cut answers, the plan."""

from __future__ import annotations

import dataclasses

import pytest

from fairtrial.core.code_text import ALL, FIRST
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Exam, ExecutedScorer, Ruling, Trial
from fairtrial.core.output import Output
from fairtrial.core.record import AS_IT_STANDS, DERIVED, Score
from fairtrial.core.sample import Sample
from fairtrial.evals.code_scorer import KEPT, CodeScorer

HEAD = 'def f(x):\n    """Half of x."""\n'
WHOLE = "def f(x):\n    return x / 2\n"
SAMPLE = Sample("s", HEAD, ("    return x / 2\n",))
EXAM = Exam(
    "f", HEAD + "    return x / 2\n", test="def check(candidate):\n    assert candidate(4) == 2\n", further=9
)
CHAT = CodeScorer({"s": EXAM}, after_prompt=True)
COMPLETION = CodeScorer({"s": EXAM}, "completion", stops=("\ndef",))
PASSED, FAILED = Ruling(True, calls=1), Ruling(False, "wrong-answer")


def trial(output: Output, scorer: CodeScorer = CHAT) -> Trial:
    found = scorer.trial(output, SAMPLE)
    assert isinstance(found, Trial)
    return found


def test_it_is_an_executed_scorer() -> None:
    assert isinstance(CHAT, ExecutedScorer)


@pytest.mark.parametrize("scorer", [CHAT, COMPLETION])
@pytest.mark.parametrize(
    ("output", "state"),
    [
        (Output(WHOLE, "refused"), "refused"),
        (Output(None, "stop", refusal="no"), "refused"),
        (Output(WHOLE, "tool"), "unparsed"),
        (Output(None, "stop"), "unparsed"),
        (Output(" \n", "stop"), "unparsed"),
        (Output("", "length"), "truncated"),
    ],
)
def test_what_holds_no_program_is_scored_at_once(scorer: CodeScorer, output: Output, state: str) -> None:
    score = scorer.trial(output, SAMPLE)
    assert isinstance(score, Score) and score.state == state
    assert set(score.others.values()) == {0.0} and AS_IT_STANDS in score.others and DERIVED in score.others


def test_prose_alone_is_unparsed_and_cut_prose_truncated() -> None:
    assert CHAT.trial(Output("Let me think.", "stop"), SAMPLE).state == "unparsed"  # type: ignore[union-attr]
    assert CHAT.trial(Output("Let me think", "length"), SAMPLE).state == "truncated"  # type: ignore[union-attr]


def test_a_program_stands_behind_the_prompt_or_by_itself() -> None:
    answer = Output(f"```python\n{WHOLE}```", "stop")
    assert trial(answer).program == f"{HEAD}\n{WHOLE}" and trial(answer).exam is EXAM
    alone = trial(answer, CodeScorer({"s": EXAM}))
    assert alone.program == WHOLE and alone.readings == {}


def test_the_ruling_is_the_score() -> None:
    answer = Output(f"```python\n{WHOLE}```", "stop")
    right, wrong = CHAT.score(PASSED, answer, SAMPLE), CHAT.score(FAILED, answer, SAMPLE)
    assert (right.state, right.value, right.answer) == ("right", 1.0, WHOLE)
    assert (wrong.state, wrong.value, wrong.answer) == ("wrong", 0.0, WHOLE)
    assert set(right.others) == set(wrong.others) == {AS_IT_STANDS, FIRST, ALL, DERIVED}
    assert set(right.others.values()) == {1.0} and set(wrong.others.values()) == {0.0}


@pytest.mark.parametrize(("further", "value"), [(None, 1.0), (True, 1.0), (False, 0.0)])
def test_derived_inputs_are_told_beside_the_score_and_never_in_it(further: bool | None, value: float) -> None:
    answer = Output(f"```python\n{WHOLE}```", "stop")
    score = CHAT.score(dataclasses.replace(PASSED, further=further), answer, SAMPLE)
    assert score.state == "right" and score.others[DERIVED] == value
    none_asked = CodeScorer({"s": dataclasses.replace(EXAM, further=0)}, after_prompt=True)
    assert DERIVED not in none_asked.score(PASSED, answer, SAMPLE).others


def test_readings_that_differ_are_tried_and_told() -> None:
    answer = Output(f"```python\ndef f(x):\n    return x\n```\nNo:\n```python\n{WHOLE}```", "stop")
    found = trial(answer)
    assert set(found.readings) == {FIRST, ALL}
    score = CHAT.score(dataclasses.replace(PASSED, others={FIRST: False, ALL: True}), answer, SAMPLE)
    assert score.state == "right" and (score.others[FIRST], score.others[ALL]) == (0.0, 1.0)
    same = trial(Output(f"```python\n{WHOLE}```", "stop"))
    assert same.readings == {}, "the same program is not tried again"


def test_a_cut_answer_earns_nothing_and_is_told_as_it_stands() -> None:
    answer = Output(f"```python\n{WHOLE}```\nThis works bec", "length")
    found = trial(answer)
    assert found.exam.further == 0 and found.readings == {}
    score = CHAT.score(PASSED, answer, SAMPLE)
    assert (score.state, score.value) == ("truncated", 0.0)
    assert score.others == {AS_IT_STANDS: 1.0, FIRST: 0.0, ALL: 0.0, DERIVED: 0.0}


def test_a_completion_that_reached_a_stop_string_was_not_cut() -> None:
    ended = Output("    return x / 2\n\ndef g(", "length")
    assert trial(ended, COMPLETION).program == HEAD + "    return x / 2\n"
    assert COMPLETION.score(PASSED, ended, SAMPLE).state == "right"
    cut = Output("    return x / 2\n", "length")
    assert COMPLETION.score(PASSED, cut, SAMPLE).state == "truncated"


def test_a_long_program_is_tried_whole_and_kept_in_part() -> None:
    answer = Output(f"```python\n{WHOLE}# {'x' * 2 * KEPT}\n```", "stop")
    assert len(trial(answer).program) > 2 * KEPT
    assert len(CHAT.score(PASSED, answer, SAMPLE).answer or "") == KEPT


def test_the_form_names_rule_readings_and_exams() -> None:
    form = CHAT.form
    assert form["metric"] == "pass@1" and form["alternatives"] == [AS_IT_STANDS, FIRST, ALL, DERIVED]
    assert "last block" in str(form["extractor"])
    changed = CodeScorer({"s": dataclasses.replace(EXAM, test=EXAM.test + "    assert candidate(0) == 0\n")})
    assert changed.form["exams"] != form["exams"], "another test is another plan"
    big = dataclasses.replace(EXAM, inputs=((2**80, [1.5]),))
    assert CodeScorer({"s": big}).form["exams"] != form["exams"]


def test_a_sample_without_an_exam_is_refused_at_load() -> None:
    CHAT.check_target(SAMPLE)
    with pytest.raises(UsageError, match="no exam"):
        CHAT.check_target(Sample("t", "", ()))
