"""The same items asked in many formats: pool of worked examples, draw, one run, table of scores."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fairtrial.audit.format_draw import Drawn, draw
from fairtrial.audit.format_task import FormatScores, many, read_scores
from fairtrial.audit.formats import DEFAULT, FormatFamily
from fairtrial.audit.outcomes import outcomes
from fairtrial.audit.tuned import Ledger, Tuned, judge_tuned
from fairtrial.audit.verdict import ALPHA
from fairtrial.benchmarks.packaged import packaged_rows, train_answers
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import question_digest
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task
from fairtrial.core.twin import Twin
from fairtrial.evals.planning import select
from fairtrial.families import AskedFamily
from fairtrial.lab.run import Run
from fairtrial.specimens.network import CONTEXT

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

FRESH: Final = 64
"""Worked examples made from a family."""

ANSWER_ROOM: Final = 48
"""Bytes that a specimen keeps for its answer: the longest worked answer of the bundled families is shorter."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How many formats on how many items, drawn from which family. room: bytes that a prompt may have; None: as
    many as it likes, and of a specimen what its context holds."""

    formats: int = 100
    items: int = 100
    family: FormatFamily = DEFAULT
    seed: int = 0
    room: int | None = None

    def __post_init__(self) -> None:
        if self.formats < 2 or self.items < 2:
            raise UsageError(f"{self.formats} formats on {self.items} items", "give two of each at least")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was drawn, the run, and its scores."""

    drawn: Drawn
    scores: FormatScores
    run: Run


def draw_formats(task: Task, model: ModelSpec, asking: Asking, pool: Sequence[Sample]) -> tuple[Task, Drawn]:
    """The task cut to the first items (in turn by subject, as `run --limit` does), and the formats for them."""
    items = replace(task, samples=select(task, asking.items))
    room = asking.room
    if room is None and model.provider == "specimen":
        room = CONTEXT - 1 - ANSWER_ROOM
    scored = {each.text for each in items.samples}
    kept = [each for each in pool if each.text not in scored]
    return items, draw(asking.family, items, kept, n=asking.formats, seed=asking.seed, room=room)


def ask_formats(
    lab: Lab, task: Task, model: ModelSpec, asking: Asking, pool: Sequence[Sample], **settings: Any
) -> Asked:
    """Every drawn format and the task's own, in one run that `resume` continues. settings: as for `Lab.run`.

    task: the claimed configuration. Raises UsageError as `draw` and `read_scores` do.
    """
    items, drawn = draw_formats(task, model, asking, pool)
    run = lab.run(many(items, drawn), model, **settings)
    return Asked(drawn, read_scores(run.records(), items, drawn), run)


def answer_tuned(
    lab: Lab,
    claim: Claim,
    task: Task,
    model: ModelSpec,
    asking: Asking,
    pool: Sequence[Sample],
    *,
    twin: Twin | None = None,
    ledger: Ledger | None = None,
    alpha: float = ALPHA["tuned"],
    **settings: Any,
) -> tuple[Tuned, tuple[Run, ...]]:
    """Question 4, asked and answered, and the runs it rests on. task: the claimed configuration of the published
    form. twin: of the draw that the form is from, asked in the default configuration, and in the claimed one where
    that is another. settings: as for `Lab.run`; with `resume=True` a run that is there already is not asked again.
    """
    asked = ask_formats(lab, task, model, asking, pool, **settings)
    runs, found, draw = [asked.run], [], ""
    if twin is not None:
        draw = twin.draw
        chosen = asked_like(twin.answers, task)
        for each in (chosen,) if _alike(chosen, twin.answers) else (chosen, twin.answers):
            runs.append(lab.run(each, model, **settings))
            found.append(outcomes(runs[-1].records(), twin.places))
    told = judge_tuned(
        claim,
        formats=asked.scores,
        ledger=ledger,
        claimed=found[0] if found else None,
        default=found[1] if len(found) == 2 else None,
        draw=draw,
        alpha=alpha,
        seed=asking.seed,
    )
    return told, tuple(runs)


def asked_like(answers: Task, task: Task) -> Task:
    """Other samples in the words, the decoding and the reading of a task."""
    return replace(
        answers, prompt=task.prompt, decoding=task.decoding, system=task.system, scorer=task.scorer
    )


def _alike(one: Task, other: Task) -> bool:
    """Whether two tasks on the same samples ask and read alike."""
    words = (question_digest(each.question(each.samples[0])) for each in (one, other))
    return len({*words}) == 1 and one.decoding == other.decoding and one.scorer.form == other.scorer.form


def pool_of(task: Task, items: int) -> tuple[Sample, ...]:
    """Worked examples for a task that isn't made from a family: GSM8K's training split, MMLU's development rows,
    otherwise the task's samples beyond the first `items`, none of which is scored; () where there are none."""
    if task.origin.name == "GSM8K":
        return tuple(
            Sample(f"train-{row}", question, (answer,))
            for row, (question, answer) in enumerate(train_answers())
        )
    if task.origin.name == "MMLU":
        return tuple(_mmlu_rows({str(each.metadata["subject"]) for each in task.samples}))
    scored = {each.id for each in select(task, items)}
    return tuple(each for each in task.samples if each.id not in scored)


def family_pool(family: AskedFamily, without: Collection[str] = (), size: int = FRESH) -> tuple[Sample, ...]:
    """Fresh samples of a family's published templates, in turn. without: texts that none may have, such as those
    of a draw's siblings. Fewer than `size` where the family gives no more."""
    found: dict[str, Sample] = {}
    for at in range(10 * size):
        if len(found) == size:
            break
        seed = hashlib.sha256(f"worked example {at} of {family.digest}".encode()).digest()
        made = family.sample(family.published[at % len(family.published)], seed)
        if made.text not in without:
            found.setdefault(made.text, replace(made, id=f"example-{at}"))
    return tuple(found.values())


def published_only(twin: Twin) -> Task:
    """The published form of a twin, in the draw's order of items."""
    named = {
        twin.places[each.id].item: each for each in twin.answers.samples if not twin.places[each.id].column
    }
    return replace(twin.answers, samples=tuple(named[item] for item in sorted(named)))


def _mmlu_rows(subjects: set[str]) -> Iterator[Sample]:
    for row, told in enumerate(packaged_rows("mmlu_dev.jsonl.gz")):
        if told["subject"] in subjects:
            target, choices = LETTERS[told["answer"]], tuple(told["choices"])
            yield Sample(f"dev-{row}", told["question"].strip(), (target,), choices)
