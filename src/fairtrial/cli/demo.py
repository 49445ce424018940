"""`fairtrial demo`: the everyday job on real recorded answers, offline."""

from __future__ import annotations

from pathlib import Path

import click

from fairtrial.cli import options
from fairtrial.cli.progress import watcher
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.lab import Lab
from fairtrial.report.terminal import comparison_text, summary_text

MODELS = ("replay/gpt3-6b-finetuned", "replay/gpt3-175b-verified")


@click.command()
@options.out_folder
@click.option(
    "-o", "--output", metavar="FILE", default="report.html", show_default=True, help="The report page."
)
@options.json_output
def demo(out: str | None, output: str, as_json: bool) -> int:
    """Compare two models' recorded answers, offline, without a key.

    Two GPT-3 models' own solutions to all 1,319 questions of the GSM8K test (Cobbe et al. 2021) are scored
    from their raw text, compared pair by pair, and shown on one page.
    """
    lab = Lab(out or "runs", watch=watcher(quiet=as_json))
    runs = [lab.run("gsm8k", model, resume=True) for model in MODELS]
    comparisons = lab.compare_all(*runs)
    lab.write_page(Path(output), lab.report(*runs, comparisons=comparisons))
    if as_json:
        data = [each.to_json() for each in comparisons]
        emit({"runs": [each.summary.to_json() for each in runs], "comparisons": data, "report": output})
        return 0
    for each in runs:
        show(summary_text(each.summary, colour=colour(), width=width()))
    show(comparison_text(comparisons, colour=colour(), width=width()))
    tell(f"report: {output} (open it in a browser; it makes no outside request)")
    return 0
