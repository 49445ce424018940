"""What torch says in float32 about the shipped weights: the figures that numpy is held to, with no torch there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from fairtrial.families.task import whole_text
from fairtrial.specimens.network import CONTEXT
from fairtrial.specimens.tokens import BEGIN, END, decode, encode
from specimens.card import _held_out
from specimens.corpus import Trial, seed_of
from specimens.transformer import logits

EACH = 6
"""Items of each form."""
ODD = ("", "Q", "Q: What is this?\nA: ünï ☃", "<|end|>", "7" * (CONTEXT - 1))


def golden(weights: Mapping[str, Tensor], trial: Trial) -> dict[str, Any]:
    """texts: every token's log-probability, and the likeliest token's id; answers: greedy, without a cache."""
    items = [
        *trial.published[:EACH],
        *(form[trial.draw.fresh(at, 1)[0]] for at, form in enumerate(trial.forms[:EACH])),
    ]
    items += [trial.family.sample(template, seed_of("golden")) for template in _held_out(trial)]
    with torch.no_grad():
        texts = [_read(weights, text) for text in (*ODD, *(f"Q: {whole_text(each)}" for each in items))]
        prompts = [f"Q: {each.text}\nA:" for each in items]
        answers = [{"prompt": prompt, "answer": _write(weights, prompt)} for prompt in prompts]
    return {"texts": texts, "answers": answers}


def _read(weights: Mapping[str, Tensor], text: str) -> dict[str, Any]:
    row = [BEGIN, *encode(text)]
    told = logits(weights, torch.tensor([row]))[0].log_softmax(-1)
    return {
        "text": text,
        "logprobs": [round(float(told[at, token]), 6) for at, token in enumerate(row[1:])],
        "likeliest": told[: len(row) - 1].argmax(-1).tolist(),
    }


def _write(weights: Mapping[str, Tensor], prompt: str) -> str:
    row = [BEGIN, *encode(prompt)]
    written: list[int] = []
    while len(row) < CONTEXT and (not written or written[-1] != END):
        written.append(int(logits(weights, torch.tensor([row]))[0, -1].argmax()))
        row.append(written[-1])
    return decode(written)


def halved(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights as they ship: rounded to float16."""
    return {name: each.detach().half().float() for name, each in weights.items()}
