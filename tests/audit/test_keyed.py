"""Keyed answers: which answers count, the exact p beside scipy's, false alarms over redrawn keys."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from fairtrial.audit.keyed import (
    KeyedForm,
    KeyedItem,
    keyed_body,
    keyed_evidence,
    keyed_form,
    matched,
    valid_answer,
)
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Evidence
from tests.audit.lots import answered, lot

ITEMS = tuple(KeyedItem(f"k{at}", f"Name a factor of {at}", ("red", "green", "blue")) for at in range(120))


def form(seed: int = 0) -> KeyedForm:
    return keyed_form(lot("keyed", keyed_body(ITEMS), seed))


def evidence(asked: KeyedForm, texts: list[str | None], alpha: float = 0.001) -> Evidence:
    records = [answered(each.id, text) for each, text in zip(asked.items, texts, strict=True)]
    return keyed_evidence(matched(records, asked), alpha=alpha, draw=asked.lot.commitment)


def test_who_knows_the_keys_is_found_and_p_is_that_of_the_binomial() -> None:
    asked = form()
    keys = [each.answers[asked.key(at)] for at, each in enumerate(ITEMS)]
    texts = [f"It is {key}." if at % 2 else "green" for at, key in enumerate(keys)]
    told = evidence(asked, texts)
    hits = sum(key in text for key, text in zip(keys, texts, strict=True))
    assert told.statistic == hits and told.n == 120 and told.tier == "proof" and told.question == "seen"
    assert told.p == pytest.approx(binomtest(hits, 120, 1 / 3, alternative="greater").pvalue)
    assert told.rejects and 0.2 < told.effect.value < 0.8 and told.draw == asked.lot.commitment


def test_a_taste_of_its_own_is_no_knowledge() -> None:
    """One model, every audit its own keys: at level 0.05 it is said at most so often, and not never."""
    hits = [evidence(form(seed), ["green"] * 120, alpha=0.05).p <= 0.05 for seed in range(80)]
    assert sum(hits) > 0 and binomtest(sum(hits), 80, 0.05, alternative="greater").pvalue > 1e-4


def test_what_is_no_valid_answer_is_left_out_and_told() -> None:
    texts: list[str | None] = ["green"] * 117 + [None, "red or blue", "purple"]
    told = evidence(form(), texts)
    assert told.n == 117
    assert told.exclusions == {"no answer came": 1, "the answer is none, or several, of the valid ones": 2}
    with pytest.raises(UsageError, match="valid ones"):
        evidence(form(), ["purple"] * 120)


def test_repeats_are_no_new_draw() -> None:
    with pytest.raises(UsageError, match="more than once"):
        matched([answered("k1", "red"), answered("k1", "red", epoch=2)], form())
    with pytest.raises(UsageError, match="not in this key file"):
        matched([answered("other", "red")], form())


def test_few_items_could_have_found_nothing() -> None:
    asked = keyed_form(lot("keyed", keyed_body(ITEMS[:3])))
    told = keyed_evidence(matched([answered("k1", "red")], asked), alpha=0.001, draw="")
    assert told.mde is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12", 0),
        (" **12.** ", 0),
        ("The answer is 120, surely", 1),
        ("New York!", 2),
        ("I say york", 3),
        ("12 and 120", None),
        ("312", None),
        ("", None),
    ],
)
def test_which_answer_a_reply_names(text: str, found: int | None) -> None:
    assert valid_answer(text, ("12", "120", "New York", "York")) == found


def test_a_longer_answer_hides_a_shorter_one_inside_it() -> None:
    assert valid_answer("It is New York.", ("New", "New York")) == 1
    assert valid_answer("It is New.", ("New", "New York")) == 0


@given(st.text(max_size=80), st.lists(st.text("ab(.*", min_size=1, max_size=4), min_size=2, max_size=4))
def test_reading_takes_any_text(text: str, answers: list[str]) -> None:
    valid_answer(text, answers)


def test_the_published_rows_hold_the_keys_and_nothing_of_the_others() -> None:
    asked = form()
    rows = [json.loads(each) for each in asked.published_rows.decode().splitlines()]
    assert [row["target"] for row in rows] == [each.answers[asked.key(at)] for at, each in enumerate(ITEMS)]
    counts = np.unique([row["target"] for row in rows], return_counts=True)[1]
    assert counts.min() > 20 and set(rows[0]) == {"id", "input", "target"}


@pytest.mark.parametrize("answers", [("a",), ("A", "a."), ("", "b"), ()])
def test_answers_that_cannot_be_told_apart(answers: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="told apart"):
        KeyedItem("x", "y", answers)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{"id": "a", "prompt": "b"}]},
        {"items": [{"id": "a", "prompt": 3, "answers": ["x", "y"]}]},
        {"items": [{"id": "a", "prompt": "b", "answers": "xy"}]},
        {"items": [{"id": "a", "prompt": "b", "answers": ["x", "y"]}] * 2},
    ],
)
def test_bodies_that_hold_no_items(body: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        keyed_form(lot("keyed", body))  # type: ignore[arg-type]
