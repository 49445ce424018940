"""Clustered means against the textbook's matrices, statsmodels' cluster-robust errors and scipy's t tests."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import ttest_1samp, ttest_rel

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import (
    cluster_sums,
    clustered_mean,
    even_clusters,
    miller_se,
    paired_difference,
)

LABELS = st.lists(st.sampled_from("abcdefg"), min_size=3, max_size=30).filter(lambda x: len(set(x)) > 1)


def brute_force(y: NDArray[np.float64], labels: list[str]) -> tuple[float, float]:
    """CR2 standard error and Bell-McCaffrey degrees of freedom from n x n matrices, nothing simplified."""
    n = y.size
    ones = np.ones((n, 1))
    hat = ones @ np.linalg.inv(ones.T @ ones) @ ones.T
    maker = np.eye(n) - hat
    e = maker @ y
    variance, columns = 0.0, []
    for label in dict.fromkeys(labels):
        rows = np.flatnonzero([each == label for each in labels])
        values, vectors = np.linalg.eigh(np.eye(rows.size) - hat[np.ix_(rows, rows)])
        adjusted = vectors @ np.diag(values**-0.5) @ vectors.T
        weights = adjusted.T @ np.ones(rows.size) / n
        variance += float(weights @ e[rows]) ** 2
        columns.append(maker[:, rows] @ weights)
    same = np.equal.outer(np.array(labels), np.array(labels))
    pairs = same & ~np.eye(n, dtype=bool)
    spread = float(e @ e) / n
    alike = float(np.outer(e, e)[pairs].mean()) / spread if pairs.any() and spread > 1e-12 else 0.0
    working = np.where(same, min(1.0, max(0.0, alike)), 0.0)
    np.fill_diagonal(working, 1.0)
    form = np.array(columns) @ working @ np.array(columns).T
    return math.sqrt(variance), float(np.trace(form) ** 2 / np.trace(form @ form))


@given(LABELS, st.integers(0, 10**6))
def test_error_and_freedom_are_those_of_the_matrices(labels: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    shift = {label: rng.normal() for label in set(labels)}
    y = rng.normal(size=len(labels)) + [shift[label] for label in labels]
    found = clustered_mean(y, labels)
    se, df = brute_force(y, labels)
    assert found.value == pytest.approx(y.mean())
    assert found.se == pytest.approx(se, rel=1e-8)
    assert found.df == pytest.approx(df, rel=1e-6)
    assert found.units == len(set(labels))
    assert 1 - 1e-9 <= found.df <= found.units - 1 + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_miller_and_cr2_against_statsmodels(seed: int) -> None:
    """statsmodels gives CR0 and CR1; each of ours differs by what is derived here."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 9, 80)
    y = rng.normal(size=80) + rng.normal(size=9)[groups]
    labels = groups.tolist()
    model = sm.OLS(y, np.ones(80))

    def robust(correction: bool) -> float:
        options = {"groups": groups, "use_correction": correction}
        return float(model.fit(cov_type="cluster", cov_kwds=options).bse[0])

    squares = float(((y - y.mean()) ** 2).sum())
    expected = robust(False) ** 2 + squares * (1 / (80 * 79) - 1 / 80**2)
    assert miller_se(y, labels) ** 2 == pytest.approx(expected)
    # CR2 weighs each cluster's square by 1 / (1 - share), between 1 and what the largest share gives.
    largest = max(Counter(labels).values()) / 80
    assert robust(False) < clustered_mean(y, labels).se <= robust(False) / math.sqrt(1 - largest)
    equal = np.repeat(np.arange(8), 10)
    options = {"groups": equal, "use_correction": True}
    cr1 = float(model.fit(cov_type="cluster", cov_kwds=options).bse[0])
    assert clustered_mean(y, equal.tolist()).se == pytest.approx(cr1)


def test_equal_clusters_are_the_t_test_over_their_means() -> None:
    rng = np.random.default_rng(3)
    table = rng.normal(size=(7, 4)) + rng.normal(size=(7, 1))
    found = clustered_mean(table.ravel(), np.repeat(np.arange(7), 4).tolist())
    oracle = ttest_1samp(table.mean(axis=1), 0.2)
    assert found.df == pytest.approx(6)
    assert found.p_value(null=0.2) == pytest.approx(oracle.pvalue)
    interval = oracle.confidence_interval(0.9)
    assert found.interval(level=0.9) == pytest.approx((interval.low, interval.high))


def test_without_clusters_it_is_the_ordinary_t_test() -> None:
    y = np.random.default_rng(4).normal(size=23)
    oracle = ttest_1samp(y, 0)
    singles = clustered_mean(y, list(range(23)))
    for found in (clustered_mean(y), singles):
        assert found.se == pytest.approx(oracle.statistic**-1 * y.mean())
        assert found.df == pytest.approx(22) and found.units == 23
        assert found.p_value() == pytest.approx(oracle.pvalue)


def test_pairs_are_the_paired_t_test() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.random(40), rng.random(40)
    assert paired_difference(a, b).p_value() == pytest.approx(ttest_rel(a, b).pvalue)
    labels = rng.integers(0, 6, 40).tolist()
    assert paired_difference(a, b, labels) == clustered_mean(a - b, labels)


def test_miller_by_hand() -> None:
    """Four scores in two clusters: SE^2 = 1/12, and the cross terms double each cluster's say."""
    assert miller_se([1, 1, 0, 0], ["x", "x", "y", "y"]) ** 2 == pytest.approx(1 / 12 + (2 * 0.5) / 16)
    assert miller_se([1, 0, 0, 1], ["x", "x", "y", "y"]) ** 2 == pytest.approx(1 / 12 - (2 * 0.5) / 16)
    assert miller_se([0.4], ["x"]) == math.inf


@given(LABELS, st.integers(0, 10**6))
def test_neither_order_nor_names_matter(labels: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.random(len(labels))
    order = rng.permutation(len(labels))
    found = clustered_mean(y, labels)
    again = clustered_mean(y[order], [(labels[i], "renamed") for i in order])
    assert (again.value, again.se, again.df) == pytest.approx((found.value, found.se, found.df), rel=1e-6)


@given(LABELS)
def test_sums_and_even_clusters_by_counting(labels: list[str]) -> None:
    counts = Counter(labels)
    sums = cluster_sums(np.arange(len(labels)), labels)
    expected = [sum(i for i, each in enumerate(labels) if each == label) for label in counts]
    assert sums.tolist() == expected
    shares = [count / len(labels) for count in counts.values()]
    even = even_clusters(len(labels), labels)
    assert even == pytest.approx(1 / sum(share**2 for share in shares))
    assert 1 <= even <= len(counts) + 1e-9
    assert even_clusters(len(labels), None) == len(labels)


def test_one_cluster_knows_nothing() -> None:
    found = clustered_mean([0.2, 0.8, 0.5], ["x", "x", "x"])
    assert found.units == 1 and found.interval() == (-math.inf, math.inf) and found.p_value() == 1
    alone = clustered_mean([0.7])
    assert alone.interval() == (-math.inf, math.inf) and alone.p_value() == 1


def test_no_spread_rejects_nothing() -> None:
    assert clustered_mean([0.5] * 10).p_value() == 1
    assert clustered_mean([0.5] * 10, list("aabbccddee")).p_value() == 1


def test_bad_input() -> None:
    with pytest.raises(UsageError, match="no value"):
        clustered_mean([])
    with pytest.raises(UsageError, match="no value"):
        clustered_mean([[1.0, 2.0]])
    with pytest.raises(UsageError, match="not a finite number"):
        clustered_mean([0.1, math.nan])
    with pytest.raises(UsageError, match="not a finite number"):
        miller_se([0.1, math.inf], ["a", "b"])
    with pytest.raises(UsageError, match="3 values but 2 cluster labels"):
        clustered_mean([0.1, 0.2, 0.3], ["a", "b"])
    with pytest.raises(UsageError, match="2 and 1 scores are not pairs"):
        paired_difference([0.1, 0.2], [0.1])
    with pytest.raises(UsageError, match="no coverage"):
        clustered_mean([0.1, 0.2]).interval(level=1.5)
