"""Null audits from stored scores are exact audits, and a test that knows the answer is caught."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, kstest

from fairtrial.stats.grid_nulls import (
    NullRate,
    accuracy_nulls,
    canary_nulls,
    keyed_nulls,
    null_rates_of,
    order_nulls,
    rank_nulls,
)

DRAWS = 1_500


def test_p_values_of_ranks_are_uniform_where_nothing_ties() -> None:
    scores = np.random.default_rng(1).normal(size=(300, 8)) + np.arange(8)
    p, e = rank_nulls(scores, draws=DRAWS, rng=np.random.default_rng(2))
    assert kstest(p, "uniform").pvalue > 1e-4
    assert e is not None and (e >= 20).mean() <= 0.05


@pytest.mark.parametrize("level", [0.05, 0.01])
def test_no_table_makes_a_test_err_more_often_than_its_level(level: float) -> None:
    """However lopsided: one sibling always right, all scores tied, a model with a favourite answer."""
    rng = np.random.default_rng(3)
    right = np.zeros((120, 8))
    right[:, 0] = 1
    given = np.where(rng.random(150) < 0.2, -1, 0)
    found = {
        "accuracy": accuracy_nulls(right, draws=DRAWS, rng=rng),
        "ties": rank_nulls(np.zeros((120, 8)), draws=DRAWS, rng=rng),
        "keyed": keyed_nulls(given, np.full(150, 2), draws=DRAWS, rng=rng),
        "canary": canary_nulls(np.round(rng.normal(size=500), 1), canaries=1, draws=DRAWS, rng=rng),
        "canaries": canary_nulls(rng.normal(size=500), canaries=6, draws=DRAWS, rng=rng),
        "order": order_nulls(rng.normal(size=(24, 8)), draws=DRAWS, rng=rng),
    }
    for name, (p, _) in found.items():
        most = binom.ppf(1 - 1e-5, DRAWS, level)
        assert np.count_nonzero(p <= level) <= most, name
        assert p.min() < 0.2, f"{name} never looks at the draw"


def test_audits_take_other_items_each_time() -> None:
    """Of 1,000 items one has a sibling that stands out: a tenth of the audits of 100 items can see it."""
    right = np.ones((1_000, 8))
    right[0] = [1, 0, 0, 0, 0, 0, 0, 0]
    p, _ = accuracy_nulls(right, draws=DRAWS, rng=np.random.default_rng(5))
    share = float((p < 1).mean())
    assert share == pytest.approx(0.1 / 8, abs=0.012)


def test_rates_count_alarms_models_and_trunks() -> None:
    first = np.array([0.0005, 0.02, 0.5, 0.5]), np.array([2000.0, 30.0, 1.0, 1.0])
    second = np.array([0.04, 0.5, 0.5, 0.5]), np.array([1.0, 1.0, 1.0, 1.0])
    rates = null_rates_of("a test", {("t0", "m0"): first, ("t0", "m1"): second})
    got = {(rate.what, rate.level): (rate.hits, rate.highest) for rate in rates}
    assert got["p", 0.05] == (3, 0.5)
    assert got["p", 0.01] == (1, 0.25)
    assert got["p", 0.001] == (1, 0.25)
    assert got["e ≥ 1 / level", 0.05] == (2, 0.5)
    assert got["e ≥ 1 / level", 0.001] == (1, 0.25)
    assert {(rate.audits, rate.models, rate.trunks) for rate in rates} == {(8, 2, 1)}
    assert {rate.what for rate in null_rates_of("no e", {("t", "m"): (first[0], None)})} == {"p"}


def test_a_rate_is_broken_only_by_more_than_chance() -> None:
    """Bounds by the binomial itself: the lower one is where so many hits have a chance of 0.001."""
    rate = NullRate("grid", "a test", "p", 0.001, 25, 10_000)
    assert binom.sf(24, 10_000, rate.bounds[0]) == pytest.approx(0.001, rel=1e-6)
    assert not rate.holds
    assert NullRate("grid", "a test", "p", 0.001, 15, 10_000).holds
