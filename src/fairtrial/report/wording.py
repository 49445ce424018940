"""Figures as a reader sees them: percent for scores, points for differences, dollars, seconds, p-values."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Summary

MINUS = "−"

_TIES = re.compile(r"(?<=[=<>×]) (?=[\d<>$])|(?<=\b[pn]) (?=[=<>])|(?<=\d) (?=%|points?\b)")
"""Blanks inside a figure."""


def tied(text: str) -> str:
    """The same words with figures that no line break parts: "p < 0.001", "71.2 %", "4.2 points"."""
    return _TIES.sub("\u00a0", text)


def percent(fraction: float, digits: int = 1) -> str:
    """0.7123 as "71.2 %". Never rounded up to 100 or down to 0 where it is neither."""
    shown = f"{100 * fraction:.{digits}f}"
    if shown == f"{100:.{digits}f}" and fraction < 1:
        shown = f"> {100 - 10**-digits:.{digits}f}"
    elif shown == f"{0:.{digits}f}" and fraction > 0:
        shown = f"< {10**-digits:.{digits}f}"
    return f"{shown} %"


def share(part: int, whole: int) -> str:
    """7 of 1,319 as "0.5 %"; a dash where there is no whole."""
    return percent(part / whole) if whole else "–"


def points(fraction: float, *, signed: bool = False) -> str:
    """0.042 as "4.2"; two digits where one would read 0.0; a true minus sign."""
    value = 100 * fraction
    shown = f"{abs(value):.2f}" if 0 < abs(value) < 0.1 else f"{abs(value):.1f}"
    if float(shown) == 0:
        return shown
    if value < 0:
        return MINUS + shown
    return "+" + shown if signed else shown


def bracket(estimate: Estimate) -> str:
    """ "68.7 to 73.6 %": the interval in words, so that no dash is read as a minus."""
    return f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f} %"


def gap(estimate: Estimate) -> str:
    """ "−3.1 to +8.2": the interval of a difference in points."""
    return f"{points(estimate.low, signed=True)} to {points(estimate.high, signed=True)}"


def level(estimate: Estimate) -> str:
    return f"{100 * estimate.level:g} %"


def p_value(p: float) -> str:
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.4f}" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def dollars(amount: Decimal | None) -> str:
    """Two digits, or as many as it takes to tell a small price from nothing; "unknown" for None."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "$0"
    if amount >= 1_000:
        return f"${amount:,.0f}"
    if amount >= Decimal("0.1"):
        return f"${amount:,.2f}"
    if amount < Decimal("0.000001"):
        return "< $0.000001"
    digits = 1 - amount.adjusted()
    return f"${amount:.{digits}f}"


def seconds(value: float | None) -> str:
    """ "7 ms", "0.42 s", "12.3 s"; "unknown" for None."""
    if value is None:
        return "unknown"
    if value < 0.1:
        return "< 1 ms" if 0 < value < 0.001 else f"{1000 * value:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:,.1f} s"


def tokens(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def amount(text: str | None) -> Decimal | None:
    """Decimal text of a noun. None stays None: an unknown price is never zero."""
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= 0 else None


def unit_cost(summary: Summary) -> Decimal | None:
    """Dollars per scored answer, what failed attempts cost included; None where the price is unknown."""
    total = amount(summary.cost_usd)
    return total / summary.counts.scored if total is not None and summary.counts.scored else None


def plural(count: int, one: str, many: str = "") -> str:
    """ "1 sample", "1,319 samples"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def limits(summary: Summary) -> tuple[float, float] | None:
    """The primary score if everything without one had been wrong, or right; None where nothing is missing.

    Where questions were never asked, they count as missing too; partial credit is then counted as none and as
    full, so that the bounds hold.
    """
    counts = summary.counts
    missing = summary.planned - counts.scored
    if missing <= 0 or not summary.planned:
        return summary.bounds
    if counts.total >= summary.planned and summary.bounds is not None:
        return summary.bounds
    return counts.right / summary.planned, (counts.right + counts.partial + missing) / summary.planned
