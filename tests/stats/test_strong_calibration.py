"""The calibration of the audit's tests keeps its own promises, and shows what broken assumptions do."""

from __future__ import annotations

import numpy as np
import pytest

from fairtrial.stats.calibration import CalibrationRow, measure
from fairtrial.stats.proof_calibration import AUDITS, proof_rates
from fairtrial.stats.sibling_calibration import LEVELS
from fairtrial.stats.strong_calibration import STRONG, holdouts, mislabelled, orders, reproductions
from fairtrial.stats.strong_recovery import recover
from fairtrial.stats.strong_worlds import history, references_world


@pytest.fixture(scope="module")
def rows() -> tuple[CalibrationRow, ...]:
    groups = (holdouts, mislabelled, orders, reproductions)
    return tuple(row for group in groups for row in measure(group, 100, 3))


def test_no_promise_is_broken(rows: tuple[CalibrationRow, ...]) -> None:
    assert [row for row in rows if row.broken] == []


def test_broken_assumptions_are_seen_to_break_the_tests(rows: tuple[CalibrationRow, ...]) -> None:
    short = {(row.method, row.setting) for row in rows if row.verdict == "short" and not row.used}
    assert (
        "wrong labels",
        "19 peers, 120 items, suspect weaker on the mislabelled items than elsewhere",
    ) in short
    assert ("retro-holdout", "500 against 500 items, new ones harder by 5 points") in short
    # The order test is misled by a sorted file, and the compressor forbids it there.
    assert ("order, no committed shuffle", "120 items, sorted by topic") in short
    assert ("compressor control, zlib", "120 items, sorted by topic") in short


def test_groups_can_be_repeated_alone() -> None:
    assert list(measure(reproductions, 100, 7)) == list(measure(reproductions, 100, 7))
    assert len({group.__name__ for group in STRONG}) == len(STRONG)


def test_planted_effects_come_back() -> None:
    found = recover(12, seed=1, references=6)
    assert {row.method for row in found} >= {"tau", "inflation", "cut-off drop", "tau, wrong labels"}
    for row in found:
        if row.method != "best of 10, as reported":
            assert abs(row.bias) <= 4.5 * row.error + 0.03, row
    reported = next(row for row in found if row.method == "best of 10, as reported")
    assert reported.bias > 4 * reported.error, "the uncorrected best is too high, and must be seen to be"


@pytest.mark.parametrize("name", AUDITS)
def test_false_alarms_of_the_proof_tier(name: str) -> None:
    found = list(proof_rates(100, 1, only=name))
    assert all(rate.holds and rate.draws == 100 for rate in found)
    assert [rate.level for rate in found if rate.what == "at the end"] == list(LEVELS)
    assert found[0].hits > 0 or name == "canary emission, three"


def test_worlds_are_as_described() -> None:
    rng = np.random.default_rng(2)
    world = references_world(rng, references=200, items=400, tau=1.0, harder=0.5)
    gap = world.published[1:].mean() - world.fresh[1:].mean()
    assert 0.03 < gap < 0.15
    own = world.published[0].mean() - world.fresh[0].mean()
    assert own == pytest.approx(gap + world.inflation, abs=0.1)
    right, dates = history(rng, drop=0.3, drift=0.0)
    assert right[dates <= 0.6].mean() - right[dates > 0.6].mean() == pytest.approx(0.3, abs=0.12)
