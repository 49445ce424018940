"""A reply, filtered and marked as the task file says (`process_results` in `api/task.py`, lm-eval 0.4.13)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.readings import Found, need_target
from fairtrial.core.sample import Sample
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.filters import Pipeline
from fairtrial.evals.lmeval.functions import Function
from fairtrial.evals.lmeval.metrics import Metric
from fairtrial.evals.lmeval.prompt import row_of
from fairtrial.evals.lmeval.steps import INVALID

Choices = Callable[[Sample], tuple[str, ...]]


def choices_of(docs: Documents, pipelines: Sequence[Pipeline]) -> Choices:
    """The texts that `multi_choice_regex` looks for: those of the column "choices", whatever doc_to_choice is.
    Raises UsageError where a row has none."""
    if not any(pipeline.needs_choices for pipeline in pipelines):
        return lambda sample: ()
    for at, row in enumerate(docs):
        found = row.get("choices")
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise UsageError(
                f"multi_choice_regex reads the column 'choices', and row {at} has {found!r:.60} there",
                "give every row a list of texts",
            )
    return lambda sample: tuple(docs[row_of(sample)]["choices"])


@dataclass(frozen=True, slots=True)
class Filtered:
    """A pipeline's answer is a target, by exact_match and what it ignores."""

    pipeline: Pipeline
    metric: Metric
    choices: Choices

    @property
    def name(self) -> str:
        return self.pipeline.name

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": self.name, "filter": self.pipeline.form, "equal": dict(self.metric.form)}

    def read(self, text: str, sample: Sample) -> Found:
        answer, found = self.pipeline.apply(text, self.choices(sample))
        return (answer, float(self.metric.equal(answer, sample.target))) if found else (None, 0.0)

    def check(self, sample: Sample) -> None:
        """Raises UsageError where nothing but a reply without any answer could meet the target."""
        need_target(sample)
        nothing = [*self.metric.plain([INVALID]), ""]
        if all(plain.strip() in nothing for plain in self.metric.plain(sample.target)):
            raise UsageError(
                f"sample {sample.id!r}: of its target {sample.target[0][:40]!r} nothing is left to compare",
                "correct the row, or what the metric ignores",
            )


@dataclass(frozen=True, slots=True)
class Judged:
    """One metric of the file's process_results, given a pipeline's answer."""

    pipeline: Pipeline
    metric: str
    function: Function
    docs: Documents
    choices: Choices
    alone: bool

    @property
    def name(self) -> str:
        return self.metric if self.alone else f"{self.metric},{self.pipeline.name}"

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": self.name, "filter": self.pipeline.form, "process_results": dict(self.function.form)}

    def read(self, text: str, sample: Sample) -> Found:
        answer, found = self.pipeline.apply(text, self.choices(sample))
        given = answer if self.pipeline.single else [answer]
        value = judged(self.function, self.docs, sample, [given], [self.metric])[0]
        return answer if found or value else None, value

    def check(self, sample: Sample) -> None:
        """The function alone knows what it can mark."""


def judged(
    function: Function, docs: Documents, sample: Sample, results: list[Any], metrics: Sequence[str]
) -> list[float]:
    """What the file's own function makes of one row's results, a number from 0 to 1 for each metric. Raises
    UsageError for anything else: no score can come of it."""
    told = f"the function {function.name}"
    found = function(dict(docs[row_of(sample)]), results)
    if not isinstance(found, Mapping):
        raise UsageError(f"{told} gave {found!r:.60}", "return a mapping of metrics to numbers")
    return [_number(found.get(metric), f"{told}, metric {metric}:") for metric in metrics]


def _number(value: Any, told: str) -> float:
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if 0 <= number <= 1:
        return number
    raise UsageError(f"{told} {value!r:.60} is no score", "return a number from 0 to 1")
