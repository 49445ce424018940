"""`fairtrial power`: how many samples, before money is spent."""

from __future__ import annotations

import click

from fairtrial.cli import options
from fairtrial.cli.speech import emit, show
from fairtrial.metrics.power_plan import plan_power

SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command()
@click.option(
    "--difference", type=SHARE, default=0.05, show_default=True, help="The difference to find, a fraction."
)
@click.option("--baseline", type=SHARE, default=0.8, show_default=True, help="Score you expect, a fraction.")
@click.option("--level", type=SHARE, default=0.95, show_default=True, help="Confidence level.")
@click.option("--power", "wanted", type=SHARE, default=0.8, show_default=True, help="Chance of finding it.")
@click.option(
    "--discordant", type=SHARE, help="Share of samples that one model alone gets right, if you know it."
)
@click.option("--correlation", type=click.FloatRange(-1, 1), help="Correlation of the two models' scores.")
@click.option(
    "--candidates",
    type=click.IntRange(min=2),
    default=2,
    show_default=True,
    help="Models compared, pair by pair.",
)
@options.json_output
def power(
    difference: float,
    baseline: float,
    level: float,
    wanted: float,
    discordant: float | None,
    correlation: float | None,
    candidates: int,
    as_json: bool,
) -> int:
    """Say how many samples a comparison needs, before money is spent.

    For right/wrong scores of models asked the same samples (paired). A fraction of 0.05 is 5 points.
    """
    plan = plan_power(
        difference,
        baseline=baseline,
        level=level,
        power=wanted,
        discordant=discordant,
        correlation=correlation,
        candidates=candidates,
    )
    if as_json:
        emit(plan.to_json())
    else:
        show(str(plan))
    return 0
