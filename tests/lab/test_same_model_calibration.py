"""Rates of the canary and border tests on recorded answers, where the truth is known."""

from __future__ import annotations

import numpy as np

from fairtrial.audit.same_model_tests import BORDER, CANARY
from fairtrial.lab.same_model_calibration import (
    LEVELS,
    border_rates,
    canary_false_alarms,
    canary_power,
    rank_rates,
)
from fairtrial.stats.power import mcnemar_power

RULE = {"pairs": 400, "seed": 3}


def test_canary_rates_are_those_of_the_exact_test() -> None:
    rng = np.random.default_rng(1)
    ability = rng.beta(3, 1, 4_000)
    twice = rng.random(4_000) < ability, rng.random(4_000) < ability
    alarms = list(canary_false_alarms("m", twice, items=100, **RULE))
    assert [(each.test, each.level, each.each) for each in alarms] == [
        (CANARY, level, 100) for level in LEVELS
    ]
    assert all(each.held for each in alarms)
    worse = twice[0] & (rng.random(4_000) < 0.85)
    discordant = float((twice[0] != worse).mean())
    (found,) = (
        each.hits / each.pairs
        for each in canary_power(("m", "n"), (twice[0], worse), items=100, **RULE)
        if each.level == 0.01
    )
    expected = mcnemar_power(100, delta=discordant, discordant=discordant, level=0.99)
    assert abs(found - expected) < 0.08


def test_border_rates_judge_by_other_draws_than_those_that_chose() -> None:
    rng = np.random.default_rng(2)
    chance = np.where(rng.random(200) < 0.2, 0.5, 0.0)[:, None]
    a, b = (rng.random((2, 200, 22)) < chance).astype(np.int64)
    assert all(each.held for each in border_rates(("m", "m"), a, None, each=10, **RULE))
    assert all(each.held for each in border_rates(("m", "m"), a, b, each=10, **RULE))
    moved = (rng.random((200, 22)) < 0.7 * chance).astype(np.int64)
    found = {each.level: each.hits for each in border_rates(("m", "n"), a, moved, each=10, **RULE)}
    assert found[0.05] > 100
    still = np.zeros((200, 22), dtype=np.int64)
    none = list(border_rates(("m", "m"), still, None, each=10, **RULE))
    assert none[0].test == BORDER and all(each.hits == 0 for each in none), "nothing to judge"


def test_rank_rates_hold_for_one_model_and_find_answers_that_it_would_not_give() -> None:
    rng = np.random.default_rng(5)
    own, other = rng.normal(size=(25, 60)), rng.normal(-1.5, 1, (25, 60))
    assert all(each.held for each in rank_rates(("m", "m"), own, None, each=10, **RULE))
    found = {each.level: each.hits for each in rank_rates(("m", "n"), own, other, each=10, **RULE)}
    assert found[0.01] > 300
