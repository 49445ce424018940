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

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairtrial.families import operations
from fairtrial.families.operations import FormulaError, Node, Value, Values

MAX_LENGTH: Final = 500
MAX_DEPTH: Final = 30
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|'(?P<word>[^']*)'|(?P<sign>//|<=|>=|==|!=|[-+*/%<>(),]))"
)
_KEYWORDS: Final = frozenset({"and", "or", "not", "if", "else"})


@dataclass(frozen=True, slots=True)
class Formula:
    """`text` as read; `names` are the parameters it needs. Call it with their values."""

    text: str
    names: frozenset[str]
    _node: Node

    def __call__(self, values: Values) -> Value:
        """Raises FormulaError: division by zero, a date added to a word, a number out of bounds …"""
        try:
            return self._node(values)
        except (OverflowError, ZeroDivisionError) as error:
            raise FormulaError(f"{self.text}: {error}") from error

    def number(self, values: Values) -> Fraction:
        return operations.as_number(self(values), self.text)

    def truth(self, values: Values) -> bool:
        return operations.as_truth(self(values), self.text)


def parse_formula(text: str) -> Formula:
    """Raises FormulaError saying where and why."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula has {len(text)} characters; {MAX_LENGTH} are allowed")
    return _Parser(text).formula()


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
            node = operations.chosen(condition, node, self.choice(), self.text)
        self.depth -= 1
        return node

    def either(self) -> Node:
        node = self.both()
        while self.take("or"):
            node = operations.either(node, self.both(), self.text)
        return node

    def both(self) -> Node:
        node = self.negation()
        while self.take("and"):
            node = operations.both(node, self.negation(), self.text)
        return node

    def negation(self) -> Node:
        count = 0
        while self.take("not"):
            count += 1
        node = self.comparison()
        return operations.inverted(node, count % 2 == 1, self.text) if count else node

    def comparison(self) -> Node:
        node = self.sum()
        links: list[tuple[str, Node]] = []
        while sign := self.take("==", "!=", "<=", ">=", "<", ">"):
            links.append((sign, self.sum()))
        return operations.compared(node, links, self.text) if links else node

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = operations.added(sign, node, self.product(), self.text)
        return node

    def product(self) -> Node:
        node = self.unary()
        while sign := self.take("*", "//", "/", "%"):
            node = operations.multiplied(sign, node, self.unary(), self.text)
        return node

    def unary(self) -> Node:
        minus = 0
        while self.take("-"):
            minus += 1
        node = self.atom()
        return operations.negated(node, minus % 2 == 1, self.text) if minus else node

    def atom(self) -> Node:
        kind, token = self.peek()
        self.at += 1
        if kind == "number":
            return operations.constant(operations.bounded(Fraction(token)))
        if kind == "word":
            return operations.constant(token)
        if kind == "name" and token not in _KEYWORDS:
            if self.peek() == ("sign", "("):
                return self.call(token)
            self.names.add(token)
            return operations.named(token)
        if (kind, token) == ("sign", "("):
            node = self.choice()
            self.need(")")
            return node
        raise FormulaError(f"{self.text}: {token or 'its end'!r} was not expected")

    def call(self, name: str) -> Node:
        if name not in operations.FUNCTIONS:
            raise FormulaError(f"{self.text}: no function {name}; known: {', '.join(operations.FUNCTIONS)}")
        self.need("(")
        arguments = [self.choice()]
        while self.take(","):
            arguments.append(self.choice())
        self.need(")")
        least, most, function = operations.FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise FormulaError(f"{self.text}: {name} takes another number of arguments")
        return operations.called(function, arguments, f"{name} in {self.text}")

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
