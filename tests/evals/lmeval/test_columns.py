"""Columns get the types that lm-eval's readers give them. Expected values were read off `datasets` 5.2 with
pandas 3.1 and pyarrow 26; `make parity` holds both against each other in whole prompts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.evals.lmeval.columns import Times, from_csv, from_json


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2"], [1, 2]),
        (["1", "NA"], [1.0, None]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1e3", ".5"], [1000.0, 0.5]),
        (["True", "FALSE"], [True, False]),
        (["True", "yes"], ["True", "yes"]),
        (["x", "", "null"], ["x", None, None]),
        (["", "NA"], [None, None]),
        (["2024-01-01", "2024-01-02"], ["2024-01-01", "2024-01-02"]),
        ([" y ", "x"], [" y ", "x"]),
    ],
)
def test_csv(cells: list[str], values: list[Any]) -> None:
    assert repr(from_csv(cells)) == repr(values)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([1, 2.5], [1.0, 2.5]),
        ([1, None], [1, None]),
        ([2**63 - 1], [2**63 - 1]),
        ([2**63], [9.223372036854776e18]),
        ([1, True], [1, True]),
        ([1, "x"], [1, "x"]),
        ([[1, None], None, [2.5]], [[1.0, None], None, [2.5]]),
        ([[1, "x"], [2.5]], [[1, "x"], [2.5]]),
        ([{"x": 1, "y": 2}, {"y": 1.5, "x": 3}], [{"x": 1, "y": 2.0}, {"x": 3, "y": 1.5}]),
        ([{"x": 1}, {"y": 2.5}], [{"x": 1}, {"y": 2.5}]),
        ([{"a": [{"z": 1}, {"z": 2.5}]}], [{"a": [{"z": 1.0}, {"z": 2.5}]}]),
        ([{"a": [{"z": 1}, {"y": 2.5}]}], [{"a": [{"z": 1}, {"y": 2.5}]}]),
        (["2024-01-01", "hello"], ["2024-01-01", "hello"]),
        (["2024-01-01T10:00:00.123"], ["2024-01-01T10:00:00.123"]),
        (["2024-13-01"], ["2024-13-01"]),
        (["20240101"], ["20240101"]),
        ([[], []], [[], []]),
        ([], []),
    ],
)  # fmt: skip
def test_json(given: list[Any], read: list[Any]) -> None:
    assert repr(from_json(given)) == repr(read)


@pytest.mark.parametrize(
    "given",
    [
        ["2024-01-01", None],
        [["2024-01-01"], ["2023-05-05", "2022-01-01"]],
        ["2024-01-01T10:00", "2024-01-01 10"],
        ["2024-01-01T10:00:00+02:00"],
        [{"q": "2024-01-01"}],
    ],
)
def test_texts_that_would_become_times_are_told(given: list[Any]) -> None:
    with pytest.raises(Times):
        from_json(given)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@given(st.lists(ANY, max_size=5))
def test_no_value_is_lost_or_moved(given: list[Any]) -> None:
    """Whatever is read equals what was given: only the kind of a number changes."""
    read = from_json(given)
    assert len(read) == len(given)
    assert json.loads(json.dumps(read), parse_int=float) == json.loads(json.dumps(given), parse_int=float)
