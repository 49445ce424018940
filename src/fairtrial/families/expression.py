"""Formulas that a family's author writes, read by a small parser of our own: nothing in them can run code.

    12 * a - b      quantities, exact: a third stays a third
    n // k, n % k   whole quotient and remainder, by positive k
    a < b <= c, a == b, a != b, not x, x and y, x or y
    x if c else y
    min, max, abs, floor, ceil
    day(d), month(d), year(d), weekday(d) (Monday is 1), d + 3, d - 3, d2 - d1 (days)
    'May'           a word

Bounded: length, depth, and the size of every number on the way.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Final, TypeAlias

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 30
MAX_SIZE: Final = 10**15
"""Largest numerator or denominator of any number on the way."""

Value: TypeAlias = Fraction | date | str | bool
Values: TypeAlias = Mapping[str, Value]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|'(?P<word>[^']*)'|(?P<sign>//|<=|>=|==|!=|[-+*/%<>(),]))"
)
_KEYWORDS: Final = frozenset({"and", "or", "not", "if", "else"})
_COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class FormulaError(ValueError):
    """A formula that can't be read, or has no value for these parameters. Becomes a UsageError at the family."""


@dataclass(frozen=True, slots=True)
class Formula:
    """`text` as read; `names` are the parameters it needs. Call it with their values."""

    text: str
    names: frozenset[str]
    _node: Callable[[Values], Value]

    def __call__(self, values: Values) -> Value:
        """Raises FormulaError: division by zero, a date added to a word, a number out of bounds …"""
        try:
            return self._node(values)
        except (OverflowError, ZeroDivisionError) as error:
            raise FormulaError(f"{self.text}: {error}") from error

    def number(self, values: Values) -> Fraction:
        return _number(self(values), self.text)

    def truth(self, values: Values) -> bool:
        return _truth(self(values), self.text)


def parse_formula(text: str) -> Formula:
    """Raises FormulaError saying where and why."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula has {len(text)} characters; {MAX_LENGTH} are allowed")
    return _Parser(text).formula()


Node: TypeAlias = Callable[[Values], Value]


class _Parser:
    """Recursive descent; every level down the grammar is one method."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0
        self.names: set[str] = set()

    def formula(self) -> Formula:
        node = self.choice()
        if self.peek() != ("end", ""):
            raise FormulaError(f"{self.text}: {self.peek()[1]!r} was not expected")
        return Formula(self.text, frozenset(self.names), node)

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(f"{self.text}: nested more than {MAX_DEPTH} deep")
        node = self.either()
        if self.take("if"):
            condition = self.either()
            self.need("else")
            node = _chosen(condition, node, self.choice(), self.text)
        self.depth -= 1
        return node

    def either(self) -> Node:
        node = self.both()
        while self.take("or"):
            node = _or(node, self.both(), self.text)
        return node

    def both(self) -> Node:
        node = self.negation()
        while self.take("and"):
            node = _and(node, self.negation(), self.text)
        return node

    def negation(self) -> Node:
        count = 0
        while self.take("not"):
            count += 1
        node = self.comparison()
        return _not(node, count % 2 == 1, self.text) if count else node

    def comparison(self) -> Node:
        node = self.sum()
        links: list[tuple[str, Node]] = []
        while sign := self.take("==", "!=", "<=", ">=", "<", ">"):
            links.append((sign, self.sum()))
        return _compared(node, links, self.text) if links else node

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = _added(sign, node, self.product(), self.text)
        return node

    def product(self) -> Node:
        node = self.unary()
        while sign := self.take("*", "//", "/", "%"):
            node = _multiplied(sign, node, self.unary(), self.text)
        return node

    def unary(self) -> Node:
        minus = 0
        while self.take("-"):
            minus += 1
        node = self.atom()
        return _negated(node, minus % 2 == 1, self.text) if minus else node

    def atom(self) -> Node:
        kind, token = self.peek()
        self.at += 1
        if kind == "number":
            return _constant(_bounded(Fraction(token)))
        if kind == "word":
            return _constant(token)
        if kind == "name" and token not in _KEYWORDS:
            if self.peek() == ("sign", "("):
                return self.call(token)
            self.names.add(token)
            return _named(token)
        if (kind, token) == ("sign", "("):
            node = self.choice()
            self.need(")")
            return node
        raise FormulaError(f"{self.text}: {token or 'its end'!r} was not expected")

    def call(self, name: str) -> Node:
        if name not in _FUNCTIONS:
            raise FormulaError(f"{self.text}: no function {name}; known: {', '.join(_FUNCTIONS)}")
        self.need("(")
        arguments = [self.choice()]
        while self.take(","):
            arguments.append(self.choice())
        self.need(")")
        least, most, function = _FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise FormulaError(f"{self.text}: {name} takes another number of arguments")
        return _called(function, arguments, f"{name} in {self.text}")

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at]

    def take(self, *signs: str) -> str:
        kind, token = self.peek()
        if kind in ("sign", "name") and token in signs:
            self.at += 1
            return token
        return ""

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise FormulaError(f"{self.text}: {sign!r} is missing")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise FormulaError(f"{text}: {text[at:].strip()[:1]!r} is no part of a formula")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()
    yield "end", ""


def _number(value: Value, where: str) -> Fraction:
    if not isinstance(value, Fraction):
        raise FormulaError(f"{where}: {value!s:.40} is no number")
    return value


def _truth(value: Value, where: str) -> bool:
    if not isinstance(value, bool):
        raise FormulaError(f"{where}: {value!s:.40} is neither true nor false; compare it")
    return value


def _day(value: Value, where: str) -> date:
    if not isinstance(value, date):
        raise FormulaError(f"{where}: {value!s:.40} is no date")
    return value


def _bounded(value: Fraction) -> Fraction:
    if abs(value.numerator) > MAX_SIZE or value.denominator > MAX_SIZE:
        raise FormulaError(f"a number beyond {MAX_SIZE:,}")
    return value


def _constant(value: Value) -> Node:
    return lambda _: value


def _named(name: str) -> Node:
    return lambda values: values[name]


def _chosen(condition: Node, first: Node, second: Node, where: str) -> Node:
    return lambda values: first(values) if _truth(condition(values), where) else second(values)


def _or(left: Node, right: Node, where: str) -> Node:
    return lambda values: _truth(left(values), where) or _truth(right(values), where)


def _and(left: Node, right: Node, where: str) -> Node:
    return lambda values: _truth(left(values), where) and _truth(right(values), where)


def _not(node: Node, odd: bool, where: str) -> Node:
    return lambda values: _truth(node(values), where) != odd


def _negated(node: Node, odd: bool, where: str) -> Node:
    return lambda values: -_number(node(values), where) if odd else _number(node(values), where)


def _compared(first: Node, links: list[tuple[str, Node]], where: str) -> Node:
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
    return _COMPARE[sign](_number(left, where), _number(right, where))


def _added(sign: str, left: Node, right: Node, where: str) -> Node:
    def node(values: Values) -> Value:
        first, second = left(values), right(values)
        if sign == "-" and isinstance(first, date) and isinstance(second, date):
            return Fraction((first - second).days)
        shift = _number(second, where) if sign == "+" else -_number(second, where)
        if isinstance(first, date):
            return first + timedelta(days=_whole(shift, where))
        return _bounded(_number(first, where) + shift)

    return node


def _multiplied(sign: str, left: Node, right: Node, where: str) -> Node:
    def node(values: Values) -> Value:
        first, second = _number(left(values), where), _number(right(values), where)
        if sign == "*":
            return _bounded(first * second)
        if second == 0:
            raise FormulaError(f"{where}: division by zero")
        if sign == "/":
            return _bounded(first / second)
        if second < 0:
            raise FormulaError(f"{where}: {sign} by a negative number")
        return _bounded(Fraction(first // second) if sign == "//" else first % second)

    return node


def _called(function: Callable[[list[Value], str], Value], arguments: list[Node], where: str) -> Node:
    return lambda values: function([each(values) for each in arguments], where)


def _whole(value: Fraction, where: str) -> int:
    if value.denominator != 1:
        raise FormulaError(f"{where}: {value} is no whole number of days")
    return value.numerator


def _numeric(function: Callable[[list[Fraction]], Fraction | int]) -> Callable[[list[Value], str], Value]:
    return lambda values, where: Fraction(function([_number(each, where) for each in values]))


def _dated(function: Callable[[date], int]) -> Callable[[list[Value], str], Value]:
    return lambda values, where: Fraction(function(_day(values[0], where)))


_FUNCTIONS: Mapping[str, tuple[int, int, Callable[[list[Value], str], Value]]] = {
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
