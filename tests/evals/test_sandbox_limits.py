"""The counters of the template sandbox: each limit from both sides."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, UndefinedError
from jinja2.filters import do_round

from fairtrial.evals import sandbox_limits as limits
from fairtrial.evals.sandbox_limits import MAX_OUTPUT, MAX_TURNS, Allowance, TooMuch

numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
OPERATIONS: list[tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = [
    (limits.total, operator.add),
    (limits.product, operator.mul),
    (limits.remainder, operator.mod),
]


@given(left=numbers, right=numbers)
def test_arithmetic_is_python_s(left: Any, right: Any) -> None:
    for ours, theirs in OPERATIONS:
        if theirs is operator.mod and right == 0:
            with pytest.raises(ZeroDivisionError):
                ours(left, right)
        else:
            assert ours(left, right) == theirs(left, right)


@given(base=st.integers(-50, 50), exponent=st.integers(0, 40))
def test_powers_are_python_s(base: int, exponent: int) -> None:
    assert limits.power(base, exponent) == base**exponent


@given(
    value=st.floats(-1e6, 1e6) | st.integers(-1000, 1000),
    precision=st.integers(-3, 6),
    method=st.sampled_from(["common", "ceil", "floor"]),
)
def test_rounding_is_jinja_s(value: float, precision: int, method: Any) -> None:
    expected = do_round(value, precision, method)
    assert math.isclose(limits.rounded(value, precision, method), expected, rel_tol=1e-12, abs_tol=1e-12)


@given(text=st.text(max_size=20), times=st.integers(-2, 5), items=st.lists(st.integers(), max_size=4))
def test_texts_and_lists_are_python_s(text: str, times: int, items: list[int]) -> None:
    assert limits.product(text, times) == limits.product(times, text) == text * times
    assert limits.product(items, times) == items * times
    assert limits.total(text, text) == text + text
    assert limits.total(items, items) == items + items
    assert limits.joined(items, text) == text.join(map(str, items))


@given(
    text=st.text("ab", max_size=12),
    old=st.text("ab", max_size=2),
    new=st.text(max_size=3),
    count=st.integers(-1, 4),
)
def test_replacing_is_python_s(text: str, old: str, new: str, count: int) -> None:
    assert limits.replaced(text, old, new, count) == text.replace(old, new, count)


HALF = "x" * (MAX_OUTPUT // 2)


def test_the_largest_text_and_one_character_more() -> None:
    assert len(limits.total(HALF, HALF)) == MAX_OUTPUT
    assert len(limits.product(HALF, 2)) == MAX_OUTPUT
    assert len(limits.joined([HALF, HALF])) == MAX_OUTPUT
    assert len(limits.replaced("bb", "b", HALF)) == MAX_OUTPUT
    for attempt in (
        lambda: limits.total(HALF, HALF + "x"),
        lambda: limits.product(HALF + "x", 2),
        lambda: limits.joined([HALF, HALF], "x"),
        lambda: limits.joined([HALF, HALF, 1]),
        lambda: limits.replaced("abb", "b", HALF),
        lambda: limits.size([HALF, HALF, "x"]),
        lambda: limits.product([HALF], 3),
    ):
        with pytest.raises(TooMuch, match="20,000,000 characters"):
            attempt()


def test_numbers_end_at_a_thousand_digits() -> None:
    large = 2**4000
    assert limits.total(large, 1) == large + 1
    for attempt in (
        lambda: limits.product(large, large),
        lambda: limits.power(10, 2000),
        lambda: limits.power(10, 10**30),
        lambda: limits.total(2**5000, 1),
        lambda: limits.remainder(2**5000, 7),
        lambda: limits.size([2**5000]),
        lambda: limits.added([1, 2**5000]),
    ):
        with pytest.raises(TooMuch, match="thousand digits"):
            attempt()


@pytest.mark.parametrize("pair", [("%d", 1), ("a", "b"), ([1], 2), (None, 1)])
def test_percent_is_for_numbers(pair: tuple[Any, Any]) -> None:
    with pytest.raises(TooMuch, match="% is for numbers"):
        limits.remainder(*pair)
    with pytest.raises(TooMuch, match="is for numbers"):
        limits.power(*pair)


@pytest.mark.parametrize("precision", [301, -301, 10**9])
def test_a_precision_has_an_end(precision: int) -> None:
    with pytest.raises(TooMuch, match="at most 300"):
        limits.rounded(1.5, precision)
    with pytest.raises(TooMuch):
        limits.rounded(1.5, 2, "banker")
    with pytest.raises(TooMuch, match="round is for numbers"):
        limits.rounded("1.5")


def test_only_plain_values_have_a_size() -> None:
    assert limits.size({"a": [1, "bc", None]}) >= 3
    for strange in (len, "x".upper, object(), {1, 2}, b"x", 1j, [len], {"a": (len,)}):
        with pytest.raises(TooMuch, match="print texts, numbers and lists"):
            limits.size(strange)
    with pytest.raises(UndefinedError):
        limits.size([StrictUndefined(name="missing")])


def test_a_long_text_is_no_work_by_the_character() -> None:
    limits.workable("x" * limits.MAX_WORK, "split")
    limits.workable([1] * 2_000_000, "split")
    with pytest.raises(TooMuch, match="split is for texts of at most 1,000,000"):
        limits.workable("x" * (limits.MAX_WORK + 1), "split")


def test_turns_are_counted_over_all_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 60.0)
    allowance = Allowance()
    assert sum(1 for _ in allowance.turns(range(MAX_TURNS - 1))) == MAX_TURNS - 1
    turns = allowance.turns(range(2))
    next(turns)
    with pytest.raises(TooMuch, match="more than 200,000 times"):
        next(turns)


def test_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    allowance = Allowance()
    clock[0] += limits.SECONDS
    allowance.tick()
    clock[0] += 0.01
    with pytest.raises(TooMuch, match="more than 1 s"):
        allowance.tick()
