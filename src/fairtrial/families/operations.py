"""What the parts of a formula do with values: numbers are exact fractions, and nothing is converted silently.

Each function makes a node: a function from the parameters' values to a value. `where` is the formula's text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Final, TypeAlias

MAX_SIZE: Final = 10**15
"""Largest numerator or denominator of any number on the way."""

Value: TypeAlias = Fraction | date | str | bool
Values: TypeAlias = Mapping[str, Value]
Node: TypeAlias = Callable[[Values], Value]

_COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class FormulaError(ValueError):
    """A formula that can't be read, or has no value for these parameters. Becomes a UsageError at the family."""


def as_number(value: Value, where: str) -> Fraction:
    if not isinstance(value, Fraction):
        raise FormulaError(f"{where}: {value!s:.40} is no number")
    return value


def as_truth(value: Value, where: str) -> bool:
    if not isinstance(value, bool):
        raise FormulaError(f"{where}: {value!s:.40} is neither true nor false; compare it")
    return value


def as_day(value: Value, where: str) -> date:
    if not isinstance(value, date):
        raise FormulaError(f"{where}: {value!s:.40} is no date")
    return value


def bounded(value: Fraction) -> Fraction:
    if abs(value.numerator) > MAX_SIZE or value.denominator > MAX_SIZE:
        raise FormulaError(f"a number beyond {MAX_SIZE:,}")
    return value


def constant(value: Value) -> Node:
    return lambda _: value


def named(name: str) -> Node:
    return lambda values: values[name]


def chosen(condition: Node, first: Node, second: Node, where: str) -> Node:
    return lambda values: first(values) if as_truth(condition(values), where) else second(values)


def either(left: Node, right: Node, where: str) -> Node:
    return lambda values: as_truth(left(values), where) or as_truth(right(values), where)


def both(left: Node, right: Node, where: str) -> Node:
    return lambda values: as_truth(left(values), where) and as_truth(right(values), where)


def inverted(node: Node, odd: bool, where: str) -> Node:
    return lambda values: as_truth(node(values), where) != odd


def negated(node: Node, odd: bool, where: str) -> Node:
    return lambda values: -as_number(node(values), where) if odd else as_number(node(values), where)


def compared(first: Node, links: list[tuple[str, Node]], where: str) -> Node:
    def node(values: Values) -> Value:
        left = first(values)
        for sign, other in links:
            right = other(values)
            if not _holds(sign, left, right, where):
                return False
            left = right
        return True

    return node


def _holds(sign: str, left: Value, right: Value, where: str) -> bool:
    if type(left) is not type(right):
        raise FormulaError(f"{where}: {left!s:.20} and {right!s:.20} can't be compared")
    if sign in ("==", "!="):
        return (left == right) == (sign == "==")
    if isinstance(left, date) and isinstance(right, date):
        left, right = Fraction(left.toordinal()), Fraction(right.toordinal())
    return _COMPARE[sign](as_number(left, where), as_number(right, where))


def added(sign: str, left: Node, right: Node, where: str) -> Node:
    def node(values: Values) -> Value:
        first, second = left(values), right(values)
        if sign == "-" and isinstance(first, date) and isinstance(second, date):
            return Fraction((first - second).days)
        shift = as_number(second, where) if sign == "+" else -as_number(second, where)
        if isinstance(first, date):
            return first + timedelta(days=_whole(shift, where))
        return bounded(as_number(first, where) + shift)

    return node


def multiplied(sign: str, left: Node, right: Node, where: str) -> Node:
    def node(values: Values) -> Value:
        first, second = as_number(left(values), where), as_number(right(values), where)
        if sign == "*":
            return bounded(first * second)
        if second == 0:
            raise FormulaError(f"{where}: division by zero")
        if sign == "/":
            return bounded(first / second)
        if second < 0:
            raise FormulaError(f"{where}: {sign} by a negative number")
        return bounded(Fraction(first // second) if sign == "//" else first % second)

    return node


def called(function: Callable[[list[Value], str], Value], arguments: list[Node], where: str) -> Node:
    return lambda values: function([each(values) for each in arguments], where)


def _whole(value: Fraction, where: str) -> int:
    if value.denominator != 1:
        raise FormulaError(f"{where}: {value} is no whole number of days")
    return value.numerator


def _numeric(function: Callable[[list[Fraction]], Fraction | int]) -> Callable[[list[Value], str], Value]:
    return lambda values, where: Fraction(function([as_number(each, where) for each in values]))


def _dated(function: Callable[[date], int]) -> Callable[[list[Value], str], Value]:
    return lambda values, where: Fraction(function(as_day(values[0], where)))


FUNCTIONS: Mapping[str, tuple[int, int, Callable[[list[Value], str], Value]]] = {
    "min": (2, 9, _numeric(min)),
    "max": (2, 9, _numeric(max)),
    "abs": (1, 1, _numeric(lambda values: abs(values[0]))),
    "floor": (1, 1, _numeric(lambda values: floor(values[0]))),
    "ceil": (1, 1, _numeric(lambda values: ceil(values[0]))),
    "day": (1, 1, _dated(lambda value: value.day)),
    "month": (1, 1, _dated(lambda value: value.month)),
    "year": (1, 1, _dated(lambda value: value.year)),
    "weekday": (1, 1, _dated(lambda value: value.isoweekday())),
}
