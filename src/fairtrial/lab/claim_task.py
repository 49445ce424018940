"""From a claim to the task that asks its benchmark, or its family's published form, under its conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairtrial.adapters.drand import valid_signature
from fairtrial.audit.claim_file import Kind, Known, Subject
from fairtrial.benchmarks import BENCHMARKS, humaneval, load, mmlu
from fairtrial.core.claim import Claim, Conditions
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.record import AS_IT_STANDS
from fairtrial.core.task import Prompt, Task
from fairtrial.families import FAMILIES, AskedFamily
from fairtrial.families import load as load_family
from fairtrial.families.task import Prompt as WordPrompt
from fairtrial.families.task import family_task
from fairtrial.families.yaml_family import read_family
from fairtrial.metrics.samples import text
from fairtrial.trust.draw import Draw
from fairtrial.trust.draw_file import parse_draw
from fairtrial.trust.forms import siblings

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

MAX_FILE: Final = 10 * 2**20
"""Bytes of a claim or a foreign result file."""

FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "gsm8k": ("gsm8k", "gsm8k_cot"),
    "gsm8k_cot": ("gsm8k_cot", "gsm8k"),
    "mmlu": mmlu.FORMS,
    "mmlu_generative": mmlu.FORMS[::-1],
    "humaneval": humaneval.FORMS,
}
"""Benchmark -> the forms its items can be asked in, the usual one first: names for a claim's `prompt`."""

SUBJECTS: Final[Mapping[str, Subject]] = {
    "gsm8k": Subject("gsm8k", 1319, ("accuracy",)),
    "gsm8k_cot": Subject("gsm8k_cot", 1319, ("accuracy",)),
    "hellaswag": Subject("hellaswag", 10042, ("acc_norm", "acc")),
    "humaneval": Subject("humaneval", 164, ("pass@1",)),
    "mmlu": Subject("mmlu", 14042, ("acc", "accuracy")),
    "mmlu_generative": Subject("mmlu_generative", 14042, ("accuracy", "acc")),
}
"""What each benchmark holds and gives: a claim is read without opening it. A test holds it to the tasks."""

Opened = tuple[AskedFamily, Draw]


def known_in(folder: Path) -> Known:
    """What claims may be about; draws are looked for in `folder`."""

    def known(kind: Kind, name: str, draw: str) -> Subject:
        if kind == "family":
            family, drawn = open_draw(name, str(folder / draw) if draw else "")
            metric = str(family.manner.scorer({}).form["metric"])
            return Subject(f"the published form of {name}", drawn.n, (metric,))
        base, _, part = name.partition("/")
        if base not in SUBJECTS:
            raise UnknownName("benchmark", name, BENCHMARKS, "an item family stands under `family`")
        if not part:
            return SUBJECTS[base]
        return replace(SUBJECTS[base], name=name, n=len(load(name).samples))

    return known


def claim_task(lab: Lab, claim: Claim, *, data: str | None = None) -> Task:
    """The claim's benchmark under the claim's conditions; what it leaves open is asked as usual.

    data: a local file, for a benchmark that doesn't ship with us. Raises UsageError for a condition that can't be
    asked here.
    """
    told = claim.conditions
    asked: dict[str, Any] = {
        "system": told.system or None,
        "temperature": told.temperature,
        "max_tokens": told.max_tokens,
    }
    if claim.family:
        return _published_form(claim, asked)
    if data is not None:
        asked["data"] = data

    def opened(form: str | None) -> Task:
        base, slash, part = claim.task.partition("/")
        name, named = (form, None) if form in BENCHMARKS else (base, form)
        return lab.task(f"{name}{slash}{part}", num_fewshot=told.shots, form=named, **asked)

    task = opened(told.prompt if told.prompt in forms_of(claim) else None)
    if told.prompt is None or told.prompt in forms_of(claim):
        return _readable(task, claim)
    return _readable(_in_words(task, told.prompt, [*forms_of(claim)], opened), claim)


def forms_of(claim: Claim) -> tuple[str, ...]:
    """Names of the forms that the claim's items can be asked in; none where there is one only."""
    return () if claim.family else FORMS.get(claim.task.partition("/")[0], ())


def reading_of(task: Task, claim: Claim) -> str:
    """By which name in `Score.others` the claim's score is read; "" for the task's own score."""
    form = task.scorer.form
    if claim.metric != text(form.get("metric")):
        return claim.metric if claim.metric in readings(task) else ""
    extraction = claim.conditions.extraction
    return "" if extraction in (None, form.get("name")) else str(extraction)


def readings(task: Task) -> tuple[str, ...]:
    """Other ways in which the same answers are read, by name."""
    form = task.scorer.form
    listed = form.get("alternatives")
    others = [
        text(each.get("name")) if isinstance(each, Mapping) else str(each)
        for each in (listed if isinstance(listed, list) else [])
    ]
    if task.asks == "generate" and AS_IT_STANDS not in others:
        others.append(AS_IT_STANDS)
    return tuple(others)


def open_draw(family: str, draw: str) -> Opened:
    """A family and its draw; without one, the demonstration that ships with it."""
    if family in FAMILIES:
        opened: AskedFamily = load_family(family)
    elif Path(family).suffix in (".yaml", ".yml"):
        opened = read_family(read_file(Path(family)), Path(family).name)
    else:
        raise UnknownName("family", family, FAMILIES, "a family of your own is a YAML file")
    if draw:
        return opened, parse_draw(read_file(Path(draw)), Path(draw).name, valid=valid_signature)
    shipped = files("fairtrial.families").joinpath(f"{opened.name}.draw.json")
    if family not in FAMILIES or not shipped.is_file():
        raise UsageError(f"{opened.name} comes with no draw", "add draw: FILE")
    return opened, parse_draw(shipped.read_bytes(), shipped.name)


def _published_form(claim: Claim, asked: Mapping[str, Any]) -> Task:
    """The published siblings, under the names that a twin gives them."""
    family, drawn = open_draw(claim.family, claim.draw)
    prompt = _prompt(family, claim.conditions)
    samples = []
    for item, instances in enumerate(siblings(drawn, family)):
        at = drawn.published(item)
        metadata = {**instances[at].metadata, "template": drawn.template(item)}
        samples.append(replace(instances[at], id=f"item-{item:05d}.{at}", metadata=metadata))
    task = family_task(family, samples, name=f"{family.name}-published")
    changes = {key: asked[key] for key in ("temperature", "max_tokens") if asked[key] is not None}
    decoding = replace(task.decoding, **changes)
    return _readable(replace(task, prompt=prompt, system=asked["system"], decoding=decoding), claim)


def _prompt(family: AskedFamily, told: Conditions) -> Prompt:
    """The family's own words, or word problems in the claim's; worked examples then stand in these."""
    own = family.manner.prompt
    if told.prompt is not None and told.prompt != own.form.get("template"):
        if isinstance(own, WordPrompt):
            return WordPrompt(told.prompt)
        raise UsageError(
            f"the claim's prompt {told.prompt[:60]!r} can't be asked of {family.name} here",
            "leave prompt out: it is then listed as undisclosed",
        )
    if told.shots:
        raise UsageError(
            f"{told.shots} worked examples, and {family.name} is asked without",
            "leave shots out, write 0, or give the prompt that holds them",
        )
    return own


def _in_words(
    task: Task, template: str | None, forms: list[str], opened: Callable[[str | None], Task]
) -> Task:
    """The task, in the form that has this template. Raises UsageError where none has."""
    if template is None or task.prompt.form.get("template") == template:
        return task
    for form in forms:
        other = opened(form)
        if other.prompt.form.get("template") == template:
            return other
    raise UsageError(
        f"the claim's prompt {template[:60]!r} can't be asked of {task.name} here",
        (f"name one of its forms ({', '.join(forms)}), or " if forms else "")
        + "leave prompt out: it is then listed as undisclosed",
    )


def _readable(task: Task, claim: Claim) -> Task:
    """The task itself. Raises UnknownName for an extraction that nobody reads by here."""
    own, others = text(task.scorer.form.get("name")), readings(task)
    extraction = claim.conditions.extraction
    if extraction is not None and extraction not in (own, *others):
        raise UnknownName(f"extraction of {task.name}", extraction, (own, *others))
    return task


def read_file(path: Path) -> bytes:
    """A file's bytes. Raises UsageError where it can't be read, or is too large to be what was asked for."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise UsageError(
            f"{path} can't be read: {error.strerror or error}",
            "name a claim's file, or a bundled claim (fairtrial claim list)",
        ) from error
    if len(data) > MAX_FILE:
        raise UsageError(f"{path} is larger than {MAX_FILE // 2**20} MB", "that is no claim")
    return data
