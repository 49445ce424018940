"""The prompt of a task file: its texts, rendered once when the file is loaded, put together row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairtrial.core.canon import JSON
from fairtrial.core.sample import Message, Sample
from fairtrial.evals.lmeval.shots import Shots


@dataclass(frozen=True, slots=True)
class TaskPrompt:
    """Description, worked examples, question; one user message.

    heads, tails: of each row, what stands before the examples and behind them. examples: of each row of the
    pool that is drawn at all. shots: the rows drawn for each row. between: what stands before a choice, None
    where nothing but the question is asked.
    """

    form: Mapping[str, JSON]
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    examples: Mapping[int, str]
    shots: Shots
    between: str | None

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        row = row_of(sample)
        examples = "".join(self.examples[at] for at in self.shots[row])
        return (Message("user", self.heads[row] + examples + self.tails[row]),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        if self.between is None:
            return ()
        return tuple(self.between + text for text in sample.choices or sample.target)


def row_of(sample: Sample) -> int:
    """The row of the split, counted from 0 as lm-eval counts its doc_id."""
    row = sample.metadata["row"]
    assert isinstance(row, int)
    return row
