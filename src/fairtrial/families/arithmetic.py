"""Word problems with small numbers: 30 templates, six of them held out of every published form.

Written for this project; no text, template or number is taken from GSM8K or GSM-Symbolic. One to four steps,
with units, money, dates, rates and numbers that are not needed. Questions are ASCII of at most 90 bytes.
Siblings share their template; names, things and numbers all come anew from one law, which knows no index.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from fairtrial.families.template import TemplateFamily
from fairtrial.families.yaml_family import read_family

FILE: Final = "arithmetic.yaml"
HELD_OUT: Final = (
    "eggs-left-over",
    "walk-to-work",
    "colder-night",
    "longer-side",
    "walk-end",
    "missing-number",
)


@cache
def arithmetic() -> TemplateFamily:
    return read_family(files("fairtrial.families").joinpath(FILE).read_bytes(), FILE)
