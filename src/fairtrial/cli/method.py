"""`fairtrial method`: what must be disclosed before a score is published, and what is still missing."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.canon import JSON
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.lab import Lab
from fairtrial.report.plain import visible

FILE = "method.yaml"
FORMATS = ("nist-ai-800-2", "stream", "croissant")


@click.group()
def method() -> None:
    """Write and check the method record: everything that publishing a score takes.

    Plan, run and machine tell most of it. The rest is for a person to say, and nothing is filled in for them.
    """


run_folder = click.option("--run", "run", metavar="DIR", help="The run that the record is about.")
claim_file = click.option("--claim", "claim", metavar="FILE", help="The claim that the run is to support.")


@method.command()
@click.option("--run", "run", metavar="DIR", required=True, help="The run that the record is about.")
@claim_file
@click.option(
    "-o", "output", metavar="FILE", help="YAML, or JSON by its name.  [default: method.yaml in the run]"
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def new(run: str, claim: str | None, output: str | None, force: bool) -> int:
    """Write a record with what the run tells filled in, and the rest as questions."""
    records, facts = import_module("fairtrial.lab.method"), import_module("fairtrial.lab.method_facts")
    path = Path(output) if output else Path(run) / FILE
    loaded = Lab().load(Path(run))
    told, usual = _told(run, claim), facts.usual(loaded)
    if path.exists() and not force:
        raise StoreError(f"{path} is there already", "name another file, or overwrite it with --force")
    # Attempts may still come: a list written down now would contradict the log later.
    lasting = {group: part for group, part in told.items() if group != "attempts"}
    text = records.draft_json(lasting, usual) if path.suffix == ".json" else records.draft(lasting, usual)
    write_file(path, text.encode())
    left = records.missing(usual, told)
    tell(
        f"wrote {path}: {len(left)} fields are for a person to write, or for `fairtrial register` to fill in"
    )
    return 0


@method.command()
@click.argument("file", required=False, metavar="[FILE]")
@run_folder
@claim_file
@options.json_output
def check(file: str | None, run: str | None, claim: str | None, as_json: bool) -> int:
    """List what a person must still write. Exit 0 where the record is complete, 1 where it isn't.

    FILE: by default method.yaml in the run's folder. With --run, what the run tells by itself is taken from it,
    and where the file says something else, that is told.
    """
    written, told = _opened(file, run, claim)
    left = import_module("fairtrial.lab.method").missing(written, told)
    if as_json:
        emit({"complete": not left, "gaps": [each.to_json() for each in left]})
    else:
        for each in left:
            show(visible(f"{each.group}.{each.field}: {each.fault}. {each.detail}"))
        show("complete" if not left else f"not complete: {len(left)} fields")
    return 1 if left else 0


@method.command()
@click.argument("file", required=False, metavar="[FILE]")
@run_folder
@click.option("--to", "target", type=click.Choice(FORMATS), required=True, help="Whose requests to answer.")
@click.option("-o", "output", metavar="FILE", help="Write it there.  [default: standard output]")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option(
    "--set",
    "beside",
    multiple=True,
    metavar="KEY=VALUE",
    help="For croissant, what no record holds: url, creator, datePublished, contentUrl, encodingFormat.",
)
def export(
    file: str | None, run: str | None, target: str, output: str | None, force: bool, beside: tuple[str, ...]
) -> int:
    """The record as others ask for it: which field answers which request, and which requests stay empty.

    An export never claims that a record conforms with anything.
    """
    written, told = _opened(file, run)
    record = import_module("fairtrial.lab.method").merged(written, told)
    text = _exported(record, target, beside)
    if output is None:
        show(visible(text.rstrip("\n")))
        return 0
    path = Path(output)
    if path.exists() and not force:
        raise StoreError(f"{path} is there already", "name another file, or overwrite it with --force")
    write_file(path, text.encode())
    tell(f"wrote {path}")
    return 0


@method.command()
def schema() -> int:
    """Print the record's JSON Schema."""
    show(json.dumps(import_module("fairtrial.trust.method").schema(), indent=2))
    return 0


def _opened(
    file: str | None, run: str | None, claim: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a person wrote, and what the run tells; {} for the one that isn't there."""
    records = import_module("fairtrial.lab.method")
    if file is None and run is None:
        raise UsageError("neither a file nor a run", "fairtrial method check [FILE] --run DIR")
    if claim is not None and run is None:
        raise UsageError("--claim goes with --run", "name the run that is to support the claim")
    told = _told(run, claim) if run else {}
    path = Path(file) if file else Path(str(run)) / FILE
    written = records.read_method(path) if file or path.exists() else {}
    return import_module("fairtrial.lab.registered_facts").with_access(written, told), told


def _told(run: str, claim: str | None) -> dict[str, Any]:
    """By the run itself, and by its registration where it has one."""
    facts, registered = (
        import_module(f"fairtrial.lab.{name}") for name in ("method_facts", "registered_facts")
    )
    known = facts.known(Lab().load(Path(run)), _claimed(claim))
    whole: dict[str, Any] = registered.joined(known, registered.registered_facts(Path(run)))
    return whole


def _claimed(name: str | None) -> Any:
    return None if name is None else import_module("fairtrial.lab.claims").open_claim(name)


def _exported(record: dict[str, JSON], target: str, beside: tuple[str, ...]) -> str:
    if target == "croissant":
        told = dict(_pair(each) for each in beside)
        made = import_module("fairtrial.adapters.formats.croissant").dataset(record, told)
        return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if beside:
        raise UsageError(f"--set is for croissant, not for {target}", "leave it out")
    lists = import_module("fairtrial.report.request_lists")
    return str(lists.nist(record) if target == "nist-ai-800-2" else lists.stream(record))


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not value:
        raise UsageError(f"--set {text!r}: that is no KEY=VALUE", "write it as --set url=https://…")
    return key, value
