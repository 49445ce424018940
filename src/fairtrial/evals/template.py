"""A Jinja2 template that a stranger may have written, rendered within limits.

The language is Jinja2's, without what a prompt does not need: no macros, blocks, imports or includes, a
short list of filters and of methods, undefined names as errors, trailing newline kept, nothing escaped.
Known weakness: one single operation is not interrupted. On texts near the limit the slowest takes about a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import floordiv, sub, truediv
from typing import Any, Final, NoReturn

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.filters import FILTERS
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from fairtrial.core.errors import UsageError
from fairtrial.evals.sandbox_limits import (
    MAX_OUTPUT,
    MAX_RANGE,
    Allowance,
    TooMuch,
    added,
    joined,
    power,
    product,
    remainder,
    replaced,
    rounded,
    size,
    total,
    workable,
)

MAX_TEMPLATE: Final = 64_000
"""Characters a template may have."""

_ALLOWED_NODES: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign, nodes.Name,
    nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Getattr,
    nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.Call, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.BinExpr, nodes.UnaryExpr, nodes.Concat,
)  # fmt: skip
_FILTERS: Final = (
    "abs", "capitalize", "count", "d", "default", "first", "float", "int", "last", "length", "list", "lower",
    "max", "min", "reverse", "sort", "string", "title", "trim", "unique", "upper",
)  # fmt: skip
_SLOW: Final = frozenset({
    "list", "max", "min", "reverse", "sort", "title", "unique", "split", "rsplit", "splitlines",
})  # fmt: skip
"""Filters and methods that take a microsecond a character, or make an object of each."""
_TESTS: Final = (
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "in",
    "integer", "iterable", "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence",
    "string", "true", "undefined", "upper", "==", "!=", "<", "<=", ">", ">=",
)  # fmt: skip
_METHODS: Final[Mapping[type, frozenset[str]]] = {
    str: frozenset({
        "capitalize", "casefold", "count", "endswith", "find", "index", "isalpha", "isdigit", "isnumeric",
        "isspace", "istitle", "isupper", "islower", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "rfind", "rindex", "rpartition", "rsplit", "rstrip", "split", "splitlines",
        "startswith", "strip", "swapcase", "title", "upper",
    }),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"get", "items", "keys", "values"}),
}  # fmt: skip
_TURNS, _JOIN, _SIZED = "__turns", "__join", "__sized"

Filter = Callable[..., Any]


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox with our counters in it."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})
    _operations: Final = {
        "+": total, "-": sub, "*": product, "/": truediv, "//": floordiv, "**": power, "%": remainder,
    }  # fmt: skip
    allowance: Allowance

    def __init__(self, filters: Mapping[str, Filter]) -> None:
        super().__init__(
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
            optimized=False,
            cache_size=0,
            finalize=_printable,
        )
        self.allowance = Allowance()
        self.globals.clear()
        self.globals["range"] = _range
        # Jinja2's divisibleby is %, and so formats texts.
        self.tests = {name: TESTS[name] for name in _TESTS} | {"divisibleby": _divisible}
        self.filters = {name: self._counted(FILTERS[name], name) for name in _FILTERS}
        self.filters |= {name: self._counted(function, name) for name, function in filters.items()}
        self.filters |= {
            "join": self._join,
            "replace": replaced,
            "map": self._map,
            "round": rounded,
            "sum": self._sum,
            _SIZED: self._bounded,
            _TURNS: lambda items: self.allowance.turns(items),
            _JOIN: lambda parts: joined(parts),
        }

    def _counted(self, function: Filter, name: str) -> Filter:
        """Filters see what they get bounded, and give back what is bounded."""
        if hasattr(function, "jinja_pass_arg"):

            def passing(first: Any, value: Any, *args: Any, **named: Any) -> Any:
                return self._bounded(function(first, self._given(value, name), *args, **named))

            passing.jinja_pass_arg = function.jinja_pass_arg  # type: ignore[attr-defined]
            return passing
        return lambda value, *args, **named: self._bounded(function(self._given(value, name), *args, **named))

    def _given(self, value: Any, name: str) -> Any:
        self.allowance.tick()
        if not isinstance(value, Undefined):
            size(value)
        if name in _SLOW:
            workable(value, name)
        return value

    def _bounded(self, value: Any) -> Any:
        self.allowance.tick()
        if not isinstance(value, (str, int, float, list, tuple, dict, Undefined, type(None))):
            value = list(self.allowance.turns(value))
        if not isinstance(value, Undefined):
            size(value)
        return value

    def _join(self, items: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
        if attribute is not None:
            items = self._map(items, attribute=attribute)
        return joined(self.allowance.turns(items), d)

    def _sum(self, items: Iterable[Any], attribute: Any = None, start: Any = 0) -> Any:
        chosen = items if attribute is None else self._map(items, attribute=attribute)
        return added(self.allowance.turns(chosen), start)

    def _map(self, items: Iterable[Any], name: str = "", *args: Any, attribute: Any = None) -> list[Any]:
        if attribute is not None:
            return [self.getitem(item, attribute) for item in self.allowance.turns(items)]
        if name not in _FILTERS or args:
            raise TooMuch(f"map knows the filters {', '.join(_FILTERS)}, and attribute=")
        return [self.call_filter(name, item) for item in self.allowance.turns(items)]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        self.allowance.tick()
        for operand in (left, right):
            if isinstance(operand, Undefined):
                str(operand)  # raises, and names it
        return self._bounded(self._operations[operator](left, right))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Columns by name; of a text, list or object only the listed methods."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and not attribute.startswith("_"):
            return super().getattr(obj, attribute)
        if isinstance(obj, Undefined):
            return super().getattr(obj, attribute)
        for kind, names in _METHODS.items():
            if isinstance(obj, kind) and attribute in (*names, "replace", "join"):
                return super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Entries only: Jinja2 would fall back to attributes."""
        try:
            return obj[argument]
        except (AttributeError, TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def call(self, context: Any, obj: Any, *args: Any, **named: Any) -> Any:
        """Methods of the list above, and range; nothing else is callable."""
        self.allowance.tick()
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        if obj is _range:
            return _range(*args)
        if isinstance(obj, Undefined):
            return obj()
        if isinstance(owner, str) and name == "replace":
            return replaced(owner, *args)
        if isinstance(owner, str) and name == "join":
            return joined(self.allowance.turns(args[0]), owner)
        if isinstance(owner, LoopContext) and name in ("cycle", "changed"):
            return obj(*args)
        if type(owner) in _METHODS and name in _METHODS[type(owner)]:
            if name in _SLOW:
                workable(owner, name)
            return self._bounded(obj(*args, **named))
        raise TooMuch(f"it calls {name or 'something'}, which a template may not")


class Template:
    """A compiled template. Raises UsageError for one that can't be compiled or holds what is not allowed."""

    def __init__(self, text: str, *, filters: Mapping[str, Filter] | None = None, what: str = "the template"):
        if len(text) > MAX_TEMPLATE:
            raise UsageError(f"{what} has {len(text):,} characters", f"give one of at most {MAX_TEMPLATE:,}")
        self.text = text
        self.what = what
        self._environment = _Environment(filters or {})
        try:
            tree = self._environment.parse(text)
            _check(tree, self._environment)
            self._template = self._environment.from_string(_guarded(tree))
        except TooMuch as error:
            raise UsageError(f"{what}: {error}", "write it without") from error
        except TemplateSyntaxError as error:
            raise UsageError(
                f"{what}, line {error.lineno}: {error.message}", "write it as Jinja2 does: '{{ input }}'"
            ) from error
        except (TemplateError, RecursionError, SyntaxError, ValueError, MemoryError, OverflowError) as error:
            raise UsageError(
                f"{what} can't be compiled: {error or 'nested too deeply'}", "simplify it"
            ) from error

    def render(self, variables: Mapping[str, Any]) -> str:
        """The text. Raises UsageError for an undefined name, a failing operation, or too much of anything."""
        self._environment.allowance = allowance = Allowance()
        parts: list[str] = []
        length = 0
        try:
            for part in self._template.generate(variables):
                length += len(part)
                if length > MAX_OUTPUT:
                    raise TooMuch(f"it makes a text of more than {MAX_OUTPUT:,} characters")
                allowance.tick()
                parts.append(part)
        except UndefinedError as error:
            known = ", ".join(sorted(variables)[:20])
            raise UsageError(f"{self.what}: {error.message}", f"known here: {known}") from error
        except TooMuch as error:
            raise UsageError(f"{self.what}: {error}", "simplify the template") from error
        except (
            TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError,
            RecursionError, MemoryError,
        ) as error:  # fmt: skip
            raise UsageError(f"{self.what} fails: {error}", "correct the template") from error
        return "".join(parts)


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > MAX_RANGE:
        raise TooMuch(f"range is for at most {MAX_RANGE:,} numbers")
    return found


def _divisible(value: Any, number: Any) -> bool:
    return bool(remainder(value, number) == 0)


def _printable(value: Any) -> Any:
    if isinstance(value, (str, Undefined)):
        return value
    if isinstance(value, range):
        value = list(value)
    if value is not None and not isinstance(value, (int, float, list, tuple, dict)):
        raise TooMuch(f"it prints a {type(value).__name__}; print texts, numbers and lists")
    size(value)
    return value


def _check(tree: nodes.Template, environment: _Environment) -> None:
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, (*_ALLOWED_NODES, nodes.Helper)) or isinstance(node, nodes.FilterBlock):
            _refuse(node, f"{type(node).__name__.lower()} is not allowed in a prompt")
        if isinstance(node, nodes.For) and node.recursive:
            _refuse(node, "a recursive loop is not allowed in a prompt")
        if isinstance(node, nodes.Filter) and (node.name not in environment.filters or node.name[0] == "_"):
            known = sorted(name for name in environment.filters if name[0] != "_")
            _refuse(node, f"there is no filter {node.name!r} here; there are {', '.join(known)}")
        if isinstance(node, nodes.Test) and node.name not in environment.tests:
            _refuse(node, f"there is no test {node.name!r} here")
        if isinstance(node, nodes.Call) and (node.dyn_args or node.dyn_kwargs):
            _refuse(node, "* and ** in a call are not allowed in a prompt")


def _refuse(node: nodes.Node, why: str) -> NoReturn:
    raise TooMuch(f"line {node.lineno}: {why}")


def _guarded(tree: nodes.Template) -> nodes.Template:
    """The same template with every loop counted, and every `~`, list and mapping measured."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, _TURNS, [], [], None, None, lineno=loop.lineno)
    _measure_below(tree)
    return tree


def _measure_below(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(node, name, _measured(value))
        elif isinstance(value, list):
            value[:] = [_measured(each) if isinstance(each, nodes.Node) else each for each in value]


def _measured(node: nodes.Node) -> nodes.Node:
    _measure_below(node)
    if isinstance(node, nodes.Concat):
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, _JOIN, [], [], None, None, lineno=node.lineno)
    if isinstance(node, (nodes.List, nodes.Dict)) or (isinstance(node, nodes.Tuple) and node.ctx == "load"):
        # Lists of lists of lists stay small in memory and grow without end when compared or written.
        return nodes.Filter(node, _SIZED, [], [], None, None, lineno=node.lineno)
    return node
