"""Formulas against Python's own arithmetic on fractions and dates, and against what must not be read."""

from __future__ import annotations

import contextlib
import math
import re
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.families.expression import MAX_DEPTH, Formula, parse_formula
from fairtrial.families.operations import FormulaError, Value

VALUES: dict[str, Value] = {
    "a": Fraction(7),
    "b": Fraction(3),
    "half": Fraction(1, 2),
    "d": date(2026, 2, 27),
    "e": date(2026, 3, 2),
    "word": "May",
}

NUMBERS = st.integers(0, 40).map(str) | st.sampled_from(["0.5", "2.25", "a", "b", "half"])
FORMULAS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("abs({})".format),
        inner.map("floor({})".format),
        inner.map("ceil({})".format),
        st.tuples(inner, inner).map(lambda pair: f"min({pair[0]}, {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"max({pair[0]}, {pair[1]})"),
        st.tuples(inner, inner, st.sampled_from(["<", "<=", "==", "!=", ">=", ">"]), inner, inner).map(
            lambda parts: "({} if {} {} {} and not b > a else {})".format(*parts)
        ),
    ),
    max_leaves=8,
)


def python(text: str) -> Fraction:
    """The same text read by Python, every number a fraction: the oracle."""
    exact = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)", r"Fraction('\1')", text)
    names = {"Fraction": Fraction, "min": min, "max": max, "abs": abs, "floor": math.floor, "ceil": math.ceil}
    return Fraction(eval(exact, {"__builtins__": {}}, names | VALUES))


@given(FORMULAS)
def test_formulas_are_worth_what_python_says(text: str) -> None:
    try:
        expected = python(text)
    except ZeroDivisionError:
        with pytest.raises(FormulaError):
            parse_formula(text)(VALUES)
        return
    try:
        found = parse_formula(text).number(VALUES)
    except FormulaError as error:
        assert "negative number" in str(error) or "beyond" in str(error)
        return
    assert found == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 3 - 2", 5),
        ("12 / 3 / 2", 2),
        ("1 / 3 * 3", 1),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("17 // 5 * 10 + 17 % 5", 32),
        ("--3 - -2", 5),
        ("-7 // 2 * 10 + -7 % 2", -39),
        ("1 if a > b else 2", 1),
        ("1 if a < b else 2 if b == 3 else 3", 2),
        ("1 if not a < b and (a == 7 or 1 / 0 == 1) else 2", 1),
        ("1 if 2 < b <= 3 < a else 2", 1),
        ("1 if 2 < b < 3 else 2", 2),
        ("1 if word == 'May' and word != 'June' else 2", 1),
        ("e - d", 3),
        ("day(d + 3) + 100 * month(d + 3)", 302),
        ("weekday(d)", 5),
        ("year(d - 58)", 2025),
        ("1 if d < e else 2", 1),
    ],
)
def test_worked_examples(text: str, value: Fraction | int) -> None:
    assert parse_formula(text).number(VALUES) == value


def test_a_date_moves_by_whole_days() -> None:
    assert parse_formula("d + 2 * 30")(VALUES) == date(2026, 2, 27) + timedelta(days=60)
    with pytest.raises(FormulaError, match="no whole number of days"):
        parse_formula("d + half")(VALUES)
    with pytest.raises(FormulaError):
        parse_formula("d + 999999999")(VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 +", "(1", "1)", "1 2", "a b", "* 2", "1 ** 2", "a.b", "a[0]", "'open", "1 = 1", "a := 2",
        "lambda: 1", "__import__('os')", "open('x')", "exec()", "min(1)", "floor(1, 2)", "abs()", "if",
        "1 if a", "1 else 2", "not", "a if b else", "1e5", "0x10", "1_000", "１", "a;b", "a\\b", "{a}",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(text)


@pytest.mark.parametrize(
    "text",
    ["1 / 0", "1 // 0", "1 % 0", "7 // -2", "7 % -2", "word + 1", "d + d", "d * 2", "1 < word", "word < 'A'",
     "1 == word", "not 1", "1 and 2", "-word", "1 if a else 2", "day(a)", "floor(word)", "(1 < 2) + 1",
     "1000000 * 1000000 * 1000000", "d - 999999"],
)  # fmt: skip
def test_what_has_no_value_is_an_error(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(text)(VALUES)


def test_length_and_depth_are_bounded() -> None:
    with pytest.raises(FormulaError, match="characters"):
        parse_formula("1+" * 300 + "1")
    deep = MAX_DEPTH - 1
    assert parse_formula("(" * deep + "1" + ")" * deep).number({}) == 1
    with pytest.raises(FormulaError, match="nested"):
        parse_formula("(" * (deep + 1) + "1" + ")" * (deep + 1))
    assert parse_formula("-" * 400 + "1").number({}) == 1
    assert parse_formula("1" + "+1" * 249).number({}) == 250
    with pytest.raises(FormulaError, match="beyond"):
        parse_formula("9" * 400)


@given(st.text(max_size=60) | st.text(st.sampled_from(list("ab()+-*/%<>=!'., 01ifelsnotdr")), max_size=40))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        formula = parse_formula(text)
    except FormulaError:
        return
    assert isinstance(formula, Formula)
    with contextlib.suppress(FormulaError):
        formula({name: Fraction(2) for name in formula.names})


def test_names_are_those_that_must_be_known() -> None:
    assert parse_formula("min(a, b) if day(d) > 3 else c").names == {"a", "b", "c", "d"}
