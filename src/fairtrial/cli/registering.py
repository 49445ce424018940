"""What `register`, `run --register` and `bundle` share: which log, which key, on which terms."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.clock import SystemClock
from fairtrial.cli import options
from fairtrial.cli.order import PLAN_OPTIONS, TASK_OPTIONS, Order, trusted
from fairtrial.cli.speech import passphrase_prompt, tell
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.run import Life, Run

NOT_KEPT = ("trust_code", "include_path")
"""Never taken from a file: whoever runs it says so."""

log_and_key = options.together(
    click.option("--log", metavar="FOLDER", help="The log to enter it in.  [default: the registration's]"),
    click.option("--key", metavar="FILE", help="The key that signs, as `fairtrial key new` made it."),
)
terms = options.together(
    click.option("--campaign", metavar="NAME", help="What this plan and its variants are called together."),
    click.option(
        "--quota",
        type=click.IntRange(min=1),
        help="Attempts that the campaign allows itself; fixed by its first plan.  [default: 1]",
    ),
    click.option("--deadline", metavar="WHEN", help="Until when a run starts: 7d, 12h, 2026-12-31."),
    click.option("--claim", metavar="TEXT", help="The sentence that the score is to support."),
    click.option("--construct", metavar="TEXT", help="The ability it is meant to measure."),
    click.option("--revision", metavar="TEXT", help="Of the model, as its provider calls it."),
)
attempt = options.together(
    click.option("--variant", metavar="WORD", help="Which attempt this is.  [default: primary]"),
    click.option("--end-by", metavar="WHEN", help="Until when the run has its END.  [default: 7d]"),
)
OF_TERMS = ("campaign", "quota", "deadline", "claim", "construct", "revision")
OF_LIFE = ("log", "key", *OF_TERMS, "variant", "end_by")


def taken(given: dict[str, Any], names: tuple[str, ...] = OF_LIFE) -> dict[str, Any]:
    """These options as far as they were given; they are none of the run's own."""
    found = {name: given.pop(name) for name in names if name in given}
    return {name: value for name, value in found.items() if value is not None}


def order_and_life(
    register: str | None, task: tuple[str, ...], given: dict[str, Any]
) -> tuple[Order, Life | None]:
    """What is asked, and what is said in a log meanwhile. register: the option's value: None without it, "" for a
    plan that is registered in the same go, else the folder of a registration. Takes its options out of `given`."""
    told = taken(given)
    if register is None:
        if told:
            name = next(iter(told)).replace("_", "-")
            raise UsageError(f"--{name} belongs to a registered run", "add --register, or leave it out")
        return Order.of(task, given), None
    if register == "":
        order = single(Order.of(task, given))
        return order, _life(told, terms=terms_of(told, "1d"))
    found = registration(register)
    if misplaced := [name for name in OF_TERMS if name in told]:
        raise UsageError(
            f"--{misplaced[0]} was settled when the plan was registered", "leave it out, or register anew"
        )
    order = single(ordered(found, task, given))
    return order, _life({"log": found.order().get("log")} | told, registered=found)


def single(order: Order) -> Order:
    if len(order.tasks) != 1 or len(order.models) != 1:
        raise UsageError(
            f"{len(order.tasks)} tasks and {len(order.models)} models: a plan is one task and one model",
            "register them one by one, in one campaign where one claim rests on them",
        )
    return order


def registration(folder: str) -> Any:
    found = room("registration").RegistrationFolder(Path(folder))
    if found.document("plan") is None:
        raise UsageError(
            f"{folder} is no registration: it has no plan.dsse.json",
            "name the folder that `fairtrial register` wrote; a task stands before --register",
        )
    return found


def terms_of(told: Mapping[str, Any], deadline: str | None = None) -> Any:
    """The terms of a plan. deadline: where none was given."""
    rules = room("registering")
    if "campaign" not in told:
        raise UsageError("a plan belongs to a campaign", "name it: --campaign 'sums, spring 2026'")
    due = told.get("deadline", deadline)
    if due is None:
        raise UsageError("until when is the run to start?", "add --deadline, for example --deadline 7d")
    fields = {name: told[name] for name in OF_TERMS if name in told and name != "deadline"}
    return rules.Terms(deadline=rules.until(due, SystemClock().now()), **fields)


def order_json(order: Order, log: str) -> dict[str, JSON]:
    """What `run --register DIR` needs to know again."""
    (spec,) = order.models
    kept = {name: order.settings[name] for name in (*TASK_OPTIONS, *PLAN_OPTIONS) if name in order.settings}
    return {
        "log": log,
        "task": order.tasks[0],
        "model": spec.to_json(),
        "settings": {name: value for name, value in kept.items() if name not in NOT_KEPT},
    }


def registered(run: Run, life: Life | None) -> dict[str, JSON]:
    """One more key of a registered run's JSON."""
    if life is None:
        return {}
    return {"registered": room("registration").RegistrationFolder.of_run(run.path).told()}


def tell_life(run: Run) -> None:
    """Where a registered run stands in the log, and what comes next."""
    told = room("registration").RegistrationFolder.of_run(run.path).told()
    tell(f"in the log: plan {told['plan']}, START {told['start']}, END {_known(told['end'])}")
    if told["end"] is None:
        tell(
            f"unfinished: go on with --resume, or end it as it is: fairtrial register close {run.path} --status …"
        )
    else:
        tell(
            f"next: fairtrial method new --run {run.path}, then fairtrial bundle {run.path} -o FILE --key FILE"
        )


def _known(index: JSON) -> str:
    return "none yet" if index is None else str(index)


def log_of(told: Mapping[str, Any]) -> str:
    if not told.get("log"):
        raise UsageError("in which log?", "name its folder: --log FOLDER")
    return str(told["log"])


def key_of(told: Mapping[str, Any]) -> Any:
    if not told.get("key"):
        raise UsageError("signed by whom?", "name the key's file: --key FILE; `fairtrial key new` makes one")
    return room("signing").open_key(Path(told["key"]), os.environ, passphrase_prompt())


def room(name: str) -> Any:
    """Loaded when something is really signed: it brings the signing packages."""
    return import_module(f"fairtrial.lab.{name}")


def _life(told: Mapping[str, Any], **which: Any) -> Life:
    more = {name: told[name] for name in ("variant", "end_by") if name in told}
    made: Life = room("run_life").RunLife(
        log_of(told), key_of(told), clock=SystemClock(), tell=tell, **which, **more
    )
    return made


def ordered(found: Any, task: tuple[str, ...], given: dict[str, Any]) -> Order:
    """What was typed; where task or model were not, as it was registered. A registration may come from anybody, so
    that its model is trusted as little as one in a task file."""
    if task or given.get("model"):
        return Order.of(task, given)
    stored = found.order()
    settings = {name: value for name, value in given.items() if value not in (None, ())}
    allowed = settings.pop("allow_host", ())
    try:
        model = stored["model"]
        spec = ModelSpec(str(model["provider"]), str(model["name"]), dict(model["options"]))
        named, kept = str(stored["task"]), dict(stored["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{found.path} doesn't tell task and model",
            "type them: fairtrial run TASK --model M --register DIR",
        ) from error
    kept = {name: value for name, value in kept.items() if name in (*TASK_OPTIONS, *PLAN_OPTIONS)}
    kept = {name: value for name, value in kept.items() if name not in NOT_KEPT}
    return Order((named,), tuple(trusted([spec], {}, settings, allowed)), {**kept, **settings})
