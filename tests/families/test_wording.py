"""Slots and what they show: exact, or an error."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.families.operations import FormulaError, Value
from fairtrial.families.wording import parse_wording, show


def test_slots_are_filled() -> None:
    wording = parse_wording("{who} pays {p:2} on {d:weekday}, {d:day} {d:month} {d:year}: {n}.")
    values: dict[str, Value] = {"who": "Ada", "p": Fraction(5, 2), "d": date(2026, 3, 1), "n": Fraction(-7)}
    assert wording.fill(values) == "Ada pays 2.50 on Sunday, 1 March 2026: -7."
    assert wording.names == {"who", "p", "d", "n"}


@pytest.mark.parametrize(
    "text", ["{", "}", "{a", "a}", "{a b}", "{{a}}", "{a:x}", "{a:7}", "{a:2f}", "{}", "{1}", "{a!r}"]
)
def test_braces_that_are_no_slot_are_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_wording(text)


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_numbers_are_shown_as_decimal_arithmetic_would(units: int, decimals: int) -> None:
    value = Decimal(units).scaleb(-decimals)
    assert show(Fraction(units, 10**decimals), str(decimals)) == f"{value:.{decimals}f}".replace(
        "-0.0", "-0.0"
    )
    assert Fraction(show(Fraction(units, 10**decimals))) == Fraction(units, 10**decimals)


@pytest.mark.parametrize(
    ("value", "form", "told"),
    [
        (Fraction(1, 3), "", "exactly with six"),
        (Fraction(1, 3), "2", "exactly with 2"),
        (Fraction(5, 4), "1", "exactly with 1"),
        (Fraction(1, 2), "0", "exactly with 0"),
        (Fraction(1), "month", "a number can't"),
        (date(2026, 1, 1), "2", "a date can't"),
        ("word", "2", "can't be shown"),
        (True, "", "can't be shown"),
    ],
)
def test_nothing_is_rounded_or_guessed(value: Value, form: str, told: str) -> None:
    with pytest.raises(FormulaError, match=told):
        show(value, form)


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (Fraction(5), "", "5"),
        (Fraction(5), "2", "5.00"),
        (Fraction(1, 20), "", "0.05"),
        (Fraction(-1, 4), "2", "-0.25"),
        (date(2026, 12, 9), "", "9 December 2026"),
        (date(2026, 12, 9), "iso", "2026-12-09"),
        ("May", "", "May"),
    ],
)
def test_worked_examples(value: Value, form: str, shown: str) -> None:
    assert show(value, form) == shown


@given(st.text(max_size=80))
def test_any_text_is_a_wording_or_refused(text: str) -> None:
    try:
        wording = parse_wording(text)
    except FormulaError:
        return
    assert wording.fill(dict.fromkeys(wording.names, "x") | {}) is not None or True
