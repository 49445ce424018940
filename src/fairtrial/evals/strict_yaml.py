"""YAML read as hostile bytes: no tags, no anchors or aliases, no duplicate keys, limits on size and depth.

Built from the parser's events, not with a constructor: nothing in a file can name a Python object or make
a small text unfold into a large value. Scalars follow the YAML 1.2 core schema, so that `no` is the text
"no", and so are `010` and `2024-01-01`; `legacy` gives the YAML 1.1 reading that PyYAML users know.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from fairtrial.core.errors import UsageError

MAX_YAML: Final = 10 * 2**20
"""Most bytes a YAML file may have: it is read whole."""

MAX_DEPTH: Final = 64
_MAX_DIGITS: Final = 4_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LEGACY: Any = yaml.SafeLoader("")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: Final = {
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class WrittenFloat(float):
    """A decimal that remembers how it was written: a target of 1.50 must not become "1.5"."""

    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        value = super().__new__(cls, text)
        value.text = text
        return value


class PlainKey(str):
    """A key that YAML 1.1 reads as something else than a text (1, yes, null), as it was written."""


@dataclass(frozen=True, slots=True)
class Function:
    """`!function module.name`: named, never called here."""

    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file's value, and the line (from 1) of every key: `lines[("models", 0, "api")]`."""

    value: Any
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)


def parse_yaml(data: bytes, name: str, *, legacy: bool = False, functions: bool = False) -> Document:
    """One YAML document. functions: `!function` gives a `Function`; every other tag is refused.

    Raises UsageError naming file and line, for anything that is not plain data.
    """
    if len(data) > MAX_YAML:
        raise UsageError(
            f"{name} has {len(data) / 2**20:.0f} MB; YAML is read whole and may have {MAX_YAML // 2**20} MB",
            "save the rows as JSON lines (.jsonl)",
        )
    text = decode(data, name)
    builder = _Builder(name, legacy, functions)
    try:
        return builder.document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"{name}{where}: no YAML: {error.problem}", "check indent and quotes") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{name}: no YAML: {error}", "check the file") from error


def decode(data: bytes, name: str) -> str:
    """UTF-8 to text, a byte order mark dropped. Raises UsageError naming line and column."""
    if b"\0" in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise UsageError(f"{name}, line {line}: {NUL_BYTES}", SAVE_UTF8)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name}, line {line}: {not_utf8(data, error.start)}", SAVE_UTF8) from error


SAVE_UTF8: Final = "save the file as UTF-8"
NUL_BYTES: Final = "it holds NUL bytes: UTF-16, or no text at all"


def not_utf8(data: bytes, at: int) -> str:
    """What the bytes seem to be instead."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "the file is UTF-16, not UTF-8"
    column = at - (data.rfind(b"\n", 0, at) + 1) + 1
    return f"byte 0x{data[at]:02x} at position {column} is not UTF-8 (Windows-1252 or Latin-1, perhaps)"


class _Builder:
    """Events to plain data, depth first, with an explicit stack: no recursion that a file could exhaust."""

    def __init__(self, name: str, legacy: bool, functions: bool) -> None:
        self.name = name
        self.legacy = legacy
        self.functions = functions
        self.lines: dict[tuple[str | int, ...], int] = {}

    def document(self, events: Iterator[yaml.Event]) -> Document:
        documents = 0
        value: Any = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "a second document begins here", "keep one document a file")
                value = self._value(next(events), events, ())
        return Document(value, self.lines)

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: tuple[str | int, ...]) -> Any:
        self._check(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                below = (*path, len(items))
                self.lines[below] = _line(event)
                items.append(self._value(event, events, below))
            return items
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, mapping, path)
            self.lines[(*path, key)] = _line(event)
            mapping[key] = self._value(next(events), events, (*path, key))
        return mapping

    def _check(self, event: yaml.Event, path: tuple[str | int, ...]) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "anchors and aliases (& and *) are not read", "write the value out")
        tag = getattr(event, "tag", None)
        if tag and not (self.functions and tag == "!function" and isinstance(event, yaml.ScalarEvent)):
            self._refuse(event, f"the tag {tag[:60]} is not read", "write plain values")
        if len(path) > MAX_DEPTH:
            self._refuse(event, f"nested more than {MAX_DEPTH} deep", "write it flatter")

    def _key(self, event: yaml.Event, mapping: dict[str, Any], path: tuple[str | int, ...]) -> str:
        self._check(event, path)
        if not isinstance(event, yaml.ScalarEvent) or event.tag:
            self._refuse(event, "a key is no plain text", "check braces and indent")
        key = str(event.value)
        if key == "<<" and not event.style:
            self._refuse(event, "merge keys (<<) are not read", "write the keys out")
        if key in mapping:
            first = self.lines[(*path, key)]
            self._refuse(event, f"the key {key[:60]!r} stands already on line {first}", "keep one of them")
        return PlainKey(key) if self.legacy and not event.style and _legacy_value(key) != key else key

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text = str(event.value)
        if event.tag:
            return Function(text)
        if event.style:
            if event.style == '"' and any("\ud800" <= letter <= "\udfff" for letter in text):
                self._refuse(event, "half a surrogate pair is no text", "write the character itself")
            return text
        if self.legacy:
            return _legacy_value(text)
        if text in _WORDS:
            return _WORDS[text]
        if _SPECIAL.fullmatch(text):
            self._refuse(event, f"{text} is no number that can be used", "leave it out, or quote it")
        if len(text) <= _MAX_DIGITS and _INT.fullmatch(text):
            return int(text)
        if len(text) <= _MAX_DIGITS and _FLOAT.fullmatch(text):
            number = WrittenFloat(text)
            if not math.isfinite(number):
                self._refuse(event, f"{text} is too large a number", "quote it")
            return number
        return text

    def _refuse(self, event: yaml.Event, what: str, remedy: str) -> NoReturn:
        raise UsageError(f"{self.name}, line {_line(event)}: {what}", remedy)


def _line(event: yaml.Event) -> int:
    mark: Any = event.start_mark
    return int(mark.line) + 1


def _legacy_value(text: str) -> Any:
    """As PyYAML's safe loader reads a plain scalar; a date stays the text it was written as."""
    node = yaml.ScalarNode(_LEGACY.resolve(yaml.ScalarNode, text, (True, False)), text)
    kind = node.tag.rpartition(":")[2]
    if len(text) <= _MAX_DIGITS:
        if kind == "bool":
            return _LEGACY.construct_yaml_bool(node)
        if kind == "int":
            return _LEGACY.construct_yaml_int(node)
        if kind == "float":
            value = _LEGACY.construct_yaml_float(node)
            if not math.isfinite(value):
                raise ValueError(f"{text} is no number that can be used")
            return value
    return None if kind == "null" else text
