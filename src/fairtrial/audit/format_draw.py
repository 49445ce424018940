"""Which formats of a declared family are asked: drawn by hashes, before anybody looks at an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from fairtrial.audit.formats import OWN, Format, FormatFamily, formatted, worked
from fairtrial.core.canon import digest
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import ExecutedScorer
from fairtrial.core.extractors import LETTERS
from fairtrial.core.question import question_digest
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task

TRIES: Final = 200
"""Draws per format wanted before a family is called too small."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Formats in the order of the draw. digest: of family, seed, items, pool and bound: it names the draw.
    too_long: draws left out because a prompt passed the bound."""

    formats: tuple[Format, ...]
    pool: Mapping[str, Sample]
    digest: str
    too_long: int


def draw(
    family: FormatFamily,
    task: Task,
    pool: Sequence[Sample],
    *,
    n: int,
    seed: int = 0,
    room: int | None = None,
) -> Drawn:
    """n distinct formats for the task's samples, none of which is the task's own. room: bytes that a prompt may
    have; formats beyond it are left out whole, by a rule that looks at no answer.

    Raises UsageError for a task that has no formats, a pool that holds a scored item, and a family that is too
    small.
    """
    readings = check(task, pool)
    named = {each.id: each for each in pool}
    root = digest(
        {
            "family": family.digest,
            "items": [each.id for each in task.samples],
            "pool": _texts(pool),
            "seed": seed,
            "room": room,
        }
    )
    found: dict[str, Format] = {}
    own = _asked(task, task.samples[0], OWN)
    too_long = 0
    for at in range(TRIES * n):
        if len(found) == n:
            break
        made = _make(family, task, list(named), readings, f"{root} {at}")
        key = _asked(formatted(task, made, named), task.samples[0], made.reading)
        if key == own or key in found:
            continue
        if room is not None and _longest(made, task, named) > room:
            too_long += 1
            continue
        found[key] = made
    if len(found) < n:
        bound = "" if room is None else f" whose prompts have at most {room} bytes"
        raise UsageError(
            f"the family {family.name} gave {len(found)} different formats{bound}, and {n} are wanted",
            "ask fewer formats, or declare a larger family",
        )
    return Drawn(tuple(found.values()), named, root, too_long)


def check(task: Task, pool: Sequence[Sample]) -> tuple[str, ...]:
    """Names of the readings that the task's scorer reports, OWN first. Raises UsageError where formats make no
    sense: programs, conversations, likelihoods of anything but letters; and for a pool with a scored item."""
    if isinstance(task.scorer, ExecutedScorer):
        raise UsageError(f"{task.name} asks for programs: labels and worked examples would be another task")
    scored = {each.text for each in task.samples}
    if shared := [each.id for each in pool if each.text in scored]:
        raise UsageError(
            f"the worked example {shared[0]!r} is one of the scored items", "take it out of the pool"
        )
    for sample in task.samples:
        if not isinstance(sample.input, str):
            raise UsageError(f"sample {sample.id!r} is a conversation, and a format is of one question")
        letters = tuple(f" {each}" for each in LETTERS[: len(sample.choices)])
        if task.asks == "loglikelihood" and task.prompt.continuations(sample) != letters:
            raise UsageError(
                f"{task.name} asks how likely whole texts are: labels would change what they continue"
            )
    stated = task.scorer.form.get("alternatives", [])
    assert isinstance(stated, list | tuple)
    return (OWN, *(str(each["name"]) if isinstance(each, Mapping) else str(each) for each in stated))


def _make(family: FormatFamily, task: Task, pool: list[str], readings: tuple[str, ...], root: str) -> Format:
    def pick(what: str, choices: Sequence[T]) -> T:
        return choices[_number(f"{root} {what}") % len(choices)]

    wanted = family.readings or readings
    allowed = tuple(each for each in wanted if each in readings)
    shots = tuple(each for each in family.shots if each <= len(pool))
    if not allowed or not shots:
        lacking = "worked examples" if not shots else "readings"
        raise UsageError(f"{task.name} has none of the {lacking} that the family {family.name} declares")
    label = pick("question", family.question)
    writes = task.asks == "generate"
    return Format(
        instruction=pick("instruction", family.instruction),
        question=label,
        answer=pick("answer", family.answer),
        case=pick("case", family.case),
        lead=pick("lead", family.lead) if label else "",
        turn=pick("turn", family.turn),
        gap=pick("gap", family.gap),
        letter=pick("letter", family.letter) if task.samples[0].choices else "",
        examples=_examples(pool, pick("shots", shots), root),
        reading=pick("reading", allowed),
        length=pick("length", family.length) if writes else 1.0,
        temperature=pick("temperature", family.temperature) if writes else None,
    )


def _examples(pool: list[str], count: int, root: str) -> tuple[str, ...]:
    """`count` different ones, in the order in which they were drawn."""
    found: dict[str, None] = {}
    at = 0
    while len(found) < count:
        found.setdefault(pool[_number(f"{root} example {at}") % len(pool)])
        at += 1
    return tuple(found)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


def _texts(pool: Sequence[Sample]) -> str:
    hasher = hashlib.sha256()
    for each in pool:
        hasher.update(repr((each.id, each.text, each.choices, worked(each))).encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()


def _asked(task: Task, sample: Sample, reading: str) -> str:
    """What makes two configurations one. Stop strings don't: they follow from the words."""
    how = task.decoding
    return f"{question_digest(task.question(sample))} {how.max_tokens} {how.temperature} {reading}"


def _longest(made: Format, task: Task, pool: Mapping[str, Sample]) -> int:
    return max(len(made.words(each, pool).encode("utf-8", "surrogatepass")) for each in task.samples)
