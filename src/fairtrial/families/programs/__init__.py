"""Programming tasks: 20 templates, four of them held out of every published form.

Written for this project; no task is taken from HumanEval, MBPP or any other benchmark. Siblings share their
template: a seed draws the constants, rules and orders that decide the function, and besides them the names, from
one law that knows no index. Rules that one parameter chooses among are mirror images of each other, so that every
sibling's solution has the same statements and operations.
"""

from __future__ import annotations

from functools import cache

from fairtrial.families.program import ProgramFamily
from fairtrial.families.programs.lists import LISTS
from fairtrial.families.programs.numbers import ALL_NUMBERS
from fairtrial.families.programs.texts import ALL_TEXTS


@cache
def programs() -> ProgramFamily:
    return ProgramFamily.of("programs", (*LISTS, *ALL_TEXTS, *ALL_NUMBERS))
