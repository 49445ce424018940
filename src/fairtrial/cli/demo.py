"""`fairtrial demo`: the everyday job on real recorded answers, then two bundled models on trial, offline."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.progress import watcher
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.core.plan import ModelSpec
from fairtrial.core.version import VERSION
from fairtrial.lab import Lab
from fairtrial.report.terminal import comparison_text, filled, row, summary_text
from fairtrial.report.verdict_terminal import verdict_text

MODELS = ("replay/gpt3-6b-finetuned", "replay/gpt3-175b-verified")
SPECIMENS = ("specimen/cheat", "specimen/honest")
FRESH = 3
INTRODUCTION = """Now two tiny models that ship with the package. Both learned the same arithmetic; one of them
was also trained on the published form of a test, again and again. Every question has eight interchangeable
versions, and a random draw published one. Each model is asked the published ones and fresh ones."""


NOT_STOPPED = """No forgery passed. What no bundle can rule out: runs outside the log, a model that isn't the one
it is called, items that were seen in training."""


@click.command()
@options.out_folder
@click.option(
    "-o", "--output", metavar="FILE", default="report.html", show_default=True, help="The report page."
)
@click.option("--tamper", is_flag=True, help="Instead: five forged bundles, and how each is caught.")
@options.json_output
def demo(out: str | None, output: str, tamper: bool, as_json: bool) -> int:
    """Compare recorded answers, put two bundled models on trial; offline, no key.

    Two GPT-3 models' own solutions to all 1,319 questions of the GSM8K test (Cobbe et al. 2021) are scored
    from their raw text, compared pair by pair, and shown on one page. Then the randomised twin of a bundled item
    family finds out which of two bundled models has memorised the published form; a page for each verdict.
    """
    if tamper:
        return _tamper(as_json)
    lab = Lab(out or "runs", watch=watcher(quiet=as_json))
    runs = [lab.run("gsm8k", model, resume=True) for model in MODELS]
    comparisons = lab.compare_all(*runs)
    lab.write_page(Path(output), lab.report(*runs, comparisons=comparisons))
    if not as_json:
        for each in runs:
            show(summary_text(each.summary, colour=colour(), width=width()))
        show(comparison_text(comparisons, colour=colour(), width=width()))
        show(filled(INTRODUCTION, width()) + "\n")
    trials = [_trial(lab, model, Path(output), quiet=as_json) for model in SPECIMENS]
    if as_json:
        emit(
            {
                "runs": [each.summary.to_json() for each in runs],
                "comparisons": [each.to_json() for each in comparisons],
                "report": output,
                "twins": [result.verdict.to_json() for result, _ in trials],
                "pages": [str(page) for _, page in trials],
            }
        )
    else:
        tell(f"report: {output} (open it in a browser; it makes no outside request)")
        for _, page in trials:
            tell(f"report: {page}")
    return 0


def _tamper(as_json: bool) -> int:
    """Exit 4 where a forgery passes, or the genuine bundle doesn't: then this package is not to be trusted."""
    found = import_module("fairtrial.lab.tampering").tampered()
    wrong = [each.forgery.name for each in found if not each.as_expected]
    if as_json:
        emit(
            {
                "bundles": [
                    {
                        "name": each.forgery.name,
                        "what": each.forgery.what,
                        "holding": each.forgery.holding,
                        "ok": each.found.ok,
                        "label": each.found.label,
                        "caught_by": each.failed[0] or None,
                        "detail": each.failed[1] or None,
                    }
                    for each in found
                ]
            }
        )
    else:
        for at, each in enumerate(found):
            show(row(str(at or "genuine"), _forged(each.forgery), width()))
            check, detail = each.failed
            told = f"caught by {check}: {detail}" if check else f"{each.found.label}: {each.found.reason}"
            show(row("", told, width()) + "\n")
        if wrong:
            tell(
                f"not as it should be: {', '.join(wrong)}. Install the package again before you trust a bundle"
            )
        else:
            show(filled(NOT_STOPPED, width()))
    return 4 if wrong else 0


def _forged(told: Any) -> str:
    return f"{told.what} (with {told.holding})" if told.caught_by else str(told.what)


def _trial(lab: Lab, model: str, beside: Path, *, quiet: bool) -> tuple[Any, Path]:
    """One specimen's twin: the verdict in words, and its page."""
    # By name: only this loads families and the audit.
    room = import_module("fairtrial.lab.twin")
    twin = room.open_twin("arithmetic", None, fresh=FRESH, items=None)
    result = room.ask_and_judge(lab, twin, ModelSpec.parse(model), room.Rules(), rank=False, resume=True)
    page = beside.with_name(f"twin-{model.partition('/')[2]}.html")
    lab.write_page(page, room.page(result, f"Fairtrial {VERSION}, {lab.clock.now()}"))
    if not quiet:
        show(verdict_text(result.verdict, colour=colour(), width=width()))
    return result, page
