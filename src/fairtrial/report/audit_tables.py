"""What an audit measured beside its findings: the tables as they are, and a chart where one shows more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fairtrial.core.audited import Table
from fairtrial.core.canon import JSON
from fairtrial.metrics.samples import number, section, text
from fairtrial.report.audit_claim import CONDITIONS
from fairtrial.report.drawing import Row, figure, fraction_axis, percent_tick, point_tick, row_chart
from fairtrial.report.markup import Markup, shortened, tag
from fairtrial.report.sections import section as part
from fairtrial.report.svg import nice_axis
from fairtrial.report.tables import folded, table
from fairtrial.report.wording import percent, points

ROWS: Final = 60
"""Rows of a table that a page shows; the JSON has them all."""
CELL: Final = 200
TIERS: Final = {
    "weak": "No answer on this page rests on any of these.",
    "strong": "Tier: strong. It proves nothing by itself.",
}
SHARES: Final = {
    0.05: "5 % of formats lie below",
    0.5: "Half of the formats lie below",
    0.95: "95 % lie below",
}


def table_section(found: Table) -> Markup:
    """One table under its title, with what it shows and doesn't."""
    said = TIERS.get(found.tier or "")
    return part(
        shortened(found.title, 120),
        tag("p", tag("b", said)) if said and found.tier == "weak" else None,
        tag("p", shortened(found.note, 900)),
        tag("p", said) if said and found.tier != "weak" else None,
        drawn(found),
    )


def drawn(found: Table) -> Markup:
    """The table; behind a chart where there is one for it."""
    left = len(found.rows) - ROWS
    whole = table(
        [shortened(each, 60) for each in found.columns],
        [[shortened(cell, CELL) for cell in row] for row in found.rows[:ROWS]],
        caption=f"{left:,} further rows stand in the JSON" if left > 0 else "",
    )
    chart = {"settings": _settings_chart, "formats": _formats_chart}.get(found.name, _no_chart)(found)
    return (
        whole
        if chart is None
        else tag("div", chart, folded("Figures", whole, open_=found.name == "settings"))
    )


def settings_words(found: Table) -> Iterator[str]:
    """The measured effects in a line each, the largest first."""
    told = sorted(_measured(found), key=lambda pair: -abs(pair[1][0]))
    for each, (value, low, high) in told:
        gap = f"{points(value, signed=True)} points [{points(low, signed=True)}, {points(high, signed=True)}]"
        explains = ", which would explain the difference" if each.get("explains") is True else ""
        swapped = f"{text(each.get('tried'))} in place of {text(each.get('used'))}"
        yield f"{text(each.get('condition'))}, {swapped}: {gap}{explains}"


def formats_words(found: Table) -> str:
    """The family of formats in a line; "" where its figures are missing."""
    data = found.data if isinstance(found.data, Mapping) else {}
    own = number(section(data, "claimed").get("value"))
    placed = number(section(data, "percentile").get("value"))
    ends = {share: value for share, value, *_ in _quantiles(data)}
    if own is None or placed is None or len(ends) < len(SHARES):
        return ""
    return (
        f"the claimed configuration scores {percent(own)}, above {percent(placed)} of {data.get('formats')} "
        f"formats (median {percent(ends[0.5])}, 5 to 95 %: {percent(ends[0.05])} to {percent(ends[0.95])})"
    )


def _no_chart(found: Table) -> None:
    return None


def _settings_chart(found: Table) -> Markup | None:
    rows = [
        Row(
            _condition(each),
            shortened(f"{text(each.get('tried'))} in place of {text(each.get('used'))}", 80),
            value,
            low,
            high,
            points(value, signed=True),
            f"{points(low, signed=True)} to {points(high, signed=True)}",
            "is-open" if low <= 0 <= high else "",
        )
        for each, (value, low, high) in _measured(found)[:ROWS]
    ]
    if not rows:
        return None
    ends = [end for row in rows for end in (row.low, row.high)]
    axis = nice_axis(min(0.0, *ends), max(0.0, *ends), floor=-1.0, ceil=1.0)
    how = "By how many points the score changes on the same items. A hollow dot: no effect is shown."
    chart = row_chart([("", rows)], axis, point_tick, mark=0.0, mark_class="zero")
    return figure("Asked another way", how, chart)


def _condition(entry: Mapping[str, JSON]) -> str:
    name = text(entry.get("condition"))
    return CONDITIONS.get(name) or shortened(name, 60)


def _formats_chart(found: Table) -> Markup | None:
    data = found.data if isinstance(found.data, Mapping) else {}
    own = section(data, "claimed")
    value, low, high = (number(own.get(key)) for key in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return None
    rows = [_score_row("Claimed configuration", value, low, high)]
    rows += [
        _score_row(SHARES[share], at, start, end, "is-open") for share, at, start, end in _quantiles(data)
    ]
    how = "Hollow dots: the spread of formats. The dotted line is the claimed configuration."
    chart = row_chart([("", rows)], fraction_axis(rows, [value]), percent_tick, mark=value)
    return figure("The claimed configuration among other ways of asking", how, chart)


def _score_row(name: str, value: float, low: float, high: float, kind: str = "") -> Row:
    reach = f"{100 * low:.1f} to {100 * high:.1f} %"
    return Row(name, "", value, low, high, percent(value), reach, kind)


def _measured(found: Table) -> list[tuple[Mapping[str, JSON], tuple[float, float, float]]]:
    """The settings with an effect: value, low, high, as fractions."""
    kept = []
    for each in found.data if isinstance(found.data, list) else []:
        if isinstance(each, Mapping):
            value, low, high = (number(section(each, "effect").get(key)) for key in ("value", "low", "high"))
            if value is not None and low is not None and high is not None:
                kept.append((each, (value / 100, low / 100, high / 100)))
    return kept


def _quantiles(data: Mapping[str, JSON]) -> Iterator[tuple[float, float, float, float]]:
    listed = data.get("quantiles")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, Mapping):
            share, value, low, high = (number(each.get(key)) for key in ("share", "value", "low", "high"))
            if share in SHARES and value is not None and low is not None and high is not None:
                yield share, value, low, high
