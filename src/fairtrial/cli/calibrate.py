"""`fairtrial calibrate`: re-measure what our statistics promise."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from fairtrial.cli import options
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.errors import StoreError
from fairtrial.stats.calibration import calibrate as simulate
from fairtrial.stats.calibration_page import calibration_page


@click.command()
@click.option(
    "--draws",
    type=click.IntRange(min=100),
    default=20_000,
    show_default=True,
    help="Simulated data sets a row.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=20_261_124,
    show_default=True,
    help="Seed of the simulation.",
)
@click.option("-o", "--output", metavar="FILE", help="Also write the tables as Markdown.")
@options.json_output
def calibrate(draws: int, seed: int, output: str | None, as_json: bool) -> int:
    """Re-measure every interval's coverage and test's alarms.

    Simulates data whose truth is known and counts how often each interval covers it and how often each test
    raises a false alarm, with Clopper-Pearson bounds on the rates. Exit 1 where a promise is not kept, and not
    known not to be.
    """
    tell(f"simulating {draws:,} data sets a row")
    rows = simulate(draws=draws, seed=seed)
    text = calibration_page(rows, draws=draws, seed=seed)
    if output:
        try:
            Path(output).write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"can't write {output}: {error.strerror}", "choose another file with -o"
            ) from error
        tell(f"wrote {output}")
    if as_json:
        emit({"draws": draws, "seed": seed, "rows": [dataclasses.asdict(row) for row in rows]})
    else:
        show(text)
    return 1 if any(row.broken for row in rows) else 0
