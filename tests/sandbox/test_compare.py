"""How results are held against each other, beside Python's own == and exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.sandbox.guest.compare import alike, chosen, close, equal

scalars = st.one_of(
    st.none(), st.integers(-3, 3), st.sampled_from([1.0, 0.0, -0.0, 2.5, math.inf]), st.text("ab", max_size=2)
)
values = st.recursive(
    st.one_of(scalars, st.frozensets(scalars, max_size=3), st.sets(scalars, max_size=3)),
    lambda each: st.one_of(
        st.lists(each, max_size=3),
        st.lists(each, max_size=3).map(tuple),
        st.dictionaries(scalars, each, max_size=3),
    ),
    max_leaves=6,
)


@given(values, values)
def test_equal_is_pythons_where_neither_truths_nor_nans_are_about(a: Any, b: Any) -> None:
    assert equal(a, b) == (a == b)
    assert equal(a, a)


NAN = float("nan")


@pytest.mark.parametrize(
    "a, b, same",
    [
        (1, True, False),
        (0, False, False),
        (1.0, True, False),
        ([1, [0]], [1, [False]], False),
        ({1: "x"}, {True: "x"}, False),
        ({1}, {True}, False),
        ((1, True), (1, True), True),
        (1, 1.0, True),
        ([1, 2], (1, 2), False),
        ("1", 1, False),
        ("a", b"a", False),
        (NAN, float("nan"), True),
        ([NAN, {"a": NAN}], [float("nan"), {"a": float("nan")}], True),
        (NAN, None, False),
        ({1, 2}, frozenset({2, 1}), True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (2**53 + 1, float(2**53), False),
        (("bool", True), True, False),
        (("nan",), NAN, False),
    ],
)
def test_equal(a: Any, b: Any, same: bool) -> None:
    assert equal(a, b) is same
    assert equal(b, a) is same


@given(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6),
    st.floats(-1, 1),
    st.sampled_from([0.0, 1e-9, 1e-6, 0.25]),
)
def test_close_is_what_exact_fractions_say(a: float, nudge: float, tolerance: float) -> None:
    b = a + nudge * tolerance * 2
    if math.isinf(b):
        return
    apart, most = abs(Fraction(a) - Fraction(b)), max(abs(Fraction(a)), abs(Fraction(b)))
    limit = Fraction(tolerance) * max(Fraction(1), most)
    if abs(apart - limit) <= Fraction(1, 10**12) * limit:  # floats may round there
        return
    assert close(a, b, tolerance) == (apart <= limit)
    assert close({"x": [(a,)]}, {"x": [(b,)]}, tolerance) == (apart <= limit)


@pytest.mark.parametrize(
    "a, b, same",
    [
        (1, 1.0000001, True),
        (1, True, False),
        (NAN, float("nan"), True),
        (NAN, 1.0, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (math.inf, 1e308, False),
        (10**400, 10**400 + 1, True),
        (10**400, 2 * 10**400, False),
        (10**400, math.inf, False),
        (10**400, 1.0, False),
        ([1.0], [1.0, 1.0], False),
        ([1.0], (1.0,), False),
        ({1.0, 2.0}, {2.0000001, 1.0}, True),
        ({1.0, 2.0}, {2.1, 1.0}, False),
        ({1.0, NAN}, {float("nan"), 1.0}, True),
        ({1: 1.0}, {1: 1.0000001}, True),
        ({1: 1.0}, {2: 1.0}, False),
        ({1: 1.0}, {1: 1.0, 2: 1.0}, False),
        ({True: 1.0}, {1: 1.0}, False),
        ("a", "a", True),
        (None, 0, False),
        (None, None, True),
    ],
)
def test_close(a: Any, b: Any, same: bool) -> None:
    assert close(a, b, 1e-6) is same
    assert close(b, a, 1e-6) is same


@pytest.mark.parametrize(
    "a, b, same",
    [
        ([1, 2, 2], (2, 1), True),
        ({1, 2}, [2, 1], True),
        ([[1], [2]], [[2], [1]], True),
        ([1], [True], False),
        ([1, 2], [1], False),
        ("ab", ["a", "b"], False),
        ([], set(), True),
        ({}, [], False),
        (None, None, False),
    ],
)
def test_alike(a: Any, b: Any, same: bool) -> None:
    assert alike(a, b) is same


def test_a_custom_comparison_sees_the_arguments() -> None:
    agree = chosen("custom", 0.0, lambda expected, got, n: got % n == expected % n)
    assert agree(1, 8, [7])
    assert not agree(1, 9, [7])
