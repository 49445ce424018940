"""Questions, and how a model of a folder is asked many of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from fairtrial.adapters.models.setting import TIMEOUTS
from fairtrial.adapters.registry import open_model
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Model
from fairtrial.core.question import Decoding, Generate, Loglikelihood
from fairtrial.core.sample import Message

PAIRS = [
    ("Mia has 23 hats and finds 2 more. How many hats does Mia have?\nA:", (" 25", " 23", " 2", " 25 hats")),
    ("The capital of France is ", ("Paris", "Rome", "a capital of Italy.", "ünï ☃ 𝄞")),
    ("", ("Mia has", "The", "</s>x", "☃")),
    ("A man is sitting on a roof. He", (" starts pulling up roofing on a roof.", " starts", " is sitting")),
    ("Grüße aus Kö", ("ln: naïve", "penick")),
    ("<s>The capital of Italy is", (" Rome", " Paris")),
    ("x" * 40 + " \n\t ", ("yes", "no")),
]
PROMPTS = [
    "Mia has 23 hats and finds 2 more. How many hats does Mia have?\nA:",
    "The capital of France is",
    "Q",
    "Grüße aus Köln: naïve café, ünï, ☃",
    "Question: what is 12 + 30?\nAnswer: 42\n\nQuestion: what is 7 + 5?\nAnswer:",
    "<s>A man",
]


def opened(folder: Path, settings: str = "", **options: str) -> Model:
    spec = ModelSpec.parse(f"hf/{folder}{settings}", **options)
    return open_model(spec, environ={}, timeouts=TIMEOUTS, connections=20)


def likelihoods(model: Model, pairs: Sequence[tuple[str, tuple[str, ...]]]) -> list[Output]:
    async def ask() -> list[Output]:
        questions = [Loglikelihood(str(n), 1, *pair) for n, pair in enumerate(pairs)]
        return await asyncio.gather(*(model.loglikelihood(each) for each in questions))

    return asyncio.run(ask())


def answers(model: Model, prompts: Sequence[str], *how: Decoding) -> list[Output]:
    """how: one for all, or one each."""
    each_how = list(how) if len(how) == len(prompts) else list(how) * len(prompts)

    async def ask() -> list[Output]:
        questions = [
            Generate(str(n), 1, (Message("user", prompt),), decoding)
            for n, (prompt, decoding) in enumerate(zip(prompts, each_how, strict=True))
        ]
        return await asyncio.gather(*(model.generate(each) for each in questions))

    return asyncio.run(ask())
