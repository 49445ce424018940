"""`fairtrial init`: three questions, one commented file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from fairtrial.adapters.stores.folder import write_file
from fairtrial.benchmarks import BENCHMARKS
from fairtrial.cli.speech import tell
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.scorers import parse_scorer
from fairtrial.evals.config import CONFIG_FILE, is_file_name
from fairtrial.evals.python_scorer import PREFIX, named
from fairtrial.evals.starter import OWN_TESTS, sample_cases, starter

T = TypeVar("T")
CASES, MODELS, SCORER = "cases.jsonl", "openai/gpt-4o-mini", "exact"


@click.command()
@click.option("--cases", metavar="FILE", help="My cases: a file of rows, or a benchmark's name.")
@click.option("--model", "-m", "model", multiple=True, metavar="PROVIDER/NAME", help="My candidates.")
@click.option("--scorer", metavar="NAME", help="How an answer is marked; tests: by my rows' own.")
@click.option("--force", is_flag=True, help=f"Overwrite an existing {CONFIG_FILE}.")
def init(cases: str | None, model: tuple[str, ...], scorer: str | None, force: bool) -> int:
    """Write fairtrial.yaml: my cases, my candidates, my scorer.

    Asks three questions where standard input is a terminal; takes flags where it is not. Where the file of
    cases does not exist yet, three sample rows are written to it.
    """
    file = Path(CONFIG_FILE)
    if file.exists() and not force:
        raise UsageError(f"{CONFIG_FILE} is already here", "edit it, or write it anew with --force")
    chosen = _answer(cases, "Your cases (a .jsonl, .csv or .yaml file)", CASES, _cases)
    models = _answer(",".join(model) or None, "Your candidates, comma-separated", MODELS, _models)
    mark = _answer(
        scorer,
        "How is an answer marked (exact, includes, regex:…, number, choice, json; code: tests)",
        SCORER,
        _scorer,
    )
    if chosen.endswith(".jsonl") and not os.path.lexists(chosen):
        write_file(Path(chosen), sample_cases(mark).encode())
        tell(f"wrote {chosen} with three sample rows: put your own there")
    write_file(file, starter(chosen, models, mark).encode())
    tell(f"wrote {CONFIG_FILE}\nnext: fairtrial check && fairtrial run")
    return 0


def _answer(given: str | None, question: str, proposed: str, read: Callable[[str], T]) -> T:
    """The flag, or what is answered at a terminal (asked again until it can be used), or what is proposed."""
    if given is not None or not sys.stdin.isatty():
        return read(proposed if given is None else given)

    def reading(text: str) -> T:
        try:
            return read(text)
        except UsageError as error:
            raise click.UsageError(f"{error.message}; {error.remedy}") from error

    answer: T = click.prompt(question, default=proposed, err=True, value_proc=reading)
    return answer


def _cases(text: str) -> str:
    if not is_file_name(text) and text.partition("/")[0] not in BENCHMARKS:
        raise UnknownName(
            "benchmark or file of cases", text, BENCHMARKS, "name a .jsonl, .csv, .yaml or .json file"
        )
    return text


def _models(text: str) -> list[str]:
    return [str(ModelSpec.parse(part.strip())) for part in text.split(",")]


def _scorer(text: str) -> str:
    if text.startswith(PREFIX):
        named(text)
    elif text != OWN_TESTS:
        parse_scorer(text)
    return text
