"""Intervals for means of scores in [0, 1]: the right method for the data, and each against an equation solved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import t as student
from scipy.stats import ttest_ind
from statsmodels.stats.proportion import proportion_confint

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import clustered_mean
from fairtrial.stats.means import ENOUGH, ENOUGH_OFF_MODE, macro_interval, mean_interval
from tests.stats.tables import ends

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=80)


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_right_and_wrong_without_clusters_is_wilson(answers: list[bool]) -> None:
    found = mean_interval([float(each) for each in answers])
    expected = proportion_confint(sum(answers), len(answers), method="wilson")
    assert found.method == "wilson" and found.units == len(answers)
    assert ends(found) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=200))
def test_a_list_of_right_and_wrong_counts_like_an_array_of_them(answers: list[float]) -> None:
    """The first is counted without numpy."""
    listed, array = mean_interval(answers), mean_interval(np.array(answers))
    assert (listed.value, *ends(listed)) == pytest.approx((array.value, *ends(array)), abs=1e-15)
    assert listed.se == pytest.approx(array.se, rel=1e-9, abs=1e-15)
    assert (listed.units, listed.method) == (array.units, array.method)


def score_ends(mean: float, se: float, df: float, level: float) -> tuple[float, float]:
    """Where (mean - x)^2 = t^2 se^2 x (1 - x) / (mean (1 - mean)): the error as it would be, were x the truth."""
    t = student.ppf((1 + level) / 2, df)

    def gap(x: float) -> float:
        return (mean - x) ** 2 - t**2 * se**2 * x * (1 - x) / (mean * (1 - mean))

    return float(brentq(gap, 0, mean)), float(brentq(gap, mean, 1))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("seed", range(4))
def test_fractions_solve_the_score_equation(seed: int, level: float) -> None:
    values = np.random.default_rng(seed).beta(4, 1, 70)
    found = mean_interval(values, level=level)
    mean = clustered_mean(values)
    assert found.method == "wilson with effective n" and found.se == mean.se
    assert ends(found) == pytest.approx(score_ends(mean.value, mean.se, 69, level))


@pytest.mark.parametrize("groups", [5, 12, 40])
def test_clusters_solve_it_with_their_error_and_freedom(groups: int) -> None:
    rng = np.random.default_rng(groups)
    labels = rng.integers(0, groups, 200).tolist()
    values = (rng.random(200) < rng.random(groups)[labels]).astype(float)
    mean = clustered_mean(values, labels)
    found = mean_interval(values, clusters=labels, by="passage")
    assert found.method == f"wilson with effective n over {mean.units} clusters by passage"
    assert ends(found) == pytest.approx(score_ends(mean.value, mean.se, mean.df, 0.95))
    assert found.units == mean.units


def test_far_from_the_ends_and_with_many_scores_it_is_the_t_interval() -> None:
    values = np.random.default_rng(1).uniform(0.2, 0.8, 5_000)
    assert ends(mean_interval(values)) == pytest.approx(clustered_mean(values).interval(), abs=2e-5)


def test_few_fractions_count_as_coins() -> None:
    values = [0.9, 0.8, 1.0, 0.5]
    found = mean_interval(values)
    assert found.method == "wilson on the summed score"
    assert ends(found) == pytest.approx(proportion_confint(3.2, 4, method="wilson"))
    assert mean_interval([0.5] * (ENOUGH - 1)).method == "wilson on the summed score"


def test_nearly_all_alike_is_not_believed() -> None:
    values = [1.0] * 991 + [0.5] * (ENOUGH_OFF_MODE - 1)
    found = mean_interval(values)
    assert found.method == "wilson on the summed score"
    assert ends(found) == pytest.approx(proportion_confint(sum(values), 1_000, method="wilson"))
    assert mean_interval([*values, 0.5]).method == "wilson with effective n"


def test_clusters_that_do_not_vary_are_one_coin_each_and_large_ones_count_for_more() -> None:
    even = mean_interval([1.0] * 40, clusters=list(range(8)) * 5)
    assert even.method == "wilson with clusters for n over 8 clusters"
    assert ends(even) == pytest.approx(proportion_confint(8, 8, method="wilson"))
    uneven = mean_interval([1.0] * 40, clusters=[0] * 33 + list(range(1, 8)))
    flips = 40**2 / (33**2 + 7)
    assert ends(uneven) == pytest.approx(proportion_confint(flips, flips, method="wilson"))
    assert uneven.low < even.low


@given(SCORES, st.integers(1, 9))
def test_the_mean_is_always_inside_and_the_ends_in_range(values: list[float], groups: int) -> None:
    labels = [i % groups for i in range(len(values))]
    for clusters in (None, labels):
        found = mean_interval(values, clusters=clusters)
        assert found.value == pytest.approx(np.mean(values), abs=1e-12)
        assert 0 <= found.low <= found.value <= found.high <= 1 and found.low < found.high
        wider = mean_interval(values, clusters=clusters, level=0.99)
        assert wider.low <= found.low + 1e-12 and found.high <= wider.high + 1e-12


@pytest.mark.parametrize("values", [[1.1], [-0.1, 0.5], [0.5, float("nan")], [0.5, float("inf")]])
def test_scores_out_of_range(values: list[float]) -> None:
    with pytest.raises(UsageError):
        mean_interval(values)


def test_no_scores() -> None:
    with pytest.raises(UsageError, match="no value"):
        mean_interval([])


@pytest.mark.parametrize("seed", range(5))
def test_macro_over_two_groups_is_welch(seed: int) -> None:
    """(mean x + mean y) / 2 is half the difference of x and -y: Welch's interval and degrees of freedom."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0.3, 0.6, 12), rng.uniform(0.4, 0.9, 31)
    welch = ttest_ind(x, -y, equal_var=False).confidence_interval(0.9)
    found = macro_interval({"x": x, "y": y}, level=0.9)
    assert ends(found) == pytest.approx((welch.low / 2, welch.high / 2))
    assert found.units == 43 and found.method == "stratified t over 2 groups"


def test_macro_by_hand() -> None:
    groups = {"law": [1.0, 1.0, 0.0, 0.0], "art": [1.0, 0.0]}
    found = macro_interval(groups)
    assert found.value == 0.5
    assert found.se == pytest.approx(np.sqrt((1 / 3 / 4 + 1 / 2 / 2) / 4))


def test_a_group_without_spread_still_has_doubt() -> None:
    """All right: the variance of one more right and one more wrong. One score alone: that of all pooled."""
    found = macro_interval({"a": [1.0] * 8, "b": [1.0]})
    share = 9 / 10
    assert found.se == pytest.approx(np.sqrt(share * (1 - share) / 8 / 4))
    mixed = macro_interval({"a": [1.0, 0.0] * 5, "b": [1.0]})
    pooled = np.var([1.0, 0.0] * 5 + [1.0])
    assert mixed.se == pytest.approx(np.sqrt((10 / 36 / 10 + pooled) / 4))
    alone = macro_interval({"a": [1.0], "b": [1.0]})
    assert alone.method == "wilson on the summed score"
    assert ends(alone) == pytest.approx(proportion_confint(2, 2, method="wilson"))


def test_macro_needs_scores_in_every_group() -> None:
    for groups in ({}, {"a": [1.0], "b": []}):
        with pytest.raises(UsageError, match="holds no score"):
            macro_interval(groups)
