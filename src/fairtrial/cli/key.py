"""`fairtrial key`: the key that signs, in a file of one's own; its public half for other people."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.clock import SystemClock
from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.speech import emit, passphrase_prompt, show, tell
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.report.plain import visible

ROLES = ("lab", "owner", "evaluator", "auditor", "monitor")


@click.group()
def key() -> None:
    """Make a key to sign with, and show its public half.

    One key a role and person. The secret file stays with you; the .pub file goes to whoever is to trust your word.
    """


@key.command()
@click.argument("file", metavar="FILE")
@click.option("--role", type=click.Choice(ROLES), required=True, help="In which role it signs.")
@click.option("--org", metavar="NAME", required=True, help="The organisation that answers for it.")
@click.option(
    "--passphrase", is_flag=True, help="Lock the file; asks for a passphrase (or FAIRTRIAL_KEY_PASSPHRASE)."
)
@options.json_output
def new(file: str, role: str, org: str, passphrase: bool, as_json: bool) -> int:
    """Make a key in FILE (mode 0600, never overwritten), and FILE.pub for other people's trust policies."""
    signing = _signing()
    chosen = _new_passphrase(signing.PASSPHRASE) if passphrase else ""
    person = signing.new_key(Path(file), role=role, org=org, now=SystemClock().now(), passphrase=chosen)
    if as_json:
        emit({"file": file, "public_file": str(signing.public_file(Path(file))), "entry": person.to_json()})
        return 0
    tell(f"wrote {file}: keep it secret, and keep a copy; nobody can make it again")
    tell(f"wrote {signing.public_file(Path(file))}: for whoever is to trust this key")
    show(visible(signing.entry_text(person).rstrip("\n")))
    return 0


@key.command(name="show")
@click.argument("file", metavar="FILE")
@click.option("--role", type=click.Choice(ROLES), help="Where there is no FILE.pub.")
@click.option("--org", metavar="NAME", help="Where there is no FILE.pub.")
@options.json_output
def show_(file: str, role: str | None, org: str | None, as_json: bool) -> int:
    """The public half of the key in FILE, as an entry of a trust policy. The secret is never shown."""
    signing = _signing()
    secret = signing.open_key(Path(file), os.environ, passphrase_prompt())
    if (role is None) != (org is None):
        raise UsageError("--role and --org go together", "give both, or neither where there is a .pub file")
    if role is not None and org is not None:
        person = signing.holder(secret, role=role, org=org, now=SystemClock().now())
    else:
        person = signing.told_about(Path(file), secret)
    if as_json:
        emit({"file": file, "entry": person.to_json()})
    else:
        show(visible(signing.entry_text(person).rstrip("\n")))
    return 0


@key.command()
@click.argument("entries", nargs=-1, required=True, metavar="FILE.pub...")
@click.option(
    "--operator",
    "operators",
    multiple=True,
    metavar="NAME=ORG",
    help="Who runs a log or a witness; repeat for several.",
)
@click.option("-o", "output", metavar="FILE", required=True, help="Your trust.json; never overwritten.")
def trust(entries: tuple[str, ...], operators: tuple[str, ...], output: str) -> int:
    """Write a trust policy: whose keys count for you, from the .pub files that you were given by hand.

    Without its operator a witness counts as nobody's, and a label above self-reported can't be given.
    """
    path = Path(output)
    if path.exists():
        raise StoreError(f"{path} is there already", "name another file, or edit this one: it is plain JSON")
    told = dict(_pair(each) for each in operators)
    people = _signing().trust_policy([Path(each) for each in entries], told)
    write_file(path, (json.dumps(people.to_json(), indent=2, ensure_ascii=False) + "\n").encode())
    tell(f"wrote {path}: {len(people.keys)} keys, {len(told)} operators")
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, org = text.partition("=")
    if not name or not equals or not org:
        raise UsageError(f"--operator {text!r} is no NAME=ORG", "write witness.example/one=Example Audits")
    return name, org


def _new_passphrase(variable: str) -> str:
    if given := os.environ.get(variable):
        return given
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for a passphrase at", f"set {variable}")
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))


def _signing() -> Any:
    # Loaded when a key is really touched: it brings the signing packages.
    return import_module("fairtrial.lab.signing")
