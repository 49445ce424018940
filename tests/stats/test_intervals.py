"""Closed-form and Beta intervals and the exact paired test, against statsmodels, scipy and likelihoods."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import beta, binomtest, norm, sem
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson, jeffreys
from fairtrial.stats.intervals import (
    check_level,
    mcnemar_exact,
    mean_and_se,
    normal_interval,
    tango,
    wilson,
    z_quantile,
)

COUNTS = st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
Interval = Callable[..., tuple[float, float]]


@given(COUNTS, LEVELS)
def test_wilson_is_that_of_statsmodels(count: tuple[int, int], level: float) -> None:
    x, n = count
    expected = proportion_confint(x, n, alpha=1 - level, method="wilson")
    assert wilson(x, n, level=level) == pytest.approx(expected, abs=1e-12)


@given(COUNTS, LEVELS)
def test_clopper_pearson_is_that_of_statsmodels_and_scipy(count: tuple[int, int], level: float) -> None:
    x, n = count
    expected = proportion_confint(x, n, alpha=1 - level, method="beta")
    # statsmodels leaves nan where the Beta distribution degenerates, at no and at every success.
    low, high = (0.0 if x == 0 else expected[0]), (1.0 if x == n else expected[1])
    assert clopper_pearson(x, n, level=level) == pytest.approx((low, high), abs=1e-10)
    by_test = binomtest(x, n).proportion_ci(level, method="exact")
    assert clopper_pearson(x, n, level=level) == pytest.approx((by_test.low, by_test.high), abs=1e-8)


@given(COUNTS, LEVELS)
def test_jeffreys_is_the_posterior_and_keeps_the_ends(count: tuple[int, int], level: float) -> None:
    x, n = count
    low, high = jeffreys(x, n, level=level)
    posterior = beta(x + 0.5, n - x + 0.5)
    assert low == (0 if x == 0 else pytest.approx(posterior.ppf((1 - level) / 2), abs=1e-10))
    assert high == (1 if x == n else pytest.approx(posterior.ppf((1 + level) / 2), abs=1e-10))


@pytest.mark.parametrize("interval", [wilson, clopper_pearson, jeffreys])
@given(count=COUNTS)
def test_every_interval_of_a_proportion_holds_it_and_mirrors(
    interval: Interval, count: tuple[int, int]
) -> None:
    x, n = count
    low, high = interval(x, n)
    assert 0 <= low <= x / n <= high <= 1 and low < high
    assert interval(n - x, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    wider = interval(x, n, level=0.99)
    assert wider[0] <= low and high <= wider[1]


def test_published_figures() -> None:
    """Newcombe (1998), Statistics in Medicine 17:857-872, table I; and no success, by hand."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert clopper_pearson(81, 263) == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert clopper_pearson(0, 20)[1] == pytest.approx(0.1684, abs=5e-5)
    assert clopper_pearson(0, 1_000)[1] == pytest.approx(1 - 0.025 ** (1 / 1_000), abs=1e-12)


def test_wilson_takes_an_effective_sample_size() -> None:
    z = norm.ppf(0.975)
    low, high = wilson(4.2, 12.6)
    for end in (low, high):
        assert abs(end - 1 / 3) == pytest.approx(z * math.sqrt(end * (1 - end) / 12.6))


@pytest.mark.parametrize("interval", [wilson, clopper_pearson, jeffreys])
@pytest.mark.parametrize(("x", "n"), [(-1, 5), (6, 5), (0, 0), (1, -1)])
def test_impossible_counts(interval: Interval, x: int, n: int) -> None:
    with pytest.raises(UsageError, match="is not a proportion"):
        interval(x, n)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, math.nan])
def test_impossible_levels(level: float) -> None:
    for call in (check_level, z_quantile):
        with pytest.raises(UsageError, match="no coverage"):
            call(level)
    for interval in (wilson, clopper_pearson, jeffreys):
        with pytest.raises(UsageError, match="no coverage"):
            interval(1, 2, level=level)
    with pytest.raises(UsageError, match="no coverage"):
        tango(1, 1, 5, level=level)


@given(LEVELS)
def test_the_normal_deviate(level: float) -> None:
    assert z_quantile(level) == pytest.approx(norm.ppf((1 + level) / 2), abs=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=50))
def test_mean_and_standard_error(values: list[float]) -> None:
    mean, error = mean_and_se(values)
    assert mean == pytest.approx(np.mean(values), abs=1e-9)
    assert error == pytest.approx(sem(values), abs=1e-9)
    low, high = normal_interval(values, level=0.9)
    assert (low, high) == pytest.approx(norm.interval(0.9, mean, error) if error else (mean, mean), abs=1e-6)


def test_one_value_says_nothing_about_spread_and_none_nothing_at_all() -> None:
    assert mean_and_se([0.3]) == (0.3, math.inf)
    assert normal_interval([0.3]) == (-math.inf, math.inf)
    with pytest.raises(UsageError, match="no value"):
        mean_and_se([])


@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_exact_mcnemar_is_that_of_statsmodels_and_scipy(only_a: int, only_b: int) -> None:
    p = mcnemar_exact(only_a, only_b)
    assert p == pytest.approx(mcnemar([[5, only_a], [only_b, 7]], exact=True).pvalue, rel=1e-8, abs=1e-280)
    if only_a + only_b:
        assert p == pytest.approx(binomtest(only_a, only_a + only_b).pvalue, rel=1e-7, abs=1e-290)
    assert p == mcnemar_exact(only_b, only_a)


def test_exact_mcnemar_far_out_and_on_many_pairs() -> None:
    assert mcnemar_exact(0, 0) == 1 and mcnemar_exact(7, 7) == 1
    assert mcnemar_exact(30, 12) == pytest.approx(2 * sum(math.comb(42, k) for k in range(13)) / 2**42)
    assert mcnemar_exact(0, 1_000) == pytest.approx(2**-999, rel=1e-9)
    assert mcnemar_exact(0, 5_000) == 0.0
    assert mcnemar_exact(49_000, 51_000) == pytest.approx(binomtest(49_000, 100_000).pvalue, rel=1e-7)
    with pytest.raises(UsageError, match="not counts"):
        mcnemar_exact(-1, 3)


def score_statistic(b: int, c: int, n: int, delta: float) -> float:
    """The score statistic at `delta`, the nuisance probability by maximising the likelihood numerically."""

    def minus_log_likelihood(only_b: float) -> float:
        only_a, rest = only_b + delta, 1 - 2 * only_b - delta
        return -sum(
            k * math.log(max(p, 1e-300)) for k, p in ((b, only_a), (c, only_b), (n - b - c, rest)) if k
        )

    low, high = max(0.0, -delta), (1 - delta) / 2
    only_b = minimize_scalar(minus_log_likelihood, bounds=(low, high), options={"xatol": 1e-13}).x
    ends = {x: minus_log_likelihood(x) for x in (low, only_b, high)}
    only_b = min(ends, key=ends.__getitem__)
    return float((b - c - n * delta) / math.sqrt(n * (2 * only_b + delta - delta**2)))


@pytest.mark.parametrize("n", [8, 30, 200])
@pytest.mark.parametrize(("b", "c"), [(2, 1), (0, 3), (5, 0), (4, 4), (1, 6)])
def test_tango_inverts_the_score_test(b: int, c: int, n: int) -> None:
    z = norm.ppf(0.975)
    low, high = tango(b, c, n)
    mean = (b - c) / n
    by_root = (
        brentq(lambda d: score_statistic(b, c, n, d) - z, -0.9999, mean - 1e-9),
        brentq(lambda d: score_statistic(b, c, n, d) + z, mean + 1e-9, 0.9999),
    )
    assert (low, high) == pytest.approx(by_root, abs=2e-5)


def test_tango_where_nothing_differs_has_its_closed_form() -> None:
    z = norm.ppf(0.975)
    for n in (1, 10, 500):
        assert tango(0, 0, n) == pytest.approx((-(z**2) / (n + z**2), z**2 / (n + z**2)), abs=1e-9)


@given(
    st.integers(1, 400).flatmap(
        lambda n: st.integers(0, n).flatmap(
            lambda b: st.tuples(st.just(n), st.just(b), st.integers(0, n - b))
        )
    )
)
def test_tango_holds_the_estimate_mirrors_and_stays_in_range(counts: tuple[int, int, int]) -> None:
    n, b, c = counts
    low, high = tango(b, c, n)
    assert -1 <= low <= (b - c) / n + 1e-9 and (b - c) / n - 1e-9 <= high <= 1
    assert tango(c, b, n) == pytest.approx((-high, -low), abs=1e-9)


@pytest.mark.parametrize(("b", "c", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_tango_refuses_impossible_tables(b: int, c: int, n: int) -> None:
    with pytest.raises(UsageError, match="impossible"):
        tango(b, c, n)
