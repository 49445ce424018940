"""Sibling accuracy and sibling rank against scipy, enumeration and their own null."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.siblings import (
    accuracy_mde,
    accuracy_process,
    gaps,
    poisson_binomial_tail,
    rank_mde,
    rank_process,
    sibling_accuracy,
    sibling_accuracy_sampled,
    sibling_rank,
    uniform_sum_tail,
)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_one_sibling_is_the_exact_one_sided_mcnemar_test(pairs: list[tuple[bool, bool]]) -> None:
    x = np.array([a for a, _ in pairs], float)
    y = np.array([[b] for _, b in pairs], float)
    b, c = int(((x == 1) & (y[:, 0] == 0)).sum()), int(((x == 0) & (y[:, 0] == 1)).sum())
    expected = binomtest(b, b + c, 0.5, alternative="greater").pvalue if b + c else 1.0
    assert sibling_accuracy(x, y).p == pytest.approx(expected, rel=1e-9)


@settings(max_examples=40)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=6))
def test_p_is_the_share_of_all_draws_at_least_as_extreme(rows: list[list[bool]]) -> None:
    """By enumeration of every draw that could have been made: 3 siblings an item, 3^n draws."""
    table = np.array(rows, float)
    sums = [
        sum(row[pick] for row, pick in zip(table, picks, strict=True))
        for picks in itertools.product(range(3), repeat=len(table))
    ]
    share = np.mean([total >= table[:, 0].sum() for total in sums])
    assert sibling_accuracy(table[:, 0], table[:, 1:]).p == pytest.approx(float(share), rel=1e-9)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_rank_p_by_enumeration(ranks: list[int]) -> None:
    sums = [sum(each) for each in itertools.product(range(5), repeat=len(ranks))]
    share = np.mean([total >= sum(ranks) for total in sums])
    assert sibling_rank(ranks, 4).p == pytest.approx(float(share), rel=1e-9)


def test_far_tails_keep_their_relative_precision() -> None:
    assert poisson_binomial_tail([0.5] * 200, 200) == pytest.approx(0.5**200, rel=1e-9)
    assert poisson_binomial_tail([0.25] * 900, 700) == pytest.approx(binom.sf(699, 900, 0.25), rel=1e-8)
    assert uniform_sum_tail(60, 7, 420) == pytest.approx(8.0**-60, rel=1e-9)


def test_rank_sum_has_the_moments_of_the_handbook() -> None:
    n, top = 50, 7
    tails = np.array([uniform_sum_tail(n, top, at) for at in range(n * top + 1)] + [0.0])
    chances = -np.diff(tails)
    at = np.arange(n * top + 1)
    mean = float(chances @ at)
    assert mean == pytest.approx(n * top / 2)
    assert float(chances @ (at - mean) ** 2) == pytest.approx(n * top * (top + 2) / 12)


def null_table(rng: np.random.Generator, n: int, width: int) -> np.ndarray:
    """Outcomes of a model that knows nothing of the draw; items differ, siblings are alike."""
    skill = rng.normal(size=(n, 1)) * 0.8
    return (skill + rng.normal(size=(n, width)) * 0.6 < 0.25).astype(float)


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_false_alarms_under_the_null_stay_within_the_level(alpha: float) -> None:
    rng = np.random.default_rng(7)
    table = null_table(rng, 120, 4)
    scores = rng.normal(size=(120, 8))
    draws, rows = 3_000, np.arange(120)
    right = ranked = 0
    for _ in range(draws):
        pick = rng.integers(0, 4, 120)
        fresh = table[rows[:, None], (pick[:, None] + np.arange(1, 4)) % 4]
        right += sibling_accuracy(table[rows, pick], fresh).p <= alpha
        chosen = scores[rows, rng.integers(0, 8, 120)]
        ranked += sibling_rank((scores < chosen[:, None]).sum(axis=1), 7).p <= alpha
    for hits in (right, ranked):
        assert clopper_pearson(hits, draws, level=0.9999)[0] <= alpha
    assert ranked > 0, "a test that never rejects has no power"


def test_e_processes_cross_no_more_often_than_promised_under_continuous_peeking() -> None:
    rng = np.random.default_rng(11)
    audits, n, alpha = 4_000, 200, 0.05
    chances = rng.choice([0.25, 0.5, 0.75], size=n)
    x = (rng.random((audits, n)) < chances).astype(float)
    ranks = rng.integers(0, 8, (audits, n)).astype(float)
    for paths in (accuracy_process(x, chances), rank_process(ranks, 7)):
        crossed = int((paths.max(axis=1) >= 1 / alpha).sum())
        assert clopper_pearson(crossed, audits, level=0.9999)[0] <= alpha
        assert crossed > 0
    assert accuracy_process(x, chances)[:, 0].mean() == pytest.approx(1, abs=0.05)


def test_a_memorised_form_is_found_and_measured() -> None:
    rng = np.random.default_rng(3)
    table = null_table(rng, 400, 4)
    table[:240, 0] = 1
    found = sibling_accuracy(table[:, 0], table[:, 1:])
    assert found.p < 1e-6 and found.e[-1] > 1_000
    assert found.statistic == table[:, 0].sum() and found.expected == pytest.approx(table.mean(axis=1).sum())
    inflation = gaps(table[:, 0], table[:, 1:]).mean()
    # The identity of the handbook: (K + 1) / K times the mean of x - q.
    assert inflation == pytest.approx(4 / 3 * (table[:, 0] - table.mean(axis=1)).mean())


def test_sampled_outcomes_agree_with_the_exact_test_where_both_apply() -> None:
    rng = np.random.default_rng(5)
    table = null_table(rng, 150, 3)
    table[:12, 0] = 1
    exact = sibling_accuracy(table[:, 0], table[:, 1:]).p
    drawn = sibling_accuracy_sampled(table[:, 0], table[:, 1:], rng=rng, draws=20_000)
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000) + 1e-4)


def test_detectable_effects_by_hand() -> None:
    # K = 1: (z_.99 + z_.8) sqrt(discordant share / n); the handbook prints 4.3 points for 1,319 items.
    chances = np.where(np.arange(1_319) < round(0.245 * 1_319), 0.5, 1.0)
    assert accuracy_mde(chances, 1, alpha=0.01) == pytest.approx(0.043, abs=0.0005)
    assert accuracy_mde([0.0, 1.0], 3, alpha=0.01) == math.inf
    assert rank_mde(1_000, 7, alpha=0.001) == pytest.approx(0.1445, abs=0.0005)
    assert rank_mde(2, 1, alpha=0.001) == math.inf


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        ([1.0], np.empty((1, 0)), "no fresh sibling"),
        ([], np.empty((0, 3)), "no item"),
        ([0.5], [[1.0]], "neither right nor wrong"),
        ([1.0, 0.0], [[1.0]], "same items"),
        ([math.nan], [[1.0]], "neither right nor wrong"),
    ],
)
def test_what_cannot_be_compared(x: list[float], y: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        sibling_accuracy(x, y)  # type: ignore[arg-type]


@pytest.mark.parametrize("ranks", [[8], [-1], [0.5], []])
def test_impossible_ranks(ranks: list[float]) -> None:
    with pytest.raises(UsageError, match="rank"):
        sibling_rank(ranks, 7)
