"""`fairtrial log campaigns`: every plan and every attempt in a log, and what became of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.speech import emit, show
from fairtrial.core.errors import UsageError
from fairtrial.report.plain import visible


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--name", metavar="NAME", help="Only campaigns of this name, or whose id begins so.")
@options.json_output
def campaigns(folder: str, name: str | None, as_json: bool) -> int:
    """List a log's campaigns: plans, attempts with their states, quota.

    An attempt without END by its deadline is abandoned, and counts. A plan without START by its deadline was
    registered, and never started. Both are judged by when witnesses last saw the log.
    """
    found = import_module("fairtrial.lab.campaigns").campaigns(folder)
    kept = [each for each in found if name is None or each.name == name or each.id.startswith(name)]
    if name is not None and not kept:
        raise UsageError(f"no campaign in {folder} is called {name!r}", "leave --name out to see them all")
    if as_json:
        emit({"log": folder, "campaigns": [each.to_json() for each in kept]})
        return 0
    for each in kept:
        _show(each.to_json())
    if not kept:
        show("no campaigns")
    return 0


def _show(told: dict[str, Any]) -> None:
    attempts, quota = told["attempts"], told["quota"]
    over = f", {len(attempts) - quota} beyond the quota" if len(attempts) > quota else ""
    show(visible(f"{told['name']} ({told['campaign'][:16]}…): {len(attempts)} of {quota} attempts{over}"))
    for plan in told["plans"]:
        show(f"  {plan['index']:>6}  plan, to start by {plan['deadline']}: {plan['state']}")
    for each in attempts:
        note = "  beyond the quota" if each["over_quota"] else ""
        show(visible(f"  {each['index']:>6}  {each['variant']}: {each['status']}  {each['run']}{note}"))
