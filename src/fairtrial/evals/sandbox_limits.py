"""What a prompt template may cost: the counters and checks that the sandbox calls while it renders.

Jinja2's sandbox keeps a template from reaching Python; it does not keep it from filling the memory or
running for ever. Every loop turn, operation, filter and printed piece passes through here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from jinja2 import Undefined

MAX_OUTPUT: Final = 20_000_000
"""Characters a prompt (or any value on the way to it) may have."""

MAX_WORK: Final = 1_000_000
"""Characters a text may have for work that costs a microsecond a character: splitting, title case, lists."""

MAX_TURNS: Final = 200_000
"""Turns of all loops of one rendering together."""

MAX_RANGE: Final = 100_000
SECONDS: Final = 1.0
_MAX_BITS: Final = 4_096
_END: Final = object()


class TooMuch(Exception):
    """The template asks for more than a prompt can be worth."""


class Allowance:
    """The time and the loop turns one rendering has left."""

    __slots__ = ("_deadline", "_turns")

    def __init__(self) -> None:
        self._deadline = time.monotonic() + SECONDS
        self._turns = MAX_TURNS

    def tick(self) -> None:
        if time.monotonic() > self._deadline:
            raise TooMuch(f"it needs more than {SECONDS:g} s")

    def turns(self, items: Iterable[Any]) -> Iterator[Any]:
        """The same items, each counted."""
        for item in items:
            self._turns -= 1
            if self._turns < 0:
                raise TooMuch(f"its loops turn more than {MAX_TURNS:,} times")
            if not self._turns & 63:
                self.tick()
            yield item


def size(value: Any) -> int:
    """About how many characters a value has when written out. Raises TooMuch beyond MAX_OUTPUT, for an integer
    of more than a thousand digits, and for anything that is no text, number, list or mapping.

    Counted by walking, since a list may hold one long text a million times.
    """
    if isinstance(value, str):
        total = len(value)
    else:
        total, waiting = 0, [iter((value,))]
        while waiting:
            item = next(waiting[-1], _END)
            if item is _END:
                waiting.pop()
                continue
            total += len(item) if isinstance(item, str) else 16
            _check_kind(item)
            if isinstance(item, dict):
                waiting += [iter(item.keys()), iter(item.values())]
            elif isinstance(item, (list, tuple)):
                waiting.append(iter(item))
            if total > MAX_OUTPUT:
                break
    if total > MAX_OUTPUT:
        raise TooMuch(f"it makes a text of more than {MAX_OUTPUT:,} characters")
    return total


def _check_kind(item: Any) -> None:
    if isinstance(item, Undefined):
        str(item)  # raises: inside a list an undefined name would print as "Undefined"
    if isinstance(item, int) and item.bit_length() > _MAX_BITS:
        raise TooMuch("it works with numbers of more than a thousand digits")
    if item is not None and not isinstance(item, (str, int, float, list, tuple, dict, range)):
        # A method prints its address, which is another one in every run.
        raise TooMuch(f"it works with a {type(item).__name__}; print texts, numbers and lists")


def workable(value: Any, what: str) -> None:
    """Raises TooMuch for a text that is too long for work by the character. `what` names the work."""
    if isinstance(value, str) and len(value) > MAX_WORK:
        raise TooMuch(f"{what} is for texts of at most {MAX_WORK:,} characters")


def product(left: Any, right: Any) -> Any:
    """left * right, refused where the result would be huge."""
    for thing, times in ((left, right), (right, left)):
        if isinstance(thing, (str, list, tuple)) and isinstance(times, int):
            if max(times, 0) * max(size(thing), len(thing)) > MAX_OUTPUT:
                raise TooMuch(f"it makes a text of more than {MAX_OUTPUT:,} characters")
            return left * right
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > _MAX_BITS:
            raise TooMuch("it works with numbers of more than a thousand digits")
        return left * right
    _numbers(left, right, "*")
    return left * right


def power(left: Any, right: Any) -> Any:
    """left ** right, refused where the result would be huge."""
    _numbers(left, right, "**")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > _MAX_BITS:
        raise TooMuch("it works with numbers of more than a thousand digits")
    return left**right


def total(left: Any, right: Any) -> Any:
    """left + right, refused where the result would be huge."""
    if size(left) + size(right) > MAX_OUTPUT:
        raise TooMuch(f"it makes a text of more than {MAX_OUTPUT:,} characters")
    return left + right


def remainder(left: Any, right: Any) -> Any:
    """left % right of numbers; the % that formats texts is refused: '%999999999d' is nine characters."""
    _numbers(left, right, "%")
    return left % right


def added(items: Iterable[Any], start: Any = 0) -> Any:
    """The sum of numbers; lists would be copied once for every item."""
    for item in items:
        _numbers(start, item, "sum")
        start = total(start, item)
    return start


def rounded(value: Any, precision: int = 0, method: str = "common") -> float | int:
    """As Jinja2's filter, for a precision of at most 300: 10 to the power of more is a number without end."""
    _numbers(value, precision, "round")
    if method not in ("common", "ceil", "floor") or abs(precision) > 300:
        raise TooMuch("round takes a precision of at most 300, and common, ceil or floor")
    if method == "common":
        found: float | int = round(value, precision)
        return found
    scale = 10.0**precision
    whole: float = (math.ceil if method == "ceil" else math.floor)(value * scale) / scale
    return whole


def _numbers(left: Any, right: Any, operator: str) -> None:
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        raise TooMuch(f"{operator} is for numbers here")
    size(left), size(right)


def replaced(text: str, old: str, new: str, count: int = -1) -> str:
    """text.replace, refused where the result would be huge."""
    found = text.count(old) if count is None or count < 0 else min(count, text.count(old))
    if len(text) + found * (len(new) - len(old)) > MAX_OUTPUT:
        raise TooMuch(f"it makes a text of more than {MAX_OUTPUT:,} characters")
    return text.replace(old, new, -1 if count is None else count)


def joined(items: Iterable[Any], between: str = "") -> str:
    """The items' texts with `between` between them, refused where the result would be huge."""
    parts: list[str] = []
    length = 0
    for item in items:
        length += size(item) + len(between)
        if length > MAX_OUTPUT:
            raise TooMuch(f"it makes a text of more than {MAX_OUTPUT:,} characters")
        parts.append(str(list(item)) if isinstance(item, range) else str(item))
    return between.join(parts)
