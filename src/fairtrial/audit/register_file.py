"""A register of attempts as a file: what was tried on the published form before a score was claimed. YAML or JSON.

attempts:                    # every one that was made, in any order
  - label: Q/A, no example   # what was tried
    value: 0.845             # its score, a fraction
    date: 2026-11-24
  - label: Q/A, one example
    value: 0.8517
complete: false              # whether a witness vouches that no attempt is missing; without the line: no
corrected: false             # whether the claimed score corrects for the choice; without the line: no
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from fairtrial.audit.tuned import Attempt, Ledger
from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import Document, parse_yaml

MAX_BYTES: Final = 2**20
MAX_ATTEMPTS: Final = 10_000
MAX_TEXT: Final = 4_000
"""Characters of a label or a date."""
MAX_TOLD: Final = 50
"""Problems that are named; of more, how many."""

KEYS: Final = ("attempts", "complete", "corrected")
ATTEMPT: Final = ("label", "value", "date")


def parse_register(data: bytes, name: str) -> Ledger:
    """What a file registers; the best attempt is known only where every one states its score.

    name: of the file, for messages. Raises UsageError, a line a problem.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} has {len(data):,} bytes; a register has at most {MAX_BYTES:,}")
    document = parse_yaml(data, name)
    if not isinstance(document.value, dict):
        raise UsageError(
            f"{name} holds no register", "write attempts: and below it one line `- value: 0.845` each"
        )
    reading = _Reading(document)
    rows = reading.rows(document.value)
    complete, corrected = (reading.flag(document.value, key) for key in ("complete", "corrected"))
    if reading.problems:
        raise _refused(name, reading.problems)
    scores = tuple(each.value for each in rows if each.value is not None)
    return Ledger(len(rows), complete, scores if len(scores) == len(rows) else (), corrected, rows)


def _refused(name: str, problems: list[str]) -> UsageError:
    if len(problems) == 1:
        return UsageError(f"{name}, {problems[0]}", "correct it")
    told = problems[:MAX_TOLD]
    if len(problems) > MAX_TOLD:
        told.append(f"… and {len(problems) - MAX_TOLD:,} more")
    listed = "\n".join(f"  {each}" for each in told)
    return UsageError(f"{name} has {len(problems):,} problems:\n{listed}", "correct them all")


class _Reading:
    """A document, and what is wrong in it."""

    def __init__(self, document: Document) -> None:
        self.lines = document.lines
        self.problems: list[str] = []

    def rows(self, values: Mapping[str, Any]) -> tuple[Attempt, ...]:
        self._known(values, KEYS, ())
        listed = values.get("attempts")
        if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_ATTEMPTS:
            self._problem(("attempts",), f"attempts should be a list of 1 to {MAX_ATTEMPTS:,}")
            return ()
        return tuple(self._attempt(each, ("attempts", at)) for at, each in enumerate(listed))

    def flag(self, values: Mapping[str, Any], key: str) -> bool:
        value = values.get(key)
        if value is not None and not isinstance(value, bool):
            self._problem((key,), f"{key} should be true or false, not {value!r:.40}")
        return value is True

    def _attempt(self, value: Any, at: tuple[str | int, ...]) -> Attempt:
        if not isinstance(value, dict):
            self._problem(at, f"an attempt should be label, value and date, not {value!r:.40}")
            return Attempt()
        self._known(value, ATTEMPT, at)
        label, date = (self._text(value.get(key), (*at, key)) for key in ("label", "date"))
        return Attempt(label, self._score(value.get("value"), (*at, "value")), date)

    def _known(self, values: Mapping[str, Any], keys: tuple[str, ...], at: tuple[str | int, ...]) -> None:
        for key in values:
            if key not in keys:
                near = get_close_matches(str(key), keys, n=1, cutoff=0.5)
                hint = f"the nearest: {near[0]}" if near else f"known: {', '.join(keys)}"
                self._problem((*at, key), f"no key is called {str(key)[:40]!r} ({hint})")

    def _score(self, value: Any, at: tuple[str | int, ...]) -> float | None:
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not 0 <= value <= 1:
            self._problem(at, f"value {value!r:.40} is no fraction from 0 to 1; write 0.855 for 85.5 %")
            return None
        return float(value)

    def _text(self, value: Any, at: tuple[str | int, ...]) -> str:
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            self._problem(
                at, f"{at[-1]} should be a text of at most {MAX_TEXT:,} characters; put it in quotes"
            )
            return ""
        return value

    def _problem(self, at: tuple[str | int, ...], text: str) -> None:
        while at and at not in self.lines:
            at = at[:-1]
        self.problems.append(f"line {self.lines[at]}: {text}" if at else text)
