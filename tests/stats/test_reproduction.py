"""Does it reproduce: against statsmodels, by hand, and both wrong answers in simulated worlds at the margin."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.reproduction import (
    Reproduction,
    reproduced_other_items,
    reproduced_paired,
    reproduced_same_items,
)


def test_pairs_are_the_two_one_sided_t_tests_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    a = rng.beta(6, 3, 300)
    b = np.clip(a + rng.normal(0.01, 0.1, 300), 0, 1)
    for margin in (0.015, 0.02, 0.05):
        found = reproduced_paired(a, b, margin=margin, alpha=0.05)
        assert found.p == pytest.approx(DescrStatsW(a - b).ttost_mean(-margin, margin)[0], abs=1e-6)
        assert (found.answer == "yes") == (found.p < 0.05)
        assert (found.low, found.high) == pytest.approx(DescrStatsW(a - b).tconfint_mean(alpha=0.1))


def test_other_items_are_newcombe_of_statsmodels() -> None:
    x = np.array([1.0] * 130 + [0.0] * 70)
    found = reproduced_other_items(x, 0.8, 500, margin=0.05, alpha=0.05)
    expected = confint_proportions_2indep(130, 200, 400, 500, compare="diff", method="newcomb", alpha=0.1)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)
    assert found.answer == "no" and found.needed is None
    wider = reproduced_other_items(x, 0.8, 500, margin=0.05, alpha=0.05, rounding=0.005)
    assert wider.low == pytest.approx(found.low - 0.005) and wider.high == pytest.approx(found.high + 0.005)
    # Nothing wrong on either side: width comes from Wilson alone.
    perfect = reproduced_other_items(np.ones(100), 1.0, 100, margin=0.05, alpha=0.05)
    low = proportion_confint(100, 100, alpha=0.1, method="wilson")[0]
    assert perfect.low == pytest.approx(-(1 - low)) and perfect.high == pytest.approx(1 - low)


def test_the_same_items_by_hand() -> None:
    """Four items twice: variances within 1/2, 0, 0, 1/2, so se = sqrt(1/4 (1/8 + 1/4)) with a claim of one
    epoch."""
    table = [[1, 0], [1, 1], [0, 0], [0, 1]] * 100
    found = reproduced_same_items(table, 0.5, margin=0.05, alpha=0.05)
    assert found.difference == 0 and found.se == pytest.approx(math.sqrt(0.25 / 800 + 0.25 / 400))
    assert found.high == pytest.approx(1.6487 * found.se, rel=1e-3)
    more = reproduced_same_items(table, 0.5, margin=0.05, alpha=0.05, claim_epochs=8)
    assert more.se == pytest.approx(math.sqrt(0.25 / 800 + 0.25 / 3200)) and more.answer == "yes"
    single = reproduced_same_items(np.array(table)[:, :1], 0.5, margin=0.05, alpha=0.05)
    assert single.se == pytest.approx(math.sqrt(2 * 0.25 / 400)) and "bounded" in single.method


def test_greedy_answers_that_never_change() -> None:
    table = np.repeat((np.arange(1_000) < 800)[:, None], 2, axis=1)
    found = reproduced_same_items(table, 0.8, margin=0.01, alpha=0.01)
    assert found.answer == "yes" and 0 < found.se < 0.003
    assert reproduced_same_items(table, 0.83, margin=0.01, alpha=0.01).answer == "no"


Wrong = Callable[[np.random.Generator], Reproduction]
MARGIN, ALPHA = 0.06, 0.05


def paired(rng: np.random.Generator) -> Reproduction:
    item = rng.beta(2, 1, 200) * 0.9
    claimed = rng.random(200) < item
    return reproduced_paired(rng.random(200) < item + MARGIN, claimed, margin=MARGIN, alpha=ALPHA)


def same(rng: np.random.Generator) -> Reproduction:
    item = np.linspace(0.05, 0.9, 200)
    claim = float((rng.random(200) < item).mean())
    table = rng.random((200, 3)) < item[:, None] + MARGIN
    return reproduced_same_items(table, claim, margin=MARGIN, alpha=ALPHA)


def other(rng: np.random.Generator) -> Reproduction:
    claim = rng.binomial(400, 0.8) / 400
    return reproduced_other_items(rng.random(300) < 0.8 + MARGIN, claim, 400, margin=MARGIN, alpha=ALPHA)


@pytest.mark.parametrize("world", [paired, same, other])
def test_at_the_margin_neither_answer_comes_too_often(world: Wrong) -> None:
    """A true difference of exactly the margin: yes and no are both wrong. Newcombe's interval is approximate:
    half a point is allowed on top."""
    rng, draws = np.random.default_rng(2), 1_500
    answers = [world(rng).answer for _ in range(draws)]
    for answer in ("yes", "no"):
        rate = clopper_pearson(answers.count(answer), draws, level=0.999)
        assert rate[0] <= ALPHA + 0.005, answer
    assert answers.count("no") > 10


def test_what_would_have_been_seen_is_seen_eight_times_in_ten() -> None:
    rng, draws, hits = np.random.default_rng(3), 1_000, 0
    plan = reproduced_other_items(np.arange(400) < 300, 0.75, 400, margin=0.03, alpha=0.05)
    for _ in range(draws):
        scores = rng.random(400) < 0.75 - plan.mde
        claim = rng.binomial(400, 0.75) / 400
        hits += reproduced_other_items(scores, claim, 400, margin=0.03, alpha=0.05).answer == "no"
    assert hits / draws == pytest.approx(0.8, abs=0.06)


def test_needed_items_settle_it_eight_times_in_ten() -> None:
    first = reproduced_other_items(np.arange(200) < 160, 0.8, 20_000, margin=0.05, alpha=0.05)
    assert first.answer == "undetermined" and first.needed is not None and first.unit == "items"
    rng, draws, hits = np.random.default_rng(4), 1_000, 0
    for _ in range(draws):
        scores = rng.random(first.needed) < 0.8
        claim = rng.binomial(20_000, 0.8) / 20_000
        hits += reproduced_other_items(scores, claim, 20_000, margin=0.05, alpha=0.05).answer == "yes"
    # With no true difference both ends must clear the margin: 0.8 for one, 0.6 or more for both.
    assert 0.58 <= hits / draws <= 0.85
    # A claim on 100 items is too blunt for a margin of 2 points, whatever the re-run does.
    assert reproduced_other_items(np.arange(200) < 160, 0.8, 100, margin=0.02, alpha=0.05).needed is None


def test_p_beyond_one_half_and_clusters() -> None:
    far = reproduced_other_items(np.ones(50), 0.5, 50, margin=0.05, alpha=0.05)
    assert far.p > 0.5 and far.answer == "no"
    rng = np.random.default_rng(5)
    x = np.repeat(rng.random(40) < 0.7, 10)
    plain = reproduced_other_items(x, 0.7, 400, margin=0.05, alpha=0.05)
    groups = reproduced_other_items(
        x, 0.7, 400, margin=0.05, alpha=0.05, clusters=np.repeat(range(40), 10).tolist()
    )
    assert groups.high - groups.low > 1.5 * (plain.high - plain.low)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: reproduced_same_items([0.5], 0.5, margin=0.1, alpha=0.05), "items, epochs"),
        (lambda: reproduced_same_items([[0.5]], 85.5, margin=0.1, alpha=0.05), "impossible"),
        (lambda: reproduced_same_items([[1.5]], 0.5, margin=0.1, alpha=0.05), "outside"),
        (lambda: reproduced_other_items([1.0], 0.5, 0, margin=0.1, alpha=0.05), "state n"),
        (lambda: reproduced_other_items([1.0], 0.5, 5, margin=0.1, alpha=0.5), "level"),
        (lambda: reproduced_other_items([1.0], 0.5, 5, margin=0.1, alpha=0.1, rounding=0.5), "rounding"),
        (lambda: reproduced_other_items([1.0], 0.5, 5, margin=0.0, alpha=0.1), "margin"),
    ],
)
def test_what_makes_no_sense(call: Callable[[], Reproduction], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        call()
