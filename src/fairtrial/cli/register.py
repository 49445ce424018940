"""`fairtrial register`: a plan into the log before anything runs; and the end of runs that came to none."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.stores.folder import RunFolder
from fairtrial.cli import options
from fairtrial.cli.order import Order
from fairtrial.cli.registering import (
    key_of,
    log_and_key,
    log_of,
    order_json,
    room,
    single,
    taken,
    terms,
    terms_of,
)
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.errors import UsageError
from fairtrial.lab import Lab


class PlanFirst(click.Group):
    """`fairtrial register TASK …` is `fairtrial register plan TASK …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["plan", *args]
        return super().parse_args(ctx, args)


@click.group(cls=PlanFirst)
def register() -> None:
    """Put a plan into a log before anything is run.

    Signed and witnessed, it can't be changed once results are known. `fairtrial run --register DIR` runs it.
    `fairtrial register TASK …` is short for `fairtrial register plan TASK …`.
    """


@register.command()
@click.argument("task", nargs=-1, metavar="[TASK|FILE]")
@options.models
@options.tasks
@options.decoding
@terms
@log_and_key
@click.option(
    "-o", "output", metavar="DIR", required=True, help="Keep plan, signature and proof in this folder."
)
@options.json_output
def plan(task: tuple[str, ...], output: str, as_json: bool, **given: Any) -> int:
    """Register what `fairtrial run` with the same words would ask: one task, one model.

    The first plan of a campaign fixes its quota. A registration that was cut short is finished by the same words.
    """
    told = taken(given)
    order = single(Order.of(task, given))
    lab = Lab(order.out)
    opened = lab.task(order.tasks[0], **order.task_options())
    made, _ = lab.plan(opened, order.models[0], **order.plan_options())
    settled, key, place = terms_of(told), key_of(told), log_of(told)
    folder = room("registration").RegistrationFolder(Path(output))
    if folder.document("plan") is None:
        folder.keep("plan.json", made.bytes)
        folder.keep_order(order_json(order, place))
    done = room("registering").register(made, settled, folder, log=place, key=key)
    entry = done.filed.entry
    if as_json:
        emit(
            {
                "registration": output,
                "plan": made.digest,
                "campaign": entry.campaign,
                "index": done.filed.index,
                "entry": entry.leaf.hex(),
                "witnessed": done.at,
                "deadline": done.filed.document.fields["deadline"],
                "quota": _quota(done.filed.document.fields),
            }
        )
        return 0
    show(f"plan {made.digest} is entry {done.filed.index} of the log{_seen(done)}")
    tell(f"next: fairtrial run --register {output} --key FILE")
    return 0


@register.command()
@click.argument("run", metavar="RUN")
@log_and_key
@click.option(
    "--status",
    type=click.Choice(["completed", "failed", "aborted"]),
    required=True,
    help="failed: it could not go on; aborted: it was given up; completed: every question has its record, though "
    "some failed for good.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why, for everybody to read.")
@options.json_output
def close(run: str, status: str, reason: str, as_json: bool, **given: Any) -> int:
    """Give an unfinished run its END: it counts as an attempt, and is not continued.

    A run whose questions are all answered can only be completed: a result nobody likes is not closed as failed.
    """
    told = taken(given)
    path = Path(run)
    kept = room("registration").RegistrationFolder.of_run(path)
    kept.need("run-start")
    key, place = key_of(told), log_of({"log": kept.order().get("log")} | told)
    with contextlib.closing(RunFolder.open(path)):
        loaded = Lab().load(path)
        if kept.proof("run-end") is not None:
            ended = kept.need("run-end").fields["status"]
            raise UsageError(f"{run} has ended already: {ended}", "a run has one END")
        done = room("ending").close(loaded, status, reason, log=place, key=key)
    if as_json:
        emit({"run": run, "status": status, "index": done.filed.index, "witnessed": done.at})
    else:
        show(f"{run}: {status}, entry {done.filed.index} of the log{_seen(done)}")
    return 0


def _seen(done: Any) -> str:
    return f", witnessed at {done.at}" if done.at else ", seen by no witness"


def _quota(fields: dict[str, Any]) -> int:
    return int(fields["quota"]["primary"] + fields["quota"]["variants"])
