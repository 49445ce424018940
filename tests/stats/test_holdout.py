"""Unpaired gaps against scipy's Fisher and permutation tests, the handbook's figure, the null; drops at
cut-offs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact as scipy_fisher
from scipy.stats import permutation_test
from statsmodels.regression.linear_model import OLS

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.holdout import _step, cutoff_drop, fisher_exact, gap_mde, label_permutation, set_gap


@pytest.mark.parametrize(
    ("a", "n", "b", "m"), [(40, 50, 30, 50), (0, 5, 3, 9), (9, 9, 2, 7), (700, 900, 600, 850)]
)
def test_fisher_is_scipys(a: int, n: int, b: int, m: int) -> None:
    expected = scipy_fisher([[a, n - a], [b, m - b]], alternative="greater").pvalue
    assert fisher_exact(a, n, b, m) == pytest.approx(expected, rel=1e-9)


def test_permutations_are_scipys_listing_of_all() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random(5) + 0.25, rng.random(6)
    expected = permutation_test(
        (x, y), lambda a, b: a.mean() - b.mean(), n_resamples=np.inf, alternative="greater"
    ).pvalue
    found = label_permutation(np.concatenate([x, y]), np.ones(11), 5, rng=rng, draws=19_999)
    assert found == pytest.approx(expected, abs=4 * np.sqrt(expected / 20_000) + 1e-4)


def test_eight_points_at_500_items_a_side() -> None:
    assert gap_mde(0.8, 500, 500, alpha=0.01) == pytest.approx(0.080, abs=0.0005)
    right = np.arange(500) < 400
    found = set_gap(right, right, alpha=0.01, rng=np.random.default_rng(0))
    assert found.mde == pytest.approx(0.080, abs=0.0005) and found.value == 0
    rng, draws, hits = np.random.default_rng(2), 1_500, 0
    for _ in range(draws):
        hits += fisher_exact(rng.binomial(500, 0.84), 500, rng.binomial(500, 0.76), 500) <= 0.01
    # Fisher's test is a little shy, and the formula is for z.
    assert 0.72 <= hits / draws <= 0.84


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_false_alarms_with_and_without_clusters(alpha: float) -> None:
    rng, draws, plain, clustered, ignored = np.random.default_rng(3), 600, 0, 0, 0
    labels = [i // 5 for i in range(100)]
    for _ in range(draws):
        items = rng.beta(2, 1, 200)
        plain += set_gap(items[:80], items[80:], alpha=alpha, rng=rng, draws=399).p <= alpha
        groups = np.repeat(rng.beta(1, 0.6, 40), 5)
        right = (rng.random(200) < groups).astype(float)
        told = set_gap(
            right[:100],
            right[100:],
            alpha=alpha,
            rng=rng,
            first_clusters=labels,
            second_clusters=labels,
            draws=399,
        )
        clustered += told.p <= alpha
        ignored += set_gap(right[:100], right[100:], alpha=alpha, rng=rng).p <= alpha
    for hits in (plain, clustered):
        assert hits > 0 and clopper_pearson(hits, draws, level=0.9999)[0] <= alpha
    assert ignored / draws > 2 * alpha, "what clusters do to a test that ignores them must be seen"


def test_the_gap_and_its_interval() -> None:
    rng, draws, held = np.random.default_rng(4), 1_000, 0
    for _ in range(draws):
        found = set_gap(rng.random(300) < 0.75, rng.random(200) < 0.65, alpha=0.05, rng=rng)
        held += found.low <= 0.1 <= found.high
    low, high = clopper_pearson(held, draws, level=0.999)
    assert low <= 0.9 + 0.02 and high >= 0.9
    assert found.by_z == pytest.approx(found.p, abs=0.05)


def history(rng: np.random.Generator, drop: float, drift: float) -> tuple[np.ndarray, np.ndarray]:
    """(right, dates): accuracy drifts by `drift` over the years and falls by `drop` at 0.6."""
    dates = rng.beta(1.5, 1, 800)
    return (rng.random(800) < 0.75 - drift * dates - drop * (dates > 0.6)).astype(float), dates


def test_a_drop_is_measured_whatever_the_drift() -> None:
    rng = np.random.default_rng(5)
    found = [cutoff_drop(*history(rng, 0.25, drift), 0.6, alpha=0.05) for drift in (-0.1, 0.0, 0.2) * 12]
    assert np.mean([each.tau for each in found]) == pytest.approx(0.25, abs=0.04)
    assert np.mean([each.low <= 0.25 <= each.high for each in found]) >= 0.75
    assert np.mean([each.p <= 0.05 for each in found]) > 0.5
    assert found[0].placebos > 150
    # A real drop is not its neighbours' drop too: fakes beside it are fitted with it.
    deep = [cutoff_drop(*history(rng, 0.45, 0.0), 0.6, alpha=0.05).p for _ in range(6)]
    assert np.median(deep) <= 0.01


def test_no_drop_no_alarm() -> None:
    rng, draws, hits = np.random.default_rng(6), 150, 0
    for _ in range(draws):
        hits += cutoff_drop(*history(rng, 0.0, 0.3), 0.6, alpha=0.05, placebos=59).p <= 0.05
    assert clopper_pearson(hits, draws, level=0.999)[0] <= 0.05


def test_the_step_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(7)
    y, dates = history(rng, 0.1, 0.2)
    rank = np.argsort(np.argsort(dates)) / 799
    difficulty = rng.normal(size=800)
    design = np.column_stack([np.vander(2 * rank - 1, 4), difficulty, dates <= 0.6])
    oracle = OLS(y, design).fit(cov_type="HC2")
    found = cutoff_drop(y, dates, 0.6, alpha=0.05, covariates=difficulty[:, None])
    assert found.tau == pytest.approx(oracle.params[-1])
    assert found.high - found.tau >= 1.6448 * oracle.bse[-1]
    smooth = np.column_stack([np.vander(2 * rank - 1, 4), difficulty])
    assert _step(y, smooth, (dates <= 0.6).astype(float)) == pytest.approx(
        (oracle.params[-1], oracle.bse[-1])
    )


def test_what_is_refused() -> None:
    rng = np.random.default_rng(0)
    for call, told in (
        (lambda: fisher_exact(3, 2, 1, 1), "no two proportions"),
        (lambda: label_permutation(np.ones(3), np.ones(3), 3, rng=rng), "two sets"),
        (lambda: cutoff_drop([1.0], [1.0, 2.0], 1, alpha=0.05), "do not belong"),
        (lambda: cutoff_drop(np.ones(50), np.arange(50.0), 60, alpha=0.05), "either side"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
