"""Charts of scores and differences: estimates in, HTML with SVG out. The page and the notebooks share them.

Each is a `<figure>` with a title that says what is drawn, a line that says how to read it, words for screen
readers, and a table with the figures. Labels are HTML beside the drawing, so that long names wrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fairtrial.core.comparison import Comparison, Preference
from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Slice, Summary
from fairtrial.report.drawing import Row, figure, fraction_axis, percent_tick, point_tick, row_chart
from fairtrial.report.markup import Markup, shortened
from fairtrial.report.naming import NAME, run_name
from fairtrial.report.svg import nice_axis
from fairtrial.report.tables import folded, table
from fairtrial.report.wording import bracket, gap, level, limits, p_value, percent, points

SHOWN_SLICES = 10
SHOWN_PAIRS = 60
SWAPPED: dict[Preference, Preference] = {"a": "b", "b": "a"}


def forest(summaries: Sequence[Summary]) -> Markup:
    """Scores with intervals, one row a run, grouped by task where there are several."""
    scored = [(each, each.primary) for each in summaries if each.primary is not None]
    rows = [score_row(each, primary, summaries) for each, primary in scored]
    tasks = list(dict.fromkeys(each.task for each, _ in scored))
    # A guess that is never right (free text, a number) is no landmark.
    mark = (scored[0][0].chance or None) if len(tasks) == 1 else None
    groups = _grouped(tasks, rows, [each.task for each, _ in scored])
    how = "The dot is the score; the bar is its interval, the values that fit these answers."
    if mark is not None:
        how += f" The dotted line is blind guessing, {percent(mark)}."
    if any(row.missing for row in rows):
        how += " Red dots: how far the missing answers could move the score."
    listed = [(each, estimate) for each, _ in scored for estimate in each.metrics]
    single = _metric_table([pair for pair in listed if not _of_several(*pair)], summaries, "score")
    several = [pair for pair in listed if _of_several(*pair)]
    chart = row_chart(groups, fraction_axis(rows, [mark]), percent_tick, mark=mark)
    return figure(
        "Scores",
        how,
        chart,
        folded("Figures and methods", single),
        folded("Several answers a question", _metric_table(several, summaries, "chance"))
        if several
        else None,
    )


def _of_several(summary: Summary, estimate: Estimate) -> bool:
    """Whether this speaks of several answers to one question (pass@k, pass^k): never in a column with a score."""
    return estimate is not summary.primary and estimate.metric.startswith(("pass@", "pass^"))


def _metric_table(
    listed: Sequence[tuple[Summary, Estimate]], summaries: Sequence[Summary], column: str
) -> Markup:
    return table(
        ["run", "metric", column, "interval", "level", "n", "method"],
        [
            [run_name(each, summaries), shortened(estimate.metric, 60), *estimate_cells(estimate)]
            for each, estimate in listed
        ],
        numbers=(2, 3, 4, 5),
        caption=f"{column.capitalize()}s with their intervals",
    )


def differences(comparisons: Sequence[Comparison]) -> Markup:
    """Paired differences around zero, in points; of each pair the one with the higher score stands first."""
    shown = [_leader_first(each) for each in comparisons[:SHOWN_PAIRS]]
    rows = [_difference_row(each) for each in shown]
    ends = [end for row in rows for end in (row.low, row.high)]
    axis = nice_axis(min(0.0, *ends), max(0.0, *ends), floor=-1.0, ceil=1.0)
    tasks = list(dict.fromkeys(each.task for each in shown))
    groups = _grouped(tasks, rows, [each.task for each in shown])
    how = (
        "By how many points the first of a pair is ahead of the second, on the same samples, and the values "
        "that fit."
    )
    if any(row.kind for row in rows):
        how += " A hollow dot is not settled: the bar reaches to zero or beyond it."
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
        [[shortened(each.name, NAME) or "(empty)", *estimate_cells(each.estimate)] for each in shown],
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


def score_row(summary: Summary, primary: Estimate, among: Sequence[Summary]) -> Row:
    """A run's score as a line of a chart."""
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


def _grouped(tasks: Sequence[str], rows: Sequence[Row], of: Sequence[str]) -> list[tuple[str, list[Row]]]:
    several = len(tasks) > 1
    return [
        (
            shortened(task, NAME) if several else "",
            [row for row, its in zip(rows, of, strict=True) if its == task],
        )
        for task in tasks
    ]


def _leader_first(each: Comparison) -> Comparison:
    """The same pair, so written that the difference is not negative: the chart then agrees with the sentence,
    and nobody has to read a minus as praise of the second."""
    found = each.difference
    if found.value >= 0:
        return each
    return replace(
        each,
        a=each.b,
        b=each.a,
        difference=replace(found, value=-found.value, low=-found.high, high=-found.low),
        score_a=each.score_b,
        score_b=each.score_a,
        verdict=SWAPPED.get(each.verdict, each.verdict),
        only_a=each.only_b,
        only_b=each.only_a,
        cost_a_usd=each.cost_b_usd,
        cost_b_usd=each.cost_a_usd,
        run_a=each.run_b,
        run_b=each.run_a,
    )


def _difference_row(each: Comparison) -> Row:
    settled = {"a": "settled", "b": "settled", "tie": "a tie within the margin"}
    return Row(
        shortened(each.a, NAME),
        f"against {shortened(each.b, NAME)}: {settled.get(each.verdict, 'not settled')}",
        each.difference.value,
        each.difference.low,
        each.difference.high,
        points(each.difference.value, signed=True),
        gap(each.difference),
        "" if each.verdict in settled else "is-open",
    )


def _slice_row(each: Slice) -> Row:
    estimate = each.estimate
    name = shortened(each.name, NAME) or "(empty)"
    shown = percent(estimate.value)
    return Row(
        name, f"n = {estimate.n:,}", estimate.value, estimate.low, estimate.high, shown, bracket(estimate)
    )


def estimate_cells(estimate: Estimate) -> list[str]:
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
            f"{shortened(each.a, 50)} against {shortened(each.b, 50)}",
            f"{points(each.difference.value, signed=True)} ({gap(each.difference)})",
            p_value(each.adjusted_p),
            f"{each.difference.n:,}",
            points(each.detectable),
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
        "detectable, points",
        "both right",
        "only first",
        "only second",
    ]
    head += ["neither", "test; interval"]
    return table(head, rows, numbers=range(1, 9), caption="Paired differences")
