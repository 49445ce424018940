"""The best of N: the handbook's table, scipy's truncated normal, coverage of the picked one in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, norm, truncnorm

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.format_family import family_quantiles, place
from fairtrial.stats.selection import _cut, _hybrid, best_of_inflation, correct_best, expected_max


@pytest.mark.parametrize(
    ("n", "expected"), [(1, 0.0), (2, 0.56), (5, 1.16), (10, 1.54), (27, 2.0), (100, 2.51)]
)
def test_the_constants_of_the_handbook(n: int, expected: float) -> None:
    assert expected_max(n) == pytest.approx(expected, abs=0.006)
    assert expected_max(n) <= math.sqrt(2 * math.log(n)) + 1e-12


def test_constants_in_closed_form_and_by_simulation() -> None:
    assert expected_max(2) == pytest.approx(1 / math.sqrt(math.pi), abs=1e-9)
    assert expected_max(3) == pytest.approx(1.5 / math.sqrt(math.pi), abs=1e-9)
    drawn = np.random.default_rng(1).normal(size=(40_000, 10)).max(axis=1)
    assert expected_max(10) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 200)


@pytest.mark.parametrize(
    ("attempts", "items", "points"),
    [(10, 164, (4.8, 2.6)), (10, 1_319, (1.7, 0.9)), (27, 164, (6.2, 3.4)), (27, 14_042, (0.67, 0.37))],
)
def test_points_gained_by_luck(attempts: int, items: int, points: tuple[float, float]) -> None:
    for correlation, expected in zip((0.0, 0.7), points, strict=True):
        found = 100 * best_of_inflation(attempts, accuracy=0.8, items=items, correlation=correlation)
        assert found == pytest.approx(expected, abs=0.06)


def test_the_hybrid_end_is_where_scipys_truncated_normal_says() -> None:
    x, error, bottom, top, within = 0.71, 0.02, 0.70, 0.74, 3.2
    for share in (0.975, 0.5, 0.025):
        mean = _hybrid(x, error, bottom, top, within, share)
        start, end = max(bottom, mean - within * error), min(top, mean + within * error)
        law = truncnorm((start - mean) / error, (end - mean) / error, loc=mean, scale=error)
        assert law.cdf(x) == pytest.approx(share, abs=1e-6)
    # Nothing cut off: the mean itself, and the normal interval, but for the projection.
    assert _hybrid(x, error, -math.inf, math.inf, 8.0, 0.5) == pytest.approx(x)
    assert _hybrid(x, error, -math.inf, math.inf, 8.0, 0.025) == pytest.approx(x + 1.96 * error, abs=1e-4)


def test_where_the_cut_lies_by_moving_the_winner() -> None:
    """Move the winner's mean, keep what is uncorrelated with it: it wins exactly between the two ends."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        means, slopes = rng.normal(size=5), rng.normal(0.8, 0.7, 5)
        best = int(means.argmax())
        slopes[best] = 1.0
        bottom, top = _cut(means, slopes, best)
        assert bottom <= means[best] <= top
        z = means - slopes * means[best]
        for x in np.linspace(means[best] - 3, means[best] + 3, 61):
            wins = (z + slopes * x).argmax() == best
            assert wins == (bottom < x < top) or min(abs(x - bottom), abs(x - top)) < 1e-9


def configurations(rng: np.random.Generator, accuracies: np.ndarray, items: int, alike: float) -> np.ndarray:
    """(N, items): right where a deviate, part of it the item's, stays below the configuration's bar."""
    item = rng.normal(size=items) * math.sqrt(alike)
    noise = rng.normal(size=(accuracies.size, items)) * math.sqrt(1 - alike)
    return (item + noise < norm.ppf(accuracies)[:, None]).astype(float)


@pytest.mark.parametrize(
    ("accuracies", "alike"),
    [
        (np.full(10, 0.7), 0.0),
        (np.full(10, 0.7), 0.6),
        (np.array([0.7] * 9 + [0.78]), 0.3),
        (np.array([0.6, 0.9]), 0.3),
    ],
)
def test_the_picked_configuration_is_covered_and_without_bias(accuracies: np.ndarray, alike: float) -> None:
    rng, draws = np.random.default_rng(3), 400
    held = naive = above = together = 0
    for _ in range(draws):
        table = configurations(rng, accuracies, 300, alike)
        found = correct_best(table, rng=rng, draws=999, level=0.9)
        truth = accuracies[found.index]
        held += found.low <= truth <= found.high
        above += found.value > truth
        together += all(
            low <= true <= high for (low, high), true in zip(found.simultaneous, accuracies, strict=True)
        )
        half = 1.645 * math.sqrt(found.raw * (1 - found.raw) / 300)
        naive += abs(found.raw - truth) <= half
    for hits in (held, together):
        assert clopper_pearson(hits, draws, level=0.999)[1] >= 0.9
    low, high = clopper_pearson(above, draws, level=0.999)
    assert low <= 0.55 and high >= 0.45
    if accuracies.size == 10 and (accuracies == 0.7).all() and alike == 0:
        assert naive / draws < 0.8, "the interval that ignores the choice must be seen to fail"
        assert held / draws < 0.97, "not merely wide"


def test_a_lone_winner_is_hardly_corrected_and_one_of_many_is() -> None:
    rng = np.random.default_rng(4)
    alone = correct_best(configurations(rng, np.array([0.9, 0.5]), 400, 0.0), rng=rng)
    assert alone.value == pytest.approx(alone.raw, abs=0.002)
    level = configurations(rng, np.full(30, 0.7), 400, 0.0)
    among = correct_best(level, rng=rng)
    assert among.raw - among.value > 0.01 and among.low < 0.7 < among.raw
    groups = [item // 8 for item in range(400)]
    clustered = correct_best(np.repeat(level[:, :50], 8, axis=1), rng=rng, clusters=groups)
    assert clustered.high - clustered.low > 1.3 * (among.high - among.low)


def test_a_perfect_configuration_still_has_an_error() -> None:
    table = np.ones((3, 50))
    table[1, :5] = 0
    found = correct_best(table, rng=np.random.default_rng(5))
    assert found.index in (0, 2) and found.raw == 1 and found.low < 0.98 and found.high > 0.98


def test_quantiles_of_a_family_cover_whatever_the_distribution() -> None:
    rng, draws, held = np.random.default_rng(6), 1_500, np.zeros(3)
    truth = np.quantile(rng.beta(2, 5, 400_000), [0.05, 0.5, 0.95])
    for _ in range(draws):
        found = family_quantiles(rng.beta(2, 5, 100), level=0.9)
        held += [each.low <= true <= each.high for each, true in zip(found, truth, strict=True)]
    for hits in held:
        assert clopper_pearson(int(hits), draws, level=0.999)[1] >= 0.9
    assert held.min() / draws < 0.97


def test_order_statistics_by_scipy() -> None:
    values = np.arange(1, 101) / 200
    low, middle, high = family_quantiles(values, level=0.95)
    lower, upper = binom.ppf(0.025, 100, 0.5), binom.ppf(0.975, 100, 0.5) + 1
    assert (middle.low, middle.high) == (values[int(lower) - 1], values[int(upper) - 1])
    assert middle.value == pytest.approx(0.2525)
    # Twenty formats can't bound their 5 % quantile from below, nor the 95 % one from above.
    few = family_quantiles(values[:20])
    assert few[0].low == 0 and few[2].high == 1 and low.low > 0 and high.high < 1


def test_where_a_claim_falls() -> None:
    family = np.arange(100) / 200
    found = place(0.4875, family)
    assert found.percentile == 0.98 and found.high_up and found.p == pytest.approx(3 / 101)
    assert found.low == clopper_pearson(98, 100)[0] and found.high == clopper_pearson(98, 100)[1]
    tied = place(0.25, family)
    assert tied.percentile == 0.505 and tied.low == clopper_pearson(50, 100)[0]
    assert tied.high == clopper_pearson(51, 100)[1] and not tied.high_up
    rng, draws, hits = np.random.default_rng(7), 4_000, 0
    for _ in range(draws):
        drawn = np.round(rng.random(41), 2)
        hits += place(float(drawn[0]), drawn[1:]).p <= 0.05
    assert hits > 0 and clopper_pearson(hits, draws, level=0.9999)[0] <= 0.05


def test_what_is_refused() -> None:
    rng = np.random.default_rng(0)
    for call, told in (
        (lambda: expected_max(0), "does not exist"),
        (lambda: best_of_inflation(3, accuracy=80, items=10), "go together"),
        (lambda: correct_best([[0.5, 1.0]], rng=rng), "two or more"),
        (lambda: correct_best([[0.5, 2.0], [0, 1]], rng=rng), "outside"),
        (lambda: correct_best([[0.5, 1.0], [0, 1]], rng=rng, clusters=[1, 1]), "one cluster"),
        (lambda: correct_best([[0.5, 1.0], [0, 1]], rng=rng, draws=5), "too few"),
        (lambda: family_quantiles([]), "needs scores"),
        (lambda: family_quantiles([0.5], shares=(1.0,)), "no quantile"),
        (lambda: place(85, [0.5]), "impossible"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
