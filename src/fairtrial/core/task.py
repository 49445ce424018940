"""A task: samples, the words they are asked in, and the rule that marks the answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from fairtrial.core.canon import JSON
from fairtrial.core.execution import ExecutedScorer
from fairtrial.core.output import Output
from fairtrial.core.question import GREEDY, Decoding, Generate, Loglikelihood, Question
from fairtrial.core.record import Score
from fairtrial.core.sample import Message, Origin, Sample


class Prompt(Protocol):
    """Sample in, words out. `form` describes it completely in plain JSON: it goes into the plan."""

    @property
    def form(self) -> Mapping[str, JSON]: ...

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        """What is asked. For a `loglikelihood` task the contents, joined, are the context."""
        ...

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        """For a `loglikelihood` task: the texts whose likelihood is asked, one a choice; otherwise ()."""
        ...


class Scorer(Protocol):
    """Output in, score out: a pure function with a name. `form` goes into the plan."""

    @property
    def form(self) -> Mapping[str, JSON]: ...

    def __call__(self, output: Output, sample: Sample) -> Score: ...


@dataclass(frozen=True, slots=True)
class Task:
    """Dataset + prompt + scorer, and what a reader must know about them.

    cluster: metadata key naming what samples share (a passage, a subject), "" for none: standard errors
    are clustered by it. slices: metadata keys reported one by one. macro: slice key over whose groups the
    unweighted mean is reported beside the overall (micro) one, "" for none. chance: score of blind guessing,
    a fraction. notes: known flaws of the benchmark, printed beside every score. by_token: likelihoods are asked
    token by token, too.
    """

    name: str
    version: str
    asks: Literal["generate", "loglikelihood"]
    samples: Sequence[Sample]
    origin: Origin
    prompt: Prompt
    scorer: Scorer | ExecutedScorer
    decoding: Decoding = GREEDY
    system: str | None = None
    cluster: str = ""
    slices: tuple[str, ...] = ()
    macro: str = ""
    chance: float | None = None
    notes: tuple[str, ...] = ()
    by_token: bool = False

    def question(self, sample: Sample, epoch: int = 1) -> Question:
        """The question put for one sample. The system text, if any, comes first."""
        messages = self.prompt.messages(sample)
        if self.asks == "loglikelihood":
            context = "\n\n".join(turn.content for turn in messages)
            if self.system:
                context = f"{self.system}\n\n{context}"
            told = self.prompt.continuations(sample)
            return Loglikelihood(sample.id, epoch, context, told, self.by_token)
        if self.system:
            messages = (Message("system", self.system), *messages)
        decoding = self.decoding
        if decoding.seed is not None and epoch > 1:
            decoding = dataclasses.replace(decoding, seed=decoding.seed + epoch - 1)
        return Generate(sample.id, epoch, messages, decoding)

    def groups(self, sample: Sample) -> dict[str, str]:
        """The sample's slice and cluster values as text; absent metadata is left out."""
        keys = {*self.slices, self.cluster, self.macro} - {""}
        return {key: str(sample.metadata[key]) for key in sorted(keys) if key in sample.metadata}
