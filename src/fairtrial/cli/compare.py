"""`fairtrial compare`: who is better, by how much, how sure."""

from __future__ import annotations

from pathlib import Path

import click

from fairtrial.cli import options
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.lab import Lab
from fairtrial.report.terminal import comparison_text


@click.command()
@click.argument("run", nargs=-1, required=True)
@options.allow_difference
@options.margin
@click.option(
    "--level",
    type=options.FiniteRange(min=0.5, max=0.9999),
    default=0.95,
    show_default=True,
    help="Confidence level.",
)
@click.option("-o", "--output", metavar="FILE", help="Also write the report page.")
@options.volume
@options.json_output
def compare(
    run: tuple[str, ...],
    allow: tuple[str, ...],
    margin: float | None,
    level: float,
    output: str | None,
    volume: int | None,
    as_json: bool,
) -> int:
    """Say which run is better, by how much, and how sure.

    RUN is a run folder. First it is checked whether the runs can be compared at all: same items, prompt,
    scorer, extraction and decoding. Then they are paired sample by sample; several tasks and models are
    corrected together (Holm). Exit 0 where every pair is settled (a, b or tie), 10 where one is not.
    """
    lab = Lab()
    runs = [lab.load(path) for path in run]
    comparisons = lab.compare_all(*runs, allow=allow, margin=margin, level=level)
    for each in runs:
        if not any(str(each.path) in (pair.run_a, pair.run_b) for pair in comparisons):
            tell(f"{each.path}: no other run of {each.summary.task} to compare it with")
    if as_json:
        data = [each.to_json() for each in comparisons]
        emit(data[0] if len(data) == 1 else {"comparisons": data})
    else:
        show(comparison_text(comparisons, colour=colour(), width=width()))
    if output:
        text = lab.report(*runs, comparisons=comparisons, volume=volume)
        lab.write_page(Path(output), text)
        tell(f"report: {output}")
    return 10 if any(each.verdict == "undetermined" for each in comparisons) else 0
