"""The method record: everything that must be disclosed before a score is published.

A field that is absent blocks publication. "not-applicable: reason" is a value only where the table allows it, and
only with a reason. "none" and "not offered by the provider" are values everywhere: they say something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.documents import GET_AGAIN, read_canonical, read_object
from fairtrial.trust.fields import Problem
from fairtrial.trust.method_table import GROUPS, fields, says_something

FORMAT: Final = "fairtrial_method"
VERSION: Final = 1
SCHEMA_ID: Final = "https://fairtrial.dev/schema/method/v1"


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a record isn't complete yet: a field that is absent, or that can't be read as what it should be."""

    group: str
    field: str
    fault: Literal["absent", "wrong", "contradicts the run"]
    detail: str

    def to_json(self) -> dict[str, JSON]:
        return {"group": self.group, "field": self.field, "fault": self.fault, "detail": self.detail}


_NOT_APPLICABLE: Final = re.compile(r"\s*not[-_ ]?applicable\b[\s:,;.–-]*", re.IGNORECASE)
_STRUCTURE: Final = {group: frozenset(each.name for each in members) for group, members in GROUPS.items()}


def parse_method(data: bytes, name: str, *, canonical: bool = True) -> dict[str, Any]:
    """A method record. Whether it is complete is for `gaps` to say.

    canonical: as in a bundle; False for a file that people write. Raises IntegrityError for another format, and
    for groups and fields that are not in the table: a misspelt field would be an undisclosed one.
    """
    value = (read_canonical if canonical else read_object)(data, "method record", name)
    if problem := misplaced(value):
        raise IntegrityError(f"{name} is no method record: {problem}", GET_AGAIN)
    return value


def misplaced(value: Mapping[str, Any]) -> Problem:
    """What in a record has no place in the table; None where nothing."""
    if value.get(FORMAT) != VERSION or type(value.get(FORMAT)) is not int:
        return f"{FORMAT} is not {VERSION}"
    for group, members in value.items():
        if group == FORMAT:
            continue
        if group not in GROUPS:
            return f"the group {group[:60]!r} is not known"
        if not isinstance(members, Mapping):
            return f"the group {group!r} is no object"
        if unknown := sorted(set(members) - _STRUCTURE[group]):
            return f"the field {unknown[0][:60]!r} in {group!r} is not known"
    return None


def gaps(value: Mapping[str, Any]) -> tuple[Gap, ...]:
    """What keeps a record from being published, field by field in the table's order; () where nothing does."""
    return tuple(_gaps(value))


def complete(value: Mapping[str, Any], name: str) -> None:
    """That nothing is missing. Raises IntegrityError, naming the first gap and counting the others."""
    if found := gaps(value):
        first = found[0]
        raise IntegrityError(
            f"{name}: {first.group}.{first.field} is {first.fault} ({first.detail}); gaps in all: {len(found)}",
            "see them all with `fairtrial method check`",
        )


def reason(value: Any) -> str | None:
    """The reason in "not-applicable: reason", however the first words are spelt; None for any other value. May be
    empty."""
    found = _NOT_APPLICABLE.match(value) if isinstance(value, str) else None
    return None if found is None else value[found.end() :].strip()


def schema() -> dict[str, JSON]:
    """The record as JSON Schema (2020-12), as published. What it can't say, `gaps` does: "TBD" is no value."""
    groups: dict[str, JSON] = {
        group: {
            "type": "object",
            "properties": {each.name: each.schema for each in members},
            "required": [each.name for each in members],
            "additionalProperties": False,
        }
        for group, members in GROUPS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Method record of an evaluation",
        "type": "object",
        "properties": {FORMAT: {"const": VERSION}, **groups},
        "required": [FORMAT, *GROUPS],
        "additionalProperties": False,
    }


def _gaps(value: Mapping[str, Any]) -> Iterator[Gap]:
    for group, each in fields():
        found = value.get(group, {}).get(each.name)
        why = reason(found)
        if not says_something(found):
            yield Gap(group, each.name, "absent", each.asks)
        elif why is not None and not each.optional:
            yield Gap(group, each.name, "wrong", f"it always applies; {each.asks}")
        elif why is not None:
            if not says_something(why):
                yield Gap(group, each.name, "wrong", "not-applicable needs its reason")
        elif problem := each.kind.problem(found):
            yield Gap(group, each.name, "wrong", problem.lstrip(": "))
