"""The paired bootstrap against scipy's, and against every resample there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import bootstrap

from fairtrial.core.errors import UsageError
from fairtrial.stats.bootstrap import paired_bootstrap
from tests.stats.tables import sides


def rng() -> np.random.Generator:
    return np.random.default_rng(12)


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_it_is_scipys(method: str, level: float) -> None:
    random = np.random.default_rng(1)
    a, b = random.beta(5, 1, 60), random.beta(2, 2, 60)
    found = paired_bootstrap(a, b, rng=rng(), draws=40_000, level=level, method=method)  # type: ignore[arg-type]
    oracle = bootstrap(
        (a - b,), np.mean, n_resamples=40_000, confidence_level=level, method=method, rng=rng()
    ).confidence_interval
    assert found == pytest.approx((oracle.low, oracle.high), abs=0.003)


def test_bca_of_skewed_pairs_moves_as_scipys_does() -> None:
    gaps = np.random.default_rng(3).exponential(1, 25) / 10
    plain = paired_bootstrap(gaps, np.zeros(25), rng=rng(), draws=40_000)
    found = paired_bootstrap(gaps, np.zeros(25), rng=rng(), draws=40_000, method="bca")
    oracle = bootstrap((gaps,), np.mean, n_resamples=40_000, method="BCa", rng=rng()).confidence_interval
    assert found == pytest.approx((oracle.low, oracle.high), abs=0.002)
    assert found[0] > plain[0] + 0.001 and found[1] > plain[1] + 0.001


@pytest.mark.parametrize("clustered", [False, True])
def test_percentiles_of_every_resample(clustered: bool) -> None:
    """Four units: all 256 resamples listed. Clusters are drawn whole, so the divisor varies with their sizes."""
    values = np.array([0.9, 0.1, 0.4, 0.2, 0.7, 0.3])
    labels = list("aabccd") if clustered else None
    units = [[0.9, 0.1], [0.4], [0.2, 0.7], [0.3]] if clustered else [[v] for v in values]
    means = [
        np.mean([v for unit in drawn for v in unit]) for drawn in itertools.product(units, repeat=len(units))
    ]
    found = paired_bootstrap(values, np.zeros(6), rng=rng(), clusters=labels, draws=100_000, level=0.9)
    cumulated = [np.mean(np.array(means) <= end + 1e-9) for end in found]
    before = [np.mean(np.array(means) < end - 1e-9) for end in found]
    for tail, low, high in zip((0.05, 0.95), before, cumulated, strict=True):
        assert low - 0.006 <= tail <= high + 0.006


def test_batches_are_one_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = sides(9, 4, 40)
    whole = paired_bootstrap(a, b, rng=rng(), draws=1_000)
    monkeypatch.setattr("fairtrial.stats.bootstrap._AT_ONCE", 100)
    assert paired_bootstrap(a, b, rng=rng(), draws=1_000) == whole


def test_same_randomness_same_interval() -> None:
    a, b = np.random.default_rng(1).random((2, 40))
    assert paired_bootstrap(a, b, rng=rng()) == paired_bootstrap(a, b, rng=rng())
    assert paired_bootstrap(a, b, rng=rng()) != paired_bootstrap(a, b, rng=np.random.default_rng(0))


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_where_nothing_varies_it_sees_one_point(method: str) -> None:
    found = paired_bootstrap([1.0] * 9, [0.75] * 9, rng=rng(), method=method)  # type: ignore[arg-type]
    assert found == (0.25, 0.25)
    assert paired_bootstrap([1.0], [0.5], rng=rng(), method=method) == (0.5, 0.5)  # type: ignore[arg-type]


def test_bad_input() -> None:
    with pytest.raises(UsageError, match="not pairs"):
        paired_bootstrap([1.0, 0.0], [1.0], rng=rng())
    with pytest.raises(UsageError, match="not pairs"):
        paired_bootstrap([], [], rng=rng())
    with pytest.raises(UsageError, match="too few"):
        paired_bootstrap([1.0, 0.0], [1.0, 1.0], rng=rng(), draws=99)
    with pytest.raises(UsageError, match="no coverage"):
        paired_bootstrap([1.0, 0.0], [1.0, 1.0], rng=rng(), level=0)
    with pytest.raises(UsageError, match="not a finite"):
        paired_bootstrap([1.0, float("nan")], [1.0, 1.0], rng=rng())
