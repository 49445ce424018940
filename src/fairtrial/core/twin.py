"""The randomised twin as a layout: where each sample stands, and the two questions that are asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairtrial.core.canon import JSON
from fairtrial.core.output import Output
from fairtrial.core.record import Score
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import logprobs
from fairtrial.core.task import Task


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sample stands in a twin: its item, its column (0 the published sibling, 1 … K the fresh ones),
    and the template that item and siblings are made from."""

    item: int
    column: int
    template: str


@dataclass(frozen=True, slots=True)
class Twin:
    """What is asked of a model, and how the answers are read.

    answers: every published sibling and `fresh` fresh ones, in one order that the draw fixed, so that published
    and fresh are asked side by side in time. places: sample id -> place. likelihoods: one sample an item, whose
    choices are all siblings and whose target is the published one's letter. ties: its sample id -> random bytes
    of the draw. draw: the commitment; controls: what was checked of the draw, and found in order; demonstration:
    whether its siblings are public.
    """

    answers: Task
    places: Mapping[str, Place]
    likelihoods: Task
    ties: Mapping[str, bytes]
    draw: str
    controls: tuple[str, ...]
    demonstration: bool


@dataclass(frozen=True, slots=True)
class SiblingRank:
    """The share of an item's siblings that are less likely than the published one, equals counted half.

    Under the null its mean is 1/2. Raises ProviderError (cause "bad-logprobs") as `LikelihoodChoice` does.
    """

    metric: str = "rank of the published sibling"

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "metric": self.metric,
            "name": "sibling-rank",
            "extractor": {"name": "total log-probability", "ties": "half"},
            "alternatives": [],
            "short_answers": False,
        }

    def __call__(self, output: Output, sample: Sample) -> Score:
        values = logprobs(output, sample)
        own = values[ord(sample.target[0]) - ord("A")]
        below = sum(each < own for each in values) + (sum(each == own for each in values) - 1) / 2
        value = below / (len(values) - 1)
        return Score("right" if value == 1 else "wrong" if value == 0 else "partial", value, sample.target[0])
