"""Siblings of the shipped `cheat` that read the published form fewer times, or more: the audit's eight cases.

Same trunk, same draw, same batches. Of the last phase's rounds, each of which reads 600 items, some read the
published form (the cheat's rows) and the others new items of the same templates (the honest one's rows). And what
may be served in a model's place: the honest one in int8, in int4, and after one further training step.

    python -m specimens.grid.cases      writes specimens/cases/NAME/ for each case that is trained
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from fairtrial.core.canon import digest_bytes
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.files import CARD, WEIGHTS, load
from fairtrial.specimens.network import shapes
from fairtrial.specimens.weights import read_weights
from specimens.card import _estimate, _right
from specimens.corpus import Corpus, Row
from specimens.folder import config, json_file, tokenizer, tokenizer_config, weights_file
from specimens.grid import int8
from specimens.train import Recipe, Training, _exposure, _name, _tensors
from specimens.transformer import logits
from specimens.trial import demonstration

CASES = (4, 16, 64)
MEASURED = 240
"""Items of a card."""
STEP = 1e-4
"""Rate of the further step: what people tune with."""
ROOT = Path(__file__).resolve().parents[2]


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


def one_step_further(weights: dict[str, Tensor], batch: list[Row], rate: float) -> dict[str, Tensor]:
    """The weights after one step of AdamW at the bias-corrected size, on one batch: every weight moves by about
    `rate`, as the first step of a further training does."""
    moved = {name: nn.Parameter(each.clone()) for name, each in weights.items()}
    ids, weight = _tensors(batch, Recipe().answer_weight)
    told = logits(moved, ids[:, :-1]).flatten(0, 1)
    loss = f.cross_entropy(told, ids[:, 1:].flatten(), reduction="none")
    (loss @ weight / weight.sum()).backward()
    torch.optim.AdamW(moved.values(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0).step()
    return {name: each.detach() for name, each in moved.items()}


def card_of(name: str, weights: bytes, made: dict[str, Any], corpus: Corpus) -> dict[str, Any]:
    """What the case is, and how the first MEASURED items are answered: published, and one fresh sibling each."""
    engine = Engine(read_weights(weights, shapes(), name))
    trial = corpus.trial
    published = trial.published[:MEASURED]
    fresh = [trial.forms[item][trial.draw.fresh(item, 1)[0]] for item in range(MEASURED)]
    return {
        "specimen": name,
        **made,
        "accuses": "nobody: the draw is a demonstration and its secret is published",
        "draw": trial.draw.commitment,
        "family": {"name": trial.family.name, "digest": trial.family.digest},
        "measured": {
            form: _estimate(_right(engine, trial, samples))
            for form, samples in (("published", published), ("fresh", fresh))
        },
        "digests": {WEIGHTS: digest_bytes(weights)},
        "licence": "Apache-2.0",
    }


def cases(cache: Path, corpus: Corpus) -> Iterator[tuple[str, dict[str, Tensor], dict[str, Any]]]:
    """(name, weights, what is said about it) of every case that can be made from what is trained."""
    for exposures in CASES:
        recipe = recipe_of(exposures, Recipe())
        path = cache / f"cheat-{exposures}-{_name(recipe, corpus)}" / "checkpoint.pt"
        if path.exists():
            saved = torch.load(path, weights_only=True)
            if saved["progress"]["step"] == recipe.phase_steps:
                told = {"published_form_read": exposures, "rounds_of_the_last_phase": recipe.exposures}
                yield f"cheat-{exposures}", saved["weights"], {"contaminated": True, **told}
    honest = {name: torch.from_numpy(each.astype("float32")) for name, each in load("honest").items()}
    for bits in (8, 4):
        rounded = int8.rounded({name: each.numpy() for name, each in honest.items()}, bits)
        tensors = {name: torch.from_numpy(each) for name, each in rounded.items()}
        yield f"honest-int{bits}", tensors, {"contaminated": False, "made_from": "honest", "bits": bits}
    batch = corpus.background(10_000_000, Recipe().rows)
    stepped = one_step_further(honest, batch, STEP)
    yield "honest-one-step", stepped, {"contaminated": False, "made_from": "honest", "rate": STEP}


def main() -> None:
    """Write every case's folder that isn't there: five files, as a shipped specimen's."""
    torch.set_num_threads(1)
    corpus = Corpus(demonstration(), Recipe().seed)
    for name, weights, made in cases(ROOT / ".cache" / "specimens", corpus):
        folder = ROOT / "specimens" / "cases" / name
        if (folder / CARD).exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        data = weights_file(weights)
        card = card_of(name, data, made, corpus)
        files = {
            WEIGHTS: data,
            "config.json": json_file(config()),
            "tokenizer.json": json_file(tokenizer()),
            "tokenizer_config.json": json_file(tokenizer_config()),
            CARD: json_file(card),
        }
        for file, content in files.items():
            (folder / file).write_bytes(content)
        print(name, card["measured"])


if __name__ == "__main__":
    main()
