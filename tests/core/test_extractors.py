"""Extractors against hand-read answers, lm-eval's rules written another way, and hostile text."""

from __future__ import annotations

import json
import re
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core import extractors
from fairtrial.core.choices import choice_letter, letter_alone
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import (
    MAX_TEXT,
    Pattern,
    first_line,
    gsm8k_cot_strict,
    gsm8k_flexible,
    gsm8k_strict,
    last_number,
    number_after_marker,
    number_value,
    whole_text,
)
from fairtrial.core.strict_json import json_answer, json_equal, parse_strict

CITIES = ("Paris", "Rome", "Rome, New York", "none of these")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It costs $1,234.50.", "1234.50"),
        ("from 10-5", "5"),
        ("x=-5", "-5"),
        ("so x is −5", "-5"),
        ("a loss of -$5", "-5"),
        ("a loss of $-5", "-5"),
        ("half of it, 3/4", "3/4"),
        ("50%", "50"),
        ("about 1e5 people", "1e5"),
        ("1,2,3", "3"),
        ("18.", "18"),
        ("**18**", "18"),
        ("_18_", "18"),
        ("(0.5)", "0.5"),
        ("p = .5", ".5"),
        ("+7", "7"),
        ("GPT-4", "4"),
        ("CO2 and H2O", None),
        ("none", None),
        ("", None),
        ("1" * 500, None),
    ],
)
def test_last_number(text: str, answer: str | None) -> None:
    assert last_number(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("2 + 2 = 4\nA: 18\nnote 7", "18"),
        ("The answer is $1,000.", "1000"),
        ("Answer: 5. No, the answer is 6 of 7", "6"),
        ("#### -3", "-3"),
        ("A: nothing\n18", None),
        ("18", None),
    ],
)
def test_number_after_marker(text: str, answer: str | None) -> None:
    assert number_after_marker(text) == answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", Fraction(2469, 2)),
        ("$5", Fraction(5)),
        ("50%", Fraction(50)),
        ("3/4", Fraction(3, 4)),
        ("-0.1", Fraction(-1, 10)),
        ("5.", Fraction(5)),
        ("1e-2", Fraction(1, 100)),
        ("1/0", None),
        ("5 apples", None),
        ("nan", None),
        ("inf", None),
        ("1e9999", None),
        ("٣", None),
        ("", None),
    ],
)
def test_number_value(text: str, value: Fraction | None) -> None:
    assert number_value(text) == value


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_a_written_number_is_read_back(whole: int, places: int) -> None:
    text = f"So she pays ${whole / 10**places:,.{places}f}.".replace("$-", "-$")
    found = last_number(text)
    assert found is not None
    assert number_value(found) == Fraction(f"{whole / 10**places:.{places}f}")


def _lm_eval(text: str, pattern: str, select: int) -> str | None:
    """The regex filter as documented: all matches, one selected, its first group that holds text."""
    found = re.findall(pattern, text)
    if not found:
        return None
    match = found[select]
    if isinstance(match, tuple):
        match = next(part for part in match if part)
    return str(match).strip()


ANSWERS = st.lists(
    st.sampled_from(
        ["#### ", "A: ", "18", "1,234.5", "$", "-", ".", ",", "\n", " ", "The answer is ", "x", "٣"]
    )
).map("".join)


@given(ANSWERS)
def test_gsm8k_readings_are_the_harness_s(text: str) -> None:
    assert gsm8k_strict(text) == _lm_eval(text, r"#### (\-?[0-9\.\,]+)", 0)
    assert gsm8k_flexible(text) == _lm_eval(text, r"(-?[$0-9.,]{2,})|(-?[0-9]+)", -1)
    assert gsm8k_cot_strict(text) == _lm_eval(text, r"The answer is (\-?[0-9\.\,]+).", 0)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(b)", "B"),
        ("**B.**", "B"),
        ("Rome.", "B"),
        ("rome, new york", "C"),
        ("The answer is **B**.", "B"),
        ("The correct answer is: Rome", "B"),
        ("The correct answer is Rome, New York, of course", "C"),
        ("Answer: A. On reflection, Answer: B", "B"),
        ("The best option is (B).", "B"),
        ("the right choice is option B", "B"),
        ("so it is \\boxed{B}", "B"),
        ("\\boxed{\\text{C}}", "C"),
        ("B) because Rome is older", "B"),
        ("I weigh (A) against (B).", None),
        ("so it must be (B)", "B"),
        ("The answer is a unit of force", None),
        ("A city in Italy", None),
        ("answer: E", None),
        ("\\boxed{Z} (B)", None),
        ("", None),
    ],
)
def test_choice_letter(text: str, letter: str | None) -> None:
    assert choice_letter(text, CITIES) == letter


def test_letter_alone() -> None:
    assert letter_alone(" (b). ", CITIES) == "B"
    assert letter_alone("B it is", CITIES) is None
    assert letter_alone("E", CITIES) is None


@given(st.text())
def test_a_letter_is_one_of_the_choices(text: str) -> None:
    assert choice_letter(text, CITIES) in {None, "A", "B", "C", "D"}


def test_plain_readings() -> None:
    assert whole_text("  18 \n") == "18"
    assert whole_text(" \n") is None
    assert first_line("B\nbecause") == "B"
    assert first_line("\nB") is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (' {"a": 1} ', '{"a": 1}'),
        ('Sure:\n```json\n{"a": 1}\n```\n', '{"a": 1}'),
        ('```\n{"a": 1}\n```\nor\n```json\n[2]\n```', "[2]"),
        ('first {"a": 1}, then {"b": {"c": 2}} it is', '{"b": {"c": 2}}'),
        ("```json\n{a: 1}\n```", None),
        ('{"a": 1, "a": 2}', None),
        ('{"a": NaN}', None),
        ("[" * 5000 + "]" * 5000, None),
        ("{" * 5000, None),
        ("no json", None),
        (json.dumps({"a": "x" * 300_000}), None),
    ],
)
def test_json_answer(text: str, answer: str | None) -> None:
    assert json_answer(text) == answer


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSONS)
def test_json_equals_itself_in_another_order(value: object) -> None:
    def turned(part: object) -> object:
        if isinstance(part, dict):
            return {key: turned(part[key]) for key in reversed(list(part))}
        return [turned(each) for each in part] if isinstance(part, list) else part

    assert json_equal(parse_strict(json.dumps(value)), parse_strict(json.dumps(turned(value), indent=2)))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("1", "1.0", True),
        ("0.1", "0.10", True),
        ("true", "1", False),
        ("null", "0", False),
        ('"1"', "1", False),
        ("[1, 2]", "[2, 1]", False),
        ("[]", "{}", False),
        ("10000000000000001", "10000000000000000.0", False),
    ],
)
def test_json_equality(left: str, right: str, same: bool) -> None:
    assert json_equal(parse_strict(left), parse_strict(right)) is same


def test_pattern() -> None:
    assert Pattern(r"Answer: (\w+)").find("Answer: 5, Answer: 6") == "5"
    assert Pattern(r"Answer: (\w+)").find("Answer: 5, Answer: 6", last=True) == "6"
    assert Pattern(r"(a)|(b)").find("xb") == "b"
    assert Pattern(r"\d+").find("x 12 y") == "12"
    assert Pattern(r"\d+").find("x") is None
    with pytest.raises(UsageError, match="no regular expression"):
        Pattern("(")


def test_a_hostile_answer_can_not_hang_a_pattern() -> None:
    started = time.perf_counter()
    with pytest.raises(UsageError, match=r"\(a\|aa\)\+\$"):
        Pattern(r"(a|aa)+$").find("a" * 60 + "b")
    assert time.perf_counter() - started < 30, "a busy machine may take long, but not for ever"


def test_too_many_matches_name_no_last_one() -> None:
    assert Pattern("a").find("a" * 20_000, last=True) is None


@pytest.mark.parametrize("part", ["1", "1,", "1,111", ".", "-", "$-", "1/", "answer is ", "#### ", "("])
def test_hostile_text_takes_no_time(part: str) -> None:
    text = (part * MAX_TEXT)[:MAX_TEXT]
    started = time.perf_counter()
    for read in (
        last_number,
        number_after_marker,
        gsm8k_strict,
        gsm8k_flexible,
        gsm8k_cot_strict,
        json_answer,
    ):
        read(text)
    choice_letter(text, CITIES)
    assert time.perf_counter() - started < 5
    assert last_number(text + part) is None


@given(st.text("0123456789.,-+$%/ \n\tax€−", max_size=20))
def test_looking_at_the_last_words_only_finds_what_the_whole_text_holds(text: str) -> None:
    assert last_number(text) == extractors._last_in(text)
