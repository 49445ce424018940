"""A run's records read back: figures only from those that belong to its plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from fairtrial.core.errors import IntegrityError
from fairtrial.core.plan import Plan
from fairtrial.core.question import Question, question_digest
from fairtrial.core.record import Record
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task

_REMEDY = "restore the folder from a copy; each run keeps its own plan.json and records.jsonl"


def belonging(records: Iterable[Record], plan: Plan, where: str) -> Iterator[Record]:
    """The same records. Raises IntegrityError for more samples or epochs than were planned."""
    samples: set[str] = set()
    for record in records:
        samples.add(record.sample_id)
        if record.epoch > plan.epochs or len(samples) > plan.n:
            raise IntegrityError(
                f"{where}: {record.sample_id!r}, epoch {record.epoch} goes beyond the plan "
                f"({plan.n:,} samples, epochs: {plan.epochs})",
                _REMEDY,
            )
        yield record


def asker(task: Task, samples: Sequence[Sample], where: str) -> Callable[[Record], Question]:
    """A function that gives the question a record answers. It raises IntegrityError where the record is of
    another sample, or was asked in other words: its answer is no answer to this plan."""
    known = {sample.id: sample for sample in samples}

    def ask(record: Record) -> Question:
        sample = known.get(record.sample_id)
        question = None if sample is None else task.question(sample, record.epoch)
        if question is None or question_digest(question) != record.question:
            raise IntegrityError(f"{where}: {record.sample_id!r} answers no question of this plan", _REMEDY)
        return question

    return ask
