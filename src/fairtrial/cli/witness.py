"""`fairtrial witness`: cosign other people's logs, in a process of its own with a key of its own."""

from __future__ import annotations

import asyncio
import time
from importlib import import_module
from pathlib import Path

import click

from fairtrial.cli import options
from fairtrial.cli.order import loopback
from fairtrial.cli.speech import emit, show, tell


@click.group()
def witness() -> None:
    """Watch that a log only grows, and say so with a signature.

    A witness cosigns a log's checkpoint if it continues the one it cosigned last. So a log can't show two
    histories to two people without one of them missing the witness. FOLDER holds its key and its memory: keep it
    on a local disk, and never start it from an old copy.
    """


@witness.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--name", metavar="NAME", required=True, help="The witness's name: witness.example/one.")
@click.option(
    "--log",
    "logs",
    metavar="'VKEY [URL]'",
    multiple=True,
    required=True,
    help="A log to serve, and where it is published.",
)
@options.json_output
def init(folder: str, name: str, logs: tuple[str, ...], as_json: bool) -> int:
    """Make a witness and its key (mode 0600) in FOLDER. Make the public key known that is printed."""
    key = import_module("fairtrial.lab.witness").Witness.init(Path(folder), name, logs)
    if as_json:
        emit({"witness": folder, "name": name, "key": key.vkey})
        return 0
    tell(f"made the witness {name} in {folder}; to serve further logs, add lines to {folder}/logs.policy")
    show(key.vkey)
    return 0


@witness.command()
@click.argument("folder", metavar="FOLDER")
@options.listening
@options.json_output
def serve(folder: str, host: str, port: int, as_json: bool) -> int:
    """Answer add-checkpoint and show what was cosigned last, until Ctrl-C.

    Refuses to start where a log shows a cosignature of this witness for a tree larger than it remembers.
    """
    opened = import_module("fairtrial.lab.witness").Witness.open(folder, lambda: int(time.time()))
    try:
        for unknown in opened.check_memory():
            tell(f"note: the memory can't be compared with {unknown}")
        if not loopback(host):
            tell(f"note: {host} can be reached from other machines, as a witness should be")

        def ready(address: str) -> None:
            if as_json:
                emit({"witness": folder, "name": opened.key.name, "url": address})
            else:
                tell(f"witness {opened.key.name} at {address}; Ctrl-C ends it")

        server = import_module("fairtrial.web.witness_server").WitnessServer(opened, tell)
        run = import_module("fairtrial.web.serve").answer
        asyncio.run(run(server.application(), host=host, port=port, ready=ready))
    finally:
        opened.close()
    return 0
