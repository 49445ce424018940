"""`fairtrial claim`: a published score as a file that `audit` reads."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from fairtrial.adapters.formats import Loss
from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.lab import Lab

FILE = "claim.yaml"


@click.group()
def claim() -> None:
    """Write, list and import claims: who says what score, and how.

    A claim is a commented YAML file. What it doesn't state is undisclosed: an audit measures what that is worth.
    """


output = click.option("-o", "output", metavar="FILE", help="Write the claim there.")
force = click.option("--force", is_flag=True, help="Overwrite FILE.")
entered = options.together(
    click.option("--model", metavar="NAME", help="As the source names it."),
    click.option(
        "--benchmark", metavar="NAME", help="What it was measured on: gsm8k, mmlu, mmlu/virology, …"
    ),
    click.option(
        "--family", metavar="NAME", help="Or the item family of which the published form was asked."
    ),
    click.option("--draw", metavar="FILE", help="With --family: the draw.  [default: the demonstration]"),
    click.option("--metric", metavar="NAME", help="Which score: accuracy, acc, pass@1, …"),
    click.option(
        "--value", metavar="FRACTION", help="The score, with the digits it was printed with: 0.855."
    ),
    click.option("--n", metavar="ITEMS", help="Items it was measured on."),
    click.option("--source", metavar="TEXT", help="Where it was published."),
    click.option("--date", metavar="TEXT", help="When."),
    click.option("--tolerance", metavar="FRACTION", help="By how much a repeat may differ: 0.02."),
    click.option("--shots", metavar="K", help="Worked examples before a question."),
    click.option("--prompt", metavar="FORM", help="The benchmark's form by name, or the template."),
    click.option("--system", metavar="TEXT", help="System text; '' for none."),
    click.option("--temperature", metavar="T", help="Sampling temperature."),
    click.option("--max-tokens", metavar="TOKENS", help="Tokens an answer may take."),
    click.option("--extraction", metavar="NAME", help="How the answer was read."),
    click.option("--samples", metavar="K", help="Answers a question."),
)


@claim.command()
@entered
@click.option("-o", "output", metavar="FILE", default=FILE, show_default=True, help="Write the claim there.")
@force
def new(output: str, force: bool, **given: str | None) -> int:
    """Write a claim from flags; at a terminal, asks for what is missing and can't be left out."""
    files, task = _room("audit.claim_file"), _room("lab.claim_task")
    answers = {key: text for key, text in given.items() if text is not None}
    if sys.stdin.isatty():
        _ask(answers)
    parsed = {key: _typed(files, key, text) for key, text in answers.items()}
    top = {key: value for key, value in parsed.items() if key in files.KEYS}
    conditions = {key: value for key, value in parsed.items() if key in files.CONDITIONS}
    text = files.draft_text(top, conditions)
    path = Path(output)
    made = files.parse_claim(text.encode(), "the claim", task.known_in(path.parent))
    _write(path, files.claim_text(made), force)
    tell(
        f"wrote {path}: {made.statement}\nundisclosed: {', '.join(made.conditions.undisclosed) or 'nothing'}"
    )
    return 0


@claim.command(name="list")
@click.argument("names", nargs=-1, metavar="[FILE]...")
@options.json_output
def list_(names: tuple[str, ...], as_json: bool) -> int:
    """List the bundled claims with their sentences; given files, check and list those."""
    cases = _room("lab.cases")
    found = [(name, _found(name, cases)) for name in names or cases.NAMES]
    if as_json:
        emit({"claims": [{"name": name, **each.to_json()} for name, each in found]})
        return 0
    for name, each in found:
        bundled = isinstance(each, cases.Case)
        claim = each.claim if bundled else each
        show(f"{name}: {claim.statement}")
        if bundled:
            attempts = f", the best of {each.register.attempts} registered attempts" if each.register else ""
            show(f"  served: {each.served}; tested: {each.tested}{attempts}")
        if open_ := claim.conditions.undisclosed:
            show(f"  undisclosed: {', '.join(open_)}")
    return 0


def _found(name: str, cases: ModuleType) -> Any:
    """A bundled case, or the claim in a file."""
    return cases.open_case(name) if name.startswith(cases.BUNDLED) else _room("lab.claims").open_claim(name)


@claim.command(name="from")
@click.argument("source", metavar="FILE|RUN")
@click.option(
    "--unit", type=click.Choice(["fraction", "percent"]), help="Where the file doesn't say: of its values."
)
@click.option("--model", metavar="NAME", help="Where the file doesn't say: whose results they are.")
@click.option("--n", type=click.IntRange(min=1), help="Where the file doesn't say: items.")
@click.option("--metric", metavar="NAME", help="Where the file doesn't say: which score.")
@click.option("--entry", type=click.IntRange(min=1), help="Which result, of a file with several.")
@output
@force
@options.json_output
def from_(
    source: str,
    unit: str | None,
    model: str | None,
    n: int | None,
    metric: str | None,
    entry: int | None,
    output: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """A claim from a run, a Hugging Face .eval_results file, an Every Eval Ever record, or a signed receipt.

    What the file leaves open is left open: a value whose unit isn't stated is not guessed. What was lost is told.
    """
    files, claims = _room("audit.claim_file"), _room("lab.claims")
    losses: tuple[Loss, ...] = ()
    if Path(source).is_dir():
        if stray := [
            key for key, value in (("unit", unit), ("model", model), ("n", n), ("metric", metric)) if value
        ]:
            raise UsageError(f"--{stray[0]}: a run of ours states it", "leave it out")
        made = claims.claim_of_run(Lab(), Path(source))
        text = files.claim_text(made)
    else:
        draft = _chosen(claims.foreign_drafts(Path(source), unit=unit, model=model), entry, source)
        draft = _filled(draft, n=n, metric=metric)
        text, losses = claims.draft_file(draft), draft.losses
    if as_json:
        emit({"claim": text, "losses": [each.to_json() for each in losses]})
    elif output is None:
        show(text.rstrip("\n"))
    if output is not None:
        _write(Path(output), text, force)
        tell(f"wrote {output}")
    for each in losses:
        shown = f" ({each.example})" if each.example else ""
        tell(f"lost: {each.code}, {each.field}{shown}: {each.note}")
    return 0


def _chosen(drafts: tuple[Any, ...], entry: int | None, source: str) -> Any:
    if entry is None and len(drafts) > 1:
        listed = "\n  ".join(
            f"{at}: {each.given.get('benchmark', 'a data set that is none of ours')}"
            + (f", {each.given['metric']}" if "metric" in each.given else "")
            + (f", {each.given['value']}" if "value" in each.given else "")
            for at, each in enumerate(drafts[:50], start=1)
        )
        raise UsageError(f"{source} holds {len(drafts)} results:\n  {listed}", "name one with --entry")
    if entry is not None and entry > len(drafts):
        raise UsageError(
            f"{source} holds {len(drafts)} results, and no entry {entry}", "name one that is there"
        )
    return drafts[(entry or 1) - 1]


def _filled(draft: Any, **told: Any) -> Any:
    """What the user tells, where the file doesn't say it."""
    given = dict(draft.given)
    for key, value in told.items():
        if value is None:
            continue
        if key in given:
            raise UsageError(f"--{key}: the file states {given[key]}", "leave it out")
        given[key] = value
    notes = {key: note for key, note in draft.notes.items() if told.get(key) is None}
    return replace(draft, given=given, notes=notes)


def _ask(answers: dict[str, str]) -> None:
    """At a terminal: what a claim can't do without, and where it was published."""
    if "benchmark" not in answers and "family" not in answers:
        answers["benchmark"] = click.prompt("Benchmark (gsm8k, mmlu, hellaswag, humaneval)", err=True)
    for key, question in (
        ("model", "Model, as the source names it"),
        ("metric", "Metric (accuracy; mmlu: acc; humaneval: pass@1)"),
        ("value", "Score, a fraction (0.855 for 85.5 %)"),
        ("n", "Items it was measured on"),
        ("source", "Where it was published"),
    ):
        if key not in answers:
            answers[key] = click.prompt(question, err=True)


def _typed(files: ModuleType, key: str, text: str) -> Any:
    """What was typed, as the file would hold it: a number where one belongs."""
    if key not in files.NUMBERS:
        return text
    return files.scalar(text)


def _write(path: Path, text: str, force: bool) -> None:
    if path.exists() and not force:
        raise StoreError(f"{path} is there already", "name another file, or overwrite it with --force")
    write_file(path, text.encode())


def _room(name: str) -> ModuleType:
    """Loaded where a claim is read or written: brings benchmarks, families and tables along."""
    return import_module(f"fairtrial.{name}")
