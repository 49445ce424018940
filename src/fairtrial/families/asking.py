"""The words in which an item of a family is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairtrial.core.canon import JSON
from fairtrial.core.sample import Message, Sample

CUE: Final = "Q:"
ANSWER_TOKENS: Final = 64
"""An answer is a number, perhaps with a unit or a line of working before it."""


@dataclass(frozen=True, slots=True)
class Question:
    """`Q: …`, a new line, `A:`."""

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"template": CUE + " {input}\nA:", "language": "literal"}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", f"{CUE} {sample.text}\nA:"),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class WholeSiblings:
    """How likely is each sibling, question and answer, after `Q:`?"""

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"context": CUE, "continuations": "the siblings, question and answer", "language": "literal"}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", sample.text),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return sample.choices
