"""A declared family of formats as a YAML file: lists of texts and numbers, nothing else. See
docs/reference/format-family.md."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, NoReturn

from fairtrial.audit.formats import CASES, FormatFamily
from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import Document, parse_yaml

MAX_BYTES: Final = 2**18
MAX_CHOICES: Final = 1_000
MAX_TEXT: Final = 4_000
MAX_SHOTS: Final = 64
MAX_LENGTH: Final = 100
MAX_TEMPERATURE: Final = 10
NAME: Final = "formats"
"""The key whose value names the family, and by which a file is known to be one."""

_KEYS: Final = tuple(each.name for each in fields(FormatFamily) if each.name != "name")
_MAY_BE_EMPTY: Final = ("instruction", "question", "answer")
"""Texts that a format may lack."""


def read_format_family(data: bytes, name: str) -> FormatFamily:
    """name: of the file, for messages. A key left out has its one usual value, and does not vary.

    Raises UsageError naming file and line for anything that is no family of formats.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"{name} has more than {MAX_BYTES:,} bytes", "a family of formats is a few short lists"
        )
    return _Reader(name, parse_yaml(data, name)).family()


@dataclass(frozen=True, slots=True)
class _Reader:
    file: str
    document: Document

    def family(self) -> FormatFamily:
        value = self.document.value
        if not isinstance(value, dict) or NAME not in value:
            self.refuse((), f"no family of formats: the key {NAME!r} with its name is missing", "add it")
        told = {}
        for key, listed in value.items():
            if key == NAME:
                continue
            if key not in _KEYS:
                self.refuse(
                    (key,), f"the key {key[:40]!r} is not known", f"known: {', '.join((NAME, *_KEYS))}"
                )
            told[key] = self.choices(key, listed)
        return FormatFamily(self.text((NAME,), value[NAME], empty=False), **told)

    def choices(self, key: str, listed: Any) -> tuple[Any, ...]:
        if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_CHOICES:
            self.refuse((key,), f"{key} is no list of 1 to {MAX_CHOICES:,} values", "write [one, two]")
        found = tuple(self.choice(key, at, each) for at, each in enumerate(listed))
        for at, each in enumerate(found):
            if each in found[:at]:
                self.refuse((key, at), f"{each!r:.60} stands twice", "write each value once")
        return found

    def choice(self, key: str, at: int, value: Any) -> Any:
        path = (key, at)
        if key == "shots":
            if type(value) is not int or not 0 <= value <= MAX_SHOTS:
                self.refuse(path, f"{value!r:.40} is no whole number from 0 to {MAX_SHOTS}", "correct it")
            return value
        if key == "length":
            return self.number(path, value, MAX_LENGTH, zero=False)
        if key == "temperature":
            return None if value is None else self.number(path, value, MAX_TEMPERATURE, zero=True)
        text = self.text(path, value, empty=key in _MAY_BE_EMPTY)
        if key == "case" and text not in CASES:
            self.refuse(path, f"no case {text[:40]!r}", f"take {', '.join(CASES)}")
        if key in ("lead", "turn", "gap") and text.strip():
            self.refuse(path, f"{key} is made of blanks and line breaks alone", "put words into a label")
        if key == "letter" and (text.count("{}") != 1 or text.count("{") != 1 or text.count("}") != 1):
            self.refuse(path, f"{text[:40]!r} does not hold {{}} once", "write for example ({})")
        return text

    def number(self, path: tuple[str | int, ...], value: Any, most: int, *, zero: bool) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or value < 0 or value > most or (value == 0 and not zero):
            least = "from" if zero else "above"
            self.refuse(path, f"{value!r:.40} is no number {least} 0 to {most}", "correct it")
        return float(value)

    def text(self, path: tuple[str | int, ...], value: Any, *, empty: bool) -> str:
        if not isinstance(value, str) or len(value) > MAX_TEXT or not (value or empty):
            self.refuse(
                path, f"a text of {0 if empty else 1} to {MAX_TEXT:,} characters belongs here", "quote it"
            )
        return value

    def refuse(self, path: tuple[str | int, ...], what: str, remedy: str) -> NoReturn:
        at = path
        while at and at not in self.document.lines:
            at = at[:-1]
        line = f", line {self.document.lines[at]}" if at else ""
        raise UsageError(f"{self.file}{line}: {what}", remedy)
