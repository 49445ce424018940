"""The grid's tables laid out for the tests: clean models for null audits, planted ones for power.

Everything here is arrays out of `specimens.tables`; what is done with them is in `stats`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from fairtrial.specimens import tables
from fairtrial.specimens.tables import Cell, Trial
from fairtrial.stats.grid_nulls import (
    NullRate,
    PValues,
    accuracy_nulls,
    canary_nulls,
    keyed_nulls,
    null_rates_of,
    order_nulls,
    rank_nulls,
)
from fairtrial.stats.grid_power import (
    Curve,
    Items,
    accuracy_items,
    curve,
    keyed_items,
    rank_items,
    standings,
)
from fairtrial.stats.siblings import Floats, Ints
from fairtrial.stats.standing import standing

LIKELIHOOD: Final = "sibling rank, likelihood"
ACCURACY: Final = "sibling accuracy"
KEYED: Final = "keyed answers"
CANARY: Final = "canary rank"
CANARIES: Final = "canary ranks, six"
ORDER: Final = "order on a committed shuffle"
LAST: Final = "last phase"
CLEAN: Final = ("clean", "trunk")
"""Stages of models that read nothing of the trial."""

_STAGES: Final = {"last": LAST, "mixed": "mixed in", "diluted": "diluted afterwards"}
_SHARDS: Final = (24, 50, 100, 200)
_CANARIES: Final = 6

Build: TypeAlias = Callable[[Trial, Cell, Ints, np.random.Generator], Items | None]


@dataclass(frozen=True, slots=True)
class Grid:
    """trials: name -> trial; cells: (trial, stage) -> cell, whatever the installed package holds."""

    trials: Mapping[str, Trial]
    cells: Mapping[tuple[str, str], Cell]

    @classmethod
    def load(cls) -> Grid:
        """Raises IntegrityError."""
        cells = {}
        for name in tables.cells():
            trial, _, stage = name.rpartition("-")
            cells[trial, stage] = tables.cell(name)
        return cls({name: tables.trial(name) for name in tables.trials()}, cells)

    def of(self, *stages: str, size: str = "") -> Iterator[tuple[str, Trial, Cell]]:
        for (trial, stage), cell in self.cells.items():
            if stage in stages and trial.startswith(size):
                yield trial, self.trials[trial], cell

    @property
    def counts(self) -> dict[str, int]:
        """Size and stage -> trunks."""
        found: dict[str, int] = {}
        for trial, stage in self.cells:
            name = f"{trial.split('-')[0]} {stage}"
            found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))


def grid_nulls(grid: Grid, *, draws: int, seed: int) -> Iterator[NullRate]:
    """False alarms on models that read nothing of the trial; at least `draws` audits a test."""
    tests: dict[str, Callable[[Trial, Cell, int, np.random.Generator], PValues | None]] = {
        LIKELIHOOD: lambda _, cell, some, rng: rank_nulls(floats(cell.siblings.loglik), draws=some, rng=rng),
        "sibling rank, Min-K%++": lambda _, cell, some, rng: rank_nulls(
            floats(cell.siblings.min_k_pp), draws=some, rng=rng
        ),
        ACCURACY: lambda _, cell, some, rng: accuracy_nulls(floats(cell.siblings.right), draws=some, rng=rng),
        KEYED: _keyed_null,
        CANARY: lambda _, cell, some, rng: _canary_null(cell, 1, some, rng),
        CANARIES: lambda _, cell, some, rng: _canary_null(cell, _CANARIES, some, rng),
    }
    clean = list(grid.of(*CLEAN))
    for test, audit in tests.items():
        some = -(-draws // max(1, len(clean)))
        found = {
            (name, cell.name): values
            for name, trial, cell in clean
            if (values := audit(trial, cell, some, draw_source(seed, test, cell.name))) is not None
        }
        yield from null_rates_of(test, found)
    read = [(name, cell) for name, _, cell in grid.of("reworded") if cell.files is not None]
    files = {
        (name, f"{cell.name} {at}"): order_nulls(
            floats(cell.files[at]), draws=-(-draws // len(read)), rng=draw_source(seed, ORDER, cell.name)
        )
        for name, cell in read
        if cell.files is not None
        for at, (how, _) in enumerate(cell.planted.files)
        if how == "none"
    }
    yield from null_rates_of(ORDER, files)


def grid_curves(grid: Grid, *, draws: int, seed: int) -> Iterator[Curve]:
    """Power of every test that the tables have, by stage and exposures."""
    for size in sorted({trial.rpartition("-")[0] for trial in grid.trials}, reverse=True):
        told = "" if size == "standard" else f", {size} models"
        for stage, label in _STAGES.items():
            cells = list(grid.of(stage, size=size))
            yield from _item_curves(grid, cells, "exact", label + told, draws, seed)
            yield from _keyed_curves(cells, label + told, draws, seed)
            yield from _canary_curves(cells, label + told)
        cells = list(grid.of("reworded", size=size))
        for kind, label in (
            ("paraphrased", "paraphrases planted"),
            ("renumbered", "renumbered ones planted"),
        ):
            yield from _item_curves(grid, cells, kind, label + told, draws, seed)
        yield from _order_curves(cells, told, draws, seed)


def _item_curves(
    grid: Grid, cells: list[tuple[str, Trial, Cell]], kind: str, label: str, draws: int, seed: int
) -> Iterator[Curve]:
    tests: dict[str, Build] = {
        LIKELIHOOD: lambda trial, cell, rows, rng: _ranked(trial, cell.siblings.loglik, rows, rng),
        "sibling rank, Min-K%++": lambda trial, cell, rows, rng: _ranked(
            trial, cell.siblings.min_k_pp, rows, rng
        ),
        "sibling rank, ratio to the clean model": lambda trial, cell, rows, rng: _over_clean(
            grid, trial, cell, rows, rng
        ),
        "sibling rank, renamed siblings": _renamed_rank,
        ACCURACY: lambda trial, cell, rows, _: accuracy_items(
            *_split(trial, floats(cell.siblings.right), rows)
        ),
        "sibling accuracy, renumbered siblings": _renumbered_accuracy,
        "sibling accuracy, renamed siblings": _renamed_accuracy,
    }
    exposures = sorted({int(k) for *_, cell in cells for k in cell.planted.exposures[_of_kind(cell, kind)]})
    for test, build in tests.items():
        for k in exposures:
            rng = draw_source(seed, test, label, str(k))
            built = [
                build(trial, cell, np.flatnonzero(_of_kind(cell, kind) & (cell.planted.exposures == k)), rng)
                for _, trial, cell in cells
            ]
            trunks = [each for each in built if each is not None and each.x.size]
            if trunks:
                yield curve(test, label, k, trunks, draws=draws, rng=rng)


def _keyed_curves(cells: list[tuple[str, Trial, Cell]], label: str, draws: int, seed: int) -> Iterator[Curve]:
    for k in sorted({int(k) for *_, cell in cells for k in cell.planted.keyed}):
        rng = draw_source(seed, KEYED, label, str(k))
        trunks = []
        for _, trial, cell in cells:
            if cell.given is not None:
                rows = cell.planted.keyed == k
                trunks.append(keyed_items(cell.given[rows], trial.key[rows], trial.answers[rows]))
        trunks = [each for each in trunks if each.x.size]
        if trunks:
            yield curve(KEYED, label, k, trunks, draws=draws, rng=rng)


def _canary_curves(cells: list[tuple[str, Trial, Cell]], label: str) -> Iterator[Curve]:
    for k in sorted({int(k) for *_, cell in cells for k in cell.planted.canaries}):
        single, together = [], []
        for *_, cell in cells:
            if cell.canaries is None or cell.controls is None:
                continue
            own = floats(cell.canaries[cell.planted.canaries == k])
            controls = floats(cell.controls)
            parts = controls[: controls.size // own.size * own.size].reshape(own.size, -1)
            single.append([standing(own[at : at + 1], controls[None]) for at in range(own.size)])
            together.append([standing(own, parts)])
        if single:
            yield standings(CANARY, label, k, single)
            yield standings(CANARIES, label, k, together)


def _order_curves(cells: list[tuple[str, Trial, Cell]], told: str, draws: int, seed: int) -> Iterator[Curve]:
    kinds = sorted({each for *_, cell in cells if cell.files is not None for each in cell.planted.files})
    for how, k in kinds:
        rng = draw_source(seed, ORDER, how, str(k))
        trunks = []
        for *_, cell in cells:
            if cell.files is not None:
                scores = floats(cell.files[cell.planted.files.index((how, k))])
                trunks.append(rank_items(scores[:, 0], scores[:, 1:], rng))
        label = {"none": "file not read", "in order": "file read in order"}.get(how, "file read shuffled")
        yield curve(ORDER, label + told, k, trunks, draws=draws, rng=rng, sizes=_SHARDS)


def _split(trial: Trial, table: Floats, rows: Ints) -> tuple[Floats, Floats]:
    """(published, others) of these items."""
    picked = trial.published[rows]
    others = np.arange(table.shape[1]) != picked[:, None]
    return table[rows, picked], table[rows][others].reshape(rows.size, -1)


def _ranked(trial: Trial, table: Ints, rows: Ints, rng: np.random.Generator) -> Items:
    return rank_items(*_split(trial, floats(table), rows), rng)


def _over_clean(grid: Grid, trial: Trial, cell: Cell, rows: Ints, rng: np.random.Generator) -> Items | None:
    clean = grid.cells.get((cell.name.rpartition("-")[0], "clean"))
    if clean is None:
        return None
    return _ranked(trial, cell.siblings.loglik - clean.siblings.loglik, rows, rng)


def _renamed_rank(trial: Trial, cell: Cell, rows: Ints, rng: np.random.Generator) -> Items | None:
    own, at = _varied(trial, rows)
    if cell.renamed is None or not own.size:
        return None
    return rank_items(
        floats(cell.siblings.loglik[own, trial.published[own]]), floats(cell.renamed.loglik[at]), rng
    )


def _renamed_accuracy(trial: Trial, cell: Cell, rows: Ints, _: np.random.Generator) -> Items | None:
    return _varied_accuracy(trial, cell, rows, cell.renamed)


def _renumbered_accuracy(trial: Trial, cell: Cell, rows: Ints, _: np.random.Generator) -> Items | None:
    return _varied_accuracy(trial, cell, rows, cell.renumbered)


def _varied_accuracy(trial: Trial, cell: Cell, rows: Ints, others: tables.Scores | None) -> Items | None:
    own, at = _varied(trial, rows)
    if others is None or not own.size:
        return None
    return accuracy_items(floats(cell.siblings.right[own, trial.published[own]]), floats(others.right[at]))


def _varied(trial: Trial, rows: Ints) -> tuple[Ints, Ints]:
    """Those of the items that have renamed and renumbered siblings, and where those stand."""
    at = np.flatnonzero(np.isin(trial.varied_items, rows))
    return trial.varied_items[at], at


def _of_kind(cell: Cell, kind: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([each == kind for each in cell.planted.kind])


def _keyed_null(trial: Trial, cell: Cell, draws: int, rng: np.random.Generator) -> PValues | None:
    if cell.given is None or not (cell.given >= 0).any():
        return None
    return keyed_nulls(cell.given, trial.answers, draws=draws, rng=rng)


def _canary_null(cell: Cell, canaries: int, draws: int, rng: np.random.Generator) -> PValues | None:
    if cell.canaries is None or cell.controls is None:
        return None
    strings = np.concatenate([cell.canaries, cell.controls])
    return canary_nulls(floats(strings), canaries=canaries, draws=draws, rng=rng)


def floats(values: Ints | tables.Bools) -> Floats:
    return values.astype(np.float64)


def draw_source(seed: int, *names: str) -> np.random.Generator:
    """Depends on what is drawn, not on what was drawn before: a grid that grows keeps its rows."""
    return np.random.default_rng([seed, *(int.from_bytes(name.encode(), "big") for name in names)])
