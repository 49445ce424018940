"""Which examples stand before which question: against a sampler told as lm-eval's, on the rows themselves."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.shots import draw, leaves_out
from tests.evals.lmeval.files import config_of

Row = dict[str, Any]


def _their_default(pool: list[Row], docs: list[Row], n: int, without: bool) -> list[list[Row]]:
    rnd, found = random.Random(1234), []
    for doc in docs:
        if without and doc:
            res = [row for row in rnd.sample(pool, n + 1) if row != doc][:n]
        else:
            res = rnd.sample(pool, n)
        if len(res) < n:
            res = rnd.sample([row for row in pool if row != doc], n)
        found.append(res)
    return found


def _their_first(pool: list[Row], docs: list[Row], n: int, without: bool) -> list[list[Row]]:
    return [([row for row in pool if row != doc] if without else pool)[:n] for doc in docs]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=5, max_size=14),
    st.lists(st.integers(0, 6), min_size=1, max_size=8),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from(["default", "first_n"]),
)
def test_the_same_rows_in_the_same_order(
    values: list[int], asked: list[int], n: int, without: bool, sampler: str
) -> None:
    pool, docs = [{"v": each} for each in values], [{"v": each} for each in asked]
    split = {"fewshot_split": "test" if without else "train"}
    config = config_of(num_fewshot=n, fewshot_config={"sampler": sampler}, **split)
    theirs = _their_default if sampler == "default" else _their_first
    try:
        expected = theirs(pool, docs, n, without)
    except ValueError:
        expected = []
    if not expected or any(len(each) < n for each in expected):
        with pytest.raises(UsageError, match="too few"):
            draw(Documents(pool), Documents(docs), config)
        return
    shots = draw(Documents(pool), Documents(docs), config)
    assert [[pool[at] for at in each] for each in shots] == expected


def test_the_row_is_left_out_where_lm_eval_compares_two_missing_keys() -> None:
    assert leaves_out(config_of(fewshot_split="test"))
    assert not leaves_out(config_of(fewshot_split="train"))
    assert not leaves_out(config_of(training_split="train"))
    assert leaves_out(config_of(test_split=None, validation_split="val"))


def test_no_examples_need_no_pool() -> None:
    assert draw(Documents(), Documents([{"v": 1}]), config_of()) == ((),)
