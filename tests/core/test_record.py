"""A score and its state tell one story, or the score is not made."""

from __future__ import annotations

import math

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.core.record import STATES, Failure, Record, Score


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ("right", 1.0),
        ("wrong", 0.0),
        ("partial", 0.5),
        ("unparsed", 0.0),
        ("truncated", 0.0),
        ("refused", 0.0),
    ],
)
def test_each_state_has_its_value(state: str, value: float) -> None:
    assert Score(state, value).state == state  # type: ignore[arg-type]
    for other in (0.0, 0.5, 1.0, -0.1, 1.1, math.nan):
        if other != value:
            with pytest.raises(UsageError, match="can't be called"):
                Score(state, other)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["failed", "superb", ""])
def test_there_is_no_score_of_another_state(state: str) -> None:
    for value in (0.0, 0.5, 1.0):
        with pytest.raises(UsageError):
            Score(state, value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan, math.inf])
def test_another_extractor_s_score_lies_in_0_to_1_too(value: float) -> None:
    with pytest.raises(UsageError, match="'strict'"):
        Score("right", 1.0, "x", {"strict": value})


def test_a_failure_is_a_state_of_its_own() -> None:
    record = Record("a", 2, "", (), "q", Failure("timeout", "no answer"))
    assert record.state == "failed" and record.key == ("a", 2)
    assert len(set(STATES)) == 7
