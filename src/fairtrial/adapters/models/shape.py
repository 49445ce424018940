"""Writing a request's JSON, and careful reading of foreign JSON: a value of the wrong type is unknown, not an
error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from fairtrial.core.canon import JSON

MOST: Final = 2**53 - 1
"""Largest count that is believed; more is no count, and would not fit where counts are summed."""


def written(body: JSON) -> str:
    """A request's text, in plain characters; half a surrogate pair in a prompt is escaped, as it has no bytes."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":"))
    return text


def count(usage: Mapping[str, Any], key: str) -> int | None:
    """A token count; None unless it is a whole number from 0 to MOST."""
    value = usage.get(key)
    return value if type(value) is int and 0 <= value <= MOST else None


def words(value: object) -> str | None:
    """`value` if it is a text that holds something, else None."""
    return value if isinstance(value, str) and value else None
