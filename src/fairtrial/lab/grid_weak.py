"""The weak signals on the grid: what they find, and whom they accuse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fairtrial.core.errors import IntegrityError
from fairtrial.lab.grid_calibration import Grid, draw_source, floats
from fairtrial.specimens.tables import Cell, Scores, Trial
from fairtrial.stats.shifted_controls import (
    Controls,
    Reading,
    Separation,
    ShiftedRate,
    compare,
    reading,
    separation,
    shifted_rate,
)
from fairtrial.stats.siblings import Floats, Ints
from fairtrial.stats.weak import NEAR

TEMPLATES = 16
"""Items are dealt to them in turn."""
PEAK = 0.01
"""CDD: share of drawn answers near the greedy one beyond which its authors call an item seen (2402.15938)."""
_DRAWN = 8


def shifted_rates(grid: Grid, *, draws: int, seed: int) -> Iterator[ShiftedRate]:
    """Comparisons among texts that the model never read: with controls of the same templates, and of others."""
    clean = list(grid.of("clean"))
    names = dict.fromkeys(
        signal for name, trial, cell in clean for signal in _signals(grid, name, trial, cell)
    )
    for signal in names:
        sides: tuple[Controls, ...] = ("same templates", "other templates")
        for controls in sides:
            found = {}
            for name, trial, cell in clean:
                table = _signals(grid, name, trial, cell).get(signal)
                if table is not None:
                    template = np.arange(table.size) // table.shape[1] % TEMPLATES
                    rng = draw_source(seed, signal, controls, cell.name)
                    found[name, cell.name] = compare(table.ravel(), template, controls, draws=draws, rng=rng)
            yield shifted_rate(signal, controls, found)


def separations(grid: Grid) -> Iterator[Separation]:
    """Published items planted in the last phase against those not planted, of the same templates and trunk."""
    cells = list(grid.of("last", size="standard"))
    exposures = sorted({int(k) for *_, cell in cells for k in cell.planted.exposures} - {0})
    names = dict.fromkeys(
        signal for name, trial, cell in cells for signal in _signals(grid, name, trial, cell)
    )
    for signal in names:
        for k in exposures:
            planted, unplanted = [], []
            for name, trial, cell in cells:
                table = _signals(grid, name, trial, cell).get(signal)
                if table is not None:
                    own = table[np.arange(len(table)), trial.published[: len(table)]]
                    planted.append(own[cell.planted.exposures == k])
                    unplanted.append(own[cell.planted.exposures == 0])
            yield separation(signal, k, planted, unplanted)


def readings(grid: Grid) -> Iterator[Reading]:
    """CDD and CoDeC, item by item, as their authors read them."""
    cells = list(grid.of("last"))
    exposures = sorted({int(k) for *_, cell in cells for k in cell.planted.exposures})
    for k in exposures:
        near, fell = [], []
        for _, trial, cell in cells:
            rows = cell.planted.exposures[trial.varied_items] == k
            if cell.samples is not None:
                near.append(_peaked(cell, cell.samples)[rows])
            if cell.in_context is not None:
                items = trial.varied_items[rows]
                alone = cell.siblings.loglik[items, trial.published[items]]
                fell.append(floats(cell.in_context[rows, 0] < alone))
        if near:
            yield reading("CDD", f"more than {PEAK:.0%} of 8 drawn answers near the greedy one", k, near)
        if fell:
            yield reading("CoDeC", "less likely behind three other published items", k, fell)


def _peaked(cell: Cell, samples: Ints) -> Floats:
    """1 where CDD says "seen". The tables hold exact repeats and the sum of distances: within NEAR of an answer
    shorter than 1 / NEAR tokens is an exact repeat."""
    same, length = samples[:, 0], samples[:, 2]
    if not (length < 1 / NEAR).all():
        raise IntegrityError(
            f"{cell.name}: an answer is too long to tell from repeats alone which samples are near it",
            "install the package again",
        )
    return floats(same / _DRAWN > PEAK)


def _signals(grid: Grid, name: str, trial: Trial, cell: Cell) -> dict[str, Floats]:
    """Signal -> (items, siblings), higher looks more like a member."""
    scores: Scores = cell.siblings
    tokens = trial.siblings.tokens[: len(scores.loglik)]
    found = {
        "loss": scores.loglik / tokens,
        "Min-K%": floats(scores.min_k),
        "Min-K%++": floats(scores.min_k_pp),
        "zlib ratio": scores.loglik / trial.siblings.zlib[: len(tokens)],
    }
    reference = grid.cells.get((name, "reference"))
    if reference is not None:
        found["reference ratio"] = (scores.loglik - reference.siblings.loglik) / tokens
    return found
