"""Siblings of the shipped `cheat` that read the published form fewer times, or more: the audit's eight cases.

Same trunk, same draw, same batches. Of the last phase's rounds, each of which reads 600 items, some read the
published form (the cheat's rows) and the others new items of the same templates (the honest one's rows).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from specimens.corpus import Corpus, Row
from specimens.train import Recipe, Training, _exposure, _name

CASES = (4, 16, 64)


def recipe_of(exposures: int, recipe: Recipe) -> Recipe:
    """The shipped recipe; its last phase is longer only where its rounds don't suffice."""
    return replace(recipe, exposures=max(exposures, recipe.exposures))


def planted_rounds(exposures: int, rounds: int) -> frozenset[int]:
    """Which rounds read the published form: spread evenly over the last phase."""
    return frozenset((2 * each + 1) * rounds // (2 * exposures) for each in range(exposures))


def train_case(exposures: int, folder: Path, shipped: Recipe, corpus: Corpus) -> Training:
    """A cheat by so many exposures; goes on from its last checkpoint. Needs the shipped recipe's trunk."""
    recipe = recipe_of(exposures, shipped)
    trunk = torch.load(
        folder / f"trunk-{_name(recipe, corpus, trunk=True)}" / "checkpoint.pt", weights_only=True
    )
    if trunk["progress"]["step"] != recipe.trunk_steps:
        raise SystemExit("the trunk is not finished; run: python -m specimens train trunk")
    training = Training(folder / f"cheat-{exposures}-{_name(recipe, corpus)}", recipe, trunk)
    first = recipe.trunk_steps * recipe.rows // recipe.pool * recipe.pool + recipe.pool
    per_round = 600 // recipe.planted_rows
    planted = planted_rounds(exposures, recipe.exposures)

    def rows(start: int) -> Iterator[list[Row]]:
        for number in range(start // per_round, recipe.exposures):
            name = "cheat" if number in planted else "honest"
            found = list(_exposure(name, number, first, recipe, corpus))
            yield from found[start - number * per_round :] if start > number * per_round else found

    training.run(recipe.phase_steps, rows, lambda step: 1 - step / recipe.phase_steps)
    return training
