"""Keyed answers against scipy's binomial, enumeration, their own null and the handbook's power table."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.keyed import keyed_answers, keyed_mde, keyed_power, memorised

# Published power at level 0.001: memorised fraction, then (n, c) = (500, 2), (500, 3), (1,319, 2), (1,319, 3).
POWERS = {0.05: (0.02, 0.06, 0.09, 0.29), 0.10: (0.17, 0.48, 0.69, 0.97), 0.20: (0.91, 1.0, 1.0, 1.0)}


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.integers(2, 5))
def test_equal_choices_are_the_binomial_test(counts: tuple[int, int], c: int) -> None:
    n, hits = counts
    found = keyed_answers([1] * hits + [0] * (n - hits), c)
    assert found.p == pytest.approx(binomtest(hits, n, 1 / c, alternative="greater").pvalue, rel=1e-9)
    assert found.statistic == hits and found.expected == pytest.approx(n / c)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(2, 4), st.booleans()), min_size=1, max_size=6))
def test_mixed_choices_by_listing_every_key(items: list[tuple[int, bool]]) -> None:
    choices, x = [c for c, _ in items], [int(hit) for _, hit in items]
    # The answer is option 0 wherever it hit; every key that could have been drawn, all equally likely.
    keys = itertools.product(*(range(c) for c in choices))
    share = np.mean([sum(key == 0 for key in each) >= sum(x) for each in keys])
    assert keyed_answers(x, choices).p == pytest.approx(float(share), rel=1e-9)


@pytest.mark.parametrize(
    ("hits", "keys", "choices", "published"),
    [
        (7, 8, 10, 7.3e-7),  # MMLU-Pro: the authors' notebook (fpr.ipynb) gives these counts
        (8, 8, 7, 1.7e-7),  # BIG-bench Hard: eight keys are published, the other counts are ours, inferred
        (4, 6, 10, 1.27e-3),  # Alpaca: six keys are published, the other counts are ours, inferred
    ],
)
def test_false_alarm_rates_published_for_keys_of_this_kind(
    hits: int, keys: int, choices: int, published: float
) -> None:
    """DyePack (Cheng et al. 2025, arXiv 2505.23001): backdoor items whose targets are drawn at random."""
    found = keyed_answers([1] * hits + [0] * (keys - hits), choices)
    assert found.p == pytest.approx(published, rel=0.03)  # printed to two digits


@pytest.mark.parametrize("fraction", POWERS)
def test_the_power_table_of_the_handbook(fraction: float) -> None:
    cells = itertools.product((500, 1_319), (2, 3))
    for (n, c), expected in zip(cells, POWERS[fraction], strict=True):
        assert keyed_power([c] * n, fraction, alpha=0.001) == pytest.approx(expected, abs=0.006), (n, c)


def test_power_by_scipy_and_the_smallest_detectable_fraction() -> None:
    n, c, alpha = 400, 3, 0.01
    bar = int(binom.isf(alpha, n, 1 / c)) + 1
    assert keyed_power([c] * n, 0.07, alpha=alpha) == pytest.approx(
        binom.sf(bar - 1, n, 0.07 + 0.93 / 3), rel=1e-9
    )
    least = keyed_mde([c] * n, alpha=alpha)
    assert keyed_power([c] * n, least, alpha=alpha) == pytest.approx(0.8, abs=1e-6)
    # Simulated, with mixed numbers of valid answers: found in eight of ten worlds.
    rng, choices = np.random.default_rng(1), np.array([2] * 100 + [3] * 150 + [5] * 50)
    least, hits, draws = keyed_mde(choices, alpha=alpha), 0, 2_000
    for _ in range(draws):
        known = rng.random(300) < least
        hits += keyed_answers(known | (rng.random(300) < 1 / choices), choices).p <= alpha
    assert clopper_pearson(hits, draws, level=0.999)[0] <= 0.8 <= clopper_pearson(hits, draws, level=0.999)[1]


def test_too_few_items_find_nothing() -> None:
    assert keyed_mde([2] * 9, alpha=0.001) == math.inf and keyed_power([2] * 9, 1.0, alpha=0.001) == 0
    assert keyed_mde([2] * 10, alpha=0.001) < 1


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_false_alarms_whatever_the_model_prefers(alpha: float) -> None:
    """A model with a favourite answer, redrawn keys; the e-process is watched at every item."""
    rng = np.random.default_rng(3)
    choices = rng.integers(2, 5, 150)
    preferred = np.minimum(rng.geometric(0.7, 150) - 1, choices - 1)
    draws, ends, peaks = 4_000, 0, 0
    for _ in range(draws):
        key = rng.integers(0, choices)
        found = keyed_answers(preferred == key, choices)
        ends += found.p <= alpha
        peaks += found.e.max() >= 1 / alpha
    for hits in (ends, peaks):
        assert hits > 0 and clopper_pearson(hits, draws, level=0.9999)[0] <= alpha


def test_the_interval_is_clopper_and_pearson_carried_over() -> None:
    x = [1] * 30 + [0] * 50
    low, high = clopper_pearson(30, 80, level=0.98)
    found = memorised(x, 4, level=0.98)
    assert found.low == pytest.approx((low - 0.25) / 0.75, abs=1e-9)
    assert found.high == pytest.approx((high - 0.25) / 0.75, abs=1e-9)
    assert found.value == pytest.approx((30 / 80 - 0.25) / 0.75)
    ends = memorised([0, 0, 0], 2), memorised([1, 1, 1], 2)
    assert ends[0].value == ends[0].low == -1 and ends[1].value == ends[1].high == 1


def test_the_interval_covers_and_is_not_wide() -> None:
    rng, choices, truth = np.random.default_rng(4), np.array([2] * 60 + [4] * 60), 0.2
    draws, held = 300, 0
    for _ in range(draws):
        found = memorised((rng.random(120) < truth) | (rng.random(120) < 1 / choices), choices, level=0.9)
        held += found.low <= truth <= found.high
        assert found.high - found.low < 0.45
    assert clopper_pearson(held, draws, level=0.999)[1] >= 0.9


@pytest.mark.parametrize(
    ("x", "c", "told"),
    [
        ([], [], "no eligible"),
        ([0.5], [2], "neither matches"),
        ([1, 0], [2, 1], "two or more"),
        ([1, 0], [2], "numbers of valid"),
    ],
)
def test_what_is_no_keyed_item(x: list[float], c: list[int], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        keyed_answers(x, c)
