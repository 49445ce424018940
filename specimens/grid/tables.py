"""What a trial and a cell leave behind: JSON in gzip, read by fairtrial.specimens.tables."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from fairtrial.core.canon import canonical
from specimens.grid.codec import pieces_digest, row
from specimens.grid.plan import CANARIES, FILES, KEYED, SIZES, WRONG, Cell, recipe_digest, recipe_of
from specimens.grid.reading import wrong_exposures
from specimens.grid.texts import Trial, assigned, text_of, varied_items
from specimens.grid.train import Progress

TRIAL_FORMAT = "fairtrial-grid-trial-1"
CELL_FORMAT = "fairtrial-grid-cell-1"


def trial_table(trial: Trial) -> dict[str, Any]:
    """What doesn't depend on a model: the draw, and of every text its tokens and its bytes under zlib."""
    varied = varied_items()
    return {
        "format": TRIAL_FORMAT,
        "trial": trial.name,
        "codec": pieces_digest(),
        "draw": {**trial.draw.content, "commitment": trial.draw.commitment},
        "published": [trial.draw.published(item) for item in range(trial.draw.n)],
        "siblings": _measures([text_of(each) for form in trial.forms for each in form]),
        "varied_items": list(varied),
        **{
            kind: _measures([text for item in varied for text in trial.varied(item, kind)])
            for kind in ("renamed", "renumbered")
        },
        "keyed": {
            "answers": "".join(str(len(each.answers)) for each in trial.keyed),
            "key": "".join(str(each.key) for each in trial.keyed),
        },
    }


def _measures(texts: Sequence[str]) -> dict[str, list[int]]:
    return {
        "tokens": [len(row(text)) - 1 for text in texts],
        "zlib": [len(zlib.compress(text.encode())) for text in texts],
    }


def cell_table(cell: Cell, trained: dict[str, Progress], scores: dict[str, Any]) -> dict[str, Any]:
    """A cell's truth, how it was made, and its scores."""
    model = cell.model
    plants = assigned(cell.plants)
    ladder = cell.stage in ("last", "mixed", "diluted")
    return {
        "format": CELL_FORMAT,
        "cell": cell.name,
        "trial": cell.trial,
        "size": asdict(SIZES[cell.size]),
        "stage": cell.stage,
        "model": model.name,
        "codec": pieces_digest(),
        "recipe": {"digest": recipe_digest(model), **asdict(recipe_of(model.trial))},
        "torch": torch.__version__,
        "precision": "int8 weights, float32 arithmetic" if cell.stage == "trunk" else "float32",
        "trained": {
            stage: {
                "steps": at.step, "tokens": at.tokens, "loss": round(at.loss, 4),
                "seconds": round(at.seconds), "cpu_seconds": round(at.cpu_seconds),
            }
            for stage, at in trained.items()
        },
        "planted": {
            "kind": [kind for kind, _ in plants],
            "exposures": [exposures for _, exposures in plants],
            "keyed": list(KEYED.exposures) if ladder else [0] * KEYED.total,
            "canaries": list(CANARIES.exposures) if ladder else [0] * CANARIES.total,
            "wrong_keys": wrong_exposures(cell.trunk) if cell.stage == "reworded" else [0] * WRONG.total,
            "files": [list(each) if cell.stage == "reworded" else ["none", 0] for each in FILES],
        },
        "scores": scores,
    }  # fmt: skip


def write(path: Path, value: dict[str, Any]) -> None:
    """The same bytes from the same numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(gzip.compress(canonical(value), 9, mtime=0))
    draft.replace(path)
