"""Prompts as sandboxed Jinja2: a template file is hostile until proved otherwise.

The environment is immutable, undefined names are errors, and work is bounded: ranges, multiplications and
powers are limited, filters that build text are checked, and output is cut off with an error, not in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.sample import Message, Sample

TEMPLATE_LIMIT = 100_000
OUTPUT_LIMIT = 4 * 2**20
STEPS = 100_000
"""Items that all loops of one rendering may take together."""
NUMBER_LIMIT = 10**12

PLAIN = "{{ input }}"
CHOICES = (
    "{{ input }}\n\n{% for letter, choice in lettered %}{{ letter }}. {{ choice }}\n{% endfor %}\n"
    'Answer with the letter of the right choice, in this form: "Answer: X".'
)
"""How rows with choices are asked unless a template is given."""

_FILTERS = (
    *("abs", "capitalize", "default", "first", "float", "int", "items", "last", "length", "list", "lower"),
    *("map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort"),
    *("string", "sum", "title", "trim", "truncate", "unique", "upper", "wordcount", "tojson"),
)
_REFUSED = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.FilterBlock,
    nodes.Import,
    nodes.FromImport,
    nodes.Include,
    nodes.Extends,
    nodes.Block,
    nodes.AssignBlock,
)
_UNBOUNDED = frozenset(
    (
        "format",
        "format_map",
        "center",
        "ljust",
        "rjust",
        "zfill",
        "expandtabs",
        "join",
        "replace",
        "translate",
    )
)
"""Methods of a text that can make a long one out of a short one."""


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox, with bounds on what an expression may build."""

    intercepted_binops = frozenset(["*", "**", "+", "%"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if operator == "**" and numbers and (abs(right) > 64 or abs(left) > NUMBER_LIMIT):
            raise SecurityError("a power that large")
        if operator == "*":
            times, text = (left, right) if isinstance(left, int) else (right, left)
            if (
                isinstance(times, int)
                and isinstance(text, (str, list, tuple))
                and times * len(text) > OUTPUT_LIMIT
            ):
                raise SecurityError("a text that long")
        if operator == "%" and isinstance(left, str):
            raise SecurityError("% on a text: widths have no bound; write ~ or {{ }}")
        value = super().call_binop(context, operator, left, right)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > NUMBER_LIMIT**4:
            raise SecurityError("a number that large")
        if isinstance(value, (str, list, tuple)) and len(value) > OUTPUT_LIMIT:
            raise SecurityError("a text that long")
        return value

    def wrap_str_format(self, value: Any) -> Any:
        if getattr(value, "__name__", "") in ("format", "format_map"):
            raise SecurityError("format, whose widths have no bound")
        return None

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr in _UNBOUNDED:
            return False
        return super().is_safe_attribute(obj, attr, value)


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > STEPS:
        raise SecurityError(f"a range of {len(found):,} steps")
    return found


def _replace(text: str, old: str, new: str) -> str:
    text, old, new = str(text), str(old), str(new)
    if len(text) + text.count(old) * len(new) > OUTPUT_LIMIT:
        raise SecurityError("a text that long")
    return text.replace(old, new)


def _join(items: Iterable[Any], between: str = "") -> str:
    parts = [str(item) for item in items]
    if sum(map(len, parts)) + len(parts) * len(between) > OUTPUT_LIMIT:
        raise SecurityError("a text that long")
    return str(between).join(parts)


@lru_cache(maxsize=1)
def _environment() -> _Environment:
    environment = _Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    environment.filters = {
        name: environment.filters[name] for name in _FILTERS if name in environment.filters
    }
    environment.filters |= {"replace": _replace, "join": _join}
    environment.globals = {"range": _range}
    return environment


@lru_cache(maxsize=64)
def compile_template(text: str) -> jinja2.Template:
    """A template that may be rendered. Raises UsageError for what it can't hold, with the line."""
    if len(text) > TEMPLATE_LIMIT:
        raise UsageError(f"the template has {len(text):,} characters", f"give at most {TEMPLATE_LIMIT:,}")
    try:
        _refuse_unbounded(_environment().parse(text))
        return _environment().from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise UsageError(f"the template, line {error.lineno}: {error.message}", "correct it") from error
    except (RecursionError, OverflowError, MemoryError) as error:
        raise UsageError("the template can't be compiled: it is nested too deeply", "simplify it") from error


def render(template: jinja2.Template, variables: Mapping[str, Any]) -> str:
    """The text. Raises UsageError for names that are not there, and for work or text beyond the limits."""
    parts: list[str] = []
    size = steps = 0
    try:
        for piece in template.generate(**variables):
            steps += 1
            size += len(piece)
            if size > OUTPUT_LIMIT or steps > STEPS:
                raise SecurityError("more output than a prompt may have")
            parts.append(piece)
    except jinja2.UndefinedError as error:
        known = ", ".join(sorted(variables))
        raise UsageError(f"the template: {error.message}", f"it may use {known}") from error
    except SecurityError as error:
        raise UsageError(f"the template is refused: {error}", "write a simpler one") from error
    except (
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        RecursionError,
        jinja2.TemplateError,
    ) as error:
        raise UsageError(f"the template fails: {error}", "correct it") from error
    return "".join(parts)


def _refuse_unbounded(tree: nodes.Node) -> None:
    """Refuse what could work for ever or grow without a limit that we see.

    Loops inside loops multiply; `~` inside a set doubles a text with every line (`+` is watched instead).
    """
    for node in tree.find_all(_REFUSED):
        raise UsageError(
            f"the template, line {node.lineno}: {type(node).__name__} is not for prompts", "write it out"
        )
    for loop in tree.find_all(nodes.For):
        if any(inner is not loop for inner in loop.find_all(nodes.For)):
            raise UsageError(
                f"the template, line {loop.lineno}: a loop inside a loop",
                "prepare the text in the rows instead",
            )
    for assignment in tree.find_all(nodes.Assign):
        if next(assignment.find_all(nodes.Concat), None) is not None:
            raise UsageError(f"the template, line {assignment.lineno}: ~ inside a set", "write + instead")


def variables_of(sample: Sample) -> dict[str, Any]:
    """What a template may name: input, choices, letters, lettered, metadata, and every metadata key."""
    letters = LETTERS[: len(sample.choices)]
    own = {key: value for key, value in sample.metadata.items() if key.isidentifier()}
    return {
        **own,
        "input": sample.text,
        "choices": list(sample.choices),
        "letters": list(letters),
        "lettered": list(zip(letters, sample.choices, strict=True)),
        "metadata": dict(sample.metadata),
    }


@dataclass(frozen=True, slots=True)
class TemplatePrompt:
    """The `Prompt` of own rows. Under the plain template a conversation as input is sent as it is."""

    template: str = PLAIN
    form: Mapping[str, JSON] = field(init=False)

    def __post_init__(self) -> None:
        compile_template(self.template)
        object.__setattr__(self, "form", {"template": self.template, "language": "jinja2"})

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        if not isinstance(sample.input, str) and self.template == PLAIN:
            return sample.input
        if self.template == PLAIN:
            return (Message("user", sample.text),)
        return (Message("user", render(compile_template(self.template), variables_of(sample))),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()
