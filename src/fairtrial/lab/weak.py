"""The weak signals on up to 100 items of a task: asks the model what each needs, and has the table made.

A signal that the model doesn't give what it needs is listed as not possible. Min-K% needs each token's own
log-probability: specimens, local weights and endpoints that echo give it. Min-K%++ needs the whole distribution
behind each: specimens and local weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from fairtrial.audit.weak import MOST_ITEMS, NO_LIKELIHOOD, Heard, Likelihood, WeakRow, weak_table
from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import Loglik
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding
from fairtrial.core.record import Failure, Record
from fairtrial.core.sample import Message, Sample
from fairtrial.core.task import Task
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_tasks import BUNDLED, Kept, said
from fairtrial.lab.seen import OPENING, VERSION, SeenAsking, likelihood_task

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

SAMPLED: Final = 5
"""Answers drawn of an item, for CDD."""
TEMPERATURE: Final = 0.8
MAX_TOKENS: Final = 64
OF_LIKELIHOOD: Final = ("loss", "Min-K%", "Min-K%++", "zlib ratio", "reference ratio", "CoDeC")
NAMED: Final = (
    "This is the first part of an item of the {split} split of the {name} dataset. Go on with its second part, "
    "exactly as it stands in the dataset.\n\n"
)
UNNAMED: Final = "This is the first part of a text. Go on with its second part.\n\n"


@dataclass(frozen=True, slots=True)
class BehindAnother:
    """The likelihood of an item behind another item of the set."""

    opening: str = OPENING
    form: Mapping[str, JSON] = field(
        default_factory=lambda: {"context": "{opening} {other}\n\n{opening}", "continuation": " {text}"}
    )

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", f"{self.opening} {sample.text}\n\n{self.opening}"),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return tuple(f" {each}" for each in sample.choices)


@dataclass(frozen=True, slots=True)
class Opened:
    """The first half of an item, behind words that name its dataset or don't."""

    before: str

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"before": self.before, "part": "first half of the words"}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", self.before + halves(sample.text)[0]),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()


def halves(text: str) -> tuple[str, str]:
    """Its words, cut in the middle."""
    told = text.split()
    return " ".join(told[: len(told) // 2]), " ".join(told[len(told) // 2 :])


def ask_weak(
    lab: Lab,
    model: ModelSpec,
    task: Task,
    *,
    reference: ModelSpec | None = None,
    items: int = MOST_ITEMS,
    **settings: Any,
) -> tuple[tuple[WeakRow, ...], tuple[Run, ...]]:
    """The table, and the runs it rests on. items: of the task's, the first so many. settings: of `Lab.run`."""
    samples = task.samples[: min(items, MOST_ITEMS)]
    if len(samples) < 2:
        raise UsageError(f"{len(samples)} items for weak signals", "give two or more")
    asked = _Weak(lab, settings)
    texts = {each.id: each.text for each in samples}
    alone = likelihood_task("weak-likelihood", _whole(samples), task.origin.digest, SeenAsking())
    likelihoods = asked.likelihoods(replace(alone, by_token=True), model)
    heard = Heard(
        texts,
        likelihoods,
        asked.likelihoods(alone, reference) if reference and likelihoods else {},
        asked.likelihoods(_behind(alone, samples), model) if likelihoods else {},
        _sampled(asked, model, task, samples),
        _guided(asked, model, task, samples),
        dict.fromkeys(OF_LIKELIHOOD, asked.why_not) if asked.why_not else {},
    )
    return weak_table(heard), tuple(asked.runs)


@dataclass(slots=True)
class _Weak:
    lab: Lab
    settings: Mapping[str, Any]
    runs: list[Run] = field(default_factory=list)
    why_not: str = ""

    def records(self, task: Task, model: ModelSpec, epochs: int = 1) -> Iterable[Record]:
        if any(each.interrupted for each in self.runs):
            return ()
        run = self.lab.run(task, model, epochs=epochs, **self.settings)
        self.runs.append(run)
        return run.records()

    def likelihoods(self, task: Task, model: ModelSpec) -> dict[str, Likelihood]:
        try:
            told = list(self.records(task, model))
        except (UsageError, ProviderError) as error:
            if isinstance(error, ProviderError) and error.cause != "logprobs":
                raise
            self.why_not = f"{NO_LIKELIHOOD}: {error.message}"
            return {}
        return {
            each.sample_id: _likelihood(each.output.logliks[0])
            for each in told
            if each.output is not None and not isinstance(each.result, Failure)
        }

    def texts(self, task: Task, model: ModelSpec, epochs: int = 1) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in self.records(task, model, epochs):
            if each.output is not None and not isinstance(each.result, Failure):
                found.setdefault(each.sample_id, []).append(said(each.output))
        return found


def _likelihood(told: Loglik) -> Likelihood:
    each = told.by_token
    if each is None:
        return Likelihood(told.logprob, told.tokens)
    moments = None if each.means is None or each.deviations is None else (each.means, each.deviations)
    return Likelihood(told.logprob, told.tokens, each.logprobs, moments)


def _whole(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(Sample(each.id, OPENING, (), (each.text,)) for each in samples)


def _behind(alone: Task, samples: Iterable[Sample]) -> Task:
    listed = list(samples)
    others = [*listed[1:], listed[0]]
    rows = tuple(
        Sample(each.id, other.text, (), (each.text,)) for each, other in zip(listed, others, strict=True)
    )
    return replace(alone, name="weak-behind-another", samples=rows, prompt=BehindAnother())


def _sampled(
    asked: _Weak, model: ModelSpec, task: Task, samples: Iterable[Sample]
) -> dict[str, tuple[list[str], str]]:
    """Sampled answers and the greedy one, to the task's own prompt."""
    generate = replace(task, asks="generate", samples=tuple(samples), scorer=Kept())
    seed = 1 if model.provider == BUNDLED else None
    greedy = asked.texts(_decoded(generate, "weak-greedy", Decoding(max_tokens=MAX_TOKENS)), model)
    how = Decoding(temperature=TEMPERATURE, max_tokens=MAX_TOKENS, seed=seed)
    drawn = asked.texts(_decoded(generate, "weak-sampled", how), model, SAMPLED)
    return {name: (texts, greedy[name][0]) for name, texts in drawn.items() if name in greedy}


def _guided(
    asked: _Weak, model: ModelSpec, task: Task, samples: Iterable[Sample]
) -> dict[str, tuple[str, str, str]]:
    named = NAMED.format(name=task.origin.name, split=task.origin.split or "test")
    how = Decoding(max_tokens=MAX_TOKENS)
    told = []
    for name, before in (("weak-named", named), ("weak-unnamed", UNNAMED)):
        opened = Task(name, VERSION, "generate", tuple(samples), task.origin, Opened(before), Kept(), how)
        told.append(asked.texts(opened, model))
    return {
        each.id: (told[0][each.id][0], told[1][each.id][0], halves(each.text)[1])
        for each in samples
        if each.id in told[0] and each.id in told[1] and len(each.text.split()) > 1
    }


def _decoded(task: Task, name: str, how: Decoding) -> Task:
    return replace(task, name=name, decoding=replace(how, stop=task.decoding.stop))
