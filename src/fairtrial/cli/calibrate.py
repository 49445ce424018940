"""`fairtrial calibrate`: re-measure what our statistics promise."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from pathlib import Path

import click

from fairtrial.cli import options
from fairtrial.cli.progress import watcher
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.lab import Lab
from fairtrial.report.twin_calibration import twin_calibration_page
from fairtrial.stats.calibration import calibrate as simulate
from fairtrial.stats.calibration_page import calibration_page

TWIN_PAGE = "docs/reference/twin-calibration.md"
AUDIT_PAGE = "docs/reference/calibration.md"
DATA_SETS = 20_000
AUDITS = 10_000
QUICK = 1_000
ORDERS = 199
MMLU_PARTS = 19
"""Orders drawn in each of 57 subjects, whose mean is looked at."""


@click.command()
@click.argument(
    "what", type=click.Choice(["intervals", "twin", "audit", "order", "published"]), default="intervals"
)
@click.option(
    "--draws",
    type=click.IntRange(min=100),
    help="Data sets a row; null audits a test; orders a file.  [20,000; audit 10,000, quick 1,000; order 199]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=20_261_124,
    show_default=True,
    help="Seed of the simulation.",
)
@click.option("-o", "--output", metavar="FILE", help="Also write the tables as Markdown.")
@click.option(
    "--out",
    metavar="DIR",
    default="runs",
    show_default=True,
    help="Where the twin's run folders and parts go.",
)
@click.option("--quick", is_flag=True, help="For audit: two minutes, with a tenth of the null audits.")
@click.option("--resume", is_flag=True, help="For audit: use the parts that an earlier call measured.")
@options.json_output
def calibrate(
    what: str,
    draws: int | None,
    seed: int,
    output: str | None,
    out: str,
    quick: bool,
    resume: bool,
    as_json: bool,
) -> int:
    """Re-measure every interval's coverage and test's alarms.

    Simulates data whose truth is known and counts how often each interval covers it and how often each test
    raises a false alarm, with Clopper-Pearson bounds on the rates. With `twin`: asks specimen/honest all
    siblings of the demonstration draw, makes the draw again and again, and counts how often the honest model is
    accused. With `audit`: every test of an audit, on simulated worlds and on the bundled grid of models with
    planted truth: false alarms, power by exposures and items, weak signals, strong tier. With `order`: asks two
    compressors whether the published order of GSM8K, HumanEval and MMLU speaks for itself, in which case no test
    of item order may be made on that file. With `published`: figures and findings of papers, computed again from
    what they state. Exit 1 where a promise is not kept, and not known not to be.
    """
    if (quick or resume) and what != "audit":
        raise UsageError("--quick and --resume are for `fairtrial calibrate audit`", "leave them out")
    if what == "audit":
        return _audit(draws or (QUICK if quick else AUDITS), seed, output, out, resume, as_json)
    if what == "order":
        return _order(draws or ORDERS, output, as_json)
    if what == "published":
        return _published(output, as_json)
    draws = draws or DATA_SETS
    if what == "twin":
        return _twin(draws, seed, output, out, as_json)
    tell(f"simulating {draws:,} data sets a row")
    rows = simulate(draws=draws, seed=seed)
    text = calibration_page(rows, draws=draws, seed=seed)
    _write(output, text)
    if as_json:
        emit({"draws": draws, "seed": seed, "rows": [dataclasses.asdict(row) for row in rows]})
    else:
        show(text)
    return 1 if any(row.broken for row in rows) else 0


def _twin(draws: int, seed: int, output: str | None, out: str, as_json: bool) -> int:
    lab = Lab(out, watch=watcher(quiet=as_json))
    # By name: only this loads families and the audit.
    found = import_module("fairtrial.lab.twin_calibration").calibrate_twin(
        lab,
        family="arithmetic",
        model="specimen/honest",
        draws=draws,
        seed=seed,
        command=f"fairtrial calibrate twin --draws {draws} --seed {seed} -o {TWIN_PAGE}",
        resume=True,
    )
    text = twin_calibration_page(found)
    _write(output, text)
    if as_json:
        emit(dataclasses.asdict(found))
    else:
        show(text)
    return 0 if found.holds else 1


def _audit(draws: int, seed: int, output: str | None, out: str, resume: bool, as_json: bool) -> int:
    # By name: only this loads the grid.
    lab = import_module("fairtrial.lab.audit_calibration")
    found = lab.calibrate_audit(
        draws=draws,
        seed=seed,
        command=f"fairtrial calibrate audit --draws {draws} --seed {seed} -o {AUDIT_PAGE}",
        out=Path(out),
        resume=resume,
        tell=tell,
    )
    text = import_module("fairtrial.report.audit_calibration").audit_calibration_page(found)
    _write(output, text)
    if as_json:
        emit(lab.to_json(found))
    else:
        show(text)
    return 0 if found.holds else 1


def _order(draws: int, output: str | None, as_json: bool) -> int:
    room = import_module("fairtrial.lab.exchangeability")
    found = []
    for name in room.FILES:
        tell(f"{name}: {draws} orders")
        found.append(room.exchangeability(name, draws=draws, part_draws=MMLU_PARTS))
    _write(output, import_module("fairtrial.report.item_order").item_order_page(found, draws=draws))
    if as_json:
        emit({"draws": draws, "files": [each.to_json() for each in found]})
    else:
        show("\n".join(each.sentence for each in found))
    return 0


def _published(output: str | None, as_json: bool) -> int:
    found = import_module("fairtrial.lab.published").published_results()
    text = import_module("fairtrial.report.published_results").published_results_page(found)
    _write(output, text)
    if as_json:
        emit(dataclasses.asdict(found))
    else:
        show(text)
    return 0 if found.holds else 1


def _write(output: str | None, text: str) -> None:
    if output:
        try:
            Path(output).write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"can't write {output}: {error.strerror}", "choose another file with -o"
            ) from error
        tell(f"wrote {output}")
