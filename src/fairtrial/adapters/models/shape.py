"""Writing a request's JSON, careful reading of foreign JSON (a value of the wrong type is unknown, not an error),
and what every written answer has in common: it ends where the plan says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fairtrial.core import quick_json
from fairtrial.core.canon import JSON
from fairtrial.core.output import Output

MOST: Final = 2**53 - 1
"""Largest count that is believed; more is no count, and would not fit where counts are summed."""


def written(body: JSON) -> str:
    """A request's text, in plain characters; half a surrogate pair in a prompt is escaped, as it has no bytes."""
    return quick_json.written(body).decode()


def count(usage: Mapping[str, Any], key: str) -> int | None:
    """A token count; None unless it is a whole number from 0 to MOST."""
    value = usage.get(key)
    return value if type(value) is int and 0 <= value <= MOST else None


def words(value: object) -> str | None:
    """`value` if it is a text that holds something, else None."""
    return value if isinstance(value, str) and value else None


def stopped(output: Output, stops: tuple[str, ...]) -> Output:
    """The answer up to the first of the plan's stop strings, for endpoints that take none or ignore them.

    Otherwise a model that runs on, and invents the next question, would be marked on that one's answer. What came
    over the wire stays in `response`.
    """
    text = output.text or ""
    ends = [place for place in map(text.find, stops) if place >= 0]
    return replace(output, text=text[: min(ends)], stop="stop") if ends else output
