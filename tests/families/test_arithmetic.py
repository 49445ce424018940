"""The bundled family: every answer worked out again from the words of the question alone."""

from __future__ import annotations

import hashlib
import re
from calendar import month_name
from collections.abc import Callable
from fractions import Fraction
from statistics import median

import pytest

from fairtrial.families import load
from fairtrial.families.arithmetic import HELD_OUT

FAMILY = load("arithmetic")
SEEDS = [hashlib.sha256(f"test {number}".encode()).digest() for number in range(300)]

# What a reader does with the numbers of the question, in the order in which they stand there.
READER: dict[str, Callable[..., Fraction]] = {
    "gain": lambda a, b: a + b,
    "give-away": lambda a, b: a - b,
    "boxes": lambda a, b: a * b,
    "share": lambda a, b: a / b,
    "older": lambda a, b: a + b,
    "price": lambda p, k: p * k,
    "change": lambda p, n: n - p,
    "cents": lambda d, c: d * 100 + c,
    "pool-hours": lambda a, d: a * d,
    "speed": lambda v, t: v * t,
    "tap": lambda r, n: n / r,
    "same-colour": lambda a, b, cups: a + b,
    "age-aside": lambda age, a, b: a - b,
    "two-prices": lambda p, q: p + q,
    "later-day": lambda d, k: d + k,
    "open-days": lambda d, e: e - d + 1,
    "weeks-days": lambda w, d: w * 7 + d,
    "bus": lambda a, b, c: a - b + c,
    "plus-bag": lambda k, p, c: k * p + c,
    "money-left": lambda n, k, p: n - k * p,
    "two-days": lambda a, b: a + (a + b),
    "times-plus": lambda a, k, c: a * k + c,
    "wage": lambda w, h, c, d: (w * h - c) * d,
    "basket": lambda a, p, b, q, n: n - (a * p + b * q),
    "eggs-left-over": lambda n, k: n - n // k * k,
    "walk-to-work": lambda a, d: 2 * a * d,
    "colder-night": lambda a, b: a - b,
    "longer-side": lambda a, b: 2 * (a + (a + b)),
    "walk-end": lambda a, h, k, again: a + k,
    "missing-number": lambda b, n: (n - b) / 2,
}


def numbers(text: str) -> list[Fraction]:
    return [Fraction(each) for each in re.findall(r"\d+(?:\.\d+)?", text)]


def test_thirty_templates_six_of_them_held_out() -> None:
    assert set(FAMILY.templates) == set(READER)
    assert FAMILY.held_out == HELD_OUT and len(HELD_OUT) == 6
    assert len(FAMILY.published) == 24


@pytest.mark.parametrize("template", FAMILY.templates)
def test_every_answer_follows_from_the_question(template: str) -> None:
    for seed in SEEDS:
        sample = FAMILY.sample(template, seed)
        text = str(sample.input)
        (target,) = sample.target
        assert Fraction(target) == READER[template](*numbers(text)), text
        assert 0 <= Fraction(target) <= 1_000
        assert text.isascii() and len(text) <= 90 and "  " not in text and "{" not in text
        assert re.fullmatch(r"[A-Z].*\?", text)
        assert not re.search(r"\b1 (?!more|\d)[a-z]+s\b", text), "one thing in the plural"


@pytest.mark.parametrize("template", FAMILY.templates)
def test_every_solution_holds_step_by_step_and_ends_with_the_answer(template: str) -> None:
    for seed in SEEDS[:100]:
        sample = FAMILY.sample(template, seed)
        solution = str(sample.metadata["solution"])
        steps = solution.split(", ")
        known = set(numbers(str(sample.input))) | {Fraction(each) for each in (1, 2, 7, 100)}
        for step in steps:
            left, result = step.split("=")
            exact = re.sub(r"(\d+(?:\.\d+)?)", r"Fraction('\1')", left)
            assert eval(exact, {"Fraction": Fraction}) == Fraction(result), solution
            known.add(Fraction(result))
        assert solution.endswith(f"={sample.target[0]}") and len(solution) <= 60
        operations = len(re.findall(r"[-+*/]", solution))
        assert operations == sample.metadata["steps"], solution
        if template != "eggs-left-over":  # its whole quotient is found by trying
            assert set(numbers(solution)) <= known


def test_dates_stay_in_their_month() -> None:
    for template in ("later-day", "open-days"):
        for seed in SEEDS:
            text = FAMILY.sample(template, seed).text
            months = re.findall("|".join(month_name[1:]), text)
            assert len(months) == 2 and len(set(months)) == 1
            days = 29 if months[0] == "February" else 31
            assert all(int(each) <= days for each in re.findall(r"\d+", text))
            if template == "later-day":
                assert int(FAMILY.sample(template, seed).target[0]) <= (28 if months[0] == "February" else 31)


def test_questions_are_short_and_most_answers_small() -> None:
    samples = [FAMILY.sample(template, seed) for template in FAMILY.published for seed in SEEDS[:50]]
    assert 55 <= median(len(each.text) for each in samples) <= 66
    assert sum(float(each.target[0]) < 100 for each in samples) / len(samples) > 0.9


@pytest.mark.parametrize("template", FAMILY.templates)
def test_siblings_rarely_coincide(template: str) -> None:
    """Eight siblings of one item: the same question in fewer than 1 item of 20, the same deciding numbers in
    fewer than half. Both by the share of equal pairs; an item has 28 pairs."""
    samples = [FAMILY.sample(template, seed) for seed in SEEDS]
    pairs = len(samples) * (len(samples) - 1) / 2
    for keys, most in (
        ([s.text for s in samples], 0.05),
        ([str(s.metadata["answer_from"]) for s in samples], 0.5),
    ):
        equal = sum(count * (count - 1) / 2 for count in map(keys.count, set(keys)))
        assert 28 * equal / pairs < most


def test_the_same_seed_gives_the_same_sample_on_every_machine() -> None:
    """Written down once: another text here makes published forms unrepeatable."""
    lines = [
        f"{FAMILY.sample(template, SEEDS[0]).text} {FAMILY.sample(template, SEEDS[0]).target[0]}"
        for template in FAMILY.templates
    ]
    assert lines[0] == "Ida has 21 hats and finds 24 more. How many hats does Ida have? 45"
    assert lines[13] == "A clock costs 2.50 dollars, a globe 9.25. How many dollars for both? 11.75"
    assert (
        hashlib.sha256("\n".join(lines).encode()).hexdigest()
        == "fe0ca24dfa2e00255cda1200535897a13d68ced5d916a57d6c24269a19b42a54"
    )
    assert FAMILY.digest == "sha256:a502fc1e2848b19d6a58a9e4e72873b47eb968c60ed34ca802e2bd43f0521649"
