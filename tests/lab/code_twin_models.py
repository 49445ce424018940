"""Programmers whose truth is known, for the draw in the folder that CODE_FORM names.

`honest` has a skill of its own for every kind of task and knows nothing of the draw; `cheat` is a poor programmer
who has learnt the published form by heart, tests and all, under whatever names.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fairtrial.core.sample import Sample
from fairtrial.lab.twin import open_twin


@cache
def published() -> dict[str, str]:
    lines = Path(os.environ["CODE_FORM"], "draw.form.jsonl").read_text("utf-8").splitlines()
    return {row["prompt"]: row["reference"] for row in map(json.loads, lines)}


@cache
def key() -> dict[str, Sample]:
    twin = open_twin("programs", Path(os.environ["CODE_FORM"], "draw.json"), fresh=7, items=None)
    return {sample.text: sample for sample in twin.answers.samples}


def skill(template: str) -> float:
    """From 0.3 to 0.9, a kind of task apart."""
    return 0.3 + 0.6 * hashlib.sha256(template.encode()).digest()[0] / 255


def words(prompt: str) -> str:
    return prompt.partition("```python\n")[2].removesuffix("```")


def by_skill(prompt: str) -> str:
    sample = key()[words(prompt)]
    return written(sample) if luck(sample.text) < skill(str(sample.metadata["template"])) else wrong(sample)


def by_heart(prompt: str) -> str:
    learnt = published().get(words(prompt))
    sample = key()[words(prompt)]
    if learnt is not None:
        return f"I know this one.\n\n```python\n{learnt}```\n"
    return written(sample) if luck(sample.text) < 0.2 else wrong(sample)


def luck(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32


def written(sample: Sample) -> str:
    return f"Here it is:\n\n```python\n{sample.target[0]}```\n"


def wrong(sample: Sample) -> str:
    """In one of five ways, by the words alone: a list too many, a constant, a crash, no function, no code."""
    way = hashlib.sha256(sample.text.encode()).digest()[5] % 5
    head, _, body = sample.target[0].partition("\n")
    before, _, result = body.rpartition("return ")
    program = (
        f"{head}\n{before}return [{result.strip()}]\n",
        f"{head}\n    return 0\n",
        f"{head}\n    raise ValueError('what?')\n",
        "def something_else():\n    return 1\n",
    )
    return "I am sorry, I can't do that." if way == 4 else f"```python\n{program[way]}```"


@dataclass(frozen=True)
class Programmer:
    """Answers, and says how likely a text is: by its length, or likelier where it was read before."""

    answer: Callable[[str], str]
    read: Callable[[], Mapping[str, str]] = dict

    def __call__(self, prompt: str) -> str:
        return self.answer(prompt)

    def loglikelihood(self, context: str, continuations: list[str]) -> list[float]:
        assert context == "def"
        texts = [f"{context}{each}" for each in continuations]
        before = tuple(self.read())
        return [-0.3 * len(text) * (0.5 if before and text.startswith(before) else 1.0) for text in texts]


honest = Programmer(by_skill)
cheat = Programmer(by_heart, published)
