"""Charts: estimates in, HTML with SVG out. The page and the notebooks share them.

Each is a `<figure>` with a title that says what is drawn, a line that says how to read it, words for screen
readers, and a table with the figures. Labels are HTML beside the drawing, so that long names wrap.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.comparison import Comparison
from fairtrial.core.estimate import Estimate
from fairtrial.core.record import STATES
from fairtrial.core.summary import Slice, Summary
from fairtrial.report.drawing import (
    Row,
    figure,
    fraction_axis,
    percent_tick,
    point_tick,
    row_chart,
    scatter,
)
from fairtrial.report.markup import Markup, shortened, tag
from fairtrial.report.svg import across, log_axis, nice_axis, rect, svg
from fairtrial.report.tables import folded, table
from fairtrial.report.wording import (
    bracket,
    dollars,
    gap,
    level,
    limits,
    p_value,
    percent,
    points,
    seconds,
    share,
    unit_cost,
)

NAME = 90
"""Characters of a name that a chart or table shows; the provenance holds it whole."""

SHOWN_SLICES = 10
SHOWN_PAIRS = 60


def forest(summaries: Sequence[Summary]) -> Markup:
    """Scores with intervals, one row a run, grouped by task where there are several."""
    scored = [(each, each.primary) for each in summaries if each.primary is not None]
    rows = [_score_row(each, primary, summaries) for each, primary in scored]
    tasks = list(dict.fromkeys(each.task for each, _ in scored))
    mark = scored[0][0].chance if len(tasks) == 1 else None
    groups = _grouped(tasks, rows, [each.task for each, _ in scored])
    how = "The dot is the score; the bar is its interval, the values that fit these answers."
    if mark is not None:
        how += f" The dotted line is blind guessing, {percent(mark)}."
    if any(row.missing for row in rows):
        how += " Red dots: how far the missing answers could move the score."
    data = table(
        ["run", "metric", "score", "interval", "level", "n", "method"],
        [
            [run_name(each, summaries), shortened(estimate.metric, 60), *_estimate_cells(estimate)]
            for each, _ in scored
            for estimate in each.metrics
        ],
        numbers=(2, 3, 4, 5),
        caption="Scores with their intervals",
    )
    chart = row_chart(groups, fraction_axis(rows, [mark]), percent_tick, mark=mark)
    return figure("Scores", how, chart, folded("Figures and methods", data))


def differences(comparisons: Sequence[Comparison]) -> Markup:
    """Paired differences around zero, in points."""
    shown = comparisons[:SHOWN_PAIRS]
    rows = [_difference_row(each) for each in shown]
    ends = [end for row in rows for end in (row.low, row.high)]
    axis = nice_axis(min(0.0, *ends), max(0.0, *ends), floor=-1.0, ceil=1.0)
    tasks = list(dict.fromkeys(each.task for each in shown))
    groups = _grouped(tasks, rows, [each.task for each in shown])
    how = (
        "Points by which the first-named scores above the second, on the same samples. Right of zero the "
        "first is ahead, left of zero the second; a hollow dot is not settled."
    )
    if len(comparisons) > len(shown):
        how += f" {len(shown)} of {len(comparisons)} pairs are drawn; compare --json names all."
    chart = row_chart(groups, axis, point_tick, mark=0.0, mark_class="zero")
    return figure("Differences", how, chart, folded("Figures, tests and pairs", _pair_table(shown)))


def worst_slices(summary: Summary, slices: Sequence[Slice]) -> Markup:
    """The groups with the lowest scores, each with its interval. slices: of one key, worst first."""
    shown = slices[:SHOWN_SLICES]
    rows = [_slice_row(each) for each in shown]
    overall = summary.primary.value if summary.primary else None
    by = shortened(shown[0].by, 60)
    how = f"The lowest {len(shown)} of {len(slices)} groups by {by}."
    if len(shown) == len(slices):
        how = f"All {len(slices)} groups by {by}, worst first."
    if overall is not None:
        how += f" The dotted line is the score over all, {percent(overall)}."
    data = table(
        [by, "score", "interval", "level", "n", "method"],
        [[shortened(each.name, NAME) or "(empty)", *_estimate_cells(each.estimate)] for each in shown],
        numbers=(1, 2, 3, 4),
        caption=f"Worst groups by {by}",
    )
    chart = row_chart([("", rows)], fraction_axis(rows, [overall]), percent_tick, mark=overall)
    return figure(
        f"{shortened(summary.model, NAME)} on {shortened(summary.task, 60)}",
        how,
        chart,
        folded("Figures", data),
    )


def states(summaries: Sequence[Summary]) -> Markup:
    """What became of every question: one bar a run, and the counts."""
    present = [state for state in STATES if any(getattr(each.counts, state) for each in summaries)]
    key = tag("ul", [tag("li", swatch(state), state) for state in present], class_="ft-key")
    cells: list[Markup] = []
    for each in summaries:
        total, done, bars = max(1, each.counts.total), 0, []
        for state in present:
            count = getattr(each.counts, state)
            if count:
                bars.append(rect(across(done / total), 0, across(count / total), 16, f"ft-{state}"))
            done += count
        words = ", ".join(f"{state} {getattr(each.counts, state):,}" for state in present)
        cells += [
            tag("div", run_name(each, summaries), class_="ft-label"),
            tag(
                "div",
                svg(*bars, height=16, title=f"{run_name(each, summaries)}: {words}"),
                class_="ft-plot ft-states-bar",
            ),
            tag("div", tag("b", f"{each.counts.total:,}"), class_="ft-value"),
        ]
    how = "Unparsed, truncated and refused answers earn no credit. Failed ones have no score."
    chart = tag("div", cells, class_="ft-rows")
    return figure("What became of the questions", how, key, chart, _state_table(summaries, present))


def cost_chart(summaries: Sequence[Summary]) -> Markup:
    """Quality against the cost of 1,000 answers, on one task; in words where there is nothing to draw."""
    known = [
        (each, primary, float(cost * 1000))
        for each in summaries
        if (primary := each.primary) is not None and (cost := unit_cost(each)) is not None
    ]
    why = _why_not_drawn([each for each in summaries if unit_cost(each) is None])
    if len(known) < 2:
        return tag("p", why or "One run alone makes no picture; what it cost stands below.", class_="ft-lede")
    costs = [cost for _, _, cost in known]
    wide = min(costs) > 0 and max(costs) / min(costs) > 12
    axis = log_axis(min(costs), max(costs)) if wide else nice_axis(0.0, max(costs), about=4, floor=0.0)
    rows = [_score_row(each, primary, summaries) for each, primary, _ in known]
    how = "Up is better, left is cheaper. Across: US dollars for 1,000 answers" + (
        ", on a logarithmic axis." if wide else "."
    )
    data = table(
        ["run", "score", "interval", "per 1,000 answers"],
        [
            [run_name(each, summaries), percent(primary.value), bracket(primary), _per_thousand(each)]
            for each, primary, _ in known
        ],
        numbers=(1, 2, 3),
        caption="Scores and costs",
    )
    return figure(
        f"Score against cost: {shortened(summaries[0].task, 60)}",
        how,
        scatter(rows, costs, axis, fraction_axis(rows, []), dollar_tick),
        tag("p", why, class_="ft-meta") if why else None,
        folded("Figures", data),
    )


def latency_chart(summaries: Sequence[Summary]) -> Markup | None:
    """Median and 95th percentile of whole answers; None where no run has a median."""
    timed = [(each, p50) for each in summaries if (p50 := each.latency_s.get("p50")) is not None]
    if not timed:
        return None
    rows = []
    for each, p50 in timed:
        p95 = each.latency_s.get("p95")
        high = p50 if p95 is None else max(p50, p95)
        rows.append(
            Row(
                run_name(each, summaries), "", p50, p50, high, seconds(p50), f"95th percentile {seconds(p95)}"
            )
        )
    axis = nice_axis(0.0, max(row.high for row in rows), floor=0.0)
    titles = {"p50": "median", "p95": "p95"}
    if any(each.latency_s.get("ttft_p50") is not None for each, _ in timed):
        titles |= {"ttft_p50": "first token, median", "ttft_p95": "first token, p95"}
    data = table(
        ["run", *titles.values()],
        [
            [run_name(each, summaries), *[seconds(each.latency_s.get(name)) for name in titles]]
            for each, _ in timed
        ],
        numbers=range(1, len(titles) + 1),
        caption="Seconds to answer",
    )
    how = "The dot is the median, the bar reaches to the 95th percentile, under this run's own load."
    chart = row_chart([("", rows)], axis, lambda value: f"{value:g} s")
    return figure("Time of a whole answer", how, chart, folded("Figures", data))


def dollar_tick(value: float) -> str:
    return f"${value:,.2f}" if 0.01 <= value < 10 and value != int(value) else f"${value:,.10g}"


def swatch(state: str) -> Markup:
    """A small square in the state's colour; the word stands beside it."""
    square = rect("0", 0, "100%", "100%", f"ft-{state}")
    return tag("svg", square, aria_hidden="true", class_="ft-swatch")


def run_name(summary: Summary, among: Sequence[Summary]) -> str:
    """The model; with the task, or the run's folder, where the model alone would not tell which run."""
    same = [each for each in among if each.model == summary.model]
    name = shortened(summary.model, NAME)
    if len(same) <= 1:
        return name
    if len({each.task for each in same}) == len(same):
        return f"{name} on {shortened(summary.task, 40)}"
    return f"{name} ({shortened(summary.run.rstrip('/').rpartition('/')[2], 40)})"


def _grouped(tasks: Sequence[str], rows: Sequence[Row], of: Sequence[str]) -> list[tuple[str, list[Row]]]:
    several = len(tasks) > 1
    return [
        (
            shortened(task, NAME) if several else "",
            [row for row, its in zip(rows, of, strict=True) if its == task],
        )
        for task in tasks
    ]


def _score_row(summary: Summary, primary: Estimate, among: Sequence[Summary]) -> Row:
    incomplete = summary.status == "incomplete"
    # Under a heading by task the model alone is enough, unless it ran that task twice.
    name = run_name(summary, [each for each in among if each.task == summary.task])
    return Row(
        name,
        "incomplete" if incomplete else f"n = {primary.n:,}",
        primary.value,
        primary.low,
        primary.high,
        percent(primary.value),
        bracket(primary),
        missing=limits(summary) if incomplete or summary.counts.failed else None,
    )


def _difference_row(each: Comparison) -> Row:
    kind = {"a": "", "b": "is-b"}.get(each.verdict, "is-open")
    settled = {"a": "first is better", "b": "second is better", "tie": "tie within the margin"}
    return Row(
        shortened(each.a, NAME),
        f"minus {shortened(each.b, NAME)}: {settled.get(each.verdict, 'undetermined')}",
        each.difference.value,
        each.difference.low,
        each.difference.high,
        points(each.difference.value, signed=True),
        gap(each.difference),
        kind,
    )


def _slice_row(each: Slice) -> Row:
    estimate = each.estimate
    name = shortened(each.name, NAME) or "(empty)"
    shown = percent(estimate.value)
    return Row(
        name, f"n = {estimate.n:,}", estimate.value, estimate.low, estimate.high, shown, bracket(estimate)
    )


def _estimate_cells(estimate: Estimate) -> list[str]:
    return [
        percent(estimate.value, 2),
        bracket(estimate),
        level(estimate),
        f"{estimate.n:,}",
        shortened(estimate.method, NAME),
    ]


def _pair_table(comparisons: Sequence[Comparison]) -> Markup:
    def pair(value: int | None) -> str:
        return "–" if value is None else f"{value:,}"

    rows = [
        [
            f"{shortened(each.a, 50)} minus {shortened(each.b, 50)}",
            f"{points(each.difference.value, signed=True)} ({gap(each.difference)})",
            p_value(each.adjusted_p),
            f"{each.difference.n:,}",
            pair(each.both_right),
            pair(each.only_a),
            pair(each.only_b),
            pair(each.neither),
            f"{shortened(each.test, 60)}; {shortened(each.difference.method, 60)}, {level(each.difference)}",
        ]
        for each in comparisons
    ]
    head = [
        "pair",
        "points",
        "p, corrected",
        "n",
        "both right",
        "only first",
        "only second",
        "neither",
        "test; interval",
    ]
    return table(head, rows, numbers=range(1, 8), caption="Paired differences")


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


def _per_thousand(summary: Summary) -> str:
    cost = unit_cost(summary)
    return dollars(None if cost is None else cost * 1000)


def _why_not_drawn(unknown: Sequence[Summary]) -> str:
    if not unknown:
        return ""
    names = ", ".join(shortened(each.model, 50) for each in unknown[:4]) + (", …" if len(unknown) > 4 else "")
    return (
        f"Not drawn, because the price is unknown: {names}. Unknown is not nothing: give a table of your own "
        "prices with --price-table to see it here."
    )


__all__ = [
    "cost_chart",
    "differences",
    "forest",
    "latency_chart",
    "run_name",
    "states",
    "swatch",
    "worst_slices",
]
