"""What may stand in a field of a signed document: a table of kinds instead of a parser for every document.

A kind says what is wrong with a value, and what a JSON Schema says of it, so that reader, documentation and
published schema are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.trust.beacon import is_hex, moment
from fairtrial.trust.documents import is_decimal

MAX_TEXT: Final = 100_000
"""Characters of one text; a prompt's template is the longest."""
MAX_LIST: Final = 100_000

Problem = str | None
"""What is wrong, with the path to it (": no text", ".model: no text"); None where nothing is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """says: what the value is, in words. problem: value -> what is wrong with it. schema: the same in JSON Schema,
    as far as that language goes. parts: of a record, its fields."""

    says: str
    problem: Callable[[Any], Problem]
    schema: Mapping[str, JSON]
    parts: Mapping[str, Kind] = field(default_factory=dict)


def _simple(says: str, fits: Callable[[Any], bool], schema: Mapping[str, JSON]) -> Kind:
    return Kind(says, lambda value: None if fits(value) else f": {value!r:.60} is not {says}", schema)


def _text(pattern: str) -> Mapping[str, JSON]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _is_time(value: Any) -> bool:
    # One form only, so that two times compare as texts: UTC, whole seconds.
    if not isinstance(value, str) or not re.fullmatch(r"[0-9T:-]{19}Z", value):
        return False
    try:
        return moment(value) is not None
    except UsageError:
        return False


def is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


TEXT: Final = _simple(
    "a text",
    lambda value: isinstance(value, str) and 0 < len(value) <= MAX_TEXT and bool(value.strip()),
    {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "pattern": "\\S"},
)
ANY_TEXT: Final = _simple(
    "a text, which may be empty",
    lambda value: isinstance(value, str) and len(value) <= MAX_TEXT,
    {"type": "string", "maxLength": MAX_TEXT},
)
COUNT: Final = _simple("a count", is_count, {"type": "integer", "minimum": 0})
WHOLE: Final = _simple("a whole number", lambda value: type(value) is int, {"type": "integer"})
POSITIVE: Final = _simple(
    "a count from 1 on", lambda value: is_count(value) and value > 0, {"type": "integer", "minimum": 1}
)
ONE: Final = _simple("1", lambda value: type(value) is int and value == 1, {"const": 1})
DECIMAL: Final = _simple(
    'a decimal as text, such as "0.25"',
    lambda value: isinstance(value, str) and len(value) <= 40 and is_decimal(value),
    _text(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"),
)
SHA256: Final = _simple(
    "a SHA-256 in 64 lower-case hexadecimal digits",
    lambda value: isinstance(value, str) and is_hex(value, 32),
    _text("[0-9a-f]{64}"),
)
NONCE: Final = _simple(
    "16 bytes in 32 lower-case hexadecimal digits",
    lambda value: isinstance(value, str) and is_hex(value, 16),
    _text("[0-9a-f]{32}"),
)
TIME: Final = _simple(
    "a time in UTC, such as 2026-01-31T12:00:00Z",
    _is_time,
    _text("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
)
ANYTHING: Final = Kind("any JSON without decimals", lambda value: None, {})


def one_of(*words: str) -> Kind:
    """One of a few words."""
    return _simple(
        f"one of {', '.join(words)}",
        lambda value: isinstance(value, str) and value in words,
        {"enum": list(words)},
    )


def nullable(kind: Kind) -> Kind:
    """The kind, or null."""
    return Kind(
        f"{kind.says}, or null",
        lambda value: None if value is None else kind.problem(value),
        {"anyOf": [dict(kind.schema), {"type": "null"}]},
        kind.parts,
    )


def list_of(kind: Kind, *, least: int = 0) -> Kind:
    """A list whose members are all of the kind, `least` of them or more."""

    def problem(value: Any) -> Problem:
        if not isinstance(value, list) or not least <= len(value) <= MAX_LIST:
            return f" is no list of {least} or more"
        found = ((at, kind.problem(each)) for at, each in enumerate(value))
        return next((f"[{at}]{what}" for at, what in found if what), None)

    schema: dict[str, JSON] = {"type": "array", "items": dict(kind.schema), "maxItems": MAX_LIST}
    return Kind(f"list of: {kind.says}", problem, schema | ({"minItems": least} if least else {}), kind.parts)


def record(fields: Mapping[str, Kind], optional: Sequence[str] = ()) -> Kind:
    """An object with exactly these fields; those named in `optional` may be left out."""
    required = [name for name in fields if name not in optional]

    def problem(value: Any) -> Problem:
        if not isinstance(value, Mapping):
            return " is no object"
        if missing := [name for name in required if name not in value]:
            return f": the field {missing[0]!r} is missing"
        if unknown := sorted(set(value) - set(fields)):
            return f": the field {unknown[0][:60]!r} is not known"
        found = ((name, fields[name].problem(each)) for name, each in value.items())
        return next((f".{name}{what}" for name, what in found if what), None)

    return Kind(
        "object",
        problem,
        {
            "type": "object",
            "properties": {name: dict(kind.schema) for name, kind in fields.items()},
            "required": list(required),
            "additionalProperties": False,
        },
        fields,
    )


def mapping_to(kind: Kind) -> Kind:
    """An object with any names, its values all of the kind."""

    def problem(value: Any) -> Problem:
        if not isinstance(value, Mapping):
            return " is no object"
        found = ((name, kind.problem(each)) for name, each in value.items())
        return next((f".{name[:60]}{what}" for name, what in found if what), None)

    return Kind(
        f"names to: {kind.says}", problem, {"type": "object", "additionalProperties": dict(kind.schema)}
    )
