"""`fairtrial export`: a run's figure in the words of other people's tools."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli.speech import passphrase_prompt, tell
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.lab import Lab, Run

SALT_BYTES = 16
BAR = re.compile(r"\s*(>=|<=|>|<)\s*(\S+)\s*")


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--to",
    "target",
    type=click.Choice(["receipt", "evaluation-result"]),
    required=True,
    help="A proofbundle receipt, or in-toto's evaluation result as its draft stands.",
)
@click.option("--bar", required=True, metavar="'>= 0.8'", help="What the score is held against.")
@click.option("--key", metavar="FILE", required=True, help="The key that signs.")
@click.option("-o", "output", metavar="FILE", required=True, help="Where it goes; never overwritten.")
@click.option("--about", metavar="FILE", help="For evaluation-result: the bundle that it is about.")
@click.option("--type", "uri", metavar="URI", help="For evaluation-result: a predicate type of your own.")
@click.option("--evaluator", metavar="URI", help="For evaluation-result: who ran it.")
@click.option(
    "--weights-digest", metavar="HEX", help="For evaluation-result: SHA-256 of the model's weights."
)
def export(run: str, target: str, bar: str, key: str, output: str, **given: str | None) -> int:
    """Write a run's primary figure as a signed document for other tools.

    A receipt says that a bar was reached, or not, over n samples; model and data are named by salted hashes;
    the salts stay in FILE.salts.json, for you to reveal or not. Neither form holds outcomes or refusals.
    """
    loaded = Lab().load(run)
    signing, receipts = import_module("fairtrial.lab.signing"), import_module("fairtrial.lab.receipts")
    path = Path(output)
    _refuse_existing(path, path.with_name(f"{path.name}.salts.json"))
    secret = signing.open_key(Path(key), os.environ, passphrase_prompt())
    if target == "receipt":
        if wrong := [name for name, value in given.items() if value is not None]:
            raise UsageError(f"--{wrong[0].replace('uri', 'type')} is for evaluation-result", "leave it out")
        _receipt(receipts, loaded, _bar(bar), secret, path)
    else:
        write_file(path, _result(receipts, signing, loaded, _bar(bar), secret, given))
    tell(f"wrote {path}")
    return 0


def _receipt(receipts: Any, run: Run, bar: Any, secret: Any, path: Path) -> None:
    salts = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES)
    made = receipts.receipt_of_run(run, bar, secret, salts=salts)
    beside = path.with_name(f"{path.name}.salts.json")
    told = {"model": salts[0].hex(), "dataset": salts[1].hex()}
    write_file(beside, (json.dumps(told, indent=1) + "\n").encode(), mode=0o600)
    write_file(path, made)
    tell(f"wrote {beside}: whoever gets these salts can check which model and data set are meant")


def _result(
    receipts: Any, signing: Any, run: Run, bar: Any, secret: Any, given: dict[str, str | None]
) -> bytes:
    names = {
        "about": "--about",
        "uri": "--type",
        "evaluator": "--evaluator",
        "weights_digest": "--weights-digest",
    }
    if missing := [names[key] for key, value in given.items() if value is None]:
        raise UsageError(f"an evaluation result needs {', '.join(missing)}", "add what is missing")
    if not re.fullmatch("[0-9a-f]{64}", str(given["weights_digest"])):
        raise UsageError(
            "--weights-digest is no SHA-256 in hexadecimal", "give 64 digits, as sha256sum prints"
        )
    about = Path(str(given["about"]))
    try:
        with open(about, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"can't read {about}: {error.strerror}", "name the bundle") from error
    subject = import_module("fairtrial.trust.statement").Subject(about.name, digest)
    statement = receipts.draft_result_of_run(
        run,
        bar,
        subject=[subject],
        predicate_type=given["uri"],
        evaluator=given["evaluator"],
        model_sha256=given["weights_digest"],
    )
    return bytes(signing.sign(statement, secret))


def _bar(text: str) -> Any:
    found = BAR.fullmatch(text)
    if found is None:
        raise UsageError(f"--bar {text!r} is no bar", "write a comparator and a decimal: '>= 0.8'")
    return import_module("fairtrial.adapters.formats.receipts").Bar(*found.groups())


def _refuse_existing(*paths: Path) -> None:
    for each in paths:
        if each.exists():
            raise StoreError(f"{each} is there already", "name another file")
