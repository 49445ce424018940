"""The attacks: wrong programs that try to be judged right. One file each in attacks/, named after what it tries.

A file's docstring says what it tries, and below that in lines `key: value`:

    exam     the target (targets.py)
    cause    causes that may be stated when it is refused, any of them
    matrix   its number among the twenty-one that other scorers were first measured with
    kind     denial (aimed at the judge's health), tried (known not to work as written), untested (asked for in
             the issue); none of these and no number: made for this suite
    known    where it, or its like, is on public record

Programs that no text file can hold well are made by functions in made.py, with the same docstring.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.sandbox import made

FOLDER = Path(__file__).parent / "attacks"
KEYS = {"exam", "cause", "matrix", "kind", "known"}
KINDS = ("matrix", "denial", "tried", "untested", "own")
CAUSES = {
    "wrong-answer",
    "raised",
    "timeout",
    "memory",
    "crashed",
    "flood",
    "bad-reply",
    "no-call",
    "no-function",
    "too-large",
}


@dataclass(frozen=True, slots=True)
class Attack:
    """number: in the matrix, 0 for none. known: "" where no public record is named. made: by made.py."""

    name: str
    tries: str
    target: str
    causes: tuple[str, ...]
    number: int
    kind: str
    known: str
    program: str
    made: bool = False


@cache
def attacks() -> dict[str, Attack]:
    """Every attack by name, those of the matrix first, in its order."""
    found = [_attack(path.stem, _docstring(path), path.read_text("utf-8")) for path in FOLDER.glob("*.py")]
    for name, make in inspect.getmembers(made, inspect.isfunction):
        if make.__module__ == made.__name__ and not name.startswith("_"):
            found.append(_attack(name, inspect.getdoc(make) or "", make(), made=True))
    found.sort(key=lambda attack: (KINDS.index(attack.kind), attack.number, attack.name))
    return {attack.name: attack for attack in found}


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def _attack(name: str, text: str, program: str, *, made: bool = False) -> Attack:
    tries, _, lines = text.partition("\n\n")
    header = dict(line.split(": ", 1) for line in lines.splitlines())
    unknown = (header.keys() - KEYS) | (set(header["cause"].split()) - CAUSES)
    assert not unknown, f"{name}: {unknown}"
    number = int(header.get("matrix", 0))
    return Attack(
        name,
        " ".join(tries.split()),
        header["exam"],
        tuple(header["cause"].split()),
        number,
        "matrix" if number else header.get("kind", "own"),
        header.get("known", ""),
        program,
        made,
    )
