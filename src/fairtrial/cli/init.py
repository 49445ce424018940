"""`fairtrial init`: three questions, one commented file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fairtrial.cli.speech import tell
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.evals.config import CONFIG_FILE
from fairtrial.evals.starter import sample_cases, starter


@click.command()
@click.option("--cases", metavar="FILE", help="My cases: a file of rows, or a benchmark's name.")
@click.option("--model", "-m", "model", multiple=True, metavar="PROVIDER/NAME", help="My candidates.")
@click.option("--scorer", metavar="NAME", help="How an answer is marked.")
@click.option("--force", is_flag=True, help=f"Overwrite an existing {CONFIG_FILE}.")
def init(cases: str | None, model: tuple[str, ...], scorer: str | None, force: bool) -> int:
    """Write fairtrial.yaml: my cases, my candidates, my scorer.

    Asks three questions where standard input is a terminal; takes flags where it is not. Where the file of
    cases does not exist yet, three sample rows are written to it.
    """
    file = Path(CONFIG_FILE)
    if file.exists() and not force:
        raise UsageError(f"{CONFIG_FILE} is already here", "edit it, or write it anew with --force")
    if sys.stdin.isatty():
        cases = cases or click.prompt(
            "Your cases (a .jsonl, .csv or .yaml file)", default="cases.jsonl", err=True
        )
        if not model:
            told = click.prompt("Your candidates, comma-separated", default="openai/gpt-4o-mini", err=True)
            model = tuple(part.strip() for part in told.split(",") if part.strip())
        scorer = scorer or click.prompt(
            "How is an answer marked (exact, includes, regex:…, number, choice, json)",
            default="exact",
            err=True,
        )
    cases, model, scorer = cases or "cases.jsonl", model or ("openai/gpt-4o-mini",), scorer or "exact"
    text = starter(cases, model, scorer)
    try:
        if cases.endswith(".jsonl") and not Path(cases).exists():
            Path(cases).write_text(sample_cases(), encoding="utf-8")
            tell(f"wrote {cases} with three sample rows: put your own there")
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"can't write {error.filename}: {error.strerror}", "go to a folder you may write"
        ) from error
    tell(f"wrote {CONFIG_FILE}\nnext: fairtrial check && fairtrial run")
    return 0
