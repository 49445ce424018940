"""`replay/RUN-or-FILE`: recorded answers, given again. Nothing is sent anywhere.

A name is first looked for among the recordings that ship with the package, then as a run folder, then as a
file of rows (see `recorded`). Answers are found by sample id and epoch. A run folder knows which question
each answer was given to, and an answer is never given to another question. A recorded failure stays one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairtrial.adapters.models.recorded import answer, rows
from fairtrial.adapters.models.setting import Setting, refuse_options
from fairtrial.adapters.stores.folder import RECORDS, read_records
from fairtrial.core.errors import ProviderError, UnknownName, UsageError
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Generate, Loglikelihood, Question, question_digest
from fairtrial.core.record import Failure, Record

_ABSENT: Final = "replay the task and samples that were recorded, or ask the model itself"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded answer. `question`: the digest of what was asked, None where nothing says."""

    output: Output | None
    failure: Failure | None = None
    question: str | None = None


class Replay:
    """Recorded answers behind the `Model` port."""

    def __init__(self, spec: ModelSpec, setting: Setting) -> None:
        refuse_options(spec)
        self._spec = spec
        self._answers: dict[tuple[str, int], Recorded] = {}
        for where, key, recorded in _recording(spec, setting):
            if key in self._answers:
                raise UsageError(
                    f"{where}: id {key[0]!r}, epoch {key[1]} stands twice", "keep one row for each"
                )
            self._answers[key] = recorded
        if not self._answers:
            raise UsageError(f"{spec} holds no answer", "check the folder or file")

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """Raises UsageError where log-likelihoods are asked for and none are recorded."""
        if asks == "loglikelihood" and not any(
            each.output and each.output.logliks for each in self._answers.values()
        ):
            raise UsageError(f"{self._spec} holds written answers, no log-likelihoods", _ABSENT)

    async def generate(self, question: Generate) -> Output:
        return self._find(question)

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        output = self._find(question)
        if len(output.logliks) != len(question.continuations):
            raise self._missing(
                question, "other-question", f"has {len(output.logliks)} log-likelihoods recorded, "
                f"and {len(question.continuations)} are asked for"
            )  # fmt: skip
        return output

    async def close(self) -> None:
        """Nothing to let go of."""

    def _find(self, question: Question) -> Output:
        recorded = self._answers.get((question.sample_id, question.epoch))
        if recorded is None:
            raise self._missing(question, "not-recorded", "is not in the recording")
        if recorded.question is not None and recorded.question != question_digest(question):
            raise self._missing(
                question, "other-question", "was asked in other words when its answer was recorded"
            )
        if recorded.failure is not None or recorded.output is None:
            failed = recorded.failure or Failure("not-recorded", "no output was recorded")
            raise self._failed(failed, recorded.output)
        return recorded.output

    def _missing(self, question: Question, cause: str, what: str) -> ProviderError:
        which = f"sample {question.sample_id!r}, epoch {question.epoch}"
        return ProviderError(f"{self._spec}: {which} {what}", _ABSENT, cause=cause)

    def _failed(self, failure: Failure, output: Output | None) -> ProviderError:
        return ProviderError(
            f"recorded failure: {failure.message}",
            failure.remedy,
            cause=failure.cause,
            status=output.status if output else None,
            request=output.request if output else None,
            response=output.response if output else None,
        )


def _recording(spec: ModelSpec, setting: Setting) -> Iterator[tuple[str, tuple[str, int], Recorded]]:
    """(where, (id, epoch), answer) of everything that `spec` holds."""
    if spec.name in setting.recordings:
        for number, each in enumerate(setting.recordings[spec.name](), 1):
            where = f"{spec}, row {number}"
            if isinstance(each, Record):
                yield where, each.key, _of(each)
            else:
                key, output = answer(each, where)
                yield where, key, Recorded(output)
        return
    path = Path(spec.name)
    if path.is_dir():
        if not (path / RECORDS).is_file():
            raise UsageError(
                f"{spec.name} is no run folder: it holds no {RECORDS}", "name a folder under runs/"
            )
        for record in read_records(path):
            yield spec.name, record.key, _of(record)
    elif path.is_file():
        for where, row in rows(path):
            key, output = answer(row, where)
            yield where, key, Recorded(output)
    else:
        raise UnknownName(
            "recording", spec.name, setting.recordings, "give a run folder, a .jsonl or .csv file"
        )  # fmt: skip


def _of(record: Record) -> Recorded:
    failure = record.result if isinstance(record.result, Failure) else None
    return Recorded(record.output, failure, record.question)
