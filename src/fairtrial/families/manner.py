"""How samples of a family are asked, marked and printed: the same for whichever sibling is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fairtrial.core.canon import JSON
from fairtrial.core.execution import ExecutedScorer
from fairtrial.core.family import Family
from fairtrial.core.question import Decoding
from fairtrial.core.sample import Message, Sample
from fairtrial.core.task import Prompt, Scorer


@dataclass(frozen=True, slots=True)
class WholeText:
    """How likely is each sibling, question and answer, behind the words that they all begin with?

    opening: those words. shape: of what follows them and a blank, for the plan.
    """

    opening: str
    shape: str
    version: str

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"context": self.opening, "continuation": f" {self.shape}", "version": self.version}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", self.opening),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return tuple(f" {each}" for each in sample.choices)


@dataclass(frozen=True, slots=True)
class Manner:
    """What a twin and a published form need to know about a kind of sample.

    scorer: for samples, by the ids that they are asked under. whole: question and answer, as a form is printed,
    behind the opening of `likelihoods`. row: the sample as a row of own data, without id and template. shown: for
    a person.
    """

    prompt: Prompt
    scorer: Callable[[Mapping[str, Sample]], Scorer | ExecutedScorer]
    decoding: Decoding
    likelihoods: WholeText
    whole: Callable[[Sample], str]
    row: Callable[[Sample], dict[str, JSON]]
    shown: Callable[[Sample], str]


class AskedFamily(Family, Protocol):
    """A family that a model can be asked about. published: templates that may stand in a published form; held_out:
    all others, kept back whole: what a model does on them no published item could have taught it."""

    @property
    def manner(self) -> Manner: ...

    @property
    def published(self) -> tuple[str, ...]: ...

    @property
    def held_out(self) -> tuple[str, ...]: ...
