"""A record survives its line to the letter; anything else is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.codec import record_json, record_line
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.output import STOPS, ByToken, Loglik, Output, Usage
from fairtrial.core.record import Attempt, Execution, Failure, Record, Score
from fairtrial.core.record_line import parse_record

texts = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates included
maybe = st.none() | texts
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.none() | st.integers(0, 10**12)
seconds = st.floats(0, 1e9)
money = st.decimals(0, 10**6, allow_nan=False, allow_infinity=False).map(lambda amount: f"{amount:f}")
some_tokens = st.integers(0, 4).flatmap(
    lambda n: st.builds(
        lambda logprob, each, moments: Loglik(logprob, None, n, ByToken(each, *moments)),
        numbers,
        st.tuples(*[numbers] * n),
        st.just(()) | st.tuples(st.tuples(*[numbers] * n), st.tuples(*[st.floats(0, 9)] * n)),
    )
)
logliks = st.builds(Loglik, numbers, st.none() | st.booleans(), counts) | some_tokens
outputs = st.builds(
    Output,
    text=maybe,
    stop=st.sampled_from(STOPS),
    reasoning=maybe,
    refusal=maybe,
    logliks=st.lists(logliks, max_size=3).map(tuple),
    usage=st.none() | st.builds(Usage, counts, counts, counts, counts, counts),
    request=texts,
    response=texts,
    status=st.none() | st.integers(100, 599),
    duration_s=st.none() | seconds,
    first_token_s=st.none() | seconds,
    model=maybe,
    fingerprint=maybe,
)
values = st.sampled_from(["wrong", "unparsed", "truncated", "refused"]).map(
    lambda state: (state, 0.0)
) | st.floats(0, 1, exclude_min=True).map(lambda value: ("right" if value == 1 else "partial", value))
results = st.builds(Failure, texts, texts, texts) | st.builds(
    lambda earned, answer, others: Score(*earned, answer, others),
    values,
    maybe,
    st.dictionaries(texts, st.floats(0, 1), max_size=3),
)
sandboxes = st.dictionaries(texts, texts | st.integers(0, 2**40) | st.dictionaries(texts, texts), max_size=3)
records = st.builds(
    Record,
    sample_id=texts,
    epoch=st.integers(1, 9),
    input=texts,
    target=st.lists(texts, max_size=3).map(tuple),
    question=texts,
    result=results,
    output=st.none() | outputs,
    choices=st.lists(texts, max_size=3).map(tuple),
    groups=st.dictionaries(texts, texts, max_size=3),
    attempts=st.lists(st.builds(Attempt, texts, seconds, counts, maybe, seconds), max_size=2).map(tuple),
    cost_usd=st.none() | money,
)


@st.composite
def executed(draw: st.DrawFn) -> Record:
    record = draw(records.filter(lambda record: isinstance(record.result, Score)))
    cause = "" if record.state == "right" else draw(texts)
    execution = Execution(draw(sandboxes), cause, draw(texts), draw(st.integers(0, 10**6)), draw(seconds))
    return dataclasses.replace(record, execution=execution)


@given(records | executed())
def test_what_was_written_is_what_is_read(record: Record) -> None:
    line = record_line(record)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert parse_record(line) == record


def simple(**change: object) -> dict[str, Any]:
    output = Output(
        "2", "stop", logliks=(Loglik(-1.0, True, 2),), usage=Usage(3, 1), status=200, duration_s=0.5
    )
    attempts = (Attempt("2026-01-01T00:00:00.000Z", 0.5, 200),)
    score = Score("right", 1.0, "2", {"other": 0.5})
    record = Record("a", 1, "1 + 1", ("2",), "q", score, output, attempts=attempts, cost_usd="0.10")
    return {**record_json(record), **change}


def test_the_line_that_the_edits_start_from_is_a_good_one() -> None:
    assert parse_record(json.dumps(simple())).cost_usd == "0.10"


def within(key: str, **change: object) -> dict[str, object]:
    """The same record with something changed inside one of its objects."""
    return {key: {**simple()[key], **change}}


GOOD: dict[str, object] = {"logprobs": [-0.5, -0.5], "means": [-1.0, -1.0], "deviations": [1.0, 0.0]}


def tokens(by_token: object) -> dict[str, object]:
    return within("output", logliks=[[-1.0, True, 2, by_token]])


def test_tokens_are_kept_beside_their_sum_and_only_where_there_are_any() -> None:
    kept = parse_record(json.dumps(simple(**tokens(GOOD)))).output
    assert kept is not None
    assert kept.logliks == (Loglik(-1.0, True, 2, ByToken((-0.5, -0.5), (-1.0, -1.0), (1.0, 0.0))),)
    assert simple()["output"]["logliks"] == [[-1.0, True, 2]]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "superb"},
        {"state": "wrong"},
        {"state": "failed"},
        {"failure": {"cause": "x", "message": "y", "remedy": ""}},
        {"score": None},
        {"score": None, "failure": {"cause": "x", "message": "y", "remedy": ""}},
        within("score", value=2.0),
        within("score", value=0.5),
        within("score", value="1"),
        within("score", value=True),
        within("score", others={"other": 1.5}),
        within("score", others={"other": "0.5"}),
        within("score", answer=2),
        within("score", weight=3),
        {"id": 3},
        {"epoch": 0},
        {"epoch": None},
        {"epoch": 1.5},
        {"epoch": "1"},
        {"epoch": True},
        {"target": [1]},
        {"groups": {"subject": 3}},
        {"cost_usd": "NaN"},
        {"cost_usd": "-1"},
        {"cost_usd": "Infinity"},
        {"cost_usd": 0.1},
        {"output": {"text": "no more than this"}},
        within("output", duration_s="fast"),
        within("output", duration_s=-1.0),
        within("output", status="200"),
        within("output", stop="never"),
        within("output", text=["2"]),
        within("output", logliks=[[-1.0, 1, 2]]),
        within("output", logliks=[[-1.0, True]]),
        tokens(None),
        tokens([-0.5, -0.5]),
        tokens({"logprobs": [-0.5, -0.5]}),
        tokens({"logprobs": [-1.0], "means": None, "deviations": None}),
        tokens({"logprobs": [-0.5, "-0.5"], "means": None, "deviations": None}),
        tokens({"logprobs": [-0.5, -0.5], "means": [-1.0, -1.0], "deviations": None}),
        tokens({"logprobs": [-0.5, -0.5], "means": [-1.0, -1.0], "deviations": [1.0]}),
        tokens({"logprobs": [-0.5, -0.5], "means": [-1.0, -1.0], "deviations": [1.0, -1.0]}),
        within("output", logliks=[[-1.0, True, 2, GOOD, GOOD]]),
        within("output", logliks=[[-1.0, True, None, GOOD]]),
        within("output", usage={**simple()["output"]["usage"], "input_tokens": "three"}),
        within("output", usage={**simple()["output"]["usage"], "input_tokens": -1}),
        within("output", usage={"input_tokens": 3}),
        {"attempts": [{"when": "today"}]},
        {"attempts": [{**simple()["attempts"][0], "duration_s": None}]},
        {"note": "a key of another's"},
    ],
)
def test_a_line_that_was_edited_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=r"records\.jsonl, line 7: this line is no record of ours"):
        parse_record(json.dumps(simple(**change)), "records.jsonl, line 7")


def ran(**change: object) -> dict[str, Any]:
    """The same record, of a program that was run."""
    execution = {"sandbox": {"backend": "b"}, "cause": "", "detail": "", "calls": 3, "seconds": 0.5}
    return simple(execution={**execution, **change})


def test_only_what_was_executed_says_so() -> None:
    assert "execution" not in simple()
    assert parse_record(json.dumps(ran())).execution == Execution({"backend": "b"}, calls=3, seconds=0.5)


FAILED = {"state": "failed", "score": None, "failure": {"cause": "x", "message": "y", "remedy": ""}}


@pytest.mark.parametrize(
    "line",
    [
        simple(execution=None),
        simple(execution={}),
        ran(cause="timeout"),
        ran(cause=None),
        ran(calls=-1),
        ran(calls=None),
        ran(seconds="1"),
        ran(seconds=None),
        ran(sandbox="bubblewrap"),
        ran(exit_status=0),
        {**ran(), **FAILED},
    ],
)
def test_an_execution_that_can_t_be_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        parse_record(json.dumps(line))


@pytest.mark.parametrize("key", simple())
def test_a_line_that_lacks_a_key_is_refused(key: str) -> None:
    left = {name: value for name, value in simple().items() if name != key}
    with pytest.raises(IntegrityError):
        parse_record(json.dumps(left))


def test_a_number_too_large_for_a_float_is_refused() -> None:
    text = json.dumps(simple(**within("score", others={"other": 0.25}))).replace("0.25", "1e999")
    with pytest.raises(IntegrityError):
        parse_record(text)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_other_bytes_are_refused_and_nothing_else_happens(line: bytes | str) -> None:
    with pytest.raises(IntegrityError):
        parse_record(line)


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"id": 1, "id": 2}', '{"x": NaN}', "[" * 100_000])
def test_what_is_no_record_at_all_is_refused(line: str) -> None:
    with pytest.raises(IntegrityError):
        parse_record(line)


def holding(number: float) -> dict[str, Record]:
    """One record for every place where a number that nobody has looked at could stand."""
    plain = Record("a", 1, "", (), "q", Score("right", 1.0), output=Output("x"))
    tokens = {
        name: ByToken(**{"logprobs": (-1.0,), name: (-1.0, number)})
        for name in ("logprobs", "means", "deviations")
    }
    outputs = {
        "duration": Output("x", duration_s=number),
        "first token": Output("x", first_token_s=number),
        "log-probability": Output("x", logliks=(Loglik(-1.0), Loglik(number))),
        **{name: Output("x", logliks=(Loglik(-1.0, by_token=each),)) for name, each in tokens.items()},
    }
    return {
        **{name: dataclasses.replace(plain, output=output) for name, output in outputs.items()},
        "attempt": dataclasses.replace(plain, attempts=(Attempt("now", 0.5), Attempt("now", number))),
        "wait": dataclasses.replace(plain, attempts=(Attempt("now", 0.5, waited_s=number),)),
        "execution": dataclasses.replace(plain, execution=Execution({}, seconds=number)),
        "sandbox": dataclasses.replace(plain, execution=Execution({"limits": {"memory": number}})),
    }


@pytest.mark.parametrize("place", holding(0.5))
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_number_that_json_can_t_hold_reaches_the_journal(place: str, number: float) -> None:
    assert b"null" in record_line(holding(0.5)[place])
    with pytest.raises(ValueError):
        record_line(holding(number)[place])


@pytest.mark.parametrize("place", ["value", "others"])
def test_a_score_is_no_nan(place: str) -> None:
    with pytest.raises(UsageError):
        Score("right", math.nan) if place == "value" else Score("right", 1.0, others={"x": math.nan})
