"""`fairtrial check`: look before you pay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.order import Order
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import ExecutedScorer
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.question import Decoding, Generate
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task
from fairtrial.lab import Lab
from fairtrial.report.plain import visible

NOBODY = "replay/none"
SHOWN = 2_000
"""Characters of the first prompt that a terminal gets."""


@click.command()
@click.argument("task", nargs=-1, metavar="[TASK|FILE]...")
@options.models
@options.tasks
@options.decoding
@options.price_table
@options.json_output
def check(task: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Check a task or a file of cases without asking a model.

    Reads every row, renders every prompt, and shows the first one, the scorer, the number of questions and
    the plan's digest; and what this machine lacks to mark the answers. Programming tasks are tried on their
    own references. Exit 2 with every bad row named where something is wrong.
    """
    order = Order.of(task, {**given, "model": given["model"] or (NOBODY,)})
    lab = Lab(price_table=order.settings.get("price_table"))
    found: list[dict[str, JSON]] = []
    for name in order.tasks:
        opened = lab.task(name, **order.task_options())
        plan, samples = lab.plan(opened, order.models[0], **order.plan_options())
        lacks = lab.lacks(opened)
        if lacks is None:
            lab.try_exams(opened, limit=order.settings.get("limit"), tell=tell)
        found.append(_entry(opened, plan, samples, lacks))
        if not as_json:
            show(visible(_text(opened, plan, samples, lacks)))
    if as_json:
        emit({"tasks": found})
    return 0


def _entry(task: Task, plan: Plan, samples: Sequence[Sample], lacks: UsageError | None) -> dict[str, JSON]:
    entry: dict[str, JSON] = {
        "task": task.name,
        "asks": task.asks,
        "samples": plan.n,
        "questions": plan.total,
        "scorer": dict(task.scorer.form),
        "decoding": task.decoding.to_json(),
        "first_prompt": _first(task, samples),
        "first_target": list(samples[0].target),
        "notes": list(task.notes),
        "lacks": None if lacks is None else {"message": lacks.message, "remedy": lacks.remedy},
    }
    if plan.model != ModelSpec.parse(NOBODY):
        entry["plan"] = plan.digest
    return entry


def _first(task: Task, samples: Sequence[Sample]) -> str:
    question = task.question(samples[0])
    return question.prompt if isinstance(question, Generate) else question.context


def _text(task: Task, plan: Plan, samples: Sequence[Sample], lacks: UsageError | None) -> str:
    prompt = _first(task, samples)
    if len(prompt) > SHOWN:
        prompt = f"{prompt[:SHOWN]}… ({len(prompt):,} characters)"
    lines = [
        f"{task.name}: {_counted(plan.n, 'sample')}, {_counted(plan.total, 'question')} ({task.asks})",
        f"scorer    {_scorer(task.scorer.form)}",
        f"decoding  {_decoding(task.decoding)}",
        *_target(task, samples[0]),
        *(f"note      {note}" for note in task.notes),
    ]
    if lacks is not None:
        lines += [f"lacks     {lacks.message}", f"what now  {lacks.remedy}"]
    if plan.model != ModelSpec.parse(NOBODY):
        lines.append(f"plan      {plan.digest}")
    rule = "-" * 40
    return "\n".join([*lines, "the first prompt, between the lines:", rule, prompt, rule])


def _target(task: Task, sample: Sample) -> list[str]:
    """What a program is marked by is its tests; the target is only one right program."""
    if isinstance(task.scorer, ExecutedScorer):
        return []
    return [f"target    {' or '.join(sample.target)} (of the first sample)"]


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _scorer(form: Mapping[str, JSON]) -> str:
    """Its name, and how it reads."""
    extractor = form.get("extractor", {})
    rest = extractor.items() if isinstance(extractor, Mapping) else ()
    details = "; ".join(f"{key} {value}" for key, value in rest if key != "name")
    return f"{form['name']} ({details})" if details else str(form["name"])


def _decoding(decoding: Decoding) -> str:
    """The settings that are sent, in words; those left to the provider are not."""
    stated = {
        key.replace("_", " "): value for key, value in decoding.to_json().items() if value not in (None, [])
    }
    return ", ".join(
        f"{key} {value!r}" if isinstance(value, list) else f"{key} {value}" for key, value in stated.items()
    )
