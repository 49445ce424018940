"""Sections of the page, one a file: nouns in, HTML out, or nothing where there is nothing to say."""

from __future__ import annotations

import re

from fairtrial.report.markup import Child, Markup, tag

MOST = 20
"""Entries of a list of words that a page repeats; more are counted."""


def section(title: str, *content: Child) -> Markup:
    """A part of the page that a link can name."""
    name = re.sub(r"[^a-z]+", "-", title.lower()).strip("-")
    return tag("section", tag("h2", title), content, id=name)
