"""Fingerprints: recorded from a model, held against a model, or against each other. All of it is strong
evidence at most: time has passed between the two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairtrial.adapters.registry import located
from fairtrial.adapters.stores.folder import write_file
from fairtrial.audit.fingerprint import (
    MAX_BYTES,
    CanaryAnswers,
    Fingerprint,
    check_same_prompts,
    fingerprint_bytes,
    parse_fingerprint,
    prompt_digest,
)
from fairtrial.audit.prompts import PROMPTS
from fairtrial.audit.same_model_tests import CANARY, TOKEN
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.task import Task
from fairtrial.lab.run import Run
from fairtrial.lab.same_model import SameModel, judged
from fairtrial.lab.same_model_asking import Heard, ask, heard_in
from fairtrial.lab.same_model_canary import FAMILY, asked_digest, canary_task, marks_in
from fairtrial.lab.same_model_tasks import LOTTERY_ID, PROMPT_ID, Asking

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab


def record(
    lab: Lab, model: ModelSpec, asking: Asking, **settings: Any
) -> tuple[Fingerprint, tuple[Run, ...]]:
    """Ask a model and keep what it says. Raises ProviderError where a question has no answer: a fingerprint
    with holes is none."""
    model = located(model, lab.environ)
    decoding = asking.decoding((model,))
    runs, _ = ask(lab, model, asking, decoding, asking.each, **settings)
    canary = canary_task(asking)
    if canary is not None and not runs[-1].interrupted:
        runs = (*runs, lab.run(canary, model, **settings))
    if any(each.summary.status != "complete" for each in runs):
        raise ProviderError(
            f"{model} did not answer everything, and nothing was recorded",
            "--resume asks the missing questions again",
            cause="incomplete",
        )
    heard = heard_in(runs, lambda name, epoch: True)
    outputs = [each.output for each in runs[0].records() if each.output is not None]
    reported = {told for each in outputs for told in (each.model, each.fingerprint) if told}
    made = Fingerprint(
        str(model),
        lab.clock.now(),
        asking.prompts,
        tuple(map(prompt_digest, asking.prompts)),
        _rows(heard, PROMPT_ID),
        _rows(heard, LOTTERY_ID),
        tuple(heard.calls),
        {
            "temperature": asking.temperature,
            "max_tokens": asking.max_tokens,
            "system": asking.system,
            "seed": decoding.seed,
        },
        asking.length,
        tuple(sorted(each.encode("utf-8", "replace").decode() for each in reported)),
        None if canary is None else _answered(canary, runs[-1], asking),
    )
    return made, runs


def _answered(task: Task, run: Run, asking: Asking) -> CanaryAnswers:
    marks, texts = marks_in(run, lambda name, epoch: True)
    names = [each.id for each in task.samples]
    return CanaryAnswers(
        asked_digest(task),
        tuple(marks[name] for name in names),
        tuple(texts[name] for name in names),
        "" if asking.rows else FAMILY,
        None if asking.rows else asking.seed,
    )


def against(
    lab: Lab,
    model: ModelSpec,
    fingerprint: Fingerprint,
    prompts: tuple[str, ...] | None,
    *,
    rows: Task | None = None,
    canary_seed: int = 0,
    **settings: Any,
) -> SameModel:
    """Ask a model what the fingerprint's was asked, as it was asked, and judge. prompts: needed where the
    fingerprint is sealed and they are not those of the package. rows: the canary items, where they were somebody's
    own; canary_seed: of fresh ones, where they are sealed. Raises UsageError for other prompts."""
    model = located(model, lab.environ)
    asked = prompts or fingerprint.prompts or PROMPTS
    check_same_prompts(fingerprint.digests, tuple(map(prompt_digest, asked)))
    asking = replace(_asking(fingerprint, asked), seed=canary_seed, rows=rows)
    # Seeds that the recording hasn't used: the same ones would give the same answers, and prove nothing.
    decoding = asking.decoding((model,), after=fingerprint.each)
    runs, impossible = ask(lab, model, asking, decoding, asking.each, **settings)
    if not fingerprint.calls and TOKEN not in impossible:
        impossible[TOKEN] = f"{TOKEN} is not possible: the fingerprint holds no log-probabilities"
    now = heard_in(runs, lambda name, epoch: True)
    then = _heard(fingerprint)
    task, why_not = _asked_again(fingerprint.canary, asking)
    if task is None:
        impossible[CANARY] = why_not
    elif not runs[-1].interrupted:
        again = lab.run(task, model, **settings)
        runs = (*runs, again)
        now = replace(now, marks=marks_in(again, lambda name, epoch: True)[0])
        names = [each.id for each in task.samples]
        then = replace(then, marks=_marked(fingerprint.canary, names))
    return judged(
        (fingerprint.model, str(model)),
        (then, now),
        fingerprint.length,
        impossible,
        runs,
        date=fingerprint.date,
        canary=0 if task is None else len(task.samples),
    )


def _asking(fingerprint: Fingerprint, prompts: tuple[str, ...]) -> Asking:
    """As it was asked."""
    how = fingerprint.decoding
    return Asking(
        prompts,
        fingerprint.each,
        fingerprint.length,
        float(str(how["temperature"])),
        int(str(how["max_tokens"])),
        None if how["system"] is None else str(how["system"]),
        None if how["seed"] is None else int(str(how["seed"])),
    )


def _asked_again(canary: CanaryAnswers | None, asking: Asking) -> tuple[Task | None, str]:
    """(the recorded canary set; None, and why it can't be asked)."""
    if canary is None:
        return None, f"{CANARY} is not possible: the fingerprint holds no answers to a canary set"
    seed = asking.seed if canary.seed is None else canary.seed
    task = canary_task(replace(asking, seed=seed, canary=len(canary.right)))
    if task is None or asked_digest(task) != canary.asked:
        return (
            None,
            f"{CANARY} is not possible: the fingerprint's items are sealed or its maker's own, and not given",
        )
    return task, ""


def _marked(canary: CanaryAnswers | None, names: Sequence[str]) -> dict[str, bool]:
    return {} if canary is None else dict(zip(names, canary.right, strict=True))


def between(first: Fingerprint, second: Fingerprint) -> SameModel:
    """Two recordings, the older one first. Raises UsageError where they are of different prompts, or were not
    asked alike."""
    check_same_prompts(first.digests, second.digests)
    alike = ("temperature", "max_tokens", "system")
    if [first.decoding[key] for key in alike] != [second.decoding[key] for key in alike]:
        raise UsageError(
            "the two fingerprints were not asked with one temperature, length and system text",
            "record them alike",
        )
    if None not in (first.decoding["seed"], second.decoding["seed"]):
        starts = sorted((int(str(each.decoding["seed"])), each.each) for each in (first, second))
        if starts[0][0] + starts[0][1] > starts[1][0]:
            raise UsageError(
                "the two fingerprints sent some of the same seeds, so equal answers show nothing",
                "record one of them with another --seed",
            )
    old, new = sorted((first, second), key=lambda each: each.date)
    impossible = {}
    if not (old.calls and new.calls):
        impossible[TOKEN] = f"{TOKEN} is not possible: not both hold log-probabilities"
    one_set = old.canary is not None and new.canary is not None and old.canary.asked == new.canary.asked
    if not one_set:
        impossible[CANARY] = f"{CANARY} is not possible: not both hold answers to one canary set"
    items = len(old.canary.right) if old.canary and one_set else 0
    names = [f"{at}" for at in range(items)]
    heard = [
        replace(_heard(each), marks=_marked(each.canary, names) if one_set else {}) for each in (old, new)
    ]
    return judged(
        (old.model, new.model),
        (heard[0], heard[1]),
        min(old.length, new.length),
        impossible,
        (),
        date=old.date,
        canary=items,
    )


def read(path: Path) -> Fingerprint:
    """Raises UsageError where there is no file, IntegrityError where it is no fingerprint."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES // 2**20} MB", "that is no fingerprint file")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"can't read {path}: {error.strerror}", "record a fingerprint first, with --record"
        ) from error
    return parse_fingerprint(data, path.name)


def refuse_existing(path: Path) -> None:
    """Before anything is asked: a fingerprint is not written over."""
    if path.exists():
        raise UsageError(
            f"{path} is there already", "name another file, or leave --record out to judge by it"
        )


def write(path: Path, fingerprint: Fingerprint) -> None:
    refuse_existing(path)
    write_file(path, fingerprint_bytes(fingerprint))


def _rows(heard: Heard, kind: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(texts) for name, texts in sorted(heard.texts.items()) if name.startswith(kind))


def _heard(fingerprint: Fingerprint) -> Heard:
    texts = {f"{PROMPT_ID}{at:03}": each for at, each in enumerate(fingerprint.completions)}
    texts |= {f"{LOTTERY_ID}{at:03}": each for at, each in enumerate(fingerprint.lottery)}
    return Heard(texts, fingerprint.calls)
