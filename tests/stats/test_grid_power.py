"""Power by exposures and items: against simulation of the exact tests, and with intervals that speak of trunks."""

from __future__ import annotations

import numpy as np
import pytest

from fairtrial.core.errors import UsageError
from fairtrial.stats.grid_power import Items, accuracy_items, curve, keyed_items, rank_items, standings
from fairtrial.stats.sibling_power import World, rank_power
from fairtrial.stats.siblings import sibling_accuracy, sibling_rank
from fairtrial.stats.standing import standing


def trunks(count: int, items: int, shift: float, seed: int = 0) -> list[Items]:
    rng = np.random.default_rng(seed)
    tables = [rng.normal(size=(items, 8)) for _ in range(count)]
    return [rank_items(table[:, 0] + shift, table[:, 1:], rng) for table in tables]


def test_items_carry_what_the_tests_add_up() -> None:
    rng = np.random.default_rng(1)
    right = (rng.random((60, 8)) < 0.5).astype(np.float64)
    found = accuracy_items(right[:, 0], right[:, 1:])
    rows = np.arange(40)
    assert found.p(rows, None) == pytest.approx(sibling_accuracy(right[:40, 0], right[:40, 1:]).p, rel=1e-12)
    ranks = rank_items(rng.normal(size=60), rng.normal(size=(60, 7)), rng)
    assert ranks.p(rows, None) == pytest.approx(sibling_rank(ranks.x[:40].astype(int), 7).p, rel=1e-12)
    keyed = keyed_items(np.array([0, 1, -1, 2]), np.array([0, 0, 0, 2]), np.array([2, 2, 3, 3]))
    assert keyed.x.tolist() == [1, 0, 1]
    assert keyed.chances is not None and keyed.chances.tolist() == pytest.approx([1 / 2, 1 / 2, 1 / 3])


def test_ties_are_broken_by_lot() -> None:
    found = rank_items(np.zeros(4_000), np.zeros((4_000, 7)), np.random.default_rng(2))
    assert np.bincount(found.x.astype(int), minlength=8).min() > 400


def test_power_by_parts_is_the_power_of_fresh_items() -> None:
    """40 trunks of 120 normal items with a shift of 0.5: the mean over trunks is what simulation says."""
    found = curve(
        "rank", "here", 4, trunks(40, 120, 0.5), draws=40, rng=np.random.default_rng(3), sizes=(50,)
    )
    for level in (0.05, 0.001):
        at = found.at(50, level)
        assert at is not None and not at.pooled
        true = rank_power(50, 7, 0.5, level, draws=4_000, rng=np.random.default_rng(4))
        assert at.power == pytest.approx(true, abs=0.06)
        assert at.low < true < at.high


def test_pooled_power_is_the_power_of_fresh_items() -> None:
    many = trunks(10, 400, 0.2)
    found = curve("rank", "here", 4, many, draws=10, rng=np.random.default_rng(3), sizes=(500,))
    for level in (0.05, 0.001):
        at = found.at(500, level)
        assert at is not None and at.pooled
        true = rank_power(500, 7, 0.2, level, draws=4_000, rng=np.random.default_rng(4))
        assert at.low <= true <= at.high
        assert at.power == pytest.approx(true, abs=0.12)


def test_pooled_power_of_accuracy_against_the_exact_test() -> None:
    world, rng = World(4_000, 7, inflation=0.06), np.random.default_rng(5)
    table = world.outcomes(rng)
    halves = [accuracy_items(part[:, 0], part[:, 1:]) for part in np.split(table, 20)]
    found = curve("accuracy", "here", 1, halves, draws=5, rng=rng, sizes=(500,)).at(500, 0.01)
    again = []
    for _ in range(300):
        fresh = table[rng.integers(0, len(table), 500)]
        again.append(sibling_accuracy(fresh[:, 0], fresh[:, 1:]).p <= 0.01)
    assert found is not None and found.power == pytest.approx(np.mean(again), abs=0.07)


def test_needed_items_give_the_power() -> None:
    found = curve("rank", "here", 4, trunks(10, 300, 0.5), draws=5, rng=np.random.default_rng(6))
    assert found.needed is not None
    assert found.needed_low is not None and found.needed_low <= found.needed
    power = rank_power(found.needed, 7, 0.5, 0.001, draws=4_000, rng=np.random.default_rng(7))
    assert power == pytest.approx(0.8, abs=0.07)


def test_nothing_is_said_beyond_the_items_that_there_are() -> None:
    found = curve("rank", "here", 0, trunks(3, 30, 0.0), draws=20, rng=np.random.default_rng(8))
    assert {at.n for at in found.found} == {50}
    assert found.needed is None
    assert found.items == 90


def test_a_single_trunk_has_no_interval() -> None:
    found = curve(
        "rank", "here", 64, trunks(1, 60, 4.0), draws=10, rng=np.random.default_rng(9), sizes=(50, 60)
    )
    assert {(at.power, at.low, at.high) for at in found.found} == {(1.0, 0.0, 1.0)}
    assert (found.needed_low, found.needed_high) == (None, None)
    assert found.needed is not None and found.needed <= 6


def test_intervals_widen_with_trunks_that_differ() -> None:
    alike, rng = trunks(6, 100, 0.4), np.random.default_rng(10)
    differ = [*trunks(3, 100, 0.0), *trunks(3, 100, 0.9)]
    widths = []
    for some in (alike, differ):
        at = curve("rank", "here", 4, some, draws=60, rng=rng, sizes=(200,)).at(200, 0.05)
        assert at is not None
        widths.append(at.high - at.low)
    assert widths[1] > 2 * widths[0]


def test_standings_count_by_trunk() -> None:
    controls = np.arange(999.0)
    high, low = standing([1e6], controls[None]), standing([500.0], controls[None])
    found = standings("canary", "here", 8, [[high, low], [high, high]]).at(1, 0.001)
    assert found is not None and found.power == 0.75
    agree = standings("canary", "here", 8, [[high, low], [low, high]]).at(1, 0.001)
    assert agree is not None and (agree.low, agree.high) == pytest.approx((0.0126, 0.9874), abs=1e-4)


def test_a_trunk_without_an_item_is_refused() -> None:
    with pytest.raises(UsageError, match="without an item"):
        curve("rank", "here", 1, [Items(np.array([]), None, 7)], draws=5, rng=np.random.default_rng(0))
