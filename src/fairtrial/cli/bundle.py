"""`fairtrial bundle`: a registered run as one file that anybody can check offline."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.method import FILE as METHOD
from fairtrial.cli.registering import key_of, log_and_key, log_of, room, taken
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.canon import digest_bytes
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.lab import Lab


@click.command()
@click.argument("run", metavar="RUN")
@click.option("-o", "output", metavar="FILE", required=True, help="Write the bundle there.")
@log_and_key
@click.option("--method", metavar="FILE", help="The method record.  [default: method.yaml in RUN]")
@click.option(
    "--records",
    type=click.Choice(["whole", "digest"]),
    default="whole",
    show_default=True,
    help="digest: the answers stay with you, and --access says who gets them.",
)
@click.option("--access", metavar="TEXT", help="With --records digest: who gets the answers, and how.")
@click.option(
    "--trust", metavar="FILE", help="Your trust policy, as a hint for readers.  [default: the log's]"
)
@click.option(
    "--also",
    type=click.IntRange(min=0),
    multiple=True,
    metavar="INDEX",
    help="A further entry of the log to put in: a commitment to sealed items, their reveal.",
)
@click.option(
    "--custody", default="", metavar="TEXT", help="Who had sealed items, and that they were used once."
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@options.json_output
def bundle(
    run: str,
    output: str,
    method: str | None,
    records: str,
    access: str | None,
    trust: str | None,
    also: tuple[int, ...],
    custody: str,
    force: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Publish a registered run as one file that anybody can check.

    Plan, method, records, scores, every attempt, signatures and proofs. Its result is signed and entered into the
    log. Refuses while a field of the method record is missing, and where the file would not verify. No key is ever
    in it.
    """
    path, told = Path(output), taken(given)
    if path.exists() and not force:
        raise StoreError(f"{path} is there already", "name another file, or overwrite it with --force")
    if (records == "digest") != bool(access):
        raise UsageError("--records digest and --access go together", "say who gets the records, and how")
    loaded = Lab().load(Path(run))
    kept = room("registration").RegistrationFolder.of_run(loaded.path)
    place = log_of({"log": kept.order().get("log")} | told)
    rules = room("bundling")
    terms = rules.Terms(_written(method, loaded.path), access, _people(trust), also, custody)
    try:
        made = rules.bundled(loaded, terms, log=place, key=key_of(told), name=path.name)
    except rules.MethodIncomplete as error:
        for gap in error.gaps:
            tell(f"{gap.group}.{gap.field}: {gap.fault}. {gap.detail}")
        raise
    write_file(path, made.data)
    _tell(made, path, as_json)
    return 0


def _tell(made: Any, path: Path, as_json: bool) -> None:
    found, entry = made.verification, made.result.filed
    if as_json:
        emit(
            {
                "bundle": str(path),
                "sha256": digest_bytes(made.data).removeprefix("sha256:"),
                "bytes": len(made.data),
                "campaign": entry.entry.campaign,
                "result": entry.index,
                "attempts": len(found.attempts),
                "label": found.label,
                "lacks": found.lacks or None,
            }
        )
        return
    show(f"{path}: {len(made.data):,} bytes; its result is entry {entry.index} of the log")
    tell(
        f"by your own policies it is {found.label}; readers judge by theirs: fairtrial verify {path} --trust …"
    )
    if found.lacks:
        tell(f"for {found.next_label} it lacks: {found.lacks}")


def _written(method: str | None, run: Path) -> dict[str, Any]:
    path = Path(method) if method else run / METHOD
    if method is None and not path.exists():
        return {}
    written: dict[str, Any] = room("method").read_method(path)
    return written


def _people(trust: str | None) -> Any:
    if trust is None:
        return None
    try:
        data = Path(trust).read_bytes()
    except OSError as error:
        raise UsageError(f"can't read {trust}: {error.strerror}", "name a file that is there") from error
    return import_module("fairtrial.trust.people").parse_people(data, trust)
