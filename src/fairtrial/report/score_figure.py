"""Scores one below the other, their figures folded beneath: a twin's two forms, an audit's claim and re-run."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.estimate import Estimate
from fairtrial.report.charts import estimate_cells
from fairtrial.report.drawing import Row, figure, fraction_axis, percent_tick, row_chart
from fairtrial.report.markup import Markup, shortened
from fairtrial.report.naming import NAME
from fairtrial.report.tables import folded, table
from fairtrial.report.wording import bracket, percent


def estimate_row(each: Estimate, note: str = "", kind: str = "") -> Row:
    """note: beneath its name, "" for its n. kind: as in `Row`."""
    name = shortened(each.metric, NAME)
    return Row(
        name[:1].upper() + name[1:],
        note or f"n = {each.n:,}",
        each.value,
        each.low,
        each.high,
        percent(each.value),
        bracket(each),
        kind,
    )


def score_figure(
    title: str,
    how: str,
    rows: Sequence[Row],
    scores: Sequence[Estimate],
    *,
    head: str,
    mark: float | None = None,
) -> Markup:
    """rows: of `scores`, as they are drawn. head: of the table's first column. mark: a score drawn through all."""
    data = table(
        [head, "score", "interval", "level", "n", "method"],
        [[shortened(each.metric, NAME), *estimate_cells(each)] for each in scores],
        numbers=(1, 2, 3, 4),
        caption="Scores with their intervals",
    )
    chart = row_chart([("", rows)], fraction_axis(rows, [mark]), percent_tick, mark=mark)
    return figure(title, how, chart, folded("Figures and methods", data))
