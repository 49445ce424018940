"""The exact test's rejections against scipy, pair by pair."""

from __future__ import annotations

import math
from functools import cache
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from fairtrial.stats.rejection import rejections


@cache
def p_value(k: int, pairs: int) -> float:
    return float(binomtest(k, pairs).pvalue)


def by_scipy(pairs: int, favour: float, alpha: float) -> float:
    """The chance of every outcome that scipy's binomial test rejects."""
    return math.fsum(
        math.comb(pairs, k) * favour**k * (1 - favour) ** (pairs - k)
        for k in range(pairs + 1)
        if p_value(k, pairs) <= alpha
    )


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.sampled_from([0.001, 0.01, 0.05, 0.2, 0.9]))
def test_each_number_of_pairs_is_as_scipy_has_it(favour: float, alpha: float) -> None:
    found = list(islice(rejections(favour, alpha), 40))
    assert found == pytest.approx([by_scipy(n, favour, alpha) for n in range(1, 41)], abs=1e-12)


@pytest.mark.parametrize("favour", [0.0, 0.31, 0.5, 0.52, 0.999, 1.0])
def test_thousands_of_pairs_lose_no_digit(favour: float) -> None:
    found = list(islice(rejections(favour, 0.05), 100_000))
    for n in (1_000, 31_623, 100_000):
        critical = binom.ppf(0.025, n, 0.5) + 1
        while 2 * binom.cdf(critical, n, 0.5) > 0.05:
            critical -= 1
        expected = binom.cdf(critical, n, favour) + binom.cdf(critical, n, 1 - favour)
        assert found[n - 1] == pytest.approx(expected, abs=1e-12)


def test_a_fair_coin_is_rejected_at_most_at_the_level() -> None:
    for alpha in (0.01, 0.05):
        assert max(islice(rejections(0.5, alpha), 5_000)) <= alpha
