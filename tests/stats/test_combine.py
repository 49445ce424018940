"""E-values: the rules against integrals, closed forms and simulated nulls."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from fairtrial.core.errors import UsageError
from fairtrial.stats.combine import (
    all_or_nothing,
    calibrated,
    calibrated_mixture,
    e_bh,
    hedged,
    product,
    rejects,
    weighted_mean,
)
from fairtrial.stats.exact import clopper_pearson

E = st.floats(0, 1e6)


@pytest.mark.parametrize("rule", [calibrated, calibrated_mixture, lambda p: calibrated(p, kappa=0.2)])
def test_a_calibrated_p_value_has_mean_one(rule) -> None:  # type: ignore[no-untyped-def]
    """Over p uniform: integrate in u = -ln p, where nothing is singular."""
    mass = quad(lambda u: rule(math.exp(-u)) * math.exp(-u), 0, 700, limit=500)[0]
    # The mixture's tail beyond u is 1/u: 1/700 of the mass lies beyond where floats end.
    assert mass == pytest.approx(1, abs=2e-3) and mass <= 1 + 1e-6


def test_the_mixture_is_the_mean_over_kappa() -> None:
    for p in (1e-8, 0.01, 0.3, 0.9, 0.9999, 1.0):
        mean = quad(lambda kappa, p=p: kappa * p ** (kappa - 1), 0, 1)[0]
        assert calibrated_mixture(p) == pytest.approx(mean, rel=1e-7)


def test_prices_named_in_the_handbook() -> None:
    assert calibrated(0.01) == pytest.approx(5)
    assert calibrated(0) == math.inf and calibrated_mixture(0) == math.inf
    assert all_or_nothing(0.001, 0.001) == pytest.approx(1_000) and all_or_nothing(0.0011, 0.001) == 0


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_every_combination_of_null_e_values_keeps_the_level(alpha: float) -> None:
    rng = np.random.default_rng(1)
    draws, crossed = 20_000, dict.fromkeys(("product", "mean", "all or nothing"), 0)
    for p, q, r in rng.random((draws, 3)):
        crossed["product"] += rejects(product([calibrated(p), calibrated_mixture(q)]), alpha)
        dependent = weighted_mean([calibrated(p), calibrated(p), all_or_nothing(p, alpha)], [0.2, 0.2, 0.6])
        crossed["mean"] += rejects(dependent, alpha)
        hedge = product([hedged(all_or_nothing(r, alpha / 2)), calibrated(p)])
        crossed["all or nothing"] += rejects(hedge, alpha)
    for hits in crossed.values():
        assert hits > 0 and clopper_pearson(hits, draws, level=0.9999)[0] <= alpha


@given(st.lists(E, min_size=1, max_size=7), st.sampled_from([0.5, 0.1, 0.01]))
def test_e_bh_by_trying_every_set_size(e_values: list[float], alpha: float) -> None:
    most = max(
        (k for k in range(1, len(e_values) + 1) if sorted(e_values)[-k] >= len(e_values) / (k * alpha)),
        default=0,
    )
    bar = sorted(e_values)[-most] if most else math.inf
    assert e_bh(e_values, alpha) == tuple(most > 0 and e >= bar for e in e_values)


def test_e_bh_controls_the_false_discovery_rate_under_dependence() -> None:
    rng = np.random.default_rng(2)
    draws, m, alpha = 4_000, 20, 0.2
    total = 0.0
    for _ in range(draws):
        shared = rng.random()  # all 15 nulls are one and the same p-value: the worst dependence
        e_values = [all_or_nothing(shared, alpha / 4)] * 15 + [1e4] * 5
        told = e_bh(e_values, alpha)
        total += sum(told[:15]) / max(1, sum(told))
    assert total / draws <= alpha and m == len(told)


def test_products_and_means_by_hand() -> None:
    assert product([]) == 1 and product([2, 3, 0.5]) == pytest.approx(3)
    assert product([1e300, 1e300]) == pytest.approx(math.exp(709), rel=1e-6)
    assert weighted_mean([0, 8], [0.75, 0.25]) == 2
    assert weighted_mean([math.inf, 8], [0.0, 1.0]) == 8
    assert [hedged(e) for e in (0, 1, 9)] == [0.5, 1, 5]
    assert e_bh([], 0.1) == ()


def test_what_is_refused() -> None:
    for call, told in (
        (lambda: product([0, 5]), "wipe out"),
        (lambda: product([-1]), "no e-value"),
        (lambda: product([math.nan]), "no e-value"),
        (lambda: weighted_mean([1, 2], [0.5, 0.6]), "add up"),
        (lambda: weighted_mean([1, 2], [1.0]), "one weight each"),
        (lambda: calibrated(1.5), "no p-value"),
        (lambda: calibrated(0.5, kappa=1), "calibrates nothing"),
        (lambda: e_bh([1], 1), "level"),
    ):
        with pytest.raises(UsageError, match=told):
            call()


def test_the_order_of_e_values_does_not_matter() -> None:
    values = [30.0, 2.0, 400.0, 0.1]
    told = dict(zip(values, e_bh(values, 0.05), strict=True))
    for order in itertools.permutations(values):
        assert e_bh(order, 0.05) == tuple(told[e] for e in order)
