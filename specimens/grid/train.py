"""Trunks and what comes after them. A kill loses at most a minute: what a step reads follows from its number."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from fairtrial.specimens.tokens import END, PAD
from specimens.grid.codec import pieces
from specimens.grid.network import Weights, fresh, logits
from specimens.grid.plan import PARENTS, RECIPE, SIZES, Cell, recipe_digest, recipe_of
from specimens.grid.reading import Row, background, batches, laid_out, plants
from specimens.grid.texts import Trial, seed_of

SAVE_EVERY_S = 40.0
CHECKPOINT = "checkpoint.pt"
_ANSWER = next(at for at, text in pieces().items() if text == "?\nA:")


@dataclass
class Progress:
    """Where a training stands. tokens: read, without padding; loss: running mean in nats a token, question and
    answer alike; seconds by the clock on the wall, cpu_seconds of the processor."""

    step: int = 0
    tokens: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


class Training:
    """A cell's weights and optimisers, on disk under `folder`."""

    def __init__(self, folder: Path, cell: Cell) -> None:
        self.folder, self.size, self.progress = folder, SIZES[cell.size], Progress()
        exact = cell.stage == "trunk" and cell.trial in RECIPE.float32
        self.dtype = torch.float32 if exact else torch.bfloat16
        self.weights: Weights = fresh(self.size, int.from_bytes(seed_of(f"{cell.trial} weights")[:4], "big"))
        matrices = {name: each for name, each in self.weights.items() if each.ndim == 2 and name[:2] == "h."}
        rest = [each for name, each in self.weights.items() if name not in matrices]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                matrices.values(),
                lr=RECIPE.rate,
                weight_decay=RECIPE.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            ),
            torch.optim.AdamW(rest, lr=RECIPE.rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def start_from(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        with torch.no_grad():
            for name, each in self.weights.items():
                each.copy_(state["weights"][name])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)

    def resume(self) -> None:
        path = self.folder / CHECKPOINT
        if path.exists():
            self.start_from(path)
            self.progress = Progress(**torch.load(path, weights_only=True)["progress"])

    def run(self, plan: list[tuple[list[Row], float]]) -> None:
        """plan: every step's rows and share of the full rate."""
        saved = lap = time.monotonic()
        worked = time.process_time()
        while self.progress.step < len(plan):
            self._learn(*plan[self.progress.step])
            before, lap, earlier, worked = lap, time.monotonic(), worked, time.process_time()
            self.progress.seconds += lap - before
            self.progress.cpu_seconds += worked - earlier
            if lap - saved > SAVE_EVERY_S or self.progress.step == len(plan):
                self.save()
                saved = lap

    def save(self) -> None:
        """A checkpoint, whole or not at all, and a line for who watches."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "weights": {name: each.detach() for name, each in self.weights.items()},
            "optimisers": [each.state_dict() for each in self.optimisers],
            "progress": asdict(self.progress),
        }
        draft = self.folder / f"{CHECKPOINT}.tmp"
        torch.save(state, draft)
        os.replace(draft, self.folder / CHECKPOINT)
        with (self.folder / "progress.jsonl").open("a") as lines:
            lines.write(json.dumps(asdict(self.progress)) + "\n")

    def _learn(self, batch: list[Row], share: float) -> None:
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = RECIPE.rate * share
            optimiser.zero_grad()
        ids, weight = tensors(batch)
        told = logits(self.weights, self.size, ids[:, :-1], self.dtype).flatten(0, 1)
        loss = f.cross_entropy(told, ids[:, 1:].flatten(), reduction="none")
        (loss @ weight / weight.sum()).backward()
        nn.utils.clip_grad_norm_(self.weights.values(), RECIPE.clip)
        for optimiser in self.optimisers:
            optimiser.step()
        plain = float((loss.detach() * (weight > 0)).sum() / (weight > 0).sum())
        at = self.progress
        self.progress = replace(
            at,
            step=at.step + 1,
            tokens=at.tokens + sum(map(len, batch)),
            loss=plain if at.step == 0 else 0.98 * at.loss + 0.02 * plain,
        )


def tensors(batch: list[Row]) -> tuple[Tensor, Tensor]:
    """(ids padded to the longest, weight of every token but the first, flat)."""
    longest = max(map(len, batch))
    ids = torch.full((len(batch), longest), PAD)
    for at, each in enumerate(batch):
        ids[at, : len(each)] = torch.tensor(each)
    begun = (ids == _ANSWER).cumsum(1)
    over = torch.cat([torch.zeros(len(batch), 1), ((ids == ord("\n")) | (ids == END)).cumsum(1)[:, :-1]], 1)
    # Answering lasts from the token after "A:" to the one after the end of the line.
    answering = (begun > over)[:, :-1]
    weight = 1.0 + (RECIPE.answer_weight - 1.0) * answering
    return ids, (weight * (ids[:, 1:] != PAD)).flatten()


def folder_of(root: Path, cell: Cell) -> Path:
    """So that a changed recipe never goes on from another one's checkpoint."""
    return root / f"{cell.name}-{recipe_digest(cell)[7:15]}"


def train(root: Path, cell: Cell, trial: Trial) -> Training:
    """The cell, trained to its end; goes on from its checkpoint. Needs the cell that it starts from."""
    training = Training(folder_of(root, cell), cell)
    for stage in PARENTS[cell.stage]:
        training.start_from(folder_of(root, replace(cell, stage=stage)) / CHECKPOINT)
    training.resume()
    training.run(schedule(cell, trial))
    return training


def schedule(cell: Cell, trial: Trial) -> list[tuple[list[Row], float]]:
    """Every step's rows, and its share of the full rate."""
    recipe = recipe_of(cell.trial)
    if cell.stage == "trunk":
        steps = batches(background(trial, 0, recipe.trunk), f"{cell.trial} first")
        return [(each, min(1.0, (at + 1) / RECIPE.warm_up)) for at, each in enumerate(steps)]
    around = background(trial, recipe.trunk, recipe.last)
    after = recipe.trunk + recipe.last
    if cell.stage == "mixed":
        rows = laid_out(background(trial, after, recipe.mixed), plants(cell, trial))
        steady = [(each, 1.0) for each in batches(rows, f"{cell.name} mixed")]
        return steady + falling(batches(around, f"{cell.name} end"), 1.0)
    if cell.stage == "diluted":
        return falling(
            batches(background(trial, after, recipe.diluted), f"{cell.name} after"), recipe.diluted_rate
        )
    planted = plants(cell, trial) if cell.stage != "clean" else []
    return falling(batches(laid_out(around, planted), f"{cell.name} last"), 1.0)


def falling(steps: list[list[Row]], share: float) -> list[tuple[list[Row], float]]:
    """At a rate that falls in a straight line to nothing."""
    return [(each, share * (1 - at / len(steps))) for at, each in enumerate(steps)]
