"""Charts of what answers take: quality against money, and time."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.summary import Summary
from fairtrial.report.charts import score_row
from fairtrial.report.drawing import Row, figure, fraction_axis, row_chart, scatter
from fairtrial.report.markup import Child, Markup, shortened, tag
from fairtrial.report.naming import run_name
from fairtrial.report.svg import log_axis, nice_axis
from fairtrial.report.tables import folded, table
from fairtrial.report.wording import bracket, dollars, percent, seconds, unit_cost

WIDE = 12
"""Dearest to cheapest beyond which the money axis is logarithmic."""


def cost_chart(summaries: Sequence[Summary]) -> Markup:
    """Quality against the cost of 1,000 answers, on one task; in words where there is nothing to draw."""
    known = [
        (each, primary, float(cost * 1000))
        for each in summaries
        if (primary := each.primary) is not None and (cost := unit_cost(each)) is not None
    ]
    why = _why_not_drawn([each for each in summaries if unit_cost(each) is None])
    if len(known) < 2:
        single = "One run alone makes no picture; what it cost stands below."
        return tag("p", why or single, class_="ft-lede")
    costs = [cost for _, _, cost in known]
    wide = min(costs) > 0 and max(costs) / min(costs) > WIDE
    axis = log_axis(min(costs), max(costs)) if wide else nice_axis(0.0, max(costs), about=4, floor=0.0)
    rows = [score_row(each, primary, summaries) for each, primary, _ in known]
    how = "Up is better, left is cheaper. Across: US dollars for 1,000 answers" + (
        ", on a logarithmic axis." if wide else "."
    )
    cells = [
        [run_name(each, summaries), percent(primary.value), bracket(primary), _per_thousand(each)]
        for each, primary, _ in known
    ]
    head = ["run", "score", "interval", "per 1,000 answers"]
    return figure(
        f"Score against cost: {shortened(summaries[0].task, 60)}",
        how,
        scatter(rows, costs, axis, fraction_axis(rows, []), dollar_tick),
        tag("p", why, class_="ft-meta") if why else None,
        folded("Figures", table(head, cells, numbers=(1, 2, 3), caption="Scores and costs")),
    )


def latency_chart(summaries: Sequence[Summary]) -> Markup | None:
    """Median and 95th percentile of whole answers; None where no run has a median."""
    timed = [(each, p50) for each in summaries if (p50 := each.latency_s.get("p50")) is not None]
    if not timed:
        return None
    rows = []
    for each, p50 in timed:
        p95 = each.latency_s.get("p95")
        slow = "" if p95 is None else f"95 % within {seconds(p95)}"
        high = p50 if p95 is None else max(p50, p95)
        rows.append(Row(run_name(each, summaries), "", p50, p50, high, seconds(p50), slow))
    how = "The dot is the median, the bar reaches to the 95th percentile, under this run's own load."
    if any(each.latency_s.get("p95") is None for each, _ in timed):
        how += " No bar: too few answers for a 95th percentile."
    axis = nice_axis(0.0, max(row.high for row in rows), floor=0.0)
    chart = row_chart([("", rows)], axis, lambda value: f"{value:g} s")
    return figure("Time of a whole answer", how, chart, folded("Figures", _times(summaries, timed)))


def dollar_tick(value: float) -> str:
    return f"${value:,.2f}" if 0.01 <= value < 10 and value != int(value) else f"${value:,.10g}"


def _times(summaries: Sequence[Summary], timed: Sequence[tuple[Summary, float]]) -> Markup:
    titles = {"p50": "median", "p95": "p95"}
    if any(each.latency_s.get("ttft_p50") is not None for each, _ in timed):
        titles |= {"ttft_p50": "first token, median", "ttft_p95": "first token, p95"}
    rows: list[list[Child]] = [
        [run_name(each, summaries), *[seconds(each.latency_s.get(name)) for name in titles]]
        for each, _ in timed
    ]
    head = ["run", *titles.values()]
    return table(head, rows, numbers=range(1, len(head)), caption="Seconds to answer")


def _per_thousand(summary: Summary) -> str:
    cost = unit_cost(summary)
    return dollars(None if cost is None else cost * 1000)


def _why_not_drawn(unknown: Sequence[Summary]) -> Child:
    if not unknown:
        return None
    names = ", ".join(shortened(each.model, 50) for each in unknown[:4]) + (", …" if len(unknown) > 4 else "")
    told = (
        f"Not drawn, because the price is unknown: {names}. Unknown is not nothing: give a table of your own"
    )
    return f"{told} prices with ", tag("code", "--price-table", class_="ft-option"), " to see it here."
