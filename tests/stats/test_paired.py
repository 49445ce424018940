"""Paired comparisons: which test and interval, each against scipy or an enumeration, and their agreement."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, permutation_test, ttest_rel

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import clustered_mean
from fairtrial.stats.intervals import tango
from fairtrial.stats.paired import (
    ENOUGH_DIFFERING,
    compare_pairs,
    difference_interval,
    paired_table,
    sign_flip,
)
from tests.stats.tables import sides


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=90))
def test_right_and_wrong_without_clusters_is_mcnemar(pairs: list[tuple[bool, bool]]) -> None:
    a, b = (np.array(side, float) for side in zip(*pairs, strict=True))
    found = compare_pairs(a, b, rng=rng())
    only_a = sum(x and not y for x, y in pairs)
    only_b = sum(y and not x for x, y in pairs)
    both = sum(x and y for x, y in pairs)
    assert found.table == (both, only_a, only_b, len(pairs) - both - only_a - only_b)
    assert found.test == "exact McNemar" and not found.clustered and found.clusters == len(pairs)
    assert found.difference == pytest.approx((only_a - only_b) / len(pairs))
    assert found.p == pytest.approx(binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0)


@pytest.mark.parametrize("count", [2, 4, 9])
def test_sign_flips_enumerated_are_scipys_permutation_test(count: int) -> None:
    values = np.random.default_rng(count).normal(0.4, 1, count)

    def total(x: np.ndarray, axis: int) -> np.ndarray:
        return np.sum(x, axis=axis)

    oracle = permutation_test((values,), total, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(values, rng=rng()) == pytest.approx(oracle.pvalue)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_sign_flips_with_ties_and_zeros_by_brute_force(values: list[int]) -> None:
    patterns = itertools.product((-1, 1), repeat=len(values))
    totals = [abs(sum(s * v for s, v in zip(signs, values, strict=True))) for signs in patterns]
    expected = sum(total >= abs(sum(values)) for total in totals) / len(totals)
    # Tenths, so that sums that are equal by arithmetic differ in their last bits.
    assert sign_flip([value / 10 for value in values], rng=rng()) == pytest.approx(expected)


def test_random_flips_agree_with_all_of_them() -> None:
    """20 sums have about a million patterns: enumerated here, drawn there."""
    values = np.random.default_rng(8).normal(0.35, 1, 20)
    half = values[:10], values[10:]
    first, second = (np.array(list(itertools.product((-1, 1), repeat=10))) @ part for part in half)
    totals = np.abs(np.add.outer(first, second))
    exact = float((totals >= abs(values.sum()) - 1e-12).mean())
    found = sign_flip(values, rng=rng())
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 19_999))
    assert sign_flip(values, rng=rng()) == found, "the same randomness, the same p-value"


def test_random_flips_count_the_observed_pattern_among_them() -> None:
    assert sign_flip([1.0] * 40, rng=rng(), flips=99) == 1 / 100
    assert sign_flip([], rng=rng()) == 1 and sign_flip([0.0] * 5, rng=rng()) == 1


def test_few_clusters_cannot_reach_the_level() -> None:
    """Five clusters have 32 sign patterns: p is at least 2/32 however large the difference."""
    a, b = np.ones(50), np.zeros(50)
    found = compare_pairs(a, b, rng=rng(), clusters=np.repeat(np.arange(5), 10).tolist())
    assert found.p == pytest.approx(2 / 32)
    assert found.test == "sign-flip test over 5 differing clusters, all sign patterns"
    assert found.low <= 0 and found.interval.endswith("stretched to 0 as the test does not reject")


def test_many_differing_fractions_are_the_paired_t_test() -> None:
    random = np.random.default_rng(2)
    a, b = random.random(90), random.random(90)
    found = compare_pairs(a, b, rng=rng())
    oracle = ttest_rel(a, b)
    assert found.test == "paired t" and found.p == pytest.approx(oracle.pvalue)
    interval = oracle.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.table is None


def test_many_clusters_are_judged_by_their_t_test() -> None:
    random = np.random.default_rng(6)
    labels = np.repeat(np.arange(80), 6)
    a = (random.random(480) < random.beta(4, 1, 80)[labels]).astype(float)
    b = (random.random(480) < random.beta(2, 2, 80)[labels]).astype(float)
    found = compare_pairs(a, b, rng=rng(), clusters=labels.tolist())
    mean = clustered_mean(a - b, labels.tolist())
    assert found.test == "cluster-robust t over 80 clusters" and found.p == mean.p_value()
    assert (found.low, found.high) == pytest.approx(mean.interval())
    assert found.clusters == 80 and found.clustered and found.se == mean.se


def test_below_fifty_differing_the_width_has_a_floor() -> None:
    """Fractions of which few differ: at least what Tango's interval has where nothing differs."""
    a, b = np.full(100, 0.5), np.full(100, 0.5)
    floor = tango(0, 0, 100)[1]
    assert difference_interval(a, b)[:2] == pytest.approx((-floor, floor))
    labels = [0] * 93 + list(range(1, 8))
    low, high, name = difference_interval(a, b, clusters=labels)
    even = 100**2 / (93**2 + 7)
    assert high == pytest.approx(1.959964**2 / (even + 1.959964**2), abs=1e-6) and low == -high
    assert name.startswith("paired t over 8 clusters, few differ")


@settings(max_examples=60)
@given(st.integers(1, 300), st.data())
def test_test_and_interval_never_disagree_to_the_other_side(n: int, data: st.DataObject) -> None:
    only_a = data.draw(st.integers(0, n))
    only_b = data.draw(st.integers(0, n - only_a))
    a, b = sides(only_a, only_b, n)
    found = compare_pairs(a, b, rng=rng())
    assert -1 <= found.low <= found.difference + 1e-9 and found.difference - 1e-9 <= found.high <= 1
    if found.p > 0.05:
        assert found.low <= 0 <= found.high
    swapped = compare_pairs(b, a, rng=rng())
    assert swapped.p == found.p
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


def test_right_and_wrong_go_over_from_tango_to_t_at_fifty_differing() -> None:
    n = 2_000
    few, many = ENOUGH_DIFFERING - 1, ENOUGH_DIFFERING
    assert difference_interval(*sides(few - 9, 9, n))[2] == "Tango score"
    low, high, name = difference_interval(*sides(many - 9, 9, n))
    assert name == "paired t"
    assert (low, high) == pytest.approx(tango(many - 9, 9, n), abs=1e-3), "no jump there"


def test_a_table_needs_right_or_wrong_on_both_sides() -> None:
    assert paired_table(np.array([1.0, 0.5]), np.array([1.0, 0.0])) is None
    assert paired_table(np.array([1.0, 0.0]), np.array([1.0, 0.5])) is None


def test_bad_input() -> None:
    with pytest.raises(UsageError, match="not pairs"):
        compare_pairs([1.0], [1.0, 0.0], rng=rng())
    with pytest.raises(UsageError, match="no value"):
        compare_pairs([], [], rng=rng())
    with pytest.raises(UsageError, match="not a finite"):
        compare_pairs([float("nan")], [1.0], rng=rng())
    with pytest.raises(UsageError, match="no coverage"):
        compare_pairs([1.0, 0.0], [1.0, 1.0], rng=rng(), level=95)
    with pytest.raises(UsageError, match="cluster labels"):
        compare_pairs([1.0, 0.0], [1.0, 1.0], rng=rng(), clusters=["a"])
