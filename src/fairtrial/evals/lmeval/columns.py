"""Columns as lm-eval's reader of files types them (`datasets` 5.2: pandas for CSV, Arrow for JSON).

CSV: a column of whole numbers holds numbers, one with an empty cell or `NA` among them holds decimals and
nothing. JSON: where whole numbers and decimals stand in one place they are all decimals, and texts that all look
like times become times. Both as seen over a whole file; Arrow looks at its first ten megabytes.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

_NOTHING: Final = frozenset(
    ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A")
) | {"NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
"""Cells that pandas reads as nothing."""
_INT = re.compile(r"\s*[-+]?[0-9]{1,18}\s*")
_FLOAT = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\s*")
_BOOLS: Final = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[ T]\d{2}(?::?\d{2}(?::?\d{2})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_MOST: Final = 2**63 - 1


class Times(Exception):
    """The texts would become times, which have no equal here."""


def from_csv(cells: list[str]) -> list[Any]:
    """One column of CSV cells as values: all whole numbers, all decimals, all booleans, or texts."""
    stated = [cell for cell in cells if cell not in _NOTHING]
    gaps = len(stated) < len(cells)
    if not stated:
        return [None] * len(cells)
    if all(map(_INT.fullmatch, stated)) and not gaps:
        return [int(cell) for cell in cells]
    if all(map(_FLOAT.fullmatch, stated)) and all(math.isfinite(float(cell)) for cell in stated):
        return [None if cell in _NOTHING else float(cell) for cell in cells]
    if all(cell in _BOOLS for cell in stated):
        return [_BOOLS.get(cell) for cell in cells]
    return [None if cell in _NOTHING else cell for cell in cells]


def from_json(values: list[Any]) -> list[Any]:
    """One column of JSON values. A column of mixed kinds stays as it is. Raises Times."""
    stated = [value for value in values if value is not None]
    kinds = {float if isinstance(value, float) else type(value) for value in stated}
    if kinds and kinds <= {int, float}:
        if float in kinds or any(abs(value) > _MOST for value in stated):
            return [None if value is None else float(value) for value in values]
    elif kinds == {str} and all(map(_TIME.fullmatch, stated)):
        raise Times
    elif kinds == {list}:
        items = iter(from_json([item for value in stated for item in value]))
        return [None if value is None else [next(items) for _ in value] for value in values]
    elif kinds == {dict} and len({frozenset(value) for value in stated}) == 1:
        return _from_objects(values, list(stated[0]))
    return values


def _from_objects(values: list[Any], keys: list[str]) -> list[Any]:
    stated = [value for value in values if value is not None]
    fields = {key: iter(from_json([value[key] for value in stated])) for key in keys}
    return [None if value is None else {key: next(fields[key]) for key in keys} for value in values]
