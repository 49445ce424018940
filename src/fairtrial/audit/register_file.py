"""A register of attempts as a file: what was tried on the published form before a score was claimed. YAML or JSON.

attempts:                    # every one that was made, in any order
  - label: Q/A, no example   # what was tried
    value: 0.845             # its score, a fraction
    date: 2026-11-24
    run: sha256:…            # the digest of its plan
  - label: Q/A, one example
    value: 0.8517
complete: false              # whether a witness vouches that no attempt is missing; without the line: no
corrected: false             # whether the claimed score corrects for the choice; without the line: no
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from fairtrial.audit.tuned import Attempt, Ledger
from fairtrial.core.errors import UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.evals.strict_yaml import Document, decode, parse_yaml

MAX_BYTES: Final = 2**20
MAX_ATTEMPTS: Final = 10_000
MAX_TEXT: Final = 4_000
"""Characters of a label or a date."""
MAX_TOLD: Final = 50
"""Problems that are named; of more, how many."""

KEYS: Final = ("attempts", "complete", "corrected")
ATTEMPT: Final = ("label", "value", "date", "run")


def parse_register(data: bytes, name: str) -> Ledger:
    """What a file registers; the best attempt is known only where every one states its score.

    name: of the file, for messages. Raises UsageError, a line a problem.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} has {len(data):,} bytes; a register has at most {MAX_BYTES:,}")
    document = _document(data, name)
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


def _document(data: bytes, name: str) -> Document:
    """JSON is YAML but for pairs of escapes (`\\ud83d\\ude00`), so it is read as what it is: without lines."""
    if data.lstrip().startswith(b"{"):
        try:
            return Document(parse_strict(decode(data, name)))
        except ValueError:
            pass  # A YAML mapping in braces.
    return parse_yaml(data, name)


def _refused(name: str, problems: list[tuple[int, str]]) -> UsageError:
    """problems: (line, 0 where there is none, and what is wrong)."""
    if len(problems) == 1:
        return UsageError(f"{name}, {problems[0][1]}", "correct it")
    told = [text for _, text in sorted(problems, key=lambda each: each[0] or MAX_BYTES)]
    if len(told) > MAX_TOLD:
        told = [*told[:MAX_TOLD], f"… and {len(told) - MAX_TOLD:,} more"]
    listed = "\n".join(f"  {each}" for each in told)
    return UsageError(f"{name} has {len(problems):,} problems:\n{listed}", "correct them all")


class _Reading:
    """A document, and what is wrong in it."""

    def __init__(self, document: Document) -> None:
        self.lines = document.lines
        self.problems: list[tuple[int, str]] = []

    def rows(self, values: Mapping[str, Any]) -> tuple[Attempt, ...]:
        self._known(values, KEYS, ())
        listed = values.get("attempts")
        if listed is None:
            self._problem((), "attempts is missing; it lists what was tried, one line `- value: 0.845` each")
            return ()
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
            self._problem(at, f"an attempt should be label, value, date and run, not {value!r:.40}")
            return Attempt()
        self._known(value, ATTEMPT, at)
        label, date, run = (self._text(value.get(key), (*at, key)) for key in ("label", "date", "run"))
        return Attempt(label, self._score(value.get("value"), (*at, "value")), date, run)

    def _known(self, values: Mapping[str, Any], keys: tuple[str, ...], at: tuple[str | int, ...]) -> None:
        for key in values:
            if key not in keys:
                near = get_close_matches(str(key), keys, n=1, cutoff=0.5)
                hint = f"the nearest: {near[0]}" if near else f"known: {', '.join(keys)}"
                self._problem((*at, key), f"no key is called {str(key)[:40]!r} ({hint})")

    def _score(self, value: Any, at: tuple[str | int, ...]) -> float | None:
        if value is None:
            return None
        value = float(value) if isinstance(value, Decimal) else value
        number = isinstance(value, int | float) and not isinstance(value, bool)
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
        where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at).lstrip(".")[:80]
        line = next((self.lines[at[:end]] for end in range(len(at), 0, -1) if at[:end] in self.lines), 0)
        place = f"line {line}" if line else where
        self.problems.append((line, f"{place}: {text}" if place else text))
