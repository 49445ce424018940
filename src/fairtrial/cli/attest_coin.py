"""`fairtrial attest coin`, `dispute` and `retract`: entries besides the audit itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.attest_reading import digest_of, file_bytes, tell_entry
from fairtrial.cli.registering import key_of, log_and_key, log_of, room, taken
from fairtrial.cli.speech import tell
from fairtrial.core.errors import UsageError
from fairtrial.trust.beacon import is_hex
from fairtrial.trust.bundle import read_bundle


@click.group()
def coin() -> None:
    """Toss a coin with another party, where no beacon is at hand.

    Each commits to a number in the log; once both have, each shows it. Together they are the seed of a draw that
    neither could choose. Of each party the first commitment after the result counts.
    """


@coin.command()
@click.argument("file", metavar="FILE")
@click.option("--for", "about", required=True, metavar="BUNDLE|DIR|ID", help="Whose campaign it is for.")
@click.option("--party", required=True, metavar="NAME", help="Your name in this coin.")
@log_and_key
@options.json_output
def commit(file: str, about: str, party: str, as_json: bool, **given: Any) -> int:
    """Draw a number, keep it in FILE (mode 0600), enter the commitment to it."""
    told = taken(given, ("log", "key"))
    done = room("coins").commit_coin(Path(file), _campaign(about), party, log=log_of(told), key=key_of(told))
    tell_entry("commitment", done, as_json)
    tell(f"keep {file} secret until the other party has committed; then: fairtrial attest coin reveal {file}")
    return 0


@coin.command()
@click.argument("file", metavar="FILE")
@click.option("--parties", nargs=2, required=True, metavar="PARTY PARTY", help="The two of this coin.")
@log_and_key
@options.json_output
def reveal(file: str, parties: tuple[str, str], as_json: bool, **given: Any) -> int:
    """Show the number in FILE, once the other party's commitment is in the log."""
    told = taken(given, ("log", "key"))
    done = room("coins").reveal_coin(Path(file), log=log_of(told), key=key_of(told), parties=parties)
    tell_entry("number", done, as_json)
    return 0


_about = options.together(
    click.argument("statement", metavar="STATEMENT"),
    click.option("--reason", required=True, metavar="TEXT", help="Why, for everybody to read."),
    click.option("--evidence", multiple=True, metavar="FILE", help="Enter this file's digest with it."),
    log_and_key,
    options.json_output,
)


@click.command()
@_about
def dispute(statement: str, reason: str, evidence: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Say in the log that STATEMENT is wrong: a .dsse.json file, or its SHA-256. Nothing is deleted."""
    return _object("dispute", statement, reason, evidence, as_json, given)


@click.command()
@_about
def retract(statement: str, reason: str, evidence: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Take back, in the log, a STATEMENT of yours: a .dsse.json file, or its SHA-256. Nothing is deleted."""
    return _object("retraction", statement, reason, evidence, as_json, given)


def _object(
    kind: str, statement: str, reason: str, evidence: tuple[str, ...], as_json: bool, given: dict[str, Any]
) -> int:
    told = taken(given, ("log", "key"))
    done = room("objecting").object_to(
        kind,
        digest_of(statement),
        reason,
        log=log_of(told),
        key=key_of(told),
        evidence=[file_bytes(each) for each in evidence],
    )
    tell_entry(kind, done, as_json)
    return 0


def _campaign(about: str) -> str:
    """The id of a campaign: itself, a registration's, a bundle's."""
    if is_hex(about, 32):
        return about
    if Path(about).is_dir():
        campaign = room("registration").RegistrationFolder(Path(about)).told()["campaign"]
    elif Path(about).is_file():
        campaign = room("amending").campaign_of(read_bundle(file_bytes(about), Path(about).name))
    else:
        raise UsageError(f"there is no {about}", "name a bundle, a registration's folder, or a campaign's id")
    return str(campaign)
