"""What an auditor has before them: a bundle, read; a model that may be asked; and what comes of each test."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from fairtrial.core.canon import JSON, canonical, digest
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.question import Decoding, question_digest
from fairtrial.core.record import Record
from fairtrial.core.record_line import parse_record
from fairtrial.core.sample import Origin, Sample
from fairtrial.core.task import Prompt, Task
from fairtrial.evals.planning import describe
from fairtrial.evals.prompts import TemplatePrompt
from fairtrial.families.task import Prompt as FamilyPrompt
from fairtrial.lab.run import NORMAL, Pace
from fairtrial.trust import bundle
from fairtrial.trust.documents import decimal_text
from fairtrial.trust.parts import Parts
from fairtrial.trust.predicates import TESTS
from fairtrial.trust.records import unpacked
from fairtrial.trust.rescoring import pure_scorer

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

Outcome = Literal["passed", "failed", "undetermined", "not run", "refused"]

ITEMS: Final = 50
"""Items that are asked again, where nothing else is said."""
REPEATS: Final = 24
"""Items that are asked four times over."""
_RECORDS: Final = "get them on the terms that it states"
_TASK: Final = "give it: --task, with the options that the run had"


@dataclass(frozen=True, slots=True)
class Access:
    """What the auditor may use. model: the one that is offered; reference: the one that was released. task: where
    the bundle alone doesn't tell how it was asked. siblings: items of the family, None: all of its draw. refused:
    test -> why access to what it needs was refused. only: tests that are made; others: why the rest is not."""

    model: ModelSpec | None = None
    reference: ModelSpec | None = None
    task: Task | None = None
    family: str = ""
    draw: str | None = None
    fresh: int = 1
    siblings: int | None = None
    tokenizer: str = ""
    margin: float | None = None
    items: int = ITEMS
    repeats: int = REPEATS
    completions: int = 10
    refused: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = TESTS
    others: str = "the auditor didn't choose it"
    pace: Pace = NORMAL


@dataclass(frozen=True, slots=True)
class Picked:
    """Items that are asked again. by: "coin", "drand", or "all". indices: into the bundle's items, in the order in
    which they were drawn."""

    by: str
    seed: bytes | None
    indices: tuple[int, ...]

    def to_json(self) -> dict[str, JSON]:
        return {
            "by": self.by,
            "seed": None if self.seed is None else self.seed.hex(),
            "indices": list(self.indices),
        }


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test. detail: one sentence, with n and interval where there are any. evidence: files for the
    bundle, by name."""

    test: str
    outcome: Outcome
    detail: str
    evidence: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def digests(self) -> list[str]:
        return sorted(hashlib.sha256(data).hexdigest() for data in self.evidence.values())


@dataclass(frozen=True, slots=True)
class Case:
    """members, parts: the bundle. lots: 32 bytes that place repeated requests. picked: None where no item may be
    asked again yet, and `unpicked` says why."""

    lab: Lab
    members: Mapping[str, bytes]
    parts: Parts
    access: Access
    lots: bytes
    picked: Picked | None = None
    unpicked: str = ""

    @property
    def plan(self) -> Plan:
        return planned(self.parts)

    def records(self) -> list[Record]:
        """The latest of every question. Raises UsageError where they are not in the bundle, or can't be read."""
        if self.parts.journal is None:
            raise UsageError("the records are not in the bundle, or can't be read", _RECORDS)
        return list(latest(self.members).values())

    def items(self) -> list[str]:
        return items_of(self.parts)


def planned(parts: Parts) -> Plan:
    if parts.plan is None:
        raise IntegrityError("the bundle's plan can't be read", "verify it first: fairtrial verify BUNDLE")
    return Plan.from_json(parts.plan)


def items_of(parts: Parts) -> list[str]:
    """Ids of the items in the plan's order; of a bundle that doesn't tell it, in the order of the ids."""
    if parts.dataset is not None and parts.dataset.get("items"):
        return list(parts.dataset["items"])
    if parts.journal is None:
        raise UsageError("the records are not in the bundle", _RECORDS)
    return sorted({sample for sample, _ in parts.journal.rows})


def latest(members: Mapping[str, bytes]) -> dict[tuple[str, int], Record]:
    """By sample and epoch. Raises UsageError where the records are not in the bundle."""
    data = members.get(bundle.RECORDS)
    if data is None and bundle.RECORDS_GZ in members:
        data = unpacked(members[bundle.RECORDS_GZ], bundle.RECORDS_GZ)
    if data is None:
        raise UsageError("the records are not in the bundle", _RECORDS)
    found: dict[tuple[str, int], Record] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        record = parse_record(line, f"{bundle.RECORDS}, line {number}")
        found[record.key] = record
    return found


def task_of(case: Case) -> Task:
    """The task, to be asked again in the same words: the auditor's own, else as the bundle tells it.

    Every question is held against the digest in its record. Raises UsageError where the words can't be made again.
    """
    told = section(case.plan.task, "task")
    records = case.records()
    if case.access.task is None:
        task = _rebuilt(told, decoding_of(case.plan), records)
    else:
        task = case.access.task
        if other := [
            name for name, value in describe(task).items() if digest(value) != digest(told.get(name))
        ]:
            raise UsageError(f"the task has another {other[0]} than the plan", _TASK)
    known = {each.id: each for each in task.samples}
    for record in records:
        sample = known.get(record.sample_id)
        if sample is None or question_digest(task.question(sample, record.epoch)) != record.question:
            raise UsageError(f"sample {record.sample_id[:40]!r} can't be asked in the same words", _TASK)
    return task


def section(value: JSON, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UsageError(f"the plan's {name} is no object: nothing can be asked by it", _TASK)
    return value


def decoding_of(plan: Plan) -> Decoding:
    """How the plan's answers were sampled. Raises UsageError where it doesn't tell."""
    told = dict(section(section(plan.task, "task").get("decoding"), "decoding"))
    try:
        return Decoding(**{**told, "stop": tuple(map(str, told["stop"]))})
    except (KeyError, TypeError) as error:
        raise UsageError(f"the plan's decoding is none of ours ({error})", _TASK) from error


def _rebuilt(told: Mapping[str, Any], decoding: Decoding, records: Sequence[Record]) -> Task:
    scorer = pure_scorer(section(told.get("scorer"), "scorer"))
    prompt = _prompt(section(told.get("prompt"), "prompt"))
    if scorer is None or prompt is None or told.get("asks") != "generate":
        raise UsageError("the bundle alone doesn't tell how this task is asked and scored", _TASK)
    samples = {
        each.sample_id: Sample(each.sample_id, each.input, each.target, each.choices) for each in records
    }
    try:
        return Task(
            name=str(told["name"]),
            version=str(told["version"]),
            asks="generate",
            samples=tuple(samples.values()),
            origin=Origin(**section(told.get("origin"), "origin")),
            prompt=prompt,
            scorer=scorer,
            decoding=decoding,
            system=None if told.get("system") is None else str(told["system"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the plan's task is none of ours ({error})", _TASK) from error


def _prompt(form: Mapping[str, Any]) -> Prompt | None:
    """Only forms that are data come back."""
    for made in (TemplatePrompt, FamilyPrompt):
        try:
            prompt: Prompt = made(str(form.get("template")))
        except UsageError:
            continue
        if prompt.form == form:
            return prompt
    return None


def evidence(name: str, told: Mapping[str, Any], **more: bytes) -> dict[str, bytes]:
    """A test's figures as a file of the bundle, decimals as texts; and other files beside it."""
    return {
        f"{name}.json": canonical(_texts(told)),
        **{key.replace("_", "-"): data for key, data in more.items()},
    }


def _texts(value: Any) -> Any:
    """What is signed holds no binary fraction."""
    if isinstance(value, float):
        return decimal_text(value) if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, Mapping):
        return {str(key): _texts(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(each) for each in value]
    return value


def only(task: Task, names: Sequence[str]) -> Task:
    """The task with these samples alone, in this order."""
    known = {each.id: each for each in task.samples}
    return replace(task, samples=tuple(known[each] for each in names))
