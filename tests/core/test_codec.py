"""A record survives its line to the letter; anything else is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.codec import parse_record, record_json, record_line
from fairtrial.core.errors import IntegrityError
from fairtrial.core.output import STOPS, Loglik, Output, Usage
from fairtrial.core.record import Attempt, Failure, Record, Score

texts = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates included
maybe = st.none() | texts
numbers = st.floats(allow_nan=False, allow_infinity=False)
outputs = st.builds(
    Output,
    text=maybe,
    stop=st.sampled_from(STOPS),
    reasoning=maybe,
    refusal=maybe,
    logliks=st.lists(
        st.builds(Loglik, numbers, st.none() | st.booleans(), st.none() | st.integers(0, 9)), max_size=3
    ).map(tuple),
    usage=st.none() | st.builds(Usage, st.none() | st.integers(0, 10**9), st.none() | st.integers(0, 10**9)),
    request=texts,
    response=texts,
    status=st.none() | st.integers(100, 599),
    duration_s=st.none() | numbers,
    model=maybe,
)
results = st.builds(Failure, texts, texts, texts) | st.builds(
    Score,
    state=st.sampled_from(["right", "wrong", "partial", "unparsed", "truncated", "refused"]),
    value=st.floats(0, 1),
    answer=maybe,
    others=st.dictionaries(texts, numbers, max_size=3),
)
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
    attempts=st.lists(st.builds(Attempt, texts, numbers, st.none() | st.integers(), maybe), max_size=2).map(
        tuple
    ),
    cost_usd=maybe,
)


@given(records)
def test_what_was_written_is_what_is_read(record: Record) -> None:
    line = record_line(record)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert parse_record(line) == record


def simple() -> dict[str, object]:
    record = Record("a", 1, "1 + 1", ("2",), "q", Score("right", 1.0, "2"))
    return dict(record_json(record))


@pytest.mark.parametrize(
    "change",
    [
        {"state": "superb"},
        {"failure": {"cause": "x", "message": "y", "remedy": ""}},
        {"score": None},
        {"score": {"value": 2.0, "answer": None, "others": {}}},
        {"id": 3},
        {"target": [1]},
        {"output": {"text": "no more than this"}},
        {"attempts": [{"when": "today"}]},
    ],
)
def test_a_line_that_was_edited_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="no record of ours"):
        parse_record(json.dumps({**simple(), **change}))


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"id": 1, "id": 2}', '{"x": NaN}', "[" * 100_000])
def test_what_is_no_record_at_all_is_refused(line: str) -> None:
    with pytest.raises(IntegrityError):
        parse_record(line)


def test_a_nan_never_reaches_the_journal() -> None:
    record = Record(
        "a", 1, "", (), "q", Score("right", 1.0), output=Output("x", logliks=(Loglik(float("nan")),))
    )
    with pytest.raises(ValueError):
        record_line(record)
