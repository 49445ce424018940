"""Text with slots: `{who} has {n} pens`, `{price:2}` with two decimals, `{start:day} {start:month}`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from fairtrial.families.operations import FormulaError, Value, Values

MAX_TEXT = 2_000
_SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?::([a-z]+|[0-6]))?\}")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DATES = ("day", "month", "year", "weekday", "iso")


@dataclass(frozen=True, slots=True)
class Wording:
    """`pieces`: literal texts and (name, format) slots in turn, beginning and ending with a text."""

    text: str
    pieces: tuple[str | tuple[str, str], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(each[0] for each in self.pieces if not isinstance(each, str))

    def fill(self, values: Values) -> str:
        """Raises FormulaError for a value that its format can't show exactly."""
        return "".join(
            each if isinstance(each, str) else show(values[each[0]], each[1]) for each in self.pieces
        )


def parse_wording(text: str) -> Wording:
    """Raises FormulaError for braces that are no slot, and formats that there aren't."""
    if len(text) > MAX_TEXT:
        raise FormulaError(f"a text has {len(text)} characters; {MAX_TEXT:,} are allowed")
    pieces: list[str | tuple[str, str]] = []
    end = 0
    for slot in _SLOT.finditer(text):
        form = slot[2] or ""
        if form.isalpha() and form not in DATES:
            raise FormulaError(
                f"{slot[0]}: no format {form}; a number takes 0 to 6, a date {', '.join(DATES)}"
            )
        pieces += [text[end : slot.start()], (slot[1], form)]
        end = slot.end()
    pieces.append(text[end:])
    for each in pieces:
        if isinstance(each, str) and ("{" in each or "}" in each):
            raise FormulaError(f"{each.strip()!r:.60} has a brace that belongs to no slot")
    return Wording(text, tuple(pieces))


def show(value: Value, form: str = "") -> str:
    """A value as text: words as they are, numbers exactly, dates in the named part ("5 May 2026" without)."""
    if isinstance(value, date):
        return _show_date(value, form)
    if isinstance(value, Fraction):
        return _show_number(value, form)
    if isinstance(value, str) and not form:
        return value
    raise FormulaError(f"{value!s:.40} can't be shown as {form or 'text'!r}")


def _show_date(value: date, form: str) -> str:
    parts = {
        "": f"{value.day} {MONTHS[value.month - 1]} {value.year}",
        "day": str(value.day),
        "month": MONTHS[value.month - 1],
        "year": str(value.year),
        "weekday": WEEKDAYS[value.weekday()],
        "iso": value.isoformat(),
    }
    if form not in parts:
        raise FormulaError(f"a date can't be shown as {form!r}; it takes {', '.join(DATES)}")
    return parts[form]


def _show_number(value: Fraction, form: str) -> str:
    """Never rounded: an answer that was rounded on paper would mark the exact one wrong."""
    if form and not form.isdigit():
        raise FormulaError(f"a number can't be shown as {form!r}; it takes a number of decimals, 0 to 6")
    for decimals in (int(form),) if form else range(7):
        scaled, rest = divmod(abs(value.numerator) * 10**decimals, value.denominator)
        if rest == 0:
            digits = str(scaled).rjust(decimals + 1, "0")
            whole, part = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
            return ("-" if value < 0 else "") + whole + ("." + part if part else "")
    raise FormulaError(f"{value} can't be written exactly with {form or 'six'} decimals")
