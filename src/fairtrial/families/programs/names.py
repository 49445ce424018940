"""Names that arguments may have. None of them says what is to be done, and no solution uses one of its own."""

from __future__ import annotations

from typing import Final

NUMBERS: Final = ("values", "numbers", "items", "readings", "scores", "amounts", "data", "series")
TEXTS: Final = ("text", "line", "phrase", "message", "string", "source", "entry", "given")
NUMBER: Final = ("n", "number", "value", "amount", "given", "figure", "quantity", "size")
