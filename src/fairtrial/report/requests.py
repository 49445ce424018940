"""A method record as others ask for it: which of its fields answers which request, and which requests stay empty.

The requests are put in our own words after the documents named; whoever needs the exact words reads those. Nothing
here says that a record conforms with anything: that is for its reader, and for the documents' authors, to judge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.report.plain import visible

NOT_CLAIMED: Final = (
    "This page says where the method record answers a request and where it doesn't. It doesn't claim that the "
    "record conforms with the document, and nobody of its authors has looked at it."
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, by its number there. answers: the record's fields that speak to it, such as "claim: claim
    limitations; data: n"; "" where none does. beside: what no field holds, or where it stands."""

    number: str
    asks: str
    answers: str = ""
    beside: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """Each as group.field."""
        told = (part.partition(":") for part in self.answers.split(";") if part)
        return tuple(f"{group.strip()}.{name}" for group, _, names in told for name in names.split())


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    requests: tuple[Request, ...]


def page(title: str, source: str, parts: Sequence[Part], record: Mapping[str, Any]) -> str:
    """A record against a document's requests, as Markdown. source: the document. record: complete or not."""
    requests = [each for part in parts for each in part.requests]
    named = [each.fields for each in requests]
    answered = [sum(value_of(record, field) is not None for field in fields) for fields in named]
    full = sum(0 < len(fields) == found for fields, found in zip(named, answered, strict=True))
    empty = answered.count(0)
    counted = f"every field that speaks to them is there: {full}; some are: {len(requests) - full - empty}"
    lines = [
        f"# {title}",
        "",
        f"After {source}. The requests are in our own words.",
        "",
        NOT_CLAIMED,
        "",
        f"Of {len(requests)} requests, {counted}; none: {empty}.",
    ]
    for part in parts:
        lines += ["", f"## {part.title}"]
        for each in part.requests:
            lines += ["", f"### {each.number}. {each.asks}", "", *_answers(each, record)]
    return "\n".join(lines) + "\n"


def value_of(record: Mapping[str, Any], field: str) -> Any:
    """The value at group.field; None where it is absent."""
    group, _, name = field.partition(".")
    part = record.get(group)
    return part.get(name) if isinstance(part, Mapping) else None


def _answers(request: Request, record: Mapping[str, Any]) -> list[str]:
    lines = []
    for field in request.fields:
        value = value_of(record, field)
        lines.append(f"- `{field}`: **empty**" if value is None else f"- `{field}`: {_inline(value)}")
    if not request.fields:
        lines.append("- **empty**: the method record has no field for this")
    if request.beside:
        lines.append(f"- beside that: {request.beside}")
    return lines


def _inline(value: Any) -> str:
    """A value on one line of Markdown, as code, whatever it holds: nothing in a record becomes markup."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = visible(text).replace("\n", "⏎")
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if len(fence) > 1 else f"`{text}`"
