"""`fairtrial twin`: does a score on the published form carry over to fresh siblings?"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.order import Order
from fairtrial.cli.progress import watcher
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.core.errors import UsageError
from fairtrial.core.version import VERSION
from fairtrial.lab import Lab
from fairtrial.report.plain import visible
from fairtrial.report.verdict_terminal import verdict_text

FRESH, ITEMS = 3, 600


@click.command()
@click.argument("family")
@options.models
@click.option("--draw", metavar="FILE", help="The committed draw.  [default: the family's demonstration]")
@click.option(
    "--new-draw", metavar="FILE", help="Make a draw and its published form instead of asking a model."
)
@click.option(
    "--beacon-round",
    type=click.IntRange(min=1),
    help="With --new-draw: this coming round of drand's quicknet decides what is published.",
)
@click.option(
    "--beacon-signature",
    metavar="HEX",
    help="With --draw: the round's signature, once it is there; checks it and writes the form.",
)
@click.option("--check", is_flag=True, help="Show samples of the family and check it; asks no model.")
@click.option("--items", type=click.IntRange(min=1), help="Items: asked, or drawn with --new-draw (600).")
@click.option(
    "--fresh",
    type=click.IntRange(1, 25),
    default=FRESH,
    show_default=True,
    help="Fresh siblings asked beside each published one.",
)
@click.option(
    "--tolerance",
    type=options.FiniteRange(0, 1, min_open=True, max_open=True),
    default=0.10,
    show_default=True,
    help="Inflation that the claim allows, a fraction.",
)
@click.option(
    "--rank/--no-rank",
    default=None,
    help="Also rank siblings by log-probability.  [default: where the model states them]",
)
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="DIR",
    help="Judge runs made before: one of both forms, or one of each.",
)
@click.option("--system", help="System text, for both forms.")
@click.option("--temperature", type=options.FiniteRange(0, 10), help="Sampling temperature, for both forms.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Tokens one answer may take.")
@click.option("--epochs", type=click.IntRange(min=1), help="Ask every sibling so many times.")
@options.pace
@options.out_folder
@click.option("--resume", is_flag=True, default=None, help="Continue unfinished runs of the same plans.")
@click.option("-o", "report", metavar="FILE", help="Write one HTML page about the verdict.")
@options.json_output
def twin(
    family: str,
    new_draw: str | None,
    beacon_signature: str | None,
    check: bool,
    as_json: bool,
    report: str | None,
    **given: Any,
) -> int:
    """Does a score on the published form carry over to fresh siblings?

    FAMILY is a bundled item family (arithmetic, or programs, whose answers are run in a sandbox) or a YAML file.
    Of several interchangeable siblings of every item a committed random draw published one. The model answers the
    published ones and fresh ones, side by side; how much better it does on those published is its inflation, with
    an exact test. Exit 0 carries over within the tolerance, 1 it doesn't, 10 can't be told.
    """
    room = _room()
    settings = {key: value for key, value in given.items() if value not in (None, ())}
    lab = Lab(settings.get("out", "runs"), watch=watcher(quiet=as_json))
    if check:
        return _check(room, family, as_json)
    if new_draw is not None:
        made = room.new_draw(
            family,
            Path(new_draw),
            items=settings.get("items", ITEMS),
            committed_at=lab.clock.now(),
            beacon_round=settings.get("beacon_round"),
        )
        return _told(made, Path(new_draw), as_json)
    if beacon_signature is not None:
        if "draw" not in settings:
            raise UsageError("a beacon's signature belongs to a draw", "name its file with --draw")
        path = Path(settings["draw"])
        return _told(room.reveal_beacon(family, path, beacon_signature), path, as_json)
    asked = {key: settings[key] for key in ("system", "temperature", "max_tokens") if key in settings}
    opened = room.open_twin(
        family, settings.get("draw"), fresh=given["fresh"], items=settings.get("items"), **asked
    )
    rules = room.Rules(tolerance=given["tolerance"])
    if settings.get("runs"):
        result = room.judge_runs(opened, *_sorted_runs(lab, settings["runs"]), rules)
    else:
        order = Order.of((family,), settings)
        if len(order.models) != 1:
            raise UsageError(f"{len(order.models)} models were named", "name one with --model provider/name")
        result = room.ask_and_judge(
            lab, opened, order.models[0], rules, rank=given["rank"], pace=order.pace, **order.run_options()
        )
    if as_json:
        emit(result.verdict.to_json())
    else:
        show(verdict_text(result.verdict, colour=colour(), width=width()))
    if report:
        made = f"Fairtrial {VERSION}, {lab.clock.now()}"
        tell(f"report: {lab.write_page(Path(report), room.page(result, made))}")
    if not result.complete:
        tell("incomplete: some questions have no answer; --resume asks them again")
        return 3
    return int(result.verdict.exit_status)


def _check(room: ModuleType, family: str, as_json: bool) -> int:
    """A few samples of every template, and what the checks found. 1 where one fails."""
    opened = room.open_family(family)
    samples, checks = room.shown(opened), room.check_family(opened)
    if as_json:
        told = [{"name": each.name, "ok": each.ok, "detail": each.sentence} for each in checks]
        emit({"family": opened.name, "digest": opened.digest, "checks": told})
    else:
        show(f"family {opened.name} {opened.digest}")
        for name, texts in samples.items():
            show(visible(f"{name}{' (held out)' if name in opened.held_out else ''}"))
            for line in "\n".join(texts).splitlines():
                show(visible(f"  {line}" if line else ""))
        for each in checks:
            show(visible(f"{'ok  ' if each.ok else 'FAIL'}  {each.name}: {each.sentence}"))
    return 0 if all(each.ok for each in checks) else 1


def _told(made: Any, path: Path, as_json: bool) -> int:
    """What a draw is, and what to do with its files."""
    written = [str(path), str(path.with_suffix(".statement.json")), str(path.with_suffix(".form.jsonl"))]
    waiting = made.beacon is not None and not made.beacon.signature
    files = written[:2] if waiting else written
    if as_json:
        emit(
            {
                "commitment": made.commitment,
                "items": made.n,
                "siblings": made.siblings,
                "files": list(files),
            }
        )
    else:
        show(
            f"{made.n:,} items, {made.siblings} siblings each, commitment {made.commitment}\n"
            f"keep secret   {written[0]}\nmake known    {written[1]}, before the form"
        )
        if waiting:
            show(f"then wait     for round {made.beacon.round}, and give its --beacon-signature with --draw")
        else:
            show(f"publish       {written[2]}")
    return 0


def _sorted_runs(lab: Lab, folders: tuple[str, ...]) -> tuple[list[Any], Any]:
    """(runs of answers, the run of likelihoods or None)."""
    runs = [lab.load(folder) for folder in folders]
    told = [each for each in runs if each.plan["task"]["asks"] == "loglikelihood"]  # type: ignore[index, call-overload]
    answers = [each for each in runs if each not in told]
    if not answers or len(told) > 1:
        raise UsageError(
            f"{len(answers)} runs of answers and {len(told)} of likelihoods",
            "name the runs that `fairtrial twin` made of one model",
        )
    return answers, told[0] if told else None


def _room() -> ModuleType:
    return import_module("fairtrial.lab.twin")
