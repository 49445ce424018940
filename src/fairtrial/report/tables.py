"""Tables: the figures behind every chart, and facts by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairtrial.report.markup import Child, Markup, tag


def table(
    head: Sequence[Child], rows: Iterable[Sequence[Child]], *, numbers: Sequence[int] = (), caption: str = ""
) -> Markup:
    """A table whose first column names the row. numbers: columns set flush right."""

    def cell(name: str, at: int, content: Child, **attributes: str) -> Markup:
        return tag(name, content, class_="ft-n" if at in numbers else None, **attributes)

    top = tag("tr", [cell("th", at, each, scope="col") for at, each in enumerate(head)])
    body = [
        tag(
            "tr",
            [
                cell("td", at, each) if at else cell("th", at, each, scope="row")
                for at, each in enumerate(row)
            ],
        )
        for row in rows
    ]
    inner = tag("table", tag("caption", caption) if caption else None, tag("thead", top), tag("tbody", body))
    # A table wider than a phone scrolls in its own box, which the keyboard must be able to reach.
    return tag("div", inner, class_="ft-scroll", tabindex=0, role="group", aria_label=caption or "Table")


def folded(summary: str, *content: Child, open_: bool = False) -> Markup:
    """`<details>`: what most readers pass over and some need. Works without script."""
    return tag("details", tag("summary", summary), content, open_=open_)


def facts(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Name and value, line by line."""
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in pairs]
    return tag("table", tag("tbody", rows), class_="ft-facts")


def bullets(items: Iterable[Child]) -> Markup:
    return tag("ul", [tag("li", each) for each in items], class_="ft-list")
