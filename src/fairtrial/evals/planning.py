"""Task and model to plan: what will be asked, named by a digest before the first call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.question import question_digest
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task


def make_plan(
    task: Task, model: ModelSpec, *, epochs: int = 1, limit: int | None = None, seed: int = 0
) -> tuple[Plan, tuple[Sample, ...]]:
    """The plan, and the samples it selects in the order they will be asked.

    Every question is rendered once here, for the digest, and thrown away: 14,000 five-shot prompts would
    not fit the memory we promise. Raises UsageError for a limit below 1.
    """
    samples = select(task, limit)
    hasher = hashlib.sha256()
    for sample in samples:
        hasher.update(f"{sample.id}\n{question_digest(task.question(sample))}\n".encode())
        hasher.update("\n".join(sample.target).encode("utf-8", "surrogatepass"))
    plan = Plan(
        task=describe(task),
        model=model,
        questions="sha256:" + hasher.hexdigest(),
        n=len(samples),
        epochs=epochs,
        limit=limit,
        seed=seed,
    )
    return plan, samples


def describe(task: Task) -> dict[str, JSON]:
    """All of the task that decides a score, in plain JSON. "by_token" only where it is on, so that plans made
    before it was there keep their digests."""
    told: dict[str, JSON] = {
        "name": task.name,
        "version": task.version,
        "asks": task.asks,
        "origin": task.origin.to_json(),
        "prompt": dict(task.prompt.form),
        "scorer": dict(task.scorer.form),
        "decoding": task.decoding.to_json(),
        "system": task.system,
        "cluster": task.cluster,
        "slices": list(task.slices),
        "macro": task.macro,
        "chance": task.chance,
        "notes": list(task.notes),
    }
    if task.by_token:
        told["by_token"] = True
    return told


def select(task: Task, limit: int | None) -> tuple[Sample, ...]:
    """The first `limit` samples; where the task has a macro key, in turn from each of its groups, since the
    first 100 items of MMLU are all of one subject and would say nothing about the whole."""
    if limit is None:
        return tuple(task.samples)
    if limit < 1:
        raise UsageError(f"limit is {limit}", "give the number of samples to ask, at least 1")
    if not task.macro:
        return tuple(task.samples[:limit])
    return tuple(sample for sample, _ in zip(_in_turn(task.samples, task.macro), range(limit), strict=False))


def _in_turn(samples: Sequence[Sample], key: str) -> Iterator[Sample]:
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(str(sample.metadata.get(key, "")), []).append(sample)
    for row in range(max(map(len, groups.values()), default=0)):
        for members in groups.values():
            if row < len(members):
                yield members[row]
