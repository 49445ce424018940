"""pass@k and pass^k by listing every choice; Holm against statsmodels; equivalence against statsmodels."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from fairtrial.core.errors import UsageError
from fairtrial.stats.equivalence import check_margin, equivalent, tost
from fairtrial.stats.multiplicity import holm
from fairtrial.stats.passk import pass_at_k, pass_hat_k

ATTEMPTS = st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)))


@given(ATTEMPTS)
def test_some_and_all_of_k_by_listing_every_choice(attempts: tuple[int, int, int]) -> None:
    n, successes, k = attempts
    outcomes = [1] * successes + [0] * (n - successes)
    choices = list(itertools.combinations(outcomes, k))
    assert pass_at_k(n, successes, k) == pytest.approx(sum(any(c) for c in choices) / len(choices))
    assert pass_hat_k(n, successes, k) == pytest.approx(sum(all(c) for c in choices) / len(choices))


@pytest.mark.parametrize(("n", "k", "p"), [(5, 3, 0.6), (10, 4, 0.2)])
def test_they_are_unbiased(n: int, k: int, p: float) -> None:
    """Averaged over the binomial, exactly 1 - (1 - p)^k and p^k."""
    chance = [math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)]
    assert sum(w * pass_at_k(n, c, k) for c, w in enumerate(chance)) == pytest.approx(1 - (1 - p) ** k)
    assert sum(w * pass_hat_k(n, c, k) for c, w in enumerate(chance)) == pytest.approx(p**k)


def test_large_counts_stay_exact() -> None:
    assert pass_at_k(10_000, 1, 100) == pytest.approx(0.01)
    assert pass_hat_k(10_000, 9_999, 100) == pytest.approx(0.99)


@pytest.mark.parametrize(("n", "successes", "k"), [(5, 6, 1), (5, -1, 1), (5, 2, 0), (5, 2, 6), (0, 0, 1)])
def test_impossible_attempts(n: int, successes: int, k: int) -> None:
    for rule in (pass_at_k, pass_hat_k):
        with pytest.raises(UsageError, match="undefined"):
            rule(n, successes, k)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_closed_testing_with_bonferroni(p_values: list[float]) -> None:
    """The adjusted p-value of a hypothesis: the largest over every set of hypotheses that holds it."""
    everyone = range(len(p_values))
    for index, found in enumerate(holm(p_values)):
        sets = [s for k in everyone for s in itertools.combinations(everyone, k + 1) if index in s]
        assert found == pytest.approx(max(min(1.0, len(s) * min(p_values[i] for i in s)) for s in sets))


def test_holm_by_hand_and_of_nothing() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx((0.06, 0.03, 0.06))
    assert holm([]) == ()
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(UsageError, match="p-values"):
            holm([0.1, bad])


@pytest.mark.parametrize("seed", range(5))
def test_tost_is_that_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gaps = rng.normal(0.01 * seed, 0.1, 40)
    se = gaps.std(ddof=1) / math.sqrt(40)
    for margin in (0.01, 0.05, 0.2):
        oracle = DescrStatsW(gaps).ttost_mean(-margin, margin)[0]
        assert tost(gaps.mean(), se, margin, df=39) == pytest.approx(oracle)
        by_normal = DescrStatsW(gaps).ztost_mean(-margin, margin)[0]
        assert tost(gaps.mean(), se, margin) == pytest.approx(by_normal)


@given(st.floats(-0.2, 0.2), st.floats(0.001, 0.1), st.floats(0.01, 0.3))
def test_an_interval_of_level_90_inside_the_margin_is_tost_at_5(d: float, se: float, margin: float) -> None:
    z = 1.6448536269514722
    p = tost(d, se, margin)
    if abs(p - 0.05) > 1e-9:
        assert equivalent(d - z * se, d + z * se, margin) == (p < 0.05)


def test_no_spread_shows_no_equivalence_and_the_margin_itself_is_outside() -> None:
    assert tost(0.0, 0.0, 0.1) == 1.0 and tost(0.0, math.inf, 0.1) == 1.0 and tost(0.0, math.nan, 0.1) == 1.0
    assert equivalent(-0.09, 0.09, 0.1)
    assert not equivalent(-0.1, 0.0, 0.1) and not equivalent(0.0, 0.1, 0.1)


@pytest.mark.parametrize("margin", [0.0, -0.1, 1.0, 2.0, math.nan])
def test_margins_that_make_no_sense(margin: float) -> None:
    for call in (check_margin, lambda m: tost(0, 1, m), lambda m: equivalent(0, 0, m)):
        with pytest.raises(UsageError, match="makes no sense"):
            call(margin)
