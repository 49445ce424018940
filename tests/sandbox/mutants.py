"""Plausible wrong programs: a right one with one small slip, as people and models make them.

`mutants(source, name, count, random)` works on the syntax tree and runs nothing. A slip is one of: another
comparison or operator, and for or, a condition or a result turned round, a constant or a bound one off, a
statement left out.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from random import Random

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.Div: (ast.FloorDiv, ast.Mult),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}

Change = Callable[[ast.AST], None]


def mutants(source: str, name: str, count: int, random: Random) -> list[str]:
    """Up to `count` different programs that define `name`, each one slip away from `source`, none equal to it as
    text. Fewer where there are fewer places to slip at."""
    tree = ast.parse(source)
    whole = ast.unparse(tree)
    places = [(at, change) for at, node in enumerate(ast.walk(tree)) for change in slips(node)]
    found: dict[str, None] = {}
    random.shuffle(places)
    for at, change in places:
        changed = copy.deepcopy(tree)
        change(list(ast.walk(changed))[at])
        text = ast.unparse(ast.fix_missing_locations(changed))
        if text != whole and f"def {name}" in text:
            found[text + "\n"] = None
        if len(found) == count:
            break
    return list(found)


def slips(node: ast.AST) -> Iterator[Change]:
    """What can go wrong at this node."""
    if isinstance(node, ast.Compare):
        for other in COMPARISONS.get(type(node.ops[0]), ()):
            yield lambda at, other=other: _set(at, "ops", [other(), *at.ops[1:]])  # type: ignore[misc]
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for operator in OPERATORS.get(type(node.op), ()):
            yield lambda at, operator=operator: _set(at, "op", operator())  # type: ignore[misc]
    if isinstance(node, ast.BoolOp):
        yield lambda at: _set(at, "op", ast.Or() if isinstance(at.op, ast.And) else ast.And())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda at: _set(at, "operand", ast.UnaryOp(ast.Not(), at.operand))
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield lambda at: _set(at, "test", ast.UnaryOp(ast.Not(), at.test))
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield lambda at: _set(at, "value", at.value + 1)
        yield lambda at: _set(at, "value", at.value - 1)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        yield lambda at: _set(at, "args", [*at.args[:-1], _plus(at.args[-1], 1)])
        yield lambda at: _set(at, "args", [*at.args[:-1], _plus(at.args[-1], -1)])
    if isinstance(node, ast.Return) and node.value is not None:
        yield lambda at: _set(at, "value", ast.UnaryOp(ast.Not(), at.value)) if _boolean(at.value) else None
    if isinstance(node, (ast.FunctionDef, ast.For, ast.While, ast.If)):
        for at_line, line in enumerate(node.body):
            if isinstance(line, (ast.Assign, ast.AugAssign, ast.If)) and len(node.body) > 1:
                yield lambda at, at_line=at_line: _left_out(at, at_line)  # type: ignore[misc]


def _set(node: ast.AST, name: str, value: object) -> None:
    setattr(node, name, value)


def _plus(node: ast.expr, step: int) -> ast.expr:
    return ast.BinOp(node, ast.Add() if step > 0 else ast.Sub(), ast.Constant(1))


def _boolean(node: ast.expr) -> bool:
    return isinstance(node, (ast.Compare, ast.BoolOp)) or (
        isinstance(node, ast.Constant) and type(node.value) is bool
    )


def _left_out(node: ast.AST, at: int) -> None:
    del node.body[at]  # type: ignore[attr-defined]
