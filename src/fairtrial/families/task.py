"""The words in which samples of a family are asked, and a task of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.core.canon import JSON
from fairtrial.core.family import Family
from fairtrial.core.question import Decoding
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.scorers import parse_scorer
from fairtrial.core.task import Task

VERSION: Final = "1"
QUESTION: Final = "Q: {question}\nA:"
DECODING: Final = Decoding(temperature=0.0, max_tokens=256, stop=("\n",))
"""One line: what follows a line break belongs to the next question."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Published and fresh samples in the very same words."""

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"template": QUESTION, "version": VERSION}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", QUESTION.replace("{question}", sample.text)),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class WholeText:
    """How likely is each sibling, question and answer, behind the letter that they all begin with?"""

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"context": "Q:", "continuation": " {question}\nA: {answer}", "version": VERSION}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", "Q:"),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return tuple(f" {each}" for each in sample.choices)


def family_task(family: Family, samples: Sequence[Sample], *, name: str = "") -> Task:
    """Every sample asked once, marked by its last number. name: of the form, without one the family's."""
    return Task(
        name=name or family.name,
        version=VERSION,
        asks="generate",
        samples=tuple(samples),
        origin=Origin(name=family.name, source=f"item family {family.name}", digest=family.digest),
        prompt=Prompt(),
        scorer=parse_scorer("number"),
        decoding=DECODING,
        cluster="template",
        slices=("template",),
    )


def whole_text(sample: Sample) -> str:
    """Question and worked answer, as a form is printed: `What is 3+4?` and below it `A: 3+4=7`."""
    return f"{sample.text}\nA: {sample.metadata.get('solution', sample.target[0])}"
