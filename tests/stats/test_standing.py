"""Published things among their controls: by hand, by enumeration, the null, and what would have been found."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, norm

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.standing import standing, standing_mde


def test_one_by_hand_ties_against_it() -> None:
    controls = [np.arange(99.0)]
    assert standing([98.5], controls).p == pytest.approx(1 / 100)
    assert standing([98.0], controls).p == pytest.approx(2 / 100)
    assert standing([-1], controls).p == 1
    assert standing([0.0], np.zeros((1, 99))).p == 1
    found = standing([98.5], controls, level=0.9)
    assert found.share == found.high == 0.5
    assert found.low == pytest.approx(clopper_pearson(99, 99, level=0.9)[0] - 0.5)
    for m in (99, 999, 9_999):  # not above the level by rounding, where it is the level
        assert standing([1.0], np.zeros((1, m))).p <= 1 / (m + 1)


def test_several_by_listing_every_set_of_ranks() -> None:
    controls = np.tile(np.arange(4.0), (3, 1))
    found = standing([3.5, 1.5, 2.5], controls)
    assert found.ranks == (4, 2, 3)
    share = np.mean([sum(each) >= 9 for each in itertools.product(range(5), repeat=3)])
    assert found.p == pytest.approx(float(share), rel=1e-9)
    # One factor each: 1 + stake (2 r / m - 1), averaged over the five stakes.
    stakes = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
    assert found.e == pytest.approx(float(np.mean((1 + stakes) * 1 * (1 + stakes * 0.5))))


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_false_alarms(alpha: float) -> None:
    """Rounded scores: many ties, which may only make the test shyer."""
    rng, draws, single, many, held = np.random.default_rng(1), 4_000, 0, 0, 0
    for _ in range(draws):
        scores = np.round(rng.normal(size=(6, 200)), 2)
        single += standing(scores[:1, 0], scores[:1, 1:]).p <= alpha
        found = standing(scores[:, 0], scores[:, 1:], level=0.9)
        many += found.p <= alpha
        held += found.low <= 0 <= found.high
    for hits in (single, many):
        assert hits > 0 and clopper_pearson(hits, draws, level=0.9999)[0] <= alpha
    assert clopper_pearson(held, draws, level=0.9999)[1] >= 0.88


def test_the_smallest_shift_found() -> None:
    m, alpha = 999, 0.01
    least = standing_mde(1, m, alpha=alpha)
    found = quad(lambda x: norm.pdf(x - least) * binom.cdf(9, m, norm.sf(x)), -5, 14, points=[2.3])[0]
    assert found == pytest.approx(0.8, abs=1e-4)
    rng, draws = np.random.default_rng(2), 2_000
    for published, controls in ((1, 999), (8, 99), (60, 23)):
        least, hits = standing_mde(published, controls, alpha=alpha), 0
        for _ in range(draws):
            scores = rng.normal(size=(published, controls))
            hits += standing(rng.normal(least, 1, published), scores).p <= alpha
        low, high = clopper_pearson(hits, draws, level=0.999)
        assert low <= 0.8 <= high, published
    assert standing_mde(1, 998, alpha=0.001) == math.inf and standing_mde(1, 999, alpha=0.001) < math.inf


def test_what_is_refused() -> None:
    for call, told in (
        (lambda: standing([math.nan], [[1.0]]), "no score"),
        (lambda: standing([1.0], np.empty((1, 0))), "not \\(n,\\)"),
        (lambda: standing(np.zeros(101), np.zeros((101, 999))), "take minutes"),
        (lambda: standing_mde(0, 5, alpha=0.01), "find nothing"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
