"""The grid's tables reach the tests as they should: recounted here by hand, item by item."""

from __future__ import annotations

import numpy as np
import pytest

from fairtrial.lab.grid_calibration import (
    ACCURACY,
    CLEAN,
    KEYED,
    LAST,
    LIKELIHOOD,
    Grid,
    grid_curves,
    grid_nulls,
)
from fairtrial.lab.grid_weak import readings, shifted_rates
from fairtrial.stats.grid_power import Curve


@pytest.fixture(scope="module")
def grid() -> Grid:
    """One trunk of the grid, so that everything can be recounted."""
    found = Grid.load()
    cells = {key: cell for key, cell in found.cells.items() if key[0] == "standard-00"}
    return Grid({"standard-00": found.trials["standard-00"]}, cells)


@pytest.fixture(scope="module")
def curves(grid: Grid) -> dict[tuple[str, str, int], Curve]:
    return {(each.test, each.stage, each.exposures): each for each in grid_curves(grid, draws=20, seed=1)}


def test_lean_of_ranks_is_the_mean_share_of_siblings_below(
    grid: Grid, curves: dict[tuple[str, str, int], Curve]
) -> None:
    trial, cell = grid.trials["standard-00"], grid.cells["standard-00", "last"]
    for k in (1, 4, 64):
        shares = []
        for item, exposures in enumerate(cell.planted.exposures):
            if exposures == k:
                row = cell.siblings.loglik[item].tolist()
                own = row.pop(trial.published[item])
                shares.append((sum(each < own for each in row) + sum(each == own for each in row) / 2) / 7)
        found = curves[LIKELIHOOD, LAST, k]
        assert found.items == len(shares)
        assert found.lean == pytest.approx(np.mean(shares) - 0.5, abs=0.01)


def test_lean_of_accuracy_is_published_less_all_siblings(
    grid: Grid, curves: dict[tuple[str, str, int], Curve]
) -> None:
    trial, cell = grid.trials["standard-00"], grid.cells["standard-00", "last"]
    gaps = [
        float(right[published]) - float(np.mean(right))
        for right, published, k in zip(
            cell.siblings.right, trial.published, cell.planted.exposures, strict=True
        )
        if k == 8
    ]
    assert curves[ACCURACY, LAST, 8].lean == pytest.approx(np.mean(gaps), abs=1e-4)


def test_varied_items_meet_their_own_siblings(grid: Grid, curves: dict[tuple[str, str, int], Curve]) -> None:
    trial, cell = grid.trials["standard-00"], grid.cells["standard-00", "last"]
    assert cell.renumbered is not None
    gaps = []
    for at, item in enumerate(trial.varied_items):
        if cell.planted.exposures[item] == 16:
            own = float(cell.siblings.right[item, trial.published[item]])
            gaps.append(own - np.mean([own, *cell.renumbered.right[at]]))
    found = curves["sibling accuracy, renumbered siblings", LAST, 16]
    assert (found.items, found.lean) == (len(gaps), pytest.approx(np.mean(gaps), abs=1e-4))


def test_keyed_questions_count_where_they_are_answered(
    grid: Grid, curves: dict[tuple[str, str, int], Curve]
) -> None:
    trial, cell = grid.trials["standard-00"], grid.cells["standard-00", "last"]
    assert cell.given is not None
    hits = [
        (given == key) - 1 / answers
        for given, key, answers, k in zip(
            cell.given, trial.key, trial.answers, cell.planted.keyed, strict=True
        )
        if k == 16 and given >= 0
    ]
    found = curves[KEYED, LAST, 16]
    assert (found.items, found.lean) == (len(hits), pytest.approx(np.mean(hits), abs=1e-4))


def test_null_audits_take_only_models_that_read_nothing(grid: Grid) -> None:
    for _, _, cell in grid.of(*CLEAN):
        assert not cell.planted.exposures.any() and not cell.planted.keyed.any()
        assert not cell.planted.canaries.any()
    rates = list(grid_nulls(grid, draws=100, seed=1))
    assert {rate.test for rate in rates} >= {LIKELIHOOD, ACCURACY, KEYED, "canary rank", "canary ranks, six"}
    assert all(rate.holds and rate.audits >= 100 for rate in rates)


def test_cdd_takes_a_solver_for_a_parrot(grid: Grid) -> None:
    """Items that nobody planted: the share of which a drawn answer repeats the greedy one."""
    trial, cell = grid.trials["standard-00"], grid.cells["standard-00", "last"]
    assert cell.samples is not None
    unplanted = cell.planted.exposures[trial.varied_items] == 0
    expected = float((cell.samples[unplanted, 0] >= 1).mean())
    found = next(each for each in readings(grid) if each.signal == "CDD" and each.exposures == 0)
    assert (found.share, found.items) == (pytest.approx(expected), int(unplanted.sum()))
    assert found.share > 0.5


def test_weak_signals_accuse_the_clean_model_with_other_controls(grid: Grid) -> None:
    found = {(each.signal, each.controls): each for each in shifted_rates(grid, draws=100, seed=1)}
    for signal in ("loss", "Min-K%", "zlib ratio"):
        assert found[signal, "same templates"].alarms < 0.15
        assert found[signal, "other templates"].alarms > 0.15
