"""JSON read strictly, found in a reply, and held against another: duplicate keys, NaN and depths beyond
64 are refused, numbers are compared by value (1 equals 1.0), true is no number, key order means nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_JSON = 250_000
"""Characters of a reply that are searched for JSON."""

MAX_DEPTH = 64
_TRIES = 100
_FENCE = re.compile(r"^```[a-zA-Z]*[ \t]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_OPENS = re.compile(r"[{\[]")


def parse_strict(text: str) -> Any:
    """The value; decimals as Decimal. Raises ValueError for anything that is not strict JSON."""
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    _check_depth(value)
    return value


def json_answer(text: str) -> str | None:
    """The JSON text in a reply: all of it, else the last fenced block, else the last bare object or list.

    A fenced block that is not strict JSON is not searched further: the reply has no answer.
    """
    if len(text) > MAX_JSON:
        return None
    stripped = text.strip()
    if _is_json(stripped):
        return stripped
    fenced = _FENCE.findall(text)
    if fenced:
        block = str(fenced[-1]).strip()
        return block if _is_json(block) else None
    return _last_bare(text)


def json_equal(left: Any, right: Any) -> bool:
    """Equal as JSON. Both from `parse_strict`."""
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(json_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(json_equal, left, right))
    if isinstance(left, (int, Decimal)) and isinstance(right, (int, Decimal)):
        return left == right
    return type(left) is type(right) and bool(left == right)


def _last_bare(text: str) -> str | None:
    last, position = None, 0
    for _ in range(_TRIES):
        opens = _OPENS.search(text, position)
        if opens is None:
            return last
        try:
            value, end = _DECODER.raw_decode(text, opens.start())
            _check_depth(value)
        except (ValueError, RecursionError):
            position = opens.end()
            continue
        last, position = text[opens.start() : end], end
    # More brackets than any answer has: which of them was meant can't be told.
    return last if _OPENS.search(text, position) is None else None


def _is_json(text: str) -> bool:
    try:
        parse_strict(text)
    except ValueError:
        return False
    return True


def _check_depth(value: Any) -> None:
    layer, depth = [value], 0
    while layer:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
        layer = [
            inner
            for each in layer
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text[:20]} is too large a number") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_decimal)
