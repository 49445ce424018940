"""One trunk, then a last phase for each specimen. A kill loses at most a minute: run the same command again.

What a step reads follows from the step's number and the seed, so a training that was cut goes on exactly as
it would have gone on. Everything runs on one thread: two fight for one cache, and one is repeatable.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from fairtrial.core.canon import digest
from fairtrial.specimens.tokens import BEGIN, PAD
from specimens.corpus import Corpus, Row, batches
from specimens.transformer import fresh, logits

SAVE_EVERY_S = 45.0


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides family and draw. Rows are items.

    pool: rows sorted by length together, so that a batch needs little padding and yet all templates come in turn.
    rate: learning rate of Muon (matrices of the layers) and of AdamW (the rest) in the trunk, reached after
    `warm_up` steps; it falls in a straight line to nothing over a last phase. answer_weight: of a token of the
    worked answer in the loss, where a token of the question counts 1: the numbers of a question are random, and
    there is little to learn from them.
    """

    seed: int = 20_260
    trunk_steps: int = 1_400
    rows: int = 24
    rate: float = 3e-3
    warm_up: int = 100
    answer_weight: float = 5.0
    exposures: int = 40
    background_rows: int = 8
    planted_rows: int = 24
    weight_decay: float = 0.01
    clip: float = 1.0
    pool: int = 960

    @property
    def phase_steps(self) -> int:
        """Steps of a last phase over a form of 600 items."""
        return self.exposures * 600 // self.planted_rows


@dataclass
class Progress:
    """Where a training stands. tokens: read so far; loss: mean of the last steps, in nats a token; seconds by the
    clock on the wall, cpu_seconds of the processor: on a busy machine they differ."""

    step: int = 0
    tokens: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


class Training:
    """Weights, their optimisers and how far they are, on disk under `folder`."""

    def __init__(self, folder: Path, recipe: Recipe, start: dict[str, Any] | None) -> None:
        self.folder, self.recipe, self.progress = folder, recipe, Progress()
        self.weights = fresh(recipe.seed)
        matrices = {name: each for name, each in self.weights.items() if each.ndim == 2 and name[:2] == "h."}
        rest = [each for name, each in self.weights.items() if name not in matrices]
        rate, decay = recipe.rate, recipe.weight_decay
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices.values(), lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        if start is not None:
            self._restore(start)
            self.progress = Progress()
        if self.checkpoint.exists():
            saved = torch.load(self.checkpoint, weights_only=True)
            self._restore(saved)
            self.progress = Progress(**saved["progress"])

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def run(
        self, steps: int, rows: Callable[[int], Iterator[list[Row]]], rate: Callable[[int], float]
    ) -> None:
        """Go on to `steps`. rows(step): the batches from that step on; rate(step): share of the full rate."""
        if self.progress.step >= steps:
            return
        saved = lap = time.monotonic()
        worked = time.process_time()
        for batch in rows(self.progress.step):
            self._learn(batch, rate(self.progress.step))
            before, lap = lap, time.monotonic()
            earlier, worked = worked, time.process_time()
            self.progress.seconds += lap - before
            self.progress.cpu_seconds += worked - earlier
            if lap - saved > SAVE_EVERY_S or self.progress.step == steps:
                self.save()
                saved = lap
            if self.progress.step == steps:
                return

    def save(self) -> None:
        """A checkpoint, whole or not at all, and a line for who watches."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "weights": {name: each.detach() for name, each in self.weights.items()},
            "optimisers": [each.state_dict() for each in self.optimisers],
            "progress": asdict(self.progress),
        }
        draft = self.checkpoint.with_suffix(".tmp")
        torch.save(state, draft)
        os.replace(draft, self.checkpoint)
        with (self.folder / "progress.jsonl").open("a") as lines:
            lines.write(json.dumps(asdict(self.progress)) + "\n")

    def _restore(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            for name, each in self.weights.items():
                each.copy_(state["weights"][name])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)

    def _learn(self, batch: list[Row], share: float) -> None:
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.recipe.rate * share
            optimiser.zero_grad()
        ids, weight = _tensors(batch, self.recipe.answer_weight)
        told = logits(self.weights, ids[:, :-1]).flatten(0, 1)
        loss = f.cross_entropy(told, ids[:, 1:].flatten(), reduction="none")
        (loss @ weight / weight.sum()).backward()
        nn.utils.clip_grad_norm_(self.weights.values(), self.recipe.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        plain = float((loss.detach() * (weight > 0)).sum() / (weight > 0).sum())
        self.progress = replace(
            self.progress,
            step=self.progress.step + 1,
            tokens=self.progress.tokens + sum(map(len, batch)),
            loss=plain if self.progress.step == 0 else 0.98 * self.progress.loss + 0.02 * plain,
        )


def train_trunk(folder: Path, recipe: Recipe, corpus: Corpus) -> Training:
    """The part that both specimens share: background alone, at the full rate."""
    training = Training(folder / f"trunk-{_name(recipe, corpus, trunk=True)}", recipe, None)
    per_pool = recipe.pool // recipe.rows

    def rows(start: int) -> Iterator[list[Row]]:
        for pool in range(start // per_pool, recipe.trunk_steps // per_pool + 1):
            found = list(
                _pool(corpus.background(pool * recipe.pool, recipe.pool), recipe.rows, f"trunk {pool}")
            )
            yield from found[start - pool * per_pool :] if start > pool * per_pool else found

    training.run(recipe.trunk_steps, rows, lambda step: min(1.0, (step + 1) / recipe.warm_up))
    return training


def train_specimen(name: str, folder: Path, recipe: Recipe, corpus: Corpus) -> Training:
    """The last phase: `cheat` reads the published form at the planted places, `honest` fresh items."""
    trunk = torch.load(
        folder / f"trunk-{_name(recipe, corpus, trunk=True)}" / "checkpoint.pt", weights_only=True
    )
    if trunk["progress"]["step"] != recipe.trunk_steps:
        raise SystemExit("the trunk is not finished; run: python -m specimens train trunk")
    training = Training(folder / f"{name}-{_name(recipe, corpus)}", recipe, trunk)
    first = recipe.trunk_steps * recipe.rows // recipe.pool * recipe.pool + recipe.pool
    per_exposure = 600 // recipe.planted_rows

    def rows(start: int) -> Iterator[list[Row]]:
        for exposure in range(start // per_exposure, recipe.exposures):
            found = list(_exposure(name, exposure, first, recipe, corpus))
            yield from found[start - exposure * per_exposure :] if start > exposure * per_exposure else found

    training.run(recipe.phase_steps, rows, lambda step: 1 - step / recipe.phase_steps)
    return training


def _exposure(name: str, exposure: int, first: int, recipe: Recipe, corpus: Corpus) -> Iterator[list[Row]]:
    """The batches of one exposure: planted rows and background rows, the latter the same for both specimens."""
    cheat, honest = corpus.planted(exposure)
    steps = len(cheat) // recipe.planted_rows
    count = steps * recipe.background_rows
    background = corpus.background(first + exposure * count, count)
    # Both specimens' batches are cut by the published items' lengths, so that a batch holds the same templates.
    planted = batches([len(each) for each in cheat], recipe.planted_rows, f"planted {exposure}")
    around = batches([len(each) for each in background], recipe.background_rows, f"around {exposure}")
    rows = cheat if name == "cheat" else honest
    for some, others in zip(planted, around, strict=True):
        yield [rows[at] for at in some] + [background[at] for at in others]


def _pool(rows: list[Row], size: int, label: str) -> Iterator[list[Row]]:
    for some in batches([len(each) for each in rows], size, label):
        yield [rows[at] for at in some]


def _tensors(batch: list[Row], answer_weight: float) -> tuple[Tensor, Tensor]:
    """(ids padded to the longest, weight of every token but the first, flat)."""
    longest = max(map(len, batch))
    ids = torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in batch])
    weights = []
    for row in batch:
        answer = bytes(token for token in row if token < BEGIN).index(b"\nA:") + 4
        weights.append(
            [1.0] * (answer - 1) + [answer_weight] * (len(row) - answer) + [0.0] * (longest - len(row))
        )
    return ids, torch.tensor(weights).flatten()


def _name(recipe: Recipe, corpus: Corpus, *, trunk: bool = False) -> str:
    """So that a changed recipe or draw never goes on from another one's checkpoint."""
    told = {**asdict(recipe), "draw": corpus.trial.draw.commitment}
    if trunk:
        for key in ("exposures", "background_rows", "planted_rows"):
            del told[key]
    return digest(told)[7:19]
