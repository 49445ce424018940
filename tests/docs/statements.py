"""Writes the fields' tables of docs/reference/statements.md from the code: python -m tests.docs.statements"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from fairtrial.trust.fields import Kind
from fairtrial.trust.method_table import GROUPS
from fairtrial.trust.predicates import PREDICATES

PAGES = Path(__file__).parents[2] / "docs"
STATEMENTS = PAGES / "reference" / "statements.md"
METHOD = PAGES / "reference" / "method-record.md"
IN_METHOD = "method/"
_TABLE = re.compile(r"(<!-- fields: ([a-z/-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rows(fields: Mapping[str, Kind], prefix: str = "") -> Iterator[str]:
    """A line a field, those of an object below it."""
    for name, kind in fields.items():
        said = kind.says.replace("|", "\\|")
        yield f"| `{prefix}{name}` | {said} |"
        many = "[]" if said.startswith("list of") else ""
        yield from rows(kind.parts, f"{prefix}{name}{many}.")


def table(name: str) -> str:
    """The table of a predicate, or (as method/GROUP) of a group of the method record."""
    if name in PREDICATES:
        return "\n".join(["| field | holds |", "| --- | --- |", *rows(PREDICATES[name].fields)])
    lines = ["| field | what to write | holds |", "| --- | --- | --- |"]
    for each in GROUPS[name.removeprefix(IN_METHOD)]:
        star = " *" if each.optional else ""
        lines.append(f"| `{each.name}`{star} | {each.asks} | {each.kind.says} |")
        many = "[]" if each.kind.says.startswith("list of") else ""
        lines += [row.replace(" | ", " | | ", 1) for row in rows(each.kind.parts, f"{each.name}{many}.")]
    return "\n".join(lines)


def written(page: str) -> str:
    return _TABLE.sub(lambda found: f"{found[1]}{table(found[2])}\n{found[3]}", page)


def named(page: str) -> list[str]:
    return [found[2] for found in _TABLE.finditer(page)]


if __name__ == "__main__":
    for each in (STATEMENTS, METHOD):
        each.write_text(written(each.read_text()))
