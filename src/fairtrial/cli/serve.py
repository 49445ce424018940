"""`fairtrial serve`: any model as an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
from importlib import import_module

import click

from fairtrial.cli import options
from fairtrial.cli.order import loopback
from fairtrial.cli.speech import emit, tell
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Seen
from fairtrial.lab import Lab


@click.command()
@click.argument("model")
@options.listening
@click.option("--base-url", metavar="URL", help="Endpoint of an openai-api/ model (or preset).")
@options.json_output
def serve(model: str, host: str, port: int, base_url: str | None, as_json: bool) -> int:
    """Offer a model as an OpenAI-compatible endpoint.

    MODEL is provider/name, as for `run`. Chat and completions, streamed or not, with usage; for models of this
    machine also echoed log-probabilities and token ids. The model answers to its name with and without the
    provider. No key is asked for, so it listens on this machine only unless --host says otherwise. Ctrl-C ends
    it.
    """
    lab = Lab()
    opened = lab.open(ModelSpec.parse(model, base_url=base_url))
    if not loopback(host):
        tell(f"note: {host} can be reached from other machines, and no key is asked for")

    def ready(address: str) -> None:
        if as_json:
            emit({"model": str(opened.spec), "base_url": address})
        else:
            tell(f"serving {opened.spec} at {address}; Ctrl-C ends it")

    # By name: the web is a room on the same floor, and the only verb that needs it is this one.
    run = import_module("fairtrial.web.serve").serve
    tokens = opened.tokens if isinstance(opened, Seen) else None
    asyncio.run(run(opened, tokens, host=host, port=port, ready=ready))
    return 0
