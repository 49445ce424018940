"""What the charts are drawn with: rows of dots and bars on one axis, and points on two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fairtrial.report.markup import Markup, shortened, tag
from fairtrial.report.svg import Axis, across, dot, line, nice_axis, svg, text
from fairtrial.report.wording import MINUS, tied

MIDDLE = "50%"
POINT_HEIGHT = 300
LABEL_GAP = 17
LABEL_LENGTH = 18
"""Characters of a name beside its point: as many as half a phone holds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a row chart. low, high: ends of the bar. missing: a wider reach, drawn dotted in alarm.
    kind: "" (settled) or "is-open" (not)."""

    label: str
    note: str
    value: float
    low: float
    high: float
    shown: str
    shown_range: str
    kind: str = ""
    missing: tuple[float, float] | None = None


def figure(title: str, how: str, *content: Markup | None) -> Markup:
    """A chart with its title and the line that says how to read it."""
    return tag("figure", tag("figcaption", tag("b", title), tag("span", tied(how))), content)


def row_chart(
    groups: Sequence[tuple[str, Sequence[Row]]],
    axis: Axis,
    tick: Callable[[float], str],
    *,
    mark: float | None = None,
    mark_class: str = "chance",
) -> Markup:
    """Rows on one axis, under a heading a group. mark: a reference drawn through every row."""
    cells: list[Markup] = []
    for heading, rows in groups:
        if heading:
            cells.append(tag("div", heading, class_="ft-group"))
        for row in rows:
            cells += _cells(row, axis, mark, mark_class)
    return tag("div", cells, _axis_row(axis, tick), class_="ft-rows")


def fraction_axis(rows: Sequence[Row], references: Sequence[float | None]) -> Axis:
    """An axis inside [0, 1] that holds every bar and reference, with ticks at round percentages."""
    ends = [end for row in rows for end in (row.low, row.high, *(row.missing or ()))]
    ends += [each for each in references if each is not None]
    if not ends:
        return nice_axis(0.0, 1.0)
    return nice_axis(min(ends), max(ends), floor=0.0, ceil=1.0)


def percent_tick(value: float) -> str:
    return f"{100 * value:.4g} %"


def point_tick(value: float) -> str:
    shown = f"{abs(100 * value):.4g}"
    return shown if value == 0 else (MINUS if value < 0 else "+") + shown


def scatter(
    rows: Sequence[Row],
    costs: Sequence[float],
    horizontal: Axis,
    vertical: Axis,
    tick: Callable[[float], str],
) -> Markup:
    """Each row's value (up) at its cost (across), its interval as a bar, its label beside it."""

    def up(value: float) -> float:
        return round((1 - vertical.at(value)) * (POINT_HEIGHT - 20) + 10, 1)

    grid = [line("0%", up(at), "100%", up(at), "grid") for at in vertical.ticks]
    marks = []
    for row, cost in zip(rows, costs, strict=True):
        x = across(horizontal.at(cost))
        marks += [line(x, up(row.low), x, up(row.high), "bar"), dot(x, up(row.value), 5.5)]
    labels = _labels(rows, [horizontal.at(cost) for cost in costs], [up(row.value) for row in rows])
    words = "; ".join(
        f"{row.label}: {row.shown} at {tick(cost)}" for row, cost in zip(rows, costs, strict=True)
    )
    side = svg(
        *[text("100%", up(at) + 4, percent_tick(at), anchor="end", dx=-8) for at in vertical.ticks],
        height=POINT_HEIGHT,
    )
    below = svg(*_ticks(horizontal, tick), height=22)
    return tag(
        "div",
        side,
        svg(*grid, *marks, *labels, height=POINT_HEIGHT, title=words),
        tag("div", below, class_="ft-end"),
        class_="ft-cost",
    )


def _labels(rows: Sequence[Row], places: Sequence[float], heights: Sequence[float]) -> list[Markup]:
    """Names beside their points, pushed down where two would touch."""
    found = []
    taken: list[float] = []
    for at in sorted(range(len(rows)), key=lambda at: heights[at]):
        height = heights[at] + 4
        while any(abs(height - each) < LABEL_GAP for each in taken):
            height += 2
        taken.append(height)
        left = places[at] <= 0.5
        name = shortened(rows[at].label.rpartition("/")[2], LABEL_LENGTH)
        found.append(
            text(
                across(places[at]),
                height,
                name,
                anchor="start" if left else "end",
                dx=11 if left else -11,
                class_="mark",
            )
        )
    return found


def _cells(row: Row, axis: Axis, mark: float | None, mark_class: str) -> list[Markup]:
    drawn = [line(across(axis.at(at)), 0, across(axis.at(at)), "100%", "grid") for at in axis.ticks]
    if mark is not None:
        drawn.append(line(across(axis.at(mark)), 0, across(axis.at(mark)), "100%", mark_class))
    if row.missing is not None:
        drawn.append(
            line(across(axis.at(row.missing[0])), MIDDLE, across(axis.at(row.missing[1])), MIDDLE, "missing")
        )
    drawn.append(line(across(axis.at(row.low)), MIDDLE, across(axis.at(row.high)), MIDDLE, "bar"))
    drawn.append(dot(across(axis.at(row.value)), MIDDLE, 5))
    words = ", ".join(part for part in (f"{row.label}: {row.shown}", row.shown_range) if part)
    return [
        tag("div", row.label, tag("small", row.note) if row.note else None, class_="ft-label"),
        tag("div", svg(*drawn, title=words), class_=f"ft-plot {row.kind}".strip()),
        tag(
            "div",
            tag("b", row.shown),
            tag("small", row.shown_range) if row.shown_range else None,
            class_="ft-value",
        ),
    ]


def _axis_row(axis: Axis, tick: Callable[[float], str]) -> list[Markup]:
    return [
        tag("div", class_="ft-axis-gap"),
        tag("div", svg(*_ticks(axis, tick), height=20), class_="ft-axis"),
        tag("div"),
    ]


def _ticks(axis: Axis, tick: Callable[[float], str]) -> list[Markup]:
    """Tick labels; the outer ones stay inside the chart, so that nothing sticks out on a phone."""
    last = len(axis.ticks) - 1
    anchors = {0: "start", last: "end"}
    return [
        text(across(axis.at(at)), 14, tick(at), anchor=anchors.get(place, "middle"))
        for place, at in enumerate(axis.ticks)
    ]
