"""`fairtrial check`: look before you pay."""

from __future__ import annotations

from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.run import Order
from fairtrial.cli.speech import emit, show
from fairtrial.core.canon import JSON
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Generate
from fairtrial.lab import Lab

NOBODY = "replay/none"


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
    the plan's digest. Exit 2 with every bad row named where something is wrong.
    """
    settings = {key: value for key, value in given.items() if value not in (None, ())}
    settings.setdefault("model", (NOBODY,))
    order = Order.of(task, settings)
    lab = Lab(price_table=order.settings.get("price_table"))
    chosen = order.run_options()
    plan_options = {key: chosen.pop(key) for key in ("epochs", "limit", "seed") if key in chosen}
    chosen.pop("resume", None), chosen.pop("max_cost", None)
    found: list[dict[str, JSON]] = []
    for name in order.tasks:
        opened = lab.task(name, **chosen)
        plan, samples = lab.plan(opened, order.models[0], **plan_options)
        first = opened.question(samples[0])
        shown = first.prompt if isinstance(first, Generate) else first.context
        row: dict[str, JSON] = {
            "task": opened.name,
            "asks": opened.asks,
            "samples": plan.n,
            "questions": plan.total,
            "scorer": dict(opened.scorer.form),
            "decoding": opened.decoding.to_json(),
            "first_prompt": shown,
            "first_target": list(samples[0].target),
            "notes": list(opened.notes),
        }
        if order.models[0] != ModelSpec.parse(NOBODY):
            row["plan"] = plan.digest
        found.append(row)
        if not as_json:
            show(_text(row))
    if as_json:
        emit({"tasks": found})
    return 0


def _text(row: dict[str, JSON]) -> str:
    lines = [
        f"{row['task']}: {row['samples']:,} samples, {row['questions']:,} questions ({row['asks']})",
        f"scorer    {row['scorer']}",
        f"decoding  {row['decoding']}",
        f"target    {row['first_target']} (of the first sample)",
        "the first prompt, between the lines:",
        "-" * 40,
        str(row["first_prompt"]),
        "-" * 40,
    ]
    return "\n".join(lines)
