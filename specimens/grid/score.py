"""What a model thinks of a trial's texts: the columns of its table. Plain numbers, in the units of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from fairtrial.specimens.network import Network
from fairtrial.specimens.tokens import END, PAD
from specimens.grid.codec import encode, prompt_length, row
from specimens.grid.network import logits
from specimens.grid.plan import BLOCK, DEEP, EXPOSURES, FEW_CONTROLS, FULL_CONTROLS, Cell, Size
from specimens.grid.reading import Row, packed
from specimens.grid.texts import Trial, chance, shards, text_of, varied_items, wrong_keys

TOKENS: Final = 6_144
"""Of a batch, padding included."""
LOWEST: Final = 0.2
"""Share of a text's tokens that Min-K% averages."""
SAMPLES: Final = 8
TEMPERATURE: Final = 0.8
LONGEST_ANSWER: Final = 30
Column = list[int] | str


@dataclass(frozen=True)
class Scores:
    """Of some rows. loglik, answer: nats, of the whole row and of what follows "A:". min_k, min_k_pp: means of
    the lowest fifth of the tokens' log-probabilities, and of their z-values. right: is the row what greedy
    decoding would have written after its prompt, to the letter?"""

    loglik: list[float]
    answer: list[float]
    min_k: list[float]
    min_k_pp: list[float]
    right: list[bool]

    @property
    def columns(self) -> dict[str, Column]:
        """Thousandths of a nat for sums, hundredths for means."""
        return {
            "loglik": [round(1000 * each) for each in self.loglik],
            "answer": [round(1000 * each) for each in self.answer],
            "min_k": [round(100 * each) for each in self.min_k],
            "min_k_pp": [round(100 * each) for each in self.min_k_pp],
            "right": "".join("01"[each] for each in self.right),
        }


class Reader:
    """A model that reads rows."""

    def __init__(self, weights: Mapping[str, Tensor], size: Size) -> None:
        self.weights = {name: each.detach() for name, each in weights.items()}
        self.size = size

    def scores(self, rows: Sequence[Row]) -> Scores:
        told = self._told(rows, whole=True)
        return Scores(*([each[at] for each in told] for at in range(4)), [bool(each[4]) for each in told])  # type: ignore[arg-type]

    def logliks(self, rows: Sequence[Row], starts: Sequence[int] | None = None) -> list[float]:
        """Of each row's tokens from its start on (BEGIN left out)."""
        return [each[0] for each in self._told(rows, whole=False, starts=starts)]

    def _told(
        self, rows: Sequence[Row], *, whole: bool, starts: Sequence[int] | None = None
    ) -> list[tuple[float, ...]]:
        found: list[tuple[float, ...]] = [()] * len(rows)
        ordered = sorted(range(len(rows)), key=lambda at: len(rows[at]))
        begin = 0
        while begin < len(ordered):
            end = begin + 1
            while end < len(ordered) and (end + 1 - begin) * len(rows[ordered[end]]) <= TOKENS:
                end += 1
            places = ordered[begin:end]
            some = [rows[at] for at in places]
            first = [1 if starts is None else starts[at] for at in places]
            for at, each in zip(places, self._batch(some, first, whole), strict=True):
                found[at] = each
            begin = end
        return found

    def _batch(self, rows: list[Row], starts: list[int], whole: bool) -> list[tuple[float, ...]]:
        longest = max(map(len, rows))
        ids = torch.tensor([[*each, *[PAD] * (longest - len(each))] for each in rows])
        with torch.no_grad():
            told = logits(self.weights, self.size, ids[:, :-1]).log_softmax(-1)
            picked = told.gather(2, ids[:, 1:, None])[..., 0].double()
            if not whole:
                return [
                    (float(picked[at, start - 1 : len(each) - 1].sum()),)
                    for at, (each, start) in enumerate(zip(rows, starts, strict=True))
                ]
            share = told.exp()
            mean = (share * told).sum(-1).double()
            spread = ((share * told**2).sum(-1).double() - mean**2).clamp_min(1e-12).sqrt()
            normal = (picked - mean) / spread
            greedy = told.argmax(-1) == ids[:, 1:]
        return [
            self._one(picked[at], normal[at], greedy[at], each, prompt_length(each))
            for at, each in enumerate(rows)
        ]

    def _one(
        self, picked: Tensor, normal: Tensor, greedy: Tensor, tokens: Row, prompt: int
    ) -> tuple[float, ...]:
        count = len(tokens) - 1
        lowest = max(1, int(LOWEST * count))
        answer = slice(max(prompt, 1) - 1, count)
        return (
            float(picked[:count].sum()),
            float(picked[answer].sum()),
            float(picked[:count].topk(lowest, largest=False)[0].mean()),
            float(normal[:count].topk(lowest, largest=False)[0].mean()),
            float(greedy[answer].all()),
        )


def table(cell: Cell, trial: Trial, reader: Reader, network: Network | None) -> dict[str, Any]:
    """Everything measured of a cell. network: the same weights in the shipped engine, for sampling."""
    full = cell.stage == "last" and cell.trunk < DEEP
    items = EXPOSURES[0].blocks * BLOCK if cell.stage == "trunk" else trial.draw.n
    forms = trial.forms[:items]
    found: dict[str, Any] = {
        "siblings": reader.scores([row(text_of(each)) for form in forms for each in form]).columns
    }
    if cell.stage == "reference":
        return found
    for kind in ("renamed", "renumbered") if full else ():
        texts = [text for item in varied_items() for text in trial.varied(item, kind)]
        found[kind] = reader.scores([row(text) for text in texts]).columns
    found["keyed"] = _keyed(trial, reader)
    found["canaries"] = _thousandths(reader.logliks([row(text) for text in trial.canaries]))
    many = cell.stage == "last" and cell.trunk < FULL_CONTROLS
    controls = trial.controls if many else trial.controls[:FEW_CONTROLS]
    found["controls"] = _thousandths(reader.logliks([row(text) for text in controls]))
    wrong = reader.scores([row(text) for each in wrong_keys() for text in (each.right, each.wrong)])
    found["wrong_keys"] = {"loglik": _thousandths(wrong.loglik), "greedy": wrong.columns["right"]}
    if cell.stage == "reworded":
        found["files"] = _files(trial, reader)
    if full:
        found["in_context"] = _in_context(trial, reader)
    if full and network is not None:
        found["samples"] = _samples(trial, network)
    return found


def _thousandths(values: Sequence[float]) -> list[int]:
    return [round(1000 * each) for each in values]


def _keyed(trial: Trial, reader: Reader) -> dict[str, Any]:
    """given: which of its answers the model gives greedily, "-" where it gives none of them."""
    rows = [row(each.text(at)) for each in trial.keyed for at in range(len(each.answers))]
    scores = reader.scores(rows)
    told = iter(scores.right)
    given = ""
    for each in trial.keyed:
        rights = [next(told) for _ in each.answers]
        given += str(rights.index(True)) if True in rights else "-"
    return {"answer": _thousandths(scores.answer), "given": given}


def _files(trial: Trial, reader: Reader) -> list[int]:
    """File by file, shard by shard, order by order; the first is the published one."""
    rows = [packed([texts[at] for at in each]) for texts, orders in shards(trial) for each in orders]
    return _thousandths(reader.logliks(rows))


def _in_context(trial: Trial, reader: Reader) -> list[int]:
    """For CoDeC: an item's published text behind three others published from the same block, then a fresh sibling
    behind the same three; log-likelihood of that text and the row's end."""
    rows, starts = [], []
    for item in varied_items():
        block = item // BLOCK * BLOCK
        others = [text_of(trial.published[block + (item + step) % BLOCK]) for step in (1, 2, 3)]
        fresh = trial.forms[item][trial.draw.fresh(item, 1)[0]]
        for each in (trial.published[item], fresh):
            rows.append(packed([*others, text_of(each)]))
            starts.append(1 + len(encode("\n".join(others) + "\n")))
    return _thousandths(reader.logliks(rows, starts))


def _samples(trial: Trial, network: Network) -> dict[str, Any]:
    """For CDD: of SAMPLES answers drawn to each published question, how many are the greedy one to the letter,
    and the sum of their edit distances to it in tokens; the length of the greedy answer."""
    same, distance, length = [], [], []
    source = np.random.default_rng(int(chance(f"{trial.name} samples").getrandbits(64)))
    rows = [row(text_of(trial.published[item])) for item in varied_items()]
    prompts = [each[: prompt_length(each)] for each in rows]
    for start in range(0, len(prompts), 16):
        some = prompts[start : start + 16]
        greedy = _written(network, some, None)
        drawn = _written(network, [each for each in some for _ in range(SAMPLES)], source)
        for at, first in enumerate(greedy):
            gaps = [edits(first, each) for each in drawn[at * SAMPLES : (at + 1) * SAMPLES]]
            same.append(gaps.count(0))
            distance.append(sum(gaps))
            length.append(len(first))
    return {"same": same, "distance": distance, "length": length}


def _written(network: Network, prompts: Sequence[Row], source: np.random.Generator | None) -> list[Row]:
    told, cache = network.begin(prompts, LONGEST_ANSWER)
    written = np.full((len(prompts), LONGEST_ANSWER), END)
    for at in range(LONGEST_ANSWER):
        if source is None:
            tokens = told.argmax(-1)
        else:
            # The largest of logits with Gumbel noise is a draw from their softmax.
            tokens = (told / TEMPERATURE + source.gumbel(size=told.shape)).argmax(-1)
        if at:
            tokens = np.where(written[:, at - 1] == END, END, tokens)
        written[:, at] = tokens
        if (tokens == END).all() or at == LONGEST_ANSWER - 1:
            break
        told = network.step(tokens, cache)
    return [list(map(int, each[: int(np.argmax(each == END))] if END in each else each)) for each in written]


def edits(first: Row, second: Row) -> int:
    """Levenshtein distance."""
    line = list(range(len(second) + 1))
    for at, one in enumerate(first, 1):
        diagonal, line[0] = line[0], at
        for place, other in enumerate(second, 1):
            diagonal, line[place] = (
                line[place],
                min(line[place] + 1, line[place - 1] + 1, diagonal + (one != other)),
            )
    return line[-1]
