"""What became of every question: the bar of states with its table, and the small squares of colour."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.record import STATES
from fairtrial.core.summary import Summary
from fairtrial.report.drawing import figure
from fairtrial.report.markup import Markup, tag
from fairtrial.report.naming import run_name
from fairtrial.report.svg import across, rect, svg
from fairtrial.report.tables import table
from fairtrial.report.wording import share

WITHOUT_CREDIT = ("unparsed", "truncated", "refused")


def states(summaries: Sequence[Summary]) -> Markup:
    """What became of every question: one bar a run, and the counts."""
    present = [state for state in STATES if any(getattr(each.counts, state) for each in summaries)]
    key = tag("ul", [tag("li", swatch(state), state) for state in present], class_="ft-key")
    cells = [cell for each in summaries for cell in _bar(each, summaries, present)]
    chart = tag("div", cells, class_="ft-rows")
    return figure("What became of the questions", _how(present), key, chart, _state_table(summaries, present))


def swatch(state: str) -> Markup:
    """A small square in the state's colour; the word stands beside it."""
    square = rect("0", 0, "100%", "100%", f"ft-{state}")
    return tag("svg", square, aria_hidden="true", class_="ft-swatch")


def _how(present: Sequence[str]) -> str:
    without = [state for state in WITHOUT_CREDIT if state in present]
    words = ["Every question asked, by what its answer was worth."]
    if without:
        words.append(f"No credit for {', '.join(without[:-1]) + ' or ' if without[1:] else ''}{without[-1]}.")
    if "failed" in present:
        words.append("Failed ones have no score: they are not wrong answers.")
    return " ".join(words)


def _bar(each: Summary, among: Sequence[Summary], present: Sequence[str]) -> list[Markup]:
    total, done, bars = max(1, each.counts.total), 0, []
    for state in present:
        count = getattr(each.counts, state)
        if count:
            bars.append(rect(across(done / total), 0, across(count / total), 16, f"ft-{state}"))
        done += count
    name = run_name(each, among)
    words = ", ".join(f"{state} {getattr(each.counts, state):,}" for state in present)
    drawing = svg(*bars, height=16, title=f"{name}: {words}")
    return [
        tag("div", name, class_="ft-label"),
        tag("div", drawing, class_="ft-plot ft-states-bar"),
        tag("div", tag("b", f"{each.counts.total:,}"), class_="ft-value"),
    ]


def _state_table(summaries: Sequence[Summary], present: Sequence[str]) -> Markup:
    def cell(each: Summary, state: str) -> tuple[str, Markup]:
        count = getattr(each.counts, state)
        return f"{count:,}", tag("small", f" {share(count, each.counts.total)}", class_="ft-muted")

    rows = [
        [run_name(each, summaries), *[cell(each, state) for state in present], f"{each.counts.total:,}"]
        for each in summaries
    ]
    head = ["run", *present, "asked"]
    return table(head, rows, numbers=range(1, len(head)), caption="Answers by state")
