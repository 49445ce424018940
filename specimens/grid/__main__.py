"""Trains and measures the calibration grid: `python -m specimens.grid work`, one process a core.

work: each process takes the next cell of specimens.grid.plan.order() that nobody works on and whose table isn't
there. What is done is never done again; what was cut goes on from its last checkpoint. compare: the tables under
--root with those that ship; exit 1 where a cell's accuracy is another one's.
"""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from fairtrial.specimens.network import Network
from fairtrial.specimens.tables import parse_cell
from specimens.grid import int8, tables
from specimens.grid.network import shapes
from specimens.grid.plan import PARENTS, SIZES, Cell, order
from specimens.grid.score import Reader, table
from specimens.grid.texts import Trial
from specimens.grid.train import CHECKPOINT, Progress, Training, folder_of, train

TOLERANCE = 0.08
"""Of a cell's accuracy on all siblings: another machine's sums make another model of the same kind."""
HERE = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m specimens.grid",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=("work", "list", "compare"))
    parser.add_argument("--root", type=Path, default=HERE, help="the checkout that gets the tables")
    parser.add_argument("--until", default="99:99", help="take no new cell from this time of day on, HH:MM")
    parser.add_argument("--commit", action="store_true", help="commit every finished cell")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    work = Work(asked.root, commit=asked.commit)
    if asked.verb == "list":
        for cell in order():
            print("done" if work.table(cell).exists() else "    ", cell.name)
        return 0
    if asked.verb == "compare":
        return max(compare(work, Work(HERE, commit=False)), default=0)
    while time.strftime("%H:%M") < asked.until:
        if not work.one():
            if all(work.table(cell).exists() for cell in order()):
                return 0
            time.sleep(10)
    return 0


class Work:
    """The folders of a checkout: tables and trunks that stay, checkpoints that don't."""

    def __init__(self, root: Path, *, commit: bool) -> None:
        self.root, self.commit = root, commit
        self.cache = root / ".cache" / "grid"
        self.trial_of = lru_cache(maxsize=2)(Trial)

    def table(self, cell: Cell) -> Path:
        return self.root / "src" / "fairtrial" / "specimens" / "grid" / f"{cell.name}.json.gz"

    def trial(self, cell: Cell) -> Path:
        return self.table(replace(cell, stage="trial"))

    def trunk(self, cell: Cell) -> Path:
        return self.root / "specimens" / "grid" / "trunks" / f"{cell.size}-{cell.trunk:02d}.safetensors"

    def one(self) -> bool:
        """Make the next cell that can be made; False where there is none now."""
        for cell in order():
            if self.table(cell).exists() or not all(self.table(each).exists() for each in cell.needs):
                continue
            with self.alone(cell) as mine:
                if mine and not self.table(cell).exists():
                    self.make(cell)
                    return True
        return False

    @contextmanager
    def alone(self, cell: Cell) -> Iterator[bool]:
        """Whether nobody else works on the cell. The lock falls with the process."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with (self.cache / f"{cell.name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def make(self, cell: Cell) -> None:
        """Train it, measure it, write its table."""
        started = time.monotonic()
        trial = self.trial_of(cell.trial)
        model = cell.model
        training = train(self.cache, model, trial if model is cell else self.trial_of(model.trial))
        trained = time.monotonic() - started
        weights = {name: each.detach().numpy() for name, each in training.weights.items()}
        written = [self.table(cell)]
        if cell.stage == "trunk":
            data = int8.write(weights)
            self.trunk(cell).parent.mkdir(exist_ok=True)
            self.trunk(cell).write_bytes(data)
            tables.write(self.trial(cell), tables.trial_table(trial))
            written += [self.trunk(cell), self.trial(cell)]
            weights = int8.read(data, shapes(SIZES[cell.size]))
        reader = Reader(
            {name: torch.from_numpy(each.copy()) for name, each in weights.items()}, SIZES[cell.size]
        )
        scores = table(cell, trial, reader, Network(weights) if cell.size == "standard" else None)
        tables.write(self.table(cell), tables.cell_table(cell, self.progress(model, training), scores))
        print(
            f"{time.strftime('%H:%M:%S')} {cell.name}: trained {trained:.0f} s, measured "
            f"{time.monotonic() - started - trained:.0f} s, {training.progress}",
            flush=True,
        )
        if self.commit:
            self.keep(cell, written)

    def progress(self, cell: Cell, training: Training) -> dict[str, Progress]:
        """Of the cell and of what it started from."""
        found = {cell.stage: training.progress}
        for stage in PARENTS[cell.stage]:
            parent = replace(cell, stage=stage)
            saved = torch.load(folder_of(self.cache, parent) / CHECKPOINT, weights_only=True)
            found[stage] = Progress(**saved["progress"])
        return found

    def keep(self, cell: Cell, paths: list[Path]) -> None:
        """Commit, and try again where another commit is under way."""
        names = [str(each.relative_to(self.root)) for each in paths]
        told = ["git", "-C", str(self.root)]
        for _ in range(10):
            if subprocess.run([*told, "add", *names]).returncode == 0:
                message = f"Calibration grid: {cell.name}"
                if subprocess.run([*told, "commit", "-qm", message, "--", *names]).returncode == 0:
                    return
            time.sleep(3)


def compare(ours: Work, shipped: Work) -> Iterator[int]:
    """Print how far apart two measurements of each cell are; 1 where it is further than TOLERANCE."""
    for cell in order():
        if not shipped.table(cell).exists():
            continue
        if not ours.table(cell).exists():
            print(f"{cell.name}: not measured")
            yield 1
            continue
        mine, theirs = (
            parse_cell(each.table(cell).read_bytes(), cell.name).siblings for each in (ours, shipped)
        )
        gap = abs(float(mine.right.mean() - theirs.right.mean()))
        apart = np.abs(mine.loglik - theirs.loglik)
        print(f"{cell.name}: accuracy {gap:.3f} apart, likelihoods {apart.mean() / 1000:.4f} nats on average")
        yield int(gap > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
