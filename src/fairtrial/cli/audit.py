"""`fairtrial audit`: a claim goes in, a calibrated verdict comes out; or one question of it alone."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.order import Order
from fairtrial.cli.progress import watcher
from fairtrial.cli.same_model import same_model, specs_of
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab import Lab
from fairtrial.report.audit_terminal import audit_text

AS_GIVEN = (
    "tested",
    "tolerance",
    "items",
    "setting_items",
    "fresh",
    "formats",
    "format_items",
    "weak_items",
    "data",
)
"""Options that are a scope's fields as they stand."""
OF_CLAIMS = (*AS_GIVEN, "register", "keyed", "canaries", "order")
"""What only an audit of a claim takes."""
OF_SAME_MODEL = ("each", "length", "temperature", "max_tokens", "system", "canary", "borders", "ranks")
"""What a claim states itself."""
AT_HOME = ("specimen", "replay", "python", "hf")
"""Providers without an address."""
OPTION = {"each": "--completions"}


@click.command()
@click.argument("claim", required=False)
@click.option(
    "--model", "-m", metavar="PROVIDER/NAME", help="The model to audit.  [default: a bundled claim's]"
)
@click.option(
    "--tested",
    metavar="PROVIDER/NAME",
    help="The model that the claim is about, where it can be asked as well.",
)
@click.option(
    "--base-url",
    "base_urls",
    multiple=True,
    metavar="URL",
    help="Endpoint of openai-api/ models; give it twice for one each.",
)
@click.option(
    "--tolerance",
    type=options.FiniteRange(0, 1, min_open=True, max_open=True),
    help="By how much a score may differ, a fraction.  [default: the claim's]",
)
@click.option("--register", metavar="FILE", help="Attempts on the published form: YAML or JSON.")
@click.option("--keyed", metavar="FILE", help="Key file of items with several right answers.")
@click.option("--canaries", metavar="FILE", help="File of planted canaries and their controls.")
@click.option("--order", nargs=2, metavar="FILE ROWS", help="A committed order, and the rows as published.")
@click.option("--data", metavar="FILE", help="The benchmark's own file, where it doesn't ship.")
@click.option("--items", type=click.IntRange(min=1), help="Ask only the first so many of the claim's items.")
@click.option(
    "--setting-items",
    type=click.IntRange(min=0),
    help="Items on which each undisclosed condition is tried.  [default: 200]",
)
@click.option(
    "--fresh",
    type=click.IntRange(1, 25),
    help="Fresh siblings asked beside each published one.  [default: 3]",
)
@click.option(
    "--formats",
    type=click.IntRange(0, 10_000),
    help="Ways of asking, drawn from a family; 0 for none.  [default: 100]",
)
@click.option("--format-items", type=click.IntRange(2, 100_000), help="Items asked in each.  [default: 100]")
@click.option(
    "--weak-items",
    type=click.IntRange(0, 100),
    help="Items for weak signals, which count for nothing.  [default: 100]",
)
@click.option(
    "--same-model", "pair", nargs=2, metavar="A B", help="Instead of a claim: do two models answer alike?"
)
@click.option(
    "--fingerprint",
    "files",
    multiple=True,
    metavar="FILE",
    help="A recording of the model tested; without a claim, judge --model by it, or two by each other.",
)
@click.option("--record", is_flag=True, help="Record --model's fingerprint into FILE instead.")
@click.option(
    "--sealed", is_flag=True, help="With --record: leave the prompts out, so that nobody can learn them."
)
@click.option("--prompts", metavar="FILE", help="Own prompts: one a line, or JSON Lines with `input`.")
@click.option(
    "--canary",
    metavar="N|FILE",
    help="Items marked right or wrong: so many fresh ones, 0 for none, or own rows.  [default: 100]",
)
@click.option(
    "--borders",
    type=click.IntRange(0, 1000),
    help="Candidates for prompts at which two first tokens tie.  [default: 0]",
)
@click.option(
    "--ranks", is_flag=True, default=None, help="Rank B's answers among A's, which must state likelihoods."
)
@click.option(
    "--completions", "each", type=click.IntRange(2, 1000), help="Of each prompt and side.  [default: 10]"
)
@click.option(
    "--length", type=click.IntRange(1, 10_000), help="Characters of an answer compared.  [default: 100]"
)
@click.option(
    "--temperature", type=options.FiniteRange(0, 10, min_open=True), help="Of sampling.  [default: 1]"
)
@click.option("--max-tokens", type=click.IntRange(min=1), help="Tokens an answer may take.  [default: 50]")
@click.option("--system", help="System text, for both.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Of draws and order; for two models, when given, also sent.  [default: 0, not sent]",
)
@options.pace
@options.out_folder
@click.option(
    "--resume", is_flag=True, default=None, help="Continue the unfinished audit, or run, of the same plan."
)
@click.option("-o", "report", metavar="FILE", help="Write the page about the verdict there as well.")
@options.json_output
def audit(
    claim: str | None,
    model: str | None,
    pair: tuple[str, str] | None,
    files: tuple[str, ...],
    record: bool,
    sealed: bool,
    as_json: bool,
    report: str | None,
    **given: Any,
) -> int:
    """Put a published score to the test.

    CLAIM is a file (fairtrial claim new) or a bundled claim (fairtrial claim list). It is asked again, in the ways
    that it leaves open, on fresh siblings where a committed draw made some, and in many formats; the six questions
    are answered, each with what would have been missed. The folder keeps every answer and the page.
    Exit 0 supported, 1 refuted, 10 can't be told.

    Without a claim, --same-model asks two models the same prompts, interleaved by lot, and --fingerprint compares
    with a recording, which shows a difference and proves none. No test can show that two models are the same.
    """
    settings = {key: value for key, value in given.items() if value not in (None, ())}
    lab = Lab(settings.get("out", "runs"), watch=watcher(quiet=as_json))
    if claim is None:
        _refuse(settings, OF_CLAIMS, "belongs to an audit of a claim", "name the claim first")
        if report is not None:
            raise UsageError("-o belongs to an audit of a claim", "leave it out")
        return same_model(lab, pair, files, model, settings, record=record, sealed=sealed, as_json=as_json)
    _refuse(
        settings, OF_SAME_MODEL, "is not asked of a claim", "leave it out: the claim states its conditions"
    )
    if pair or record or sealed:
        raise UsageError("--same-model, --record and --sealed go without a claim", "give one or the other")
    return _claim(lab, claim, model, files, settings, report, as_json)


def _claim(
    lab: Lab,
    name: str,
    model: str | None,
    files: tuple[str, ...],
    settings: dict[str, Any],
    report: str | None,
    as_json: bool,
) -> int:
    room = _room("audit")
    case = room.opened(name)
    served = room.served_of(case, model)
    scope = room.scope_of(case, **_fields(room, settings, files))
    served, *tested = _placed([served, *([scope.tested] if scope.tested else [])], settings)
    scope = replace(scope, tested=tested[0] if tested else None)
    found, folder = room.audit(
        lab,
        case.claim,
        served,
        scope,
        pace=Order(("",), (served,), settings).pace,
        resume=bool(settings.get("resume")),
        max_cost=settings.get("max_cost"),
    )
    if as_json:
        emit({**found.to_json(), "folder": str(folder)})
    else:
        show(audit_text(found, colour=colour(), width=width()))
    if report:
        text = (folder / room.REPORT).read_text(encoding="utf-8")
        tell(f"report: {lab.write_page(Path(report), text)}")
    tell(f"page: {folder / room.REPORT}")
    if not found.complete:
        tell("incomplete: some questions have no answer; --resume asks them again")
    return int(found.exit_status)


def _placed(specs: list[ModelSpec], settings: dict[str, Any]) -> list[ModelSpec]:
    """At the addresses that were given: one for all that have one, or one for each of these."""
    away = [each for each in specs if each.provider not in AT_HOME]
    placed = iter(specs_of(tuple(map(str, away)), settings.get("base_urls", ())))
    return [
        each if each.provider in AT_HOME else replace(each, options={**each.options, **next(placed).options})
        for each in specs
    ]


def _fields(room: ModuleType, settings: dict[str, Any], fingerprints: tuple[str, ...]) -> dict[str, Any]:
    """How much is asked, and what it rests on beside answers."""
    if len(fingerprints) > 1:
        raise UsageError(f"{len(fingerprints)} fingerprints with a claim", "give the tested model's alone")
    found: dict[str, Any] = {key: settings[key] for key in (*AS_GIVEN, "seed") if key in settings}
    found |= {key: Path(settings[key]) for key in ("keyed", "canaries") if key in settings}
    if "order" in settings:
        found["order"] = tuple(map(Path, settings["order"]))
    if fingerprints:
        found["fingerprint"] = Path(fingerprints[0])
    if "prompts" in settings:
        found["prompts"] = _room("same_model").read_prompts(Path(settings["prompts"]))
    if "register" in settings:
        found["register"] = room.read_register(Path(settings["register"]))
    return found


def _refuse(settings: dict[str, Any], names: tuple[str, ...], why: str, remedy: str) -> None:
    for each in names:
        if each in settings:
            raise UsageError(f"{OPTION.get(each, '--' + each.replace('_', '-'))} {why}", remedy)


def _room(name: str) -> ModuleType:
    """Loaded when it is needed: the statistics are heavy."""
    return import_module(f"fairtrial.lab.{name}")
