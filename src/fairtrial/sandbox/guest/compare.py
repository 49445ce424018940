"""How a result is held against the reference's. Both are plain values: the sandbox's parent saw to that.

`equal` is Python's == on plain values, but for two things: True and 1 are apart, and a NaN equals a NaN. So 1 and
1.0 are equal, a list and a tuple aren't. `close` lets two numbers lie within a tolerance, at any depth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Same = Callable[..., Any]


def chosen(compare: str, tolerance: float, same: Same | None) -> Callable[[Any, Any, list[Any]], bool]:
    """The comparison as a function of the expected value, the one that came, and the arguments."""
    if compare == "equal":
        return lambda expected, got, _: equal(expected, got)
    if compare == "close":
        return lambda expected, got, _: close(expected, got, tolerance)
    if compare == "set":
        return lambda expected, got, _: alike(expected, got)
    assert same is not None, "a custom comparison has code"
    return lambda expected, got, arguments: bool(same(expected, got, *arguments))


def equal(a: Any, b: Any) -> bool:
    return bool(_normal(a) == _normal(b))


def close(a: Any, b: Any, tolerance: float) -> bool:
    """Numbers within `tolerance` of each other, absolutely or as a share of the larger; all else equal."""
    if _number(a) and _number(b):
        return _near(a, b, tolerance)
    if type(a) is not type(b):
        return equal(a, b)
    if type(a) in (list, tuple):
        return len(a) == len(b) and all(close(x, y, tolerance) for x, y in zip(a, b))  # noqa: B905 - Python 3.9
    if type(a) in (set, frozenset) and all(map(_number, a)) and all(map(_number, b)):
        return close(_sorted(a), _sorted(b), tolerance)
    if type(a) is dict:
        ours, theirs = ({_normal(key): item for key, item in each.items()} for each in (a, b))
        return ours.keys() == theirs.keys() and all(close(ours[k], theirs[k], tolerance) for k in ours)
    return equal(a, b)


def alike(a: Any, b: Any) -> bool:
    """The same elements, order and repetition aside. Both have to be lists, tuples or sets."""
    if not all(type(each) in (list, tuple, set, frozenset) for each in (a, b)):
        return False
    return set(map(_normal, a)) == set(map(_normal, b))


def _normal(value: Any) -> Any:
    """Equal and hashable exactly where the values are equal. Tags hold apart what == doesn't, and join NaNs."""
    kind = type(value)
    if kind is bool:
        return ("bool", value)
    if kind is float and value != value:
        return ("nan",)
    if kind is list or kind is tuple:
        return (kind.__name__, *map(_normal, value))
    if kind is set or kind is frozenset:
        return ("set", frozenset(map(_normal, value)))
    if kind is dict:
        return ("dict", frozenset((_normal(key), _normal(item)) for key, item in value.items()))
    return value


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _near(a: float, b: float, tolerance: float) -> bool:
    if a == b or (a != a and b != b):
        return True
    try:
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # an integer beyond the floats
        over, under = tolerance.as_integer_ratio()
        return type(a) is type(b) is int and abs(a - b) * under <= over * max(abs(a), abs(b))


def _sorted(numbers: Any) -> list[Any]:
    """NaNs last: they have no order."""
    return sorted(numbers, key=lambda number: (number != number, 0 if number != number else number))
