"""Word problems: asked in one line, marked by the last number. And a task of samples of any family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.question import Decoding
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.scorers import parse_scorer
from fairtrial.core.task import Scorer, Task
from fairtrial.families.manner import AskedFamily, Manner, WholeText

VERSION: Final = "1"
QUESTION: Final = "Q: {question}\nA:"
PLACE: Final = "{question}"
DECODING: Final = Decoding(temperature=0.0, max_tokens=256, stop=("\n",))
"""One line: what follows a line break belongs to the next question."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Published and fresh samples in the very same words. template: holds `{question}` once, and whatever stands
    around it, worked examples included. Raises UsageError for one that doesn't."""

    template: str = QUESTION

    def __post_init__(self) -> None:
        if self.template.count(PLACE) != 1:
            raise UsageError(
                f"the prompt {self.template[:60]!r} doesn't hold {PLACE} once", "say where it goes"
            )

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"template": self.template, "version": VERSION}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", self.template.replace(PLACE, sample.text)),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()


def family_task(family: AskedFamily, samples: Sequence[Sample], *, name: str = "") -> Task:
    """Every sample asked once. name: of the form, without one the family's."""
    return Task(
        name=name or family.name,
        version=VERSION,
        asks="generate",
        samples=tuple(samples),
        origin=Origin(name=family.name, source=f"item family {family.name}", digest=family.digest),
        prompt=family.manner.prompt,
        scorer=family.manner.scorer({each.id: each for each in samples}),
        decoding=family.manner.decoding,
        cluster="template",
        slices=("template",),
    )


def whole_text(sample: Sample) -> str:
    """Question and worked answer, as a form is printed: `What is 3+4?` and below it `A: 3+4=7`."""
    return f"{sample.text}\nA: {sample.metadata.get('solution', sample.target[0])}"


def _scorer(samples: Mapping[str, Sample]) -> Scorer:
    return parse_scorer("number")


def _row(sample: Sample) -> dict[str, JSON]:
    return {"input": sample.text, "target": sample.target[0]}


def _shown(sample: Sample) -> str:
    return f"{sample.text} -> {sample.target[0]}"


WORDS: Final = Manner(
    prompt=Prompt(),
    scorer=_scorer,
    decoding=DECODING,
    likelihoods=WholeText("Q:", "{question}\nA: {answer}", VERSION),
    whole=whole_text,
    row=_row,
    shown=_shown,
)
