"""Scorers: every state of the fault table, the values under other readings, and targets refused at load."""

from __future__ import annotations

import pytest

from fairtrial.core.canon import digest
from fairtrial.core.errors import ProviderError, UnknownName, UsageError
from fairtrial.core.output import Loglik, Output
from fairtrial.core.record import AS_IT_STANDS
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import LikelihoodChoice, parse_scorer

SUM = Sample("s", "9 + 9?", ("18",))
CITY = Sample("c", "Capital of Italy?", ("B",), ("Paris", "Rome", "Oslo"))


@pytest.mark.parametrize(
    ("output", "state", "value", "stands"),
    [
        (Output("it is 18", "stop"), "right", 1.0, 1.0),
        (Output("it is 18", "unknown"), "right", 1.0, 1.0),
        (Output("it is 17", "stop"), "wrong", 0.0, 0.0),
        (Output("no idea", "stop"), "unparsed", 0.0, 0.0),
        (Output(None, "stop"), "unparsed", 0.0, 0.0),
        (Output(" \n", "stop"), "unparsed", 0.0, 0.0),
        (Output(None, "tool"), "unparsed", 0.0, 0.0),
        (Output("18", "tool"), "unparsed", 0.0, 0.0),
        (Output("it is 18", "length"), "truncated", 0.0, 1.0),
        (Output("it is 17", "length"), "truncated", 0.0, 0.0),
        (Output(None, "length"), "truncated", 0.0, 0.0),
        (Output("18", "refused"), "refused", 0.0, 0.0),
        (Output("18", "stop", refusal="I can't"), "refused", 0.0, 0.0),
    ],
)
def test_states(output: Output, state: str, value: float, stands: float) -> None:
    score = parse_scorer("number")(output, SUM)
    assert (score.state, score.value, score.others[AS_IT_STANDS]) == (state, value, stands)


def test_every_record_has_the_same_others() -> None:
    scorer = parse_scorer("number")
    outputs = [Output("18"), Output(None), Output("x"), Output("18", "length"), Output("18", "refused")]
    names = {frozenset(scorer(output, SUM).others) for output in outputs}
    assert names == {frozenset({AS_IT_STANDS, "number after a marker", "the whole answer"})}


def test_a_cut_answer_is_cut_under_every_reading() -> None:
    scorer = parse_scorer("number")
    assert scorer(Output("A: 18", "stop"), SUM).others["number after a marker"] == 1
    assert scorer(Output("A: 18", "length"), SUM).others["number after a marker"] == 0


def test_a_short_budget_on_purpose() -> None:
    scorer = parse_scorer("choice", short_answers=True)
    assert scorer(Output("B", "length"), CITY).state == "right"
    assert scorer(Output("The capital", "length"), CITY).state == "truncated"
    assert parse_scorer("choice")(Output("B", "length"), CITY).state == "truncated"


@pytest.mark.parametrize(
    ("name", "target", "text", "state"),
    [
        ("exact", "Rome", " Rome\n", "right"),
        ("exact", "New  York", "New York", "right"),
        ("exact", "Rome", "rome", "wrong"),
        ("exact", "Rome", "Rome.", "wrong"),
        ("includes", "Rome", "I think ROME.", "right"),
        ("includes", "Rome", "Paris", "wrong"),
        (r"regex:Answer: (\w+)", "5", "Answer: 5", "right"),
        (r"regex:Answer: (\w+)", "5", "Answer: 6", "wrong"),
        (r"regex:Answer: (\w+)", "5", "5", "unparsed"),
        ("number", "1,000", "1000.0", "right"),
        ("number", "0.5", "1/2", "right"),
        ("json", '{"a": [1, null]}', '```json\n{"a": [1.0, null]}\n```', "right"),
        ("json", '{"a": 1}', '{"a": true}', "wrong"),
        ("json", '{"a": 1}', '{"a": 1', "unparsed"),
    ],
)
def test_text_scorers(name: str, target: str, text: str, state: str) -> None:
    assert parse_scorer(name)(Output(text, "stop"), Sample("x", "?", (target,))).state == state


def test_any_of_several_targets() -> None:
    either = Sample("x", "?", ("Rome", "Roma"))
    assert parse_scorer("exact")(Output("Roma"), either).value == 1
    assert parse_scorer("exact")(Output("rome."), either).others["case and full stop aside"] == 1


@pytest.mark.parametrize(
    ("tolerance", "relative", "text", "right"),
    [
        (0.1, None, "18.1", True),
        (0.1, None, "18.11", False),
        (0.1, None, "17.9", True),
        (None, 0.01, "18.18", True),
        (None, 0.01, "18.19", False),
        (None, None, "18.0000001", False),
    ],
)
def test_tolerance_is_decimal_and_inclusive(
    tolerance: float | None, relative: float | None, text: str, right: bool
) -> None:
    scorer = parse_scorer("number", tolerance=tolerance, relative_tolerance=relative)
    assert (scorer(Output(text), SUM).value == 1) is right


@pytest.mark.parametrize(
    ("name", "sample", "told"),
    [
        ("exact", Sample("r", "?", ()), "no target"),
        ("exact", Sample("r", "?", (" ",)), "no target"),
        ("number", Sample("r", "?", ("many",)), "is no number"),
        ("choice", Sample("r", "?", ("E",), ("x", "y")), "none of its choices"),
        ("choice", Sample("r", "?", ("A",), ("x",)), "1 choices"),
        ("json", Sample("r", "?", ('{"a": NaN}',)), "no strict JSON"),
    ],
)
def test_targets_that_no_answer_meets_are_refused(name: str, sample: Sample, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        parse_scorer(name).check_target(sample)
    assert "'r'" in str(caught.value)


def test_names() -> None:
    with pytest.raises(UnknownName, match="number"):
        parse_scorer("nubmer")
    with pytest.raises(UnknownName):
        parse_scorer("exact:x")
    with pytest.raises(UsageError, match="pattern"):
        parse_scorer("regex:")
    with pytest.raises(UsageError, match="tolerance"):
        parse_scorer("exact", tolerance=0.1)
    with pytest.raises(UsageError, match="tolerance"):
        parse_scorer("number", tolerance=float("nan"))


def test_form_names_all_that_marks() -> None:
    forms = [
        parse_scorer("number").form,
        parse_scorer("number", tolerance=0.5).form,
        parse_scorer("number", short_answers=True).form,
        parse_scorer("regex:a").form,
        parse_scorer("regex:b").form,
        LikelihoodChoice().form,
        LikelihoodChoice("characters", ("none",)).form,
    ]
    assert len({digest(form) for form in forms}) == len(forms)
    assert {form["metric"] for form in forms} == {"accuracy", "acc", "acc_norm"}


def test_a_pattern_out_of_time_gives_no_score() -> None:
    scorer = parse_scorer(r"regex:(a|aa)+$")
    with pytest.raises(UsageError, match="needs more than"):
        scorer(Output("a" * 60 + "b"), SUM)


def _logliks(*values: float) -> Output:
    return Output(None, "stop", logliks=tuple(map(Loglik, values)))


def test_likelihood() -> None:
    # Per character -6/5, -5/4, -4/4; per byte the same, these being ASCII.
    output = _logliks(-6.0, -5.0, -4.0)
    assert LikelihoodChoice()(output, CITY).answer == "C"
    score = LikelihoodChoice("characters", ("none", "bytes"))(_logliks(-5.0, -4.5, -4.4), CITY)
    assert score.answer == "A"  # -1.0, -1.125, -1.1
    assert score.others == {"acc": 0.0, "acc_bytes": 0.0}
    assert LikelihoodChoice()(_logliks(-1.0, -1.0, -2.0), CITY).answer == "A"


def test_bytes_are_not_characters() -> None:
    snow = Sample("n", "?", ("A",), ("雪雪", "snow"))
    output = _logliks(-3.0, -4.0)  # per character -1.5, -1.0; per byte -0.5, -1.0
    assert LikelihoodChoice("characters")(output, snow).state == "wrong"
    assert LikelihoodChoice("bytes")(output, snow).state == "right"


@pytest.mark.parametrize(
    "values", [(), (-1.0, -2.0), (-1.0, -2.0, float("nan")), (-1.0, -2.0, float("-inf")), (-1.0, -2.0, 0.5)]
)
def test_broken_log_probabilities_give_no_score(values: tuple[float, ...]) -> None:
    with pytest.raises(ProviderError) as caught:
        LikelihoodChoice()(_logliks(*values), CITY)
    assert caught.value.cause == "bad-logprobs"
    assert not caught.value.retryable


def test_an_empty_choice_has_no_length() -> None:
    sample = Sample("e", "?", ("A",), ("x", ""))
    LikelihoodChoice().check_target(sample)
    with pytest.raises(UsageError, match="empty choice"):
        LikelihoodChoice("bytes").check_target(sample)
