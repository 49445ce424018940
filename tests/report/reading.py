"""A page read back with the standard library's own parser: elements, attributes, words."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, TypeVar

VOID = {"meta", "br", "hr", "img", "col", "link", "input"}
T = TypeVar("T")


@dataclass
class Element:
    name: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    def all(self, name: str = "", class_: str = "") -> Iterator[Element]:
        """Elements below with this name and class, in the order of the page."""
        for each in self.children:
            if isinstance(each, Element):
                named = not name or each.name == name
                if named and (not class_ or class_ in (each.attributes.get("class") or "").split()):
                    yield each
                yield from each.all(name, class_)

    def words(self) -> str:
        """The text below; what only a style hides is text too."""
        return "".join(each if isinstance(each, str) else each.words() for each in self.children)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top = Element("", {})
        self.open = [self.top]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> says an attribute twice: {attrs}"
        found = Element(tag, dict(attrs))
        self.open[-1].children.append(found)
        if tag not in VOID:
            self.open.append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data}")


def read(page: str) -> Element:
    """The page as a tree. AssertionError where elements don't nest or an attribute is said twice."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.top], f"left open: {[each.name for each in reader.open]}"
    return reader.top


def skeleton(top: Element) -> list[tuple[str, tuple[str, ...]]]:
    """Every element and the names of its attributes: what text must not be able to change."""
    return [(each.name, tuple(sorted(each.attributes))) for each in top.all()]


FIXED = {"status", "verdict", "state", "cost_usd", "cost_a_usd", "cost_b_usd", "finish", "question"}
"""Fields whose words are ours, from a short list."""


def poisoned(noun: T, text: str) -> T:
    """The same noun with the text added to every string that a model, a task, a file or a provider can bring."""
    return _poisoned(noun, text)  # type: ignore[no-any-return]


def _poisoned(noun: Any, text: str) -> Any:
    if isinstance(noun, str):
        return noun + text
    if isinstance(noun, tuple):
        return tuple(_poisoned(each, text) for each in noun)
    if isinstance(noun, Mapping):
        return {
            key if key in FOUND_BY_NAME else key + text: _poisoned(each, text) for key, each in noun.items()
        }
    if dataclasses.is_dataclass(noun) and not isinstance(noun, type):
        changes = {
            each.name: _poisoned(getattr(noun, each.name), text)
            for each in dataclasses.fields(noun)
            if each.name not in FIXED
        }
        return dataclasses.replace(noun, **changes)
    return noun


FOUND_BY_NAME = {"input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "p50", "p95", "prices"}

PERCENT = re.compile(r"^(-?\d+(?:\.\d+)?)%$")


def place(element: Element, name: str) -> float:
    """A coordinate in percent of the chart."""
    said = element.attributes.get(name) or ""
    found = PERCENT.match(said)
    assert found, f"{name} is {said!r}"
    return float(found[1])
