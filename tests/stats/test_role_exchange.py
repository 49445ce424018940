"""A suspect among references: conditional moments by enumeration, planted effects recovered, exact false
alarms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import isotonic_regression
from statsmodels.discrete.conditional_models import ConditionalLogit

from fairtrial.core.errors import UsageError
from fairtrial.stats.conditional import Form, fit, form, moments
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.monotone import curve_check, monotone_fit
from fairtrial.stats.role_exchange import (
    _chances,
    difference_in_differences,
    exchange_mde,
    exchange_roles,
    wrong_label_agreement,
)
from fairtrial.stats.strong_worlds import references_world


def test_moments_by_listing_every_pattern_of_answers() -> None:
    rng = np.random.default_rng(1)
    odds, counts = rng.normal(size=4), np.array([3.0, 5, 2, 7, 1])
    patterns = np.array(list(itertools.product([0, 1], repeat=4)))
    weights, totals = np.exp(patterns @ odds), patterns.sum(axis=1)
    log_gamma, mean, covariance = 0.0, np.zeros(4), np.zeros((4, 4))
    for s in range(5):
        chosen = patterns[totals == s]
        share = weights[totals == s] / weights[totals == s].sum()
        mu = share @ chosen
        log_gamma += counts[s] * math.log(weights[totals == s].sum())
        mean += counts[s] * mu
        covariance += counts[s] * ((chosen * share[:, None]).T @ chosen - np.outer(mu, mu))
    found = moments(odds, counts)
    assert found[0] == pytest.approx(log_gamma)
    assert found[1] == pytest.approx(mean) and found[2] == pytest.approx(covariance)


@pytest.mark.filterwarnings("ignore:Dropped")
def test_the_fit_is_that_of_statsmodels() -> None:
    """Conditional logit with items as groups: abilities against the last model's, and tau."""
    rng = np.random.default_rng(2)
    world = references_world(rng, references=4, items=60, tau=1.0)
    whole, suspect = np.eye(5), np.eye(5)[:, :1]
    found, _ = fit(
        [
            form(world.published, np.hstack([whole, suspect])),
            form(world.fresh, np.hstack([whole, 0 * suspect])),
        ],
        np.zeros(6),
    )
    answers = np.concatenate([world.published, world.fresh], axis=1)
    design = np.array([[*np.eye(5)[j][:4], float(j == 0 and i < 60)] for i in range(120) for j in range(5)])
    oracle = ConditionalLogit(answers.T.ravel(), design, groups=np.repeat(np.arange(120), 5)).fit(disp=0)
    ours = np.append(found[:4] - found[4], found[5])
    assert ours == pytest.approx(oracle.params, abs=0.02)  # the ridge is weak, not absent


def test_planted_effects_are_recovered() -> None:
    rng = np.random.default_rng(3)
    taus, gaps, ps = [], [], []
    for _ in range(8):
        world = references_world(rng, references=9, items=400, tau=1.0)
        found = difference_in_differences(world.published, world.fresh, rng=rng, draws=1)
        taus.append(found.exchange.tau)
        gaps.append(found.inflation - world.inflation)
        ps.append(found.exchange.p)
    assert np.mean(taus) == pytest.approx(1.0, abs=0.15)
    assert np.mean(gaps) == pytest.approx(0, abs=0.02)
    assert min(ps) == 0.1 and np.mean(ps) < 0.2


def test_one_step_says_what_the_full_fit_says() -> None:
    rng = np.random.default_rng(11)
    for tau in (-0.5, 0.0, 0.5):
        world = references_world(rng, references=9, items=400, tau=tau)
        found = exchange_roles(world.published, world.fresh)
        assert found.taus[0] == pytest.approx(found.tau, abs=0.05)


def test_the_spread_of_difficulty_is_learnt() -> None:
    """Items all alike: the references' answers are luck and say nothing about an item."""
    rng = np.random.default_rng(12)
    abilities = np.array([0.5, 0.0, -0.5])
    answers = (rng.random((3, 3_000)) < 1 / (1 + np.exp(-abilities))[:, None]).astype(float)
    (told,) = _chances(answers, abilities, np.array([1.0]))
    assert np.abs(told - 1 / (1 + math.exp(-1))).mean() < 0.04
    # Items of two kinds, impossible and trivial: they say everything.
    kinds = rng.random(3_000) < 0.4
    answers = np.tile(kinds.astype(float), (3, 1))
    (told,) = _chances(answers, abilities, np.array([1.0]))
    assert told[kinds].min() > 0.95 and told[~kinds].max() < 0.05


def test_the_interval_over_templates() -> None:
    rng = np.random.default_rng(4)
    world = references_world(rng, references=7, items=240, tau=1.0, templates=24)
    told = difference_in_differences(
        world.published,
        world.fresh,
        rng=rng,
        published_templates=world.templates,
        fresh_templates=world.templates,
        draws=60,
    )
    assert told.low < world.inflation < told.high and told.low > 0
    assert len(told.exchange.taus) == 8 and 0.05 < told.high - told.low < 0.4


def test_false_alarms_of_exchanged_roles() -> None:
    """Nine references and a suspect, all exchangeable: p <= 0.1 in a tenth of worlds, exactly."""
    rng, draws, hits = np.random.default_rng(5), 100, 0
    for _ in range(draws):
        world = references_world(rng, references=9, items=60, tau=0.0)
        hits += exchange_roles(world.published, world.fresh).p <= 0.1
    low, high = clopper_pearson(hits, draws, level=0.9999)
    assert low <= 0.1 <= high


def test_what_would_have_been_found() -> None:
    rng = np.random.default_rng(6)
    world = references_world(rng, references=9, items=200, tau=0.0)
    found = exchange_mde(world.published, world.fresh, alpha=0.1, rng=rng, draws=10, taus=(0.2, 3.0))
    assert 0.1 < found.rate < 0.6 and found.powers[0][1] < 0.8
    assert exchange_mde(world.published, world.fresh, alpha=0.05, rng=rng).rate == math.inf


def test_wrong_labels() -> None:
    rng = np.random.default_rng(7)
    ability = rng.normal(0.5, 0.5, 12)
    right = rng.random((12, 300)) < 1 / (1 + np.exp(-(ability[:, None] + rng.normal(0, 1, 300))))
    natural = rng.normal(-0.8, 1, 200)  # how tempting each wrong key is
    ability[0] = -1.5  # a weak suspect makes every mistake more often, and wrong keys are mistakes
    right[0] = rng.random(300) < 1 / (1 + np.exp(-(ability[0] + rng.normal(0, 1, 300))))
    odds = natural - ability[:, None]
    honest = wrong_label_agreement(rng.random((12, 200)) < 1 / (1 + np.exp(-odds)), right)
    odds[0] += 2.0
    told = wrong_label_agreement(rng.random((12, 200)) < 1 / (1 + np.exp(-odds)), right)
    assert told.p == pytest.approx(1 / 12) and told.tau == pytest.approx(2.0, abs=0.9)
    assert abs(honest.tau) < 0.7, "without its ability it would be near 2"


def test_the_monotone_curve_is_scipys() -> None:
    rng = np.random.default_rng(8)
    for _ in range(20):
        x = rng.permutation(15) / 15
        y = np.clip(x + rng.normal(0, 0.2, 15), 0, 1)
        places, fitted = monotone_fit(x, y)
        assert places == pytest.approx(np.sort(x))
        assert fitted == pytest.approx(isotonic_regression(y[np.argsort(x)]).x)
    assert monotone_fit([0.5, 0.5, 0.7], [0.2, 0.4, 0.6])[1] == pytest.approx([0.3, 0.6])


def test_the_curve_finds_an_inflated_suspect_and_knows_its_range() -> None:
    rng = np.random.default_rng(9)
    world = references_world(rng, references=12, items=500, tau=1.5)
    found = curve_check(world.published, world.fresh, rng=rng, draws=200)
    assert found.low <= found.delta <= found.high and found.delta == pytest.approx(world.inflation, abs=0.1)
    honest = references_world(rng, references=12, items=500, tau=0.0)
    assert abs(curve_check(honest.published, honest.fresh, rng=rng, draws=50).delta) < 0.12
    weak = honest.fresh.copy()
    weak[0] = 0
    assert not curve_check(honest.published, weak, rng=rng, draws=10).inside


def test_a_model_that_gets_everything_right_stays_finite() -> None:
    rng = np.random.default_rng(10)
    world = references_world(rng, references=5, items=80, tau=0.0)
    world.published[0] = 1
    found = difference_in_differences(world.published, world.fresh, rng=rng, draws=1)
    assert math.isfinite(found.exchange.tau) and found.exchange.p == pytest.approx(1 / 6)


def test_what_is_refused() -> None:
    rng, good = np.random.default_rng(0), np.eye(4)
    for call, told in (
        (lambda: difference_in_differences(good * 0.5, good, rng=rng), "not 0 and 1"),
        (lambda: difference_in_differences(good, np.ones((3, 4)), rng=rng), "models on the published"),
        (lambda: difference_in_differences(good[:2], good[:2], rng=rng), "two or more references"),
        (
            lambda: difference_in_differences(
                good, good, rng=rng, published_templates=[1], fresh_templates=[1, 2, 3, 4]
            ),
            "templates",
        ),
        (lambda: wrong_label_agreement(good, np.ones((3, 4))), "mislabelled"),
        (lambda: difference_in_differences(good, good, rng=rng, draws=0), "no bootstrap"),
        (lambda: curve_check(good[:2], good[:2], rng=rng), "suspect and references"),
        (lambda: monotone_fit([1.0], []), "no curve"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
    assert isinstance(form(good, good), Form)
