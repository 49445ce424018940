"""The one sentence: true to the figures, and never saying what no data can show."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.comparison import Comparison
from fairtrial.metrics.comparison import compare
from fairtrial.metrics.sentence import p_text, percent, points
from tests.metrics.laboratory import paired_values, side

OURS, THEIRS = "openai/ours", "openai/theirs"
NEVER = re.compile(
    r"no difference|not? different|not? better|no worse|equal|the same as|identical|significan|prove|certain"
    r"|as good as|indistinguishable|nan\b|inf\b|None\b",
    re.IGNORECASE,
)


def said(
    *table: int,
    costs: tuple[str | None, str | None] = ("0.001", "0.001"),
    margin: float | None = None,
    family: int = 1,
) -> Comparison:
    a, b = paired_values(*table)
    left = side(a, model=OURS, run="runs/a", cost_usd=costs[0])
    right = side(b, model=THEIRS, run="runs/b", cost_usd=costs[1])
    return compare(left, right, margin=margin, comparisons_made=family)


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(*[st.integers(0, 30)] * 4).filter(lambda table: sum(table) > 0),
    st.none() | st.sampled_from([0.01, 0.1, 0.3]),
    st.integers(1, 4),
)
def test_whatever_the_figures_the_words_keep_to_them(
    table: tuple[int, int, int, int], margin: float | None, family: int
) -> None:
    found = said(*table, margin=margin, family=family)
    text = found.sentence
    assert not NEVER.search(text), text
    assert OURS in text and THEIRS in text and "cases" in text and f"n = {sum(table)}" in text
    assert percent(found.score_a.value) in text and percent(found.score_b.value) in text
    assert p_text(found.adjusted_p) in text
    assert ("corrected for" in text) == (family > 1)
    assert text == str(found) and text.endswith(".") and "\n" not in text
    assert (" is better than " in text) == (found.verdict in ("a", "b"))
    assert text.startswith("Tie ") == (found.verdict == "tie")
    assert text.startswith("Undetermined ") == (found.verdict == "undetermined")
    if found.verdict == "tie":
        assert margin is not None and f"within a margin of {points(margin)} points" in text
    if found.verdict == "undetermined":
        assert (
            f"a difference below {points(found.detectable)} points would probably not have been seen" in text
        )
        assert ("more items would settle it if" in text) == (found.needed_n is not None)
    low, high = found.difference.low, found.difference.high
    if found.verdict == "b":
        low, high = -high, -low
    assert f"[{points(low)}, {points(high)}]" in text


def test_a_winner_by_hand() -> None:
    found = said(50, 30, 5, 15)
    assert found.sentence.startswith(
        f"{OURS} is better than {THEIRS} on cases: 80.0 % against 55.0 %, a difference of 25.0 points ["
    )
    assert "n = 100; both cost about $1.00 per 1,000 answers." in found.sentence


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ((None, None), "price unknown"),
        ((None, "0.01"), f"price of {OURS} unknown"),
        (("0.01", None), f"price of {THEIRS} unknown"),
        (("0", "0"), "neither cost anything"),
        (("0", "0.01"), f"{THEIRS} costs $10.00 per 1,000 answers and {OURS} nothing"),
        (("0.03", "0.01"), f"{OURS} costs 3.0 times as much per 1,000 answers"),
        (("0.0101", "0.01"), "both cost about $10.10 per 1,000 answers"),
    ],
)
def test_the_price_is_said_and_an_unknown_one_is_never_nothing(
    costs: tuple[str | None, str | None], words: str
) -> None:
    found = said(5, 2, 1, 2, costs=costs)
    assert f"; {words}." in found.sentence
    paid = [None if each is None else Decimal(each) * 10 for each in costs]
    assert [None if each is None else Decimal(each) for each in (found.cost_a_usd, found.cost_b_usd)] == paid


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0"), (-0.0, "0.0"), (0.0004, "0.04"), (-0.0004, "-0.04"), (0.125, "12.5"), (1, "100.0")],
)
def test_points_never_round_a_difference_away(value: float, text: str) -> None:
    assert points(value) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "p < 0.0001"),
        (0.00099, "p = 0.0010"),
        (0.0499, "p = 0.050"),
        (0.5, "p = 0.50"),
        (1.0, "p = 1.00"),
    ],
)
def test_p_values_as_text(p: float, text: str) -> None:
    assert p_text(p) == text


def test_a_hopeless_number_of_items_is_not_recommended() -> None:
    found = said(4000, 2001, 2000, 1999)
    assert found.needed_n is not None and found.needed_n > 10_000_000
    assert "no practical number of items would settle a difference this small" in found.sentence
