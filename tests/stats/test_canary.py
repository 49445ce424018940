"""Canaries: ranks by enumeration, the emission bound by guessing, the null, and what would have been found."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, norm

from fairtrial.core.errors import UsageError
from fairtrial.stats.canary import (
    canary_emission,
    canary_mde,
    canary_rank,
    canary_ranks,
    emission_mde,
    guessing_chance,
)
from fairtrial.stats.exact import clopper_pearson


def test_one_rank_by_hand_ties_against_the_canary() -> None:
    controls = np.arange(99.0)
    assert canary_rank(98.5, controls).p == pytest.approx(1 / 100)
    assert canary_rank(98.0, controls).p == pytest.approx(2 / 100)
    assert canary_rank(-1, controls).p == 1
    assert canary_rank(0.0, np.zeros(99)).p == 1
    found = canary_rank(98.5, controls, level=0.9)
    assert found.share == 0.5 and found.high == 0.5
    assert found.low == pytest.approx(clopper_pearson(99, 99, level=0.9)[0] - 0.5)


def test_several_by_listing_every_set_of_ranks() -> None:
    controls = np.tile(np.arange(4.0), (3, 1))
    found = canary_ranks([3.5, 1.5, 2.5], controls)
    assert found.ranks == (4, 2, 3)
    share = np.mean([sum(each) >= 9 for each in itertools.product(range(5), repeat=3)])
    assert found.p == pytest.approx(float(share), rel=1e-9)
    # One factor a canary: 1 + stake (2 r / m - 1), averaged over the five stakes.
    stakes = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
    assert found.e == pytest.approx(float(np.mean((1 + stakes) * 1 * (1 + stakes * 0.5))))


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_false_alarms_of_ranks(alpha: float) -> None:
    """Rounded scores: many ties, which may only make the test shyer."""
    rng, draws, single, many = np.random.default_rng(1), 4_000, 0, 0
    for _ in range(draws):
        scores = np.round(rng.normal(size=(4, 200)), 2)
        single += canary_rank(scores[0, 0], scores[0, 1:]).p <= alpha
        many += canary_ranks(scores[:, 0], scores[:, 1:]).p <= alpha
    for hits in (single, many):
        assert hits > 0 and clopper_pearson(hits, draws, level=0.9999)[0] <= alpha


def test_the_smallest_shift_found() -> None:
    m, alpha = 999, 0.01
    least = canary_mde(1, m, alpha=alpha)
    found = quad(lambda x: norm.pdf(x - least) * binom.cdf(9, m, norm.sf(x)), -5, 14, points=[2.3])[0]
    assert found == pytest.approx(0.8, abs=1e-4)
    rng, draws = np.random.default_rng(2), 2_000
    hits = sum(canary_rank(rng.normal(least), rng.normal(size=m)).p <= alpha for _ in range(draws))
    low, high = clopper_pearson(hits, draws, level=0.999)
    assert low <= 0.8 <= high
    least, hits = canary_mde(8, 99, alpha=alpha), 0
    for _ in range(draws):
        scores = rng.normal(size=(8, 99))
        hits += canary_ranks(rng.normal(least, 1, 8), scores).p <= alpha
    low, high = clopper_pearson(hits, draws, level=0.999)
    assert low <= 0.8 <= high
    assert canary_mde(1, 998, alpha=0.001) == math.inf and canary_mde(1, 999, alpha=0.001) < math.inf


def test_the_emission_bound() -> None:
    found = canary_emission([True], absent_bits=64, candidates=1_000)
    assert found.p == pytest.approx(1_000 / 2**64) and found.e == pytest.approx(2**64 / 1_000)
    missed = canary_emission([False], absent_bits=64, candidates=1_000)
    assert (missed.p, missed.e, missed.emitted) == (1.0, 0.0, 0)
    assert guessing_chance(absent_bits=3, candidates=9) == 1
    assert 0 < guessing_chance(absent_bits=5_000, candidates=1) < 1e-300


def test_guessers_find_canaries_no_more_often_than_the_bound() -> None:
    """Eight guesses for six bits, three canaries: p, and the mean of e, over the canary's own draw."""
    rng, draws, q = np.random.default_rng(3), 20_000, 8 / 64
    e_total, extreme = 0.0, 0
    for _ in range(draws):
        told = canary_emission(list(rng.integers(0, 64, 3) < 8), absent_bits=6, candidates=8)
        e_total += told.e
        extreme += told.p <= 0.05
    expected = float(binom.sf(1, 3, q))
    assert canary_emission([True, True, False], absent_bits=6, candidates=8).p == pytest.approx(expected)
    assert e_total / draws == pytest.approx(1, abs=0.1)
    assert clopper_pearson(extreme, draws, level=0.9999)[0] <= 0.05


def test_what_an_emission_test_would_have_missed() -> None:
    least = emission_mde(absent_bits=96, candidates=200, alpha=0.001)
    assert 1 - (1 - least) ** 200 == pytest.approx(0.8)
    assert emission_mde(absent_bits=8, candidates=200, alpha=0.001) == math.inf


def test_what_is_refused() -> None:
    for call, told in (
        (lambda: canary_rank(math.nan, [1.0]), "no score"),
        (lambda: canary_ranks([1.0], np.empty((1, 0))), "not \\(n,\\)"),
        (lambda: canary_emission([], absent_bits=5, candidates=1), "no canary"),
        (lambda: guessing_chance(absent_bits=0, candidates=1), "no sense"),
        (lambda: canary_mde(0, 5, alpha=0.01), "find nothing"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
