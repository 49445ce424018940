"""Canaries written out: the bound on guessing, its null, and what would have been found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from fairtrial.core.errors import UsageError
from fairtrial.stats.canary import canary_emission, emission_mde, guessing_chance
from fairtrial.stats.exact import clopper_pearson


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
        (lambda: canary_emission([], absent_bits=5, candidates=1), "no canary"),
        (lambda: guessing_chance(absent_bits=0, candidates=1), "no sense"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
