"""`fairtrial verify`: what a bundle proves, checked offline, and what it doesn't."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.clock import SystemClock
from fairtrial.adapters.drand import valid_signature
from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.report.plain import visible

_MOST_BYTES = 2**31
_ADVICE = "ask the publisher for the bundle as it was signed; do not rely on the score"


@click.command()
@click.argument("bundle", metavar="BUNDLE")
@click.option("--trust", metavar="FILE", help="Whose keys count for you: your trust.json.")
@click.option("--log-policy", metavar="FILE", help="Which log and witnesses count for you: a tlog-policy.")
@click.option(
    "--tsa-roots",
    metavar="FILE",
    help="Root certificates (PEM) of the time-stamping authorities you believe.",
)
@click.option("--html", metavar="FILE", help="Write a page with the chain as a picture.")
@options.json_output
def verify(
    bundle: str,
    trust: str | None,
    log_policy: str | None,
    tsa_roots: str | None,
    html: str | None,
    as_json: bool,
) -> int:
    """Check a bundle offline: who signed what, when it was witnessed, what the records make of the score.

    Without --trust and --log-policy the publisher's own say whose word counts, and the label can't be better than
    self-reported. Every check is made and told; what the bundle doesn't establish is listed. Exit 4 where
    something isn't what it claims to be.
    """
    room = import_module("fairtrial.trust.verify")
    found = room.verify(
        _read(bundle),
        Path(bundle).name,
        trust=None if trust is None else _read(trust),
        log_policy=None if log_policy is None else _read(log_policy),
        now=f"{SystemClock().now()[:19]}Z",
        valid=valid_signature,
        stamped=None if tsa_roots is None else _stamped(tsa_roots),
    )
    if html is not None:
        page = import_module("fairtrial.report.chain_page").chain_page(found)
        write_file(Path(html), page.encode("utf-8", "replace"))
        tell(f"wrote {html}")
    if as_json:
        emit(found.to_json())
    else:
        show(visible(import_module("fairtrial.trust.telling").told(found).rstrip("\n")))
    if failure := found.first_failure:
        tell(f"fairtrial: {failure.check}: {failure.detail}\nwhat now: {_ADVICE}")
        return IntegrityError.exit_status
    return 0


def _stamped(roots: str) -> Any:
    # Loaded when it is asked for: certificates of authorities are no part of what every verification needs.
    stamps = import_module("fairtrial.adapters.timestamps")
    return partial(stamps.stamped, roots=stamps.read_roots(_read(roots), roots))


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}", "name a file that is there") from error
