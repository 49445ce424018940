"""Markup that can't be broken by what it holds: the one place where text becomes HTML or SVG.

`tag` escapes every child and every attribute that is not already `Markup`, so a section can't forget to.
Characters that hide or reorder text are shown by name, since a page about untrusted answers must not let an
answer rewrite the page (Unicode TR 36, section 3.1; "Trojan Source", CVE-2021-42574).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape as _escape
from typing import TypeAlias

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
    "|(?<![#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff])\ufe0f"
)
"""C0 and C1 controls but tab and line feed, fillers, zero-width and bidirectional marks, lone surrogates, tags,
and variation selectors but the one that makes a sign an emoji, which models write all the time."""

VOID = frozenset({"meta", "br", "hr", "img", "col"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"


def visible(text: str) -> str:
    """The same text with hidden characters written as their code, `‹U+202E›`; CRLF becomes a line feed."""
    return _HIDDEN.sub(lambda found: f"‹U+{ord(found.group()):04X}›", text.replace("\r\n", "\n"))


def escaped(text: str) -> Markup:
    """Text as HTML, safe inside an element and inside a quoted attribute."""
    return text if isinstance(text, Markup) else Markup(_escape(visible(text), quote=True))


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """One element. `class_` becomes `class`, `aria_label` `aria-label`; None and False are left out."""
    said = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        said.append(f" {key}" if value is True else f' {key}="{escaped(_plain(value))}"')
    if name in VOID:
        return Markup(f"<{name}{''.join(said)}>")
    return Markup(f"<{name}{''.join(said)}>{join(children)}</{name}>")


def join(children: Child) -> Markup:
    """Children one after another: text escaped, None left out, lists opened."""
    if children is None:
        return Markup("")
    if isinstance(children, str):
        return escaped(children)
    if isinstance(children, int):
        return Markup(str(children))
    return Markup("".join(join(each) for each in children))


def _plain(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text or its two ends: `omitted` characters are missing between `head` and `tail`."""

    head: str
    omitted: int = 0
    tail: str = ""

    @classmethod
    def of(cls, text: str, limit: int) -> Excerpt:
        """At most `limit` characters: the beginning and the end, since answers stand at the end."""
        if len(text) <= limit:
            return cls(text)
        back = limit // 2
        front = limit - back
        return cls(text[:front], len(text) - limit, text[-back:] if back else "")

    def to(self, limit: int) -> Excerpt:
        """The same text cut further."""
        if len(self.head) + len(self.tail) <= limit:
            return self
        if not self.omitted:
            return Excerpt.of(self.head, limit)
        back = min(limit // 2, len(self.tail))
        front = limit - back
        gone = len(self.head) + len(self.tail) - limit
        return Excerpt(self.head[:front], self.omitted + gone, self.tail[-back:] if back else "")

    @property
    def markup(self) -> Markup:
        if not self.omitted:
            return escaped(self.head)
        gap = tag("span", f" … {self.omitted:,} characters not shown … ", class_="ft-gap")
        return join((self.head, gap, self.tail))

    def __bool__(self) -> bool:
        return bool(self.head)


def shortened(text: str, limit: int) -> str:
    """One line of at most `limit` characters, the middle left out: ends tell names apart."""
    line = " ".join(text[: 20 * limit].split()) if len(text) > 20 * limit else " ".join(text.split())
    if len(line) <= limit and len(text) <= 20 * limit:
        return line
    back = limit // 2
    return f"{line[: limit - back - 1]}…{text[-back:]}" if back else line[:limit]
