"""Siblings of the shipped `cheat` that read the published form fewer times, or more: the audit's eight cases.

Same trunk, same draw, same batches. Of the last phase's rounds, each of which reads 600 items, some read the
published form (the cheat's rows) and the others new items of the same templates (the honest one's rows). And what
may be served in a model's place: the honest one in int8, in int4, and after one further training step.

    python -m specimens.grid.cases --train 4    one cheat; needs the shipped recipe's trunk, and 64 its `cheat`
    python -m specimens.grid.cases              writes into the package each case that is trained and not there
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from fairtrial.specimens.files import CARD, WEIGHTS, load
from specimens.case_card import DATA, EXPOSURES, card_of, cheat, derived
from specimens.corpus import Corpus, Row
from specimens.digests import write_digests
from specimens.folder import config, json_file, tokenizer, tokenizer_config, weights_file
from specimens.grid import int8
from specimens.train import Recipe, Training, _exposure, _name, _tensors
from specimens.transformer import logits
from specimens.trial import demonstration

FURTHER = 0.25
"""Share of the full rate."""
STEP = 1e-4
"""Rate of the further step: what people tune with."""
ROOT = Path(__file__).resolve().parents[2]


def planted_rounds(exposures: int, rounds: int) -> frozenset[int]:
    """Which rounds read the published form: spread evenly over the last phase."""
    return frozenset((2 * each + 1) * rounds // (2 * exposures) for each in range(exposures))


def train_case(exposures: int, folder: Path, recipe: Recipe, corpus: Corpus) -> Training:
    """A cheat by so many exposures; goes on from its last checkpoint. Needs the shipped recipe's trunk, or, for
    more exposures than the shipped cheat's, that cheat: it reads on, at a rate that falls from FURTHER to 0."""
    rounds = rounds_of(exposures, recipe)
    further = exposures > recipe.exposures
    start = f"cheat-{_name(recipe, corpus)}" if further else f"trunk-{_name(recipe, corpus, trunk=True)}"
    training = Training(
        folder_of(exposures, folder, recipe, corpus),
        recipe,
        torch.load(folder / start / "checkpoint.pt", weights_only=True),
    )
    first = recipe.trunk_steps * recipe.rows // recipe.pool * recipe.pool + recipe.pool
    per_round = 600 // recipe.planted_rows
    planted = planted_rounds(min(exposures, recipe.exposures), recipe.exposures)
    before = recipe.exposures if further else 0

    def rows(start: int) -> Iterator[list[Row]]:
        for number in range(start // per_round, rounds):
            name = "cheat" if further or number in planted else "honest"
            found = list(_exposure(name, before + number, first, recipe, corpus))
            yield from found[start - number * per_round :] if start > number * per_round else found

    steps = rounds * per_round
    training.run(steps, rows, lambda step: (FURTHER if further else 1.0) * (1 - step / steps))
    return training


def rounds_of(exposures: int, recipe: Recipe) -> int:
    """Rounds that are trained for this case."""
    return exposures - recipe.exposures if exposures > recipe.exposures else recipe.exposures


def folder_of(exposures: int, folder: Path, recipe: Recipe, corpus: Corpus) -> Path:
    return folder / f"cheat-{exposures}-{_name(recipe, corpus)}"


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


def cases(cache: Path, corpus: Corpus) -> Iterator[tuple[str, dict[str, Tensor], dict[str, Any]]]:
    """(name, weights, what is said about it) of every case that can be made from what is trained."""
    for exposures in EXPOSURES:
        path = folder_of(exposures, cache, Recipe(), corpus) / "checkpoint.pt"
        if path.exists():
            saved = torch.load(path, weights_only=True)
            rounds = rounds_of(exposures, Recipe())
            if saved["progress"]["step"] == rounds * 600 // Recipe().planted_rows:
                told = cheat(corpus.trial, exposures, max(exposures, Recipe().exposures))
                yield f"cheat-{exposures}", saved["weights"], told
    honest = {name: torch.from_numpy(each.astype("float32")) for name, each in load("honest").items()}
    for bits in (8, 4):
        rounded = int8.rounded({name: each.numpy() for name, each in honest.items()}, bits)
        tensors = {name: torch.from_numpy(each) for name, each in rounded.items()}
        yield f"honest-int{bits}", tensors, derived(bits=bits)
    batch = corpus.background(10_000_000, Recipe().rows)
    stepped = one_step_further(honest, batch, STEP)
    yield "honest-one-step", stepped, derived(rate=STEP)


def main() -> None:
    """Train one cheat, or write every case's folder that isn't there: five files, as a shipped specimen's."""
    parser = argparse.ArgumentParser(prog="python -m specimens.grid.cases", description=__doc__)
    parser.add_argument("--train", type=int, choices=EXPOSURES)
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "specimens", help="for checkpoints")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    corpus = Corpus(demonstration(), Recipe().seed)
    if asked.train:
        print(train_case(asked.train, asked.cache, Recipe(), corpus).progress)
        return
    for name, weights, made in cases(asked.cache, corpus):
        folder = DATA / name
        if (folder / CARD).exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            WEIGHTS: weights_file(weights),
            "config.json": json_file(config()),
            "tokenizer.json": json_file(tokenizer()),
            "tokenizer_config.json": json_file(tokenizer_config()),
        }
        card = card_of(name, made, files, corpus.trial)
        for file, content in {**files, CARD: json_file(card)}.items():
            (folder / file).write_bytes(content)
        print(name, card["measured"])
    write_digests()


if __name__ == "__main__":
    main()
