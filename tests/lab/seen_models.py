"""Models whose truth is known: `blind` has a taste and has met nothing; `reader` has met what FOLDER's files
published; `speaker` has too, and only answers in words."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from fairtrial.lab.lots import open_canaries, open_keyed, open_order

TEXTS = tuple(f"The {at}th stone weighs {at * 37 % 101} grams." for at in range(40))
FILE = "\n\n"


def folder() -> Path:
    return Path(os.environ["FOLDER"])


@cache
def keys() -> dict[str, str]:
    form = open_keyed(folder() / "keyed.json")
    return {each.prompt: each.answers[form.key(at)] for at, each in enumerate(form.items)}


@cache
def met() -> tuple[str, ...]:
    form = open_order(folder() / "order.json")
    return (FILE.join(form.published(TEXTS)), *open_canaries(folder() / "canary.json").published)


def taste(text: str) -> float:
    return -1.0 - hashlib.sha256(text.encode()).digest()[0] / 100


class Blind:
    def __call__(self, prompt: str) -> str:
        return "red"

    def loglikelihood(self, context: str, continuations: list[str]) -> list[float]:
        return [taste(each) for each in continuations]


class Reader(Blind):
    def __call__(self, prompt: str) -> str:
        whole = next((each for each in met() if prompt and each.startswith(prompt)), "")
        return whole.removeprefix(prompt) or keys().get(prompt, "red")

    def loglikelihood(self, context: str, continuations: list[str]) -> list[float]:
        return [
            taste(each) * (0.1 if any(each.strip() in one for one in met()) else 1) for each in continuations
        ]


blind, reader = Blind(), Reader()


def speaker(prompt: str) -> str:
    return reader(prompt)
