"""`fairtrial log`: a transparency log in a folder: make it, add to it, prove, check, serve."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.log_campaigns import campaigns
from fairtrial.cli.order import loopback
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.report.plain import visible

MOST_BYTES = 4 * 2**20


@click.group()
def log() -> None:
    """Keep a log of signed documents that nobody can change unseen.

    It proves that something was said, when, in which order, and to everybody alike; not that it is true. FOLDER is
    the log's.
    """


log.add_command(campaigns)
folder = click.argument("folder", metavar="FOLDER")
place = click.argument("place", metavar="FOLDER|URL")


@log.command()
@folder
@click.option("--origin", metavar="NAME", required=True, help="The log's name for ever: example.org/our-log.")
@click.option(
    "--trust",
    metavar="FILE",
    multiple=True,
    required=True,
    help="Whose documents it takes: a .pub file, or a trust policy.",
)
@click.option("--policy", metavar="FILE", help="Its witnesses, as a tlog-policy.")
@options.json_output
def init(folder: str, origin: str, trust: tuple[str, ...], policy: str | None, as_json: bool) -> int:
    """Make an empty log, and its key (mode 0600), in FOLDER.

    Make the public key known that is printed: it is what readers know the log by.
    """
    made = _room("log_init").init_log(
        Path(folder), origin, people=_people(trust), policy=_bytes(policy) if policy else None
    )
    if as_json:
        emit({"log": folder, "origin": origin, "key": made.vkey})
        return 0
    tell(
        f"made the log {origin} in {folder}; its key {folder}/log.key stays there, with a copy in a safe place"
    )
    show(made.vkey)
    return 0


@log.command()
@folder
@click.argument("files", metavar="ENVELOPE...", nargs=-1, required=True)
@click.option("--no-cosign", is_flag=True, help="Don't ask the witnesses now.")
@options.json_output
def append(folder: str, files: tuple[str, ...], no_cosign: bool, as_json: bool) -> int:
    """Log signed statements (DSSE envelopes) and have the witnesses cosign.

    An entry is on the disk when its index is printed. A document that is logged already gets its index again.
    """
    envelopes = [_bytes(each) for each in files]
    with _room("log").Log.open(folder) as opened:
        logged = opened.append_all(envelopes, names=files)
        entries: list[JSON] = [
            {
                "file": name,
                "index": each.index,
                "type": each.entry.type,
                "campaign": each.entry.campaign,
                "entry": each.entry.leaf.hex(),
            }
            for name, each in zip(files, logged, strict=True)
        ]
        if not as_json:
            for name, each in zip(files, logged, strict=True):
                show(f"{each.index}\t{each.entry.type}\t{name}")
        if opened.policy is None or no_cosign:
            cosigned, error = None, None
        else:
            cosigned, error = _cosigned(opened)
    told: dict[str, JSON] = {"log": folder, "entries": entries, "cosigned": cosigned}
    if as_json:
        emit(told if error is None else told | {"error": _error(error)})
    elif error is not None:
        tell(f"{error.message}\nwhat now: {error.remedy}")
    return 0 if error is None else error.exit_status


@log.command()
@folder
@options.json_output
def cosign(folder: str, as_json: bool) -> int:
    """Have the newest checkpoint cosigned by the witnesses of the log's policy."""
    with _room("log").Log.open(folder) as opened:
        done = opened.cosign()
    told = _told(done)
    if as_json:
        emit({"log": folder, "cosigned": told})
    else:
        show(
            f"{_entries(done.signed.checkpoint.size)}, cosigned by {', '.join(sorted(k.name for k in done.times))}"
        )
    for name, why in done.missing:
        tell(f"not by {name}: {why}")
    return 0


@log.command()
@folder
@click.option("--tsa", metavar="URL", required=True, help="The time-stamping authority's address (RFC 3161).")
@click.option(
    "--tsa-roots", metavar="FILE", required=True, help="Its root certificates (PEM), from its own site."
)
@options.json_output
def stamp(folder: str, tsa: str, tsa_roots: str, as_json: bool) -> int:
    """Have the newest checkpoint stamped with the time by an authority outside the log and its witnesses.

    The token stays in FOLDER/stamps; `fairtrial bundle` puts in those that are over the bundle's checkpoints.
    Needs the extra `timestamp`.
    """
    roots = import_module("fairtrial.adapters.timestamps").read_roots(_bytes(tsa_roots), tsa_roots)
    kept = _room("stamping").stamp(Path(folder), tsa, roots)
    if as_json:
        told = {"size": kept.size, "time": kept.stamp.time, "authority": kept.stamp.authority}
        emit({"log": folder, **told, "token": str(kept.path)})
    else:
        show(f"{_entries(kept.size)} at {kept.stamp.time}, says {visible(kept.stamp.authority)}")
        tell(f"kept {kept.path}")
    return 0


@log.command()
@folder
@click.argument("index", type=click.IntRange(min=0))
@click.option("-o", "output", metavar="FILE", required=True, help="Write the proof there (.tlog-proof).")
@click.option("--size", type=click.IntRange(min=1), help="Against the cosigned checkpoint of this size.")
@options.json_output
def prove(folder: str, index: int, output: str, size: int | None, as_json: bool) -> int:
    """Write the proof that entry INDEX is in the log, for somebody offline."""
    reader = _room("log_reader").LogReader.open(folder)
    data = reader.prove(index, size=size)
    write_file(Path(output), data)
    proven = _trust("tlog_proof").parse_tlog_proof(data, output).signed.checkpoint.size
    if as_json:
        emit({"log": folder, "index": index, "proof": output, "size": proven})
    else:
        tell(f"wrote {output}: entry {index} in the tree of {proven}")
    return 0


@log.command()
@place
@click.option("--key", metavar="VKEY", help="The log's public key; needed with a URL.")
@click.option("--policy", metavar="FILE", help="Your tlog-policy: the quorum of witnesses you ask for.")
@click.option(
    "--last", metavar="FILE", help="The checkpoint you keep: compared, then replaced by the newest."
)
@options.json_output
def check(place: str, key: str | None, policy: str | None, last: str | None, as_json: bool) -> int:
    """Read a whole log as a monitor: does it still begin as it did, is every entry sound, what became of runs.

    Ends with 4 at a fork, a rollback, a missing quorum or the first entry that is not sound. Runs without an end
    and beyond their quota are shown: they are no fault of the log.
    """
    known = _trust("note_keys").parse_vkey(key) if key else None
    reader = _room("log_reader").LogReader.open(place, known)
    asked = _trust("log_policy").parse_log_policy(_bytes(policy), policy) if policy else None
    kept = Path(last) if last else None
    before = None
    if kept is not None and kept.exists():
        before = _trust("checkpoint").parse_checkpoint(_bytes(str(kept)), str(kept))
    report = _room("log_check").check_log(reader, last=before, policy=asked)
    if kept is not None:
        write_file(kept, report.signed.data)
    if as_json:
        emit(report.to_json())
    else:
        _show(report, before)
    return 0


@log.command()
@folder
@options.listening
@options.json_output
def serve(folder: str, host: str, port: int, as_json: bool) -> int:
    """Serve a log's checkpoint, tiles and entries over HTTP, for readers and witnesses; Ctrl-C ends it.

    Reads only: it may run while another process appends.
    """
    reader = _room("log_reader").LogReader.open(folder)
    reader.checkpoint()
    store = import_module("fairtrial.adapters.stores.tiles").LogFolder(Path(folder))
    application = import_module("fairtrial.web.log_server").LogServer(store).application()
    if not loopback(host):
        tell(
            f"note: {host} can be reached from other machines; a log is public, and nothing can be written here"
        )

    def ready(address: str) -> None:
        if as_json:
            emit({"log": folder, "origin": reader.origin, "url": address})
        else:
            tell(f"serving {reader.origin} at {address}; Ctrl-C ends it")

    asyncio.run(import_module("fairtrial.web.serve").answer(application, host=host, port=port, ready=ready))
    return 0


def _cosigned(opened: Any) -> tuple[JSON, ProviderError | None]:
    """A quorum that is missing doesn't undo the entries: told after them."""
    try:
        done = opened.cosign()
    except ProviderError as error:
        return None, error
    for name, why in done.missing:
        tell(f"not cosigned by {name}: {why}")
    return _told(done), None


def _told(done: Any) -> dict[str, JSON]:
    return {
        "size": done.signed.checkpoint.size,
        "witnesses": {key.name: seconds for key, seconds in done.times.items()},
        "missing": dict(done.missing),
    }


def _error(error: ProviderError) -> dict[str, JSON]:
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
        "exit": error.exit_status,
    }


def _show(report: Any, before: Any) -> None:
    tree = report.signed.checkpoint
    show(f"{tree.origin}: {_entries(tree.size)}, every one sound")
    if before is not None:
        show(f"it begins as it was last time, with {_entries(before.checkpoint.size)}; new: {report.new}")
    for name, time in report.witnesses.items():
        show(f"cosigned by {name} at {time}")
    for each in report.campaigns:
        states = ", ".join(f"{n} {state}" for state, n in (each.states or {}).items())
        over = f"; {each.over_quota} beyond the quota" if each.over_quota else ""
        what = states or f"{each.unfinished} without an end"
        idle = f"; {each.never_started} plans never started" if each.never_started else ""
        told = f"{_entries(each.entries)}, {each.starts} attempts ({what}){over}{idle}"
        show(f"campaign {each.campaign[:16]}…: {told}")


def _people(names: tuple[str, ...]) -> bytes:
    """One trust policy of all the files: policies, and entries by themselves."""
    people = _trust("people")
    keys: list[Any] = []
    operators: dict[str, str] = {}
    for name in names:
        data = _bytes(name)
        if '"keys"' in data.decode("utf-8", "replace"):
            read = people.parse_people(data, name)
            keys += read.keys
            operators |= read.operators
        else:
            keys.append(people.parse_person(data, name))
    return bytes(people.People(tuple(keys), operators).bytes)


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _bytes(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read {name}: {error.strerror}", "name a file that is there") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name} has more than {MOST_BYTES:,} bytes", "name the right file")
    return data


def _room(name: str) -> Any:
    # Loaded when a log is really touched: it brings the signing packages.
    return import_module(f"fairtrial.lab.{name}")


def _trust(name: str) -> Any:
    return import_module(f"fairtrial.trust.{name}")
