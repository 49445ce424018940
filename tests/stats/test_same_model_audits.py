"""The worlds in which same-model tests are tried are awkward, and the lot is what makes up for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest

from fairtrial.stats import same_model_audits
from fairtrial.stats.canary_set import canary_set_power
from fairtrial.stats.paired import compare_pairs
from fairtrial.stats.same_model_audits import Audit, by_lot

World: TypeAlias = Callable[[np.random.Generator], Audit]
WORLDS = (
    same_model_audits.canary_set,
    same_model_audits.few_differ,
    same_model_audits.borders,
    same_model_audits.ranks,
)


def test_a_lot_gives_each_side_half_in_order_and_every_half_alike() -> None:
    a, b = by_lot(np.tile(np.arange(4), (6_000, 1)), np.random.default_rng(1))
    assert a.shape == b.shape == (6_000, 2)
    assert (np.diff(a, axis=1) > 0).all() and (np.diff(b, axis=1) > 0).all()
    assert (np.sort(np.concatenate([a, b], axis=1), axis=1) == np.arange(4)).all()
    halves = Counter(map(tuple, a.tolist()))
    assert len(halves) == 6 and all(abs(count - 1_000) < 150 for count in halves.values())


def alarms(world: World, draws: int) -> float:
    audit, rng = world(np.random.default_rng(3)), np.random.default_rng(4)
    return float(np.mean([audit(rng)[0] <= 0.05 for _ in range(draws)]))


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_without_the_lot_one_model_is_taken_for_two(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = alarms(world, 100)
    assert held <= 0.15

    def first_come(answers: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        half = answers.shape[1] // 2
        return answers[:, :half], answers[:, half:]

    monkeypatch.setattr(same_model_audits, "by_lot", first_come)
    assert alarms(world, 100) > held + 0.1


def test_the_power_of_a_canary_set_is_that_of_the_test_itself() -> None:
    rng = np.random.default_rng(5)
    some = [each for each in canary_set_power() if (each.n, each.lost, each.level) == (100, 10, 0.05)]
    assert [each.besides for each in some] == [0, 10]
    for each in some:
        worse, better = (each.lost + each.besides / 2) / 100, each.besides / 200
        hits = 0
        for _ in range(2_000):
            u = rng.random(each.n)
            a, b = (u >= better).astype(float), ((u < better) | (u >= better + worse)).astype(float)
            hits += compare_pairs(b, a, rng=rng).p <= each.level
        assert hits / 2_000 == pytest.approx(each.power, abs=0.04)
