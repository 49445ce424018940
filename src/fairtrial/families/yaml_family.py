"""A family as a YAML file: no Python, and nothing in it is executed. See docs/how-to/write-a-family.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final, NoReturn, TypeVar

from fairtrial.core.canon import digest
from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import Document, WrittenFloat, parse_yaml
from fairtrial.families.expression import Formula, parse_formula
from fairtrial.families.law import Choice, Day, Decimal, Integer, Law
from fairtrial.families.operations import FormulaError, Value
from fairtrial.families.template import Template, TemplateFamily
from fairtrial.families.wording import Wording, parse_wording

GENERATOR: Final = "fairtrial-family-1"
"""Changes when the same file would give other samples: it is part of every family's digest."""

MAX_BYTES: Final = 2**20
MAX_TEMPLATES: Final = 1_000
MAX_PARAMETERS: Final = 40
MAX_VALUES: Final = 2**32
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_TEMPLATE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TOP: Final = frozenset({"family", "words", "templates"})
_KEYS: Final = frozenset(
    {"text", "draw", "let", "where", "answer", "decimals", "steps", "unit", "held_out", "solution"}
)
_T = TypeVar("_T")
Path = tuple[str | int, ...]


def read_family(data: bytes, name: str) -> TemplateFamily:
    """name: of the file, for messages. Raises UsageError naming file, line and template."""
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"{name} has more than {MAX_BYTES:,} bytes", "a family is a few templates; split the file"
        )
    return _Reader(name, parse_yaml(data, name)).family()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Walks the document; `path` leads to the value at hand and thereby to its line."""

    file: str
    document: Document

    def family(self) -> TemplateFamily:
        value = self.document.value
        top = self.mapping(value, (), _TOP, ("family", "templates"))
        name = self.name(top["family"], ("family",), _TEMPLATE_NAME)
        words = {
            key: self.choice(listed, ("words", key))
            for key, listed in self.mapping(top.get("words", {}), ("words",)).items()
        }
        listed = self.mapping(top["templates"], ("templates",))
        if not 1 <= len(listed) <= MAX_TEMPLATES:
            self.refuse(("templates",), f"{len(listed)} templates", f"write 1 to {MAX_TEMPLATES:,}")
        members = {key: self.template(key, listed[key], words) for key in listed}
        return TemplateFamily(name, digest({"generator": GENERATOR, "family": _plain(value)}), members)

    def template(self, name: str, value: Any, words: Mapping[str, Choice]) -> Template:
        path: Path = ("templates", name)
        self.name(name, path, _TEMPLATE_NAME)
        given = self.mapping(value, path, _KEYS, ("text", "draw", "answer", "steps"))
        draw = {
            key: self.law(law, (*path, "draw", key), words)
            for key, law in self.mapping(given["draw"], (*path, "draw")).items()
        }
        if not 1 <= len(draw) <= MAX_PARAMETERS:
            self.refuse((*path, "draw"), f"{len(draw)} parameters", f"write 1 to {MAX_PARAMETERS}")
        let = {
            key: self.formula(each, (*path, "let", key))
            for key, each in self.mapping(given.get("let", {}), (*path, "let")).items()
        }
        template = Template(
            name=name,
            text=self.wording(given["text"], (*path, "text")),
            draw=draw,
            let=let,
            where=tuple(
                self.formula(each, (*path, "where", at))
                for at, each in enumerate(self.sequence(given.get("where", []), (*path, "where")))
            ),
            answer=self.formula(given["answer"], (*path, "answer")),
            decimals=self.whole(given.get("decimals", 0), (*path, "decimals"), 0, 6),
            steps=self.whole(given["steps"], (*path, "steps"), 1, 20),
            unit=self.text(given.get("unit", ""), (*path, "unit")),
            held_out=self.boolean(given.get("held_out", False), (*path, "held_out")),
            solution=self.wording(given["solution"], (*path, "solution")) if "solution" in given else None,
        )
        self.check_names(template, path)
        return template

    def check_names(self, template: Template, path: Path) -> None:
        """Every name is known where it is used, and every parameter is used: else it is a slip."""
        known = set(template.draw)
        for name, formula in template.let.items():
            if name in known or not _NAME.fullmatch(name) or name == "answer":
                self.refuse((*path, "let", name), f"{name!r} can't be computed", "take a new name")
            self.known(formula.names, known, (*path, "let", name))
            known.add(name)
        for at, formula in enumerate(template.where):
            self.known(formula.names, known, (*path, "where", at))
        self.known(template.answer.names, known, (*path, "answer"))
        self.known(template.text.names, known, (*path, "text"))
        if template.solution is not None:
            self.known(template.solution.names, known | {"answer"}, (*path, "solution"))
        used = template.text.names | template.answer.names
        used |= template.solution.names if template.solution is not None else frozenset()
        used = used.union(*(each.names for each in (*template.let.values(), *template.where)))
        for name in known - used:
            where = "draw" if name in template.draw else "let"
            self.refuse((*path, where, name), f"{name!r} is used nowhere", "use it, or take it out")
        hidden = set(template.answer_from) - self.shown(template)
        if hidden:
            self.refuse((*path, "text"), f"the answer needs {sorted(hidden)[0]!r}, the text doesn't tell it",
                        "put it into the text, or a value computed from it")  # fmt: skip

    @staticmethod
    def shown(template: Template) -> set[str]:
        """Parameters that the text tells, themselves or inside a computed value."""
        shown, waiting = set[str](), set(template.text.names)
        while waiting:
            name = waiting.pop()
            shown.add(name)
            waiting |= (template.let[name].names if name in template.let else set()) - shown
        return shown

    def law(self, value: Any, path: Path, words: Mapping[str, Choice]) -> Law:
        name = str(path[-1])
        if not _NAME.fullmatch(name) or name in ("answer", "and", "or", "not", "if", "else"):
            self.refuse(path, f"{name!r} can't name a parameter", "take letters, digits and _")
        given = self.mapping(value, path)
        kinds = set(given) & {"integer", "decimal", "choice", "date"}
        if len(kinds) != 1 or set(given) - kinds - ({"step"} if "decimal" in kinds else set()):
            self.refuse(path, "this is no law", "write one of integer, decimal with step, choice, date")
        kind = kinds.pop()
        if kind == "choice":
            listed = given["choice"]
            if isinstance(listed, str):
                if listed not in words:
                    self.refuse(path, f"no words are called {listed!r}", "list them under `words`")
                return words[listed]
            return self.choice(listed, (*path, "choice"))
        law: Law
        low, high = self.pair(given[kind], (*path, kind))
        if kind == "integer":
            law = Integer(self.whole(low, path), self.whole(high, path))
        elif kind == "date":
            law = Day(self.day(low, path), self.day(high, path))
        else:
            step = self.fraction(given.get("step"), (*path, "step"))
            if step <= 0:
                self.refuse(path, "a decimal's step is above 0", "write step: 0.01, for example")
            law = Decimal(self.fraction(low, path), self.fraction(high, path), step)
        if not 1 <= law.size <= MAX_VALUES:
            self.refuse(path, f"{low} to {high} is no range", "write the lower limit first")
        return law

    def choice(self, value: Any, path: Path) -> Choice:
        listed = self.sequence(value, path)
        values: list[Value] = [
            each if isinstance(each, str) else self.fraction(each, (*path, at))
            for at, each in enumerate(listed)
        ]
        if not values or len(set(values)) != len(values):
            self.refuse(path, "a choice lists values, each once", "check the list")
        return Choice(tuple(values))

    def known(self, names: frozenset[str], known: set[str], path: Path) -> None:
        for name in sorted(names - known):
            self.refuse(path, f"{name!r} is not known here", f"known: {', '.join(sorted(known))}")

    def formula(self, value: Any, path: Path) -> Formula:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        return self.parsed(parse_formula, self.text(text, path), path)

    def wording(self, value: Any, path: Path) -> Wording:
        return self.parsed(parse_wording, self.text(value, path), path)

    def parsed(self, parse: Callable[[str], _T], text: str, path: Path) -> _T:
        try:
            return parse(text)
        except FormulaError as error:
            self.refuse(path, str(error), "see docs/how-to/write-a-family.md")

    def mapping(
        self, value: Any, path: Path, keys: frozenset[str] | None = None, needed: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse(path, "keys with values belong here", "check the indent")
        for key in value:
            if keys is not None and key not in keys:
                self.refuse(
                    (*path, key), f"the key {key[:40]!r} is not known", f"known: {', '.join(sorted(keys))}"
                )
        for key in needed:
            if key not in value:
                self.refuse(path, f"{key!r} is missing", "add it")
        return dict(value)

    def sequence(self, value: Any, path: Path) -> list[Any]:
        if not isinstance(value, list) or len(value) > 10_000:
            self.refuse(path, "a list belongs here", "write [one, two]")
        return list(value)

    def pair(self, value: Any, path: Path) -> tuple[Any, Any]:
        listed = self.sequence(value, path)
        if len(listed) != 2:
            self.refuse(path, "a lower and an upper limit belong here", "write [2, 20]")
        return listed[0], listed[1]

    def text(self, value: Any, path: Path) -> str:
        if not isinstance(value, str):
            self.refuse(path, "a text belongs here", "put it into quotes")
        return value

    def name(self, value: Any, path: Path, pattern: re.Pattern[str]) -> str:
        if not pattern.fullmatch(self.text(value, path)):
            self.refuse(
                path, f"{value[:40]!r} is no name", "take small letters, digits and hyphens, 40 at most"
            )
        return str(value)

    def whole(self, value: Any, path: Path, low: int = -(10**9), high: int = 10**9) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(
                path, f"{str(value)[:40]!r} is no whole number from {low:,} to {high:,}", "correct it"
            )
        return value

    def boolean(self, value: Any, path: Path) -> bool:
        if not isinstance(value, bool):
            self.refuse(path, f"{str(value)[:40]!r} is neither true nor false", "write true or false")
        return value

    def fraction(self, value: Any, path: Path) -> Fraction:
        """A decimal as it was written: 0.1 is a tenth."""
        if isinstance(value, WrittenFloat):
            return Fraction(value.text)
        return Fraction(self.whole(value, path))

    def day(self, value: Any, path: Path) -> date:
        try:
            return date.fromisoformat(self.text(value, path))
        except ValueError:
            self.refuse(path, f"{value[:40]!r} is no date", "write it as 2026-01-31")

    def refuse(self, path: Path, what: str, remedy: str) -> NoReturn:
        at = path
        while at and at not in self.document.lines:
            at = at[:-1]
        line = f", line {self.document.lines[at]}" if at else ""
        inside = f", template {path[1]!r}" if len(path) > 1 and path[0] == "templates" else ""
        raise UsageError(f"{self.file}{line}{inside}: {what}", remedy)


def _plain(value: Any) -> Any:
    """Decimals by the digits they were written with: the digest must not pass through binary fractions."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {"decimal": value.text} if isinstance(value, WrittenFloat) else value
