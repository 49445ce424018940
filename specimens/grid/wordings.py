"""Whom the grid asks about, and how else its questions can be said: a paraphrase of each template by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Final

from fairtrial.families.arithmetic import arithmetic
from fairtrial.families.template import Template
from fairtrial.families.wording import parse_wording

REWORDED: Final = MappingProxyType(
    {
        "gain": "{who} had {a} {things} and then got {b} more. How many {things} are there now?",
        "give-away": "{who} gave away {b} of {a} {things}. How many {things} does {who} have now?",
        "boxes": "There are {b} {things} in each of {a} boxes. How many {things} are there in all?",
        "share": "{a} {things} are for {b} friends of {who}. How many {things} are there for each?",
        "older": "{other} is {b} years older than {who}, aged {a}. How many years old is {other}?",
        "price": "{who} buys a {item} {k} times at {p} dollars. How many dollars is it in all?",
        "change": "{who} gives {n} dollars for a {item} at {p}. How many dollars does {who} get back?",
        "pool-hours": "In {d} days with {a} hours each, how many hours is the {place} open?",
        "speed": "How many km does a {vehicle} go in {t} hours at {v} km an hour?",
        "tap": "For {who} a tap gives {n} litres at {r} litres a minute. How many minutes is that?",
        "age-aside": "Of {a} {things}, {who}, {d} years old, loses {b}. How many {things} does {who} have now?",
        "bus": "On a {vehicle} are {a} riders. {c} get on and {b} get off. How many riders are left?",
        "plus-bag": "A bag costs {c} dollars. {who} buys it and {k} {things} at {p}. How many dollars is that?",
        "money-left": "{who} buys {k} {things} at {p} dollars and pays with {n}. How many dollars come back?",
        "two-days": "On Monday {who} reads {a} pages and on Tuesday {b} more. How many pages in all?",
        "times-plus": "{other} has {c} more than {k} times the {things} of {who}, that is {a}. How many is it?",
    }
)
"""Template -> another question with the same numbers, names and worked answer."""

TEMPLATES: Final = tuple(REWORDED)
"""Items are dealt to them in turn."""


@cache
def template(name: str) -> Template:
    return arithmetic().members[name]


@cache
def reworded(name: str) -> Template:
    """The same laws and answer under the paraphrase: equal seeds give equal values."""
    return replace(template(name), text=parse_wording(REWORDED[name]))
