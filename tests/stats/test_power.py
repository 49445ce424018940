"""Sample sizes and detectable differences against enumeration, statsmodels and the figures of the handbook."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, multinomial, norm
from statsmodels.stats.power import NormalIndPower, TTestPower
from statsmodels.stats.proportion import proportion_confint

from fairtrial.core.errors import UsageError
from fairtrial.stats.power import (
    detectable,
    detectable_discordant,
    detectable_next,
    deviates,
    discordant_share,
    mcnemar_power,
    needed_n,
    needed_n_discordant,
    needed_n_proportion,
    needed_n_unpaired,
)


def test_deviates() -> None:
    assert deviates(0.95, 0.8) == pytest.approx(norm.ppf(0.975) + norm.ppf(0.8), abs=1e-9)


@pytest.mark.parametrize(("points", "n"), [(1, 11_766), (2, 2_936), (3, 1_301), (5, 464)])
def test_discordant_pairs_as_published(points: int, n: int) -> None:
    """15 % discordant, level 0.95, power 0.8: (z + z)^2 (0.15 - delta^2) / delta^2."""
    assert needed_n_discordant(points / 100, discordant=0.15) == n
    assert needed_n_discordant(-points / 100, discordant=0.15) == n


@pytest.mark.parametrize("delta", [0.01, 0.05, 0.2])
def test_needed_n_is_that_of_a_one_sample_test(delta: float) -> None:
    """statsmodels solves the t test: a little more, by about z^2 / 2 = 1.9 samples."""
    for sd in (0.3, 0.45):
        found = needed_n(delta, variance=sd**2)
        oracle = TTestPower().solve_power(effect_size=delta / sd, alpha=0.05, power=0.8)
        assert found <= oracle + 1 and oracle - found < 3


def test_needed_n_by_millers_formula() -> None:
    z = norm.ppf(0.975) + norm.ppf(0.8)
    spread = 1 / 9 + (1 / 6) / 2 + (1 / 6) / 4
    found = needed_n(0.03, variance=1 / 9, noise_a=1 / 6, noise_b=1 / 6, samples_a=2, samples_b=4)
    assert found == math.ceil(z**2 * spread / 0.03**2)
    assert needed_n(0.5, variance=0.0) == 2
    assert needed_n(1e-9, variance=1.0) == 10**9


def test_unpaired() -> None:
    """statsmodels with the unpooled variance of two proportions as the spread of a standardised effect."""
    sd = math.sqrt((0.8 * 0.2 + 0.75 * 0.25) / 2)
    oracle = NormalIndPower().solve_power(effect_size=0.05 / sd, alpha=0.05, power=0.8)
    assert needed_n_unpaired(0.05, baseline=0.8) == math.ceil(oracle)


@given(st.floats(0.01, 0.4), st.floats(0, 1))
def test_needed_n_proportion_is_the_smallest(half: float, expected: float) -> None:
    n = needed_n_proportion(half, expected=expected)

    def width(size: int) -> float:
        low, high = proportion_confint(expected * size, size, method="wilson")
        return float(high - low) / 2

    assert width(n) <= half + 1e-9
    assert n == 2 or width(n - 1) > half - 1e-9


def enumerated(n: int, delta: float, discordant: float, level: float) -> float:
    """Every table of n pairs, its chance, and whether scipy's binomial test rejects."""
    cells = [(discordant + delta) / 2, (discordant - delta) / 2, 1 - discordant]
    total = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            if b + c and binomtest(b, b + c).pvalue <= 1 - level + 1e-12:
                total += float(multinomial.pmf([b, c, n - b - c], n, cells))
    return total


@pytest.mark.parametrize(
    ("n", "delta", "discordant", "level"),
    [
        (5, 0.3, 0.5, 0.95),
        (20, 0.2, 0.4, 0.95),
        (30, 0.3, 0.3, 0.99),
        (25, 0.0, 0.6, 0.9),
        (40, -0.2, 0.3, 0.8),
    ],
)
def test_exact_power_by_enumeration(n: int, delta: float, discordant: float, level: float) -> None:
    found = mcnemar_power(n, delta=delta, discordant=discordant, level=level)
    assert found == pytest.approx(enumerated(n, delta, discordant, level), abs=1e-9)


def test_exact_power_nears_the_normal_one() -> None:
    n = needed_n_discordant(0.01, discordant=0.15)
    assert mcnemar_power(n, delta=0.01, discordant=0.15) == pytest.approx(0.8, abs=0.01)
    assert mcnemar_power(1_000, delta=0, discordant=0) == 0
    assert mcnemar_power(10**6, delta=0.05, discordant=0.1) == pytest.approx(1)


@pytest.mark.parametrize("n", [8, 50, 300, 2_000])
@pytest.mark.parametrize("discordant", [0.0, 0.02, 0.15, 0.5])
def test_the_detectable_difference_is_found_with_its_power_and_nothing_smaller_is(
    n: int, discordant: float
) -> None:
    found = detectable_discordant(n, discordant=discordant)
    assert mcnemar_power(n, delta=found, discordant=max(found, discordant)) >= 0.8
    less = found * 0.999
    assert mcnemar_power(n, delta=less, discordant=max(less, discordant)) < 0.8


def test_detectable_by_scipy_for_a_few() -> None:
    found = detectable_discordant(15, discordant=0.1)
    assert enumerated(15, found, max(found, 0.1), 0.95) == pytest.approx(0.8, abs=1e-3)


def test_too_few_items_detect_nothing() -> None:
    """Five pairs all one way have p = 1/16."""
    assert detectable_discordant(5, discordant=0.3) == 1.0
    assert detectable_discordant(6, discordant=0.3) < 1.0


def test_detectable_on_many_items_is_the_normal_formula() -> None:
    z = norm.ppf(0.975) + norm.ppf(0.8)
    found = detectable_discordant(100_000, discordant=0.15)
    assert 100_000 * found**2 == pytest.approx(z**2 * (0.15 - found**2))


def test_detectable_from_a_standard_error() -> None:
    assert detectable(0.01) == pytest.approx(0.028016, abs=1e-6)
    assert detectable(math.inf) == 1.0 and detectable(0.0) == 0.0
    assert detectable_next(0.01, correlation=0.0) == pytest.approx(0.028016 * math.sqrt(2), abs=1e-6)
    assert detectable_next(0.01, correlation=0.5) == pytest.approx(0.028016, abs=1e-6)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(-1, 1))
def test_discordant_share_has_the_correlation_or_the_nearest_possible(a: float, b: float, rho: float) -> None:
    share = discordant_share(a, b, correlation=rho)
    both = (a + b - share) / 2
    assert max(0.0, a + b - 1) - 1e-9 <= both <= min(a, b) + 1e-9
    correlation = (both - a * b) / math.sqrt(a * (1 - a) * b * (1 - b))
    possible = [
        (edge - a * b) / math.sqrt(a * (1 - a) * b * (1 - b)) for edge in (max(0, a + b - 1), min(a, b))
    ]
    assert correlation == pytest.approx(float(np.clip(rho, *possible)), abs=1e-6)


def test_bad_input() -> None:
    for delta in (0.0, 1.5, math.nan):
        for call in (
            lambda d: needed_n(d, variance=1),
            lambda d: needed_n_discordant(d, discordant=0.5),
            lambda d: needed_n_unpaired(d, baseline=0.5),
        ):
            with pytest.raises(UsageError, match="cannot be planned"):
                call(delta)
    with pytest.raises(UsageError, match="negative"):
        needed_n(0.1, variance=-1)
    with pytest.raises(UsageError, match="no answer"):
        needed_n(0.1, variance=1, samples_a=0)
    with pytest.raises(UsageError, match="cannot come from"):
        needed_n_discordant(0.2, discordant=0.1)
    with pytest.raises(UsageError, match="not both proportions"):
        needed_n_unpaired(0.3, baseline=0.2)
    for half in (0.0, 0.5):
        with pytest.raises(UsageError, match="half-width"):
            needed_n_proportion(half)
    with pytest.raises(UsageError, match="do not go together"):
        mcnemar_power(10, delta=0.5, discordant=0.2)
    with pytest.raises(UsageError, match="no standard error"):
        detectable(-0.1)
    with pytest.raises(UsageError, match="no standard error"):
        detectable(math.nan)
    with pytest.raises(UsageError, match="make no sense"):
        detectable_discordant(0, discordant=0.1)
    with pytest.raises(UsageError, match="no correlation"):
        detectable_next(0.1, correlation=2)
    with pytest.raises(UsageError, match="make no sense"):
        discordant_share(0.5, 1.5)
    with pytest.raises(UsageError, match="no coverage"):
        deviates(0.95, 1.0)
