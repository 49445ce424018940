"""Puts the questions of a same-model test, and reads what came back: to one model, or to two by lot.

Everything goes through the runner and its journal: a pair of endpoints is one run of one model (`lab.pair`),
so that what was answered survives a crash and `resume` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fairtrial.audit.prompts import CONTINUATIONS
from fairtrial.audit.same_model_tests import RANKS, TOKEN, Calls
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding
from fairtrial.core.record import Failure
from fairtrial.core.task import Task
from fairtrial.lab.pair import lots, pair_spec
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_border import border_task, borders, screening_task
from fairtrial.lab.same_model_canary import marks_in
from fairtrial.lab.same_model_ranks import picked, rank_task, ranked
from fairtrial.lab.same_model_tasks import ONE, Asking, said, text_task, token_task

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

Ours = Callable[[str, int], bool]
"""Whether a sample id, at an epoch, was put to one side."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one side said: completions by sample id, one-token questions, whether canary items were right, and the
    first tokens at border prompts. ranked: by prompt, what this side thinks of one answer of the other and of its
    own."""

    texts: Mapping[str, Sequence[str]]
    calls: Calls = ()
    marks: Mapping[str, bool] = field(default_factory=dict)
    firsts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ranked: Sequence[Sequence[float]] = ()


Both = tuple[Heard, Heard]


@dataclass(slots=True)
class Interleaved:
    """Two endpoints of which one gets each request, by lot. order: the digest that the lots are drawn from.
    settings: of `Lab.run`."""

    lab: Lab
    a: ModelSpec
    b: ModelSpec
    asking: Asking
    order: str
    settings: Mapping[str, Any]
    runs: tuple[Run, ...] = ()

    @property
    def stopped(self) -> bool:
        return bool(self.runs) and self.runs[-1].interrupted

    def talk(self, decoding: Decoding) -> tuple[Both, dict[str, str]]:
        """(texts and one-token questions; tests that are not possible -> why)."""
        each = self.asking.each
        self.runs, impossible = ask(
            self.lab, self._spec(each), self.asking, decoding, 2 * each, **self.settings
        )
        a, b = self._sides(each)
        return (heard_in(self.runs, a), heard_in(self.runs, b)), impossible

    def canary(self, task: Task, heard: Both) -> Both:
        """With the canary items: each side is asked once."""
        run = self._put(task, 1)
        a, b = (marks_in(run, ours)[0] for ours in self._sides(1))
        return replace(heard[0], marks=a), replace(heard[1], marks=b)

    def borders(self, seed: int | None, heard: Both) -> Both:
        """With first tokens at border prompts, if there are any. seed: of the first request, None: not sent."""
        task = screening_task(self.asking, seed)
        first, second = self._heard(self._put(task, 1), 1)
        kept = borders(task, first.texts, second.texts)
        if not kept or self.stopped:
            return heard
        each = self.asking.each
        a, b = self._heard(self._put(border_task(self.asking, kept, seed), each), each)
        return replace(heard[0], firsts=a.texts), replace(heard[1], firsts=b.texts)

    def ranks(self, heard: Both) -> tuple[Both, dict[str, str]]:
        """(with what a thinks of one answer of b and of its own, by prompt; {} or why it can't say)."""
        chosen = picked(self.asking, self.order, heard[0].texts, heard[1].texts)
        if not chosen:
            return heard, {RANKS: f"{RANKS} is not possible: every prompt has an empty answer"}
        try:
            run = self.lab.run(rank_task(self.asking, chosen), self.a, **self.settings)
        except (UsageError, ProviderError) as error:
            if isinstance(error, ProviderError) and error.cause != "logprobs":
                raise
            return heard, {RANKS: f"{RANKS} is not possible: {error.message}"}
        self.runs = (*self.runs, run)
        told = [
            ranked(each.output, each.choices, chosen[each.sample_id])
            for each in run.records()
            if each.output and not isinstance(each.result, Failure)
        ]
        return (replace(heard[0], ranked=told), heard[1]), {}

    def _spec(self, each: int) -> ModelSpec:
        return pair_spec(self.a, self.b, each=each, order=self.order)

    def _put(self, task: Task, each: int) -> Run:
        run = self.lab.run(task, self._spec(each), epochs=2 * each, **self.settings)
        self.runs = (*self.runs, run)
        return run

    def _heard(self, run: Run, each: int) -> Both:
        a, b = self._sides(each)
        return heard_in((run,), a), heard_in((run,), b)

    def _sides(self, each: int) -> tuple[Ours, Ours]:
        def of_a(name: str, epoch: int) -> bool:
            return epoch in lots(self.order, name, each)

        return of_a, lambda name, epoch: not of_a(name, epoch)


def ask(
    lab: Lab, model: ModelSpec, asking: Asking, decoding: Decoding, times: int, **settings: Any
) -> tuple[tuple[Run, ...], dict[str, str]]:
    """(the run of answers, and that of one-token questions where the model states log-probabilities; tests that
    are not possible -> why)."""
    answers = lab.run(text_task(asking, decoding), model, epochs=times, **settings)
    if answers.interrupted:
        return (answers,), {TOKEN: f"{TOKEN} was not asked: stopped"}
    try:
        calls = lab.run(token_task(asking), model, epochs=times, **settings)
    except (UsageError, ProviderError) as error:
        # Raised before the first question: the model can't be asked this, and the audit goes on without.
        if isinstance(error, ProviderError) and error.cause != "logprobs":
            raise
        return (answers,), {TOKEN: f"{TOKEN} is not possible: {error.message}"}
    return (answers, calls), {}


def heard_in(runs: Sequence[Run], ours: Ours) -> Heard:
    """One side's answers. ours: whether (sample id, epoch) was put to it."""
    texts: dict[str, list[str]] = {}
    calls = []
    for run in runs:
        for each in sorted(run.records(), key=lambda told: told.epoch):
            if (
                each.output is None
                or isinstance(each.result, Failure)
                or not ours(each.sample_id, each.epoch)
            ):
                continue
            if each.sample_id == ONE:
                calls.append(
                    dict(zip(CONTINUATIONS, (told.logprob for told in each.output.logliks), strict=True))
                )
            else:
                texts.setdefault(each.sample_id, []).append(said(each.output))
    return Heard(texts, tuple(calls))
