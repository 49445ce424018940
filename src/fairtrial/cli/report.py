"""`fairtrial report`: one page about runs."""

from __future__ import annotations

from pathlib import Path

import click

from fairtrial.cli import options
from fairtrial.cli.speech import emit, tell
from fairtrial.lab import Lab


@click.command()
@click.argument("run", nargs=-1, required=True)
@click.option(
    "-o", "--output", metavar="FILE", default="report.html", show_default=True, help="Where to write it."
)
@options.allow_difference
@options.margin
@options.volume
@options.json_output
def report(
    run: tuple[str, ...],
    output: str,
    allow: tuple[str, ...],
    margin: float | None,
    volume: int | None,
    as_json: bool,
) -> int:
    """Write one self-contained HTML page about runs.

    RUN is a run folder. Runs that can be compared are compared on the page; it makes no outside request and
    reads without JavaScript.
    """
    lab = Lab()
    text = lab.report(*run, allow=allow, margin=margin, volume=volume)
    lab.write_page(Path(output), text)
    if as_json:
        emit({"report": output, "bytes": len(text.encode())})
    else:
        tell(f"report: {output}")
    return 0
