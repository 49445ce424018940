"""A claim as a file: YAML that people write, and `Claim`. Every problem is told at once, with its line.

model: vendor/model-1       # as the source names it
benchmark: gsm8k            # or family: arithmetic, and draw: FILE
metric: accuracy
value: 0.855                # a fraction
n: 1319
conditions:                 # as far as they are disclosed
  shots: 5
  prompt: chat              # of a benchmark with several forms, which; or the prompt's template
  system: ""                # none
  temperature: 0
  max_tokens: 256
  extraction: strict-match  # how an answer is read
  samples: 1                # answers a question
source: https://example.org/card
date: 2026-09-02
tolerance: 0.02
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Literal

from fairtrial.core.canon import JSON
from fairtrial.core.claim import Claim, Conditions
from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import Document, WrittenFloat, parse_yaml

MAX_BYTES: Final = 256 * 1024
MAX_TEXT: Final = 20_000
"""Characters of one text."""
MAX_NAME: Final = 500
MAX_DECIMALS: Final = 20

Kind = Literal["benchmark", "family"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a score can be about. n: its items; metrics: what it gives."""

    name: str
    n: int
    metrics: tuple[str, ...]


Known = Callable[[Kind, str, str], Subject]
"""(kind, name, draw file or "") -> what it is. Raises UsageError for one that isn't known."""

Reader = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"should be a text, not {value!r:.40}", "put it in quotes")
    if len(value) > MAX_TEXT:
        raise UsageError(f"has {len(value):,} characters; {MAX_TEXT:,} are read")
    return value


def _name(value: Any) -> str:
    name = _text(value)
    if not name.strip() or len(name) > MAX_NAME:
        raise UsageError(f"has {len(name):,} characters", f"give 1 to {MAX_NAME}")
    return name


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"should be a number, not {value!r:.40}")
    return value


def _fraction(value: Any) -> float:
    number = _number(value)
    if number > 1:
        raise UsageError(f"is {number:g}, above 1", "write it as a fraction: 0.855 for 85.5 %")
    if number < 0:
        raise UsageError(f"is {number:g}, below 0", "write it as a fraction: 0.855 for 85.5 %")
    if decimals_of(value) > MAX_DECIMALS:
        raise UsageError(f"has more than {MAX_DECIMALS} decimals")
    return number


def _inner(value: Any) -> float:
    if not 0 < _number(value) < 1:
        raise UsageError(f"is {value!r:.40}", "give a fraction: 0.02 for 2 points")
    return float(value)


def _temperature(value: Any) -> float:
    if not 0 <= _number(value) <= 10:
        raise UsageError(f"is {value!r:.40}", "give a number from 0 to 10")
    return float(value)


def _whole(least: int) -> Reader:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**12:
            raise UsageError(f"should be a whole number from {least}, not {value!r:.40}")
        return value

    return read


KEYS: Final[Mapping[str, tuple[Reader, str]]] = {
    "model": (_name, "as the source names it"),
    "benchmark": (_name, "what it was measured on"),
    "family": (_name, "an item family, of which the published form was asked"),
    "draw": (_name, "the draw that published it; without it the family's demonstration"),
    "metric": (_name, "which score"),
    "value": (_fraction, "the score, a fraction, with the digits it was printed with"),
    "n": (_whole(1), "items it was measured on"),
    "source": (_text, "where it was published"),
    "date": (_text, "when"),
    "tolerance": (_inner, "by how much a repeat may differ, a fraction"),
}
"""Key -> how it is read, and what it says."""

CONDITIONS: Final[Mapping[str, tuple[Reader, str]]] = {
    "shots": (_whole(0), "worked examples before a question"),
    "prompt": (_text, "the benchmark's form by name, or the template"),
    "system": (_text, 'system text; "" for none'),
    "temperature": (_temperature, "0 for the most likely answer"),
    "max_tokens": (_whole(1), "tokens an answer may take"),
    "extraction": (_text, "how the answer is read"),
    "samples": (_whole(1), "answers a question"),
}
NUMBERS: Final = frozenset({"value", "n", "tolerance", "shots", "temperature", "max_tokens", "samples"})
REQUIRED: Final = ("model", "metric", "value", "n")


def parse_claim(data: bytes, name: str, known: Known) -> Claim:
    """The claim in a file. name: of the file, for messages. Raises UsageError, a line a problem."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} has {len(data):,} bytes; a claim has at most {MAX_BYTES:,}")
    document = parse_yaml(data, name)
    if not isinstance(document.value, dict):
        raise UsageError(f"{name} holds no claim", "let `fairtrial claim new` write one")
    reading = _Reading(document)
    stated = reading.mapping(document.value, (), KEYS, inner="conditions")
    inner = document.value.get("conditions")
    conditions = {} if inner is None else reading.conditions(inner)
    reading.whole(stated, known)
    if reading.problems:
        raise UsageError(*_told(name, reading.problems))
    return claim_of(stated, conditions, decimals=decimals_of(document.value["value"]))


def claim_of(stated: Mapping[str, Any], conditions: Mapping[str, Any], *, decimals: int | None) -> Claim:
    """A claim from values by the file's keys, which have been checked."""
    given = dict(stated)
    family = given.pop("family", "")
    task = family or given.pop("benchmark")
    what = f"the published form of {task}" if family else task
    value = given["value"]
    shown = f"{value:.{decimals}f}" if decimals is not None else f"{value:.4g}"
    statement = f"{given['model']} has {given['metric']} {shown} on {what}, n = {given['n']:,}"
    given["value"] = float(value)
    return Claim(
        statement=statement,
        task=task,
        family=family,
        conditions=Conditions(**conditions),
        decimals=decimals,
        **given,
    )


def claim_text(claim: Claim) -> str:
    """Commented YAML that `parse_claim` reads as an equal claim, if the value's decimals are known."""
    return draft_text(stated(claim), claim.conditions.to_json(), decimals=claim.decimals)


def stated(claim: Claim) -> dict[str, JSON]:
    """The claim's values by the file's keys, conditions left out."""
    told = {
        "model": claim.model,
        "family" if claim.family else "benchmark": claim.task,
        "draw": claim.draw or None,
        "metric": claim.metric,
        "value": claim.value,
        "n": claim.n,
        "source": claim.source or None,
        "date": claim.date or None,
        "tolerance": claim.tolerance,
    }
    return {key: value for key, value in told.items() if value is not None}


def draft_text(
    given: Mapping[str, JSON],
    conditions: Mapping[str, JSON],
    *,
    decimals: int | None = None,
    notes: Mapping[str, str] | None = None,
) -> str:
    """A claim's file; what isn't given stands there as a comment, to be filled in. notes: key -> what to add to
    its comment."""
    notes = notes or {}
    lines = ["# A claim: who says what score. `fairtrial claim list FILE` reads it and asks nobody."]
    wanted = [key for key in KEYS if key in given or key not in ("benchmark", "family", "draw")]
    if not {"benchmark", "family"} & given.keys():
        wanted.insert(1, "benchmark")
    for key in wanted:
        lines.append(_line(key, given.get(key), KEYS[key][1], notes.get(key, ""), decimals))
        if key == "n":
            lines += ["", "# How it was measured, as far as it is disclosed; a line left out is undisclosed."]
            lines.append("conditions:")
            for each, (_, what) in CONDITIONS.items():
                line = _line(each, conditions.get(each), what, notes.get(each, ""), None)
                lines.append(f"  {line}")
            lines.append("")
    return "\n".join(lines) + "\n"


def _line(key: str, value: JSON, what: str, note: str, decimals: int | None) -> str:
    comment = _plain_comment(f"{what}; {note}" if note else what)
    if value is None:
        return f"# {key}:  # {comment}"
    if key == "value" and decimals is not None:
        return f"{key}: {value:.{decimals}f}  # {comment}"
    return f"{key}: {_scalar(value)}  # {comment}"


def _plain_comment(text: str) -> str:
    return _UNPRINTED.sub("?", " ".join(text.split()))[:500]


_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_.+@/-]*")
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_WORDS = {"null", "true", "false"}


def _scalar(value: JSON) -> str:
    """A text bare where it can only be read as itself, quoted otherwise; a number as written."""
    if isinstance(value, WrittenFloat):
        return value.text
    if not isinstance(value, str):
        return json.dumps(value)
    if _BARE.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _UNPRINTED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def scalar(text: str) -> Any:
    """A number as the file reads it, `0.860` with its digits; any other text stays text."""
    read = parse_yaml(text.encode("utf-8", "replace"), "the value").value
    return read if isinstance(read, (int, float)) and not isinstance(read, bool) else text


def decimals_of(value: Any) -> int:
    """Digits behind the point, as written: 0.860 has three."""
    text = value.text if isinstance(value, WrittenFloat) else str(value)
    mantissa, _, exponent = text.lower().partition("e")
    return max(0, len(mantissa.partition(".")[2]) - int(exponent or 0))


@dataclass(frozen=True, slots=True)
class _Problem:
    line: int
    text: str
    remedy: str = ""


class _Reading:
    """A document, and what is wrong in it."""

    def __init__(self, document: Document) -> None:
        self.lines = document.lines
        self.problems: list[_Problem] = []

    def mapping(
        self,
        values: Mapping[str, Any],
        at: tuple[str, ...],
        keys: Mapping[str, tuple[Reader, str]],
        inner: str = "",
    ) -> dict[str, Any]:
        """The values that can be read; a key without a value is as if it weren't there."""
        found: dict[str, Any] = {}
        for key, value in values.items():
            where = ".".join((*at, key))[:80]
            if key == inner and inner:
                continue
            if key not in keys:
                near = get_close_matches(key, [*keys, *([inner] if inner else [])], n=3, cutoff=0.5)
                hint = "the nearest: " + ", ".join(near) if near else "known: " + ", ".join(keys)
                self._problem((*at, key), f"no key is called {where!r}", hint)
            elif value is not None:
                try:
                    found[key] = keys[key][0](value)
                except UsageError as error:
                    self._problem((*at, key), f"{where} {error.message}", error.remedy)
        return found

    def conditions(self, values: Any) -> dict[str, Any]:
        if not isinstance(values, dict):
            self._problem(("conditions",), "conditions should be keys and values below it", "indent them")
            return {}
        return self.mapping(values, ("conditions",), CONDITIONS)

    def whole(self, stated: dict[str, Any], known: Known) -> None:
        """What only shows in several keys at once."""
        subject = self._subject(stated, known)
        if subject is not None and "metric" in stated and stated["metric"] not in subject.metrics:
            gives = " or ".join(subject.metrics)
            text = f"{subject.name} doesn't give the metric {stated['metric'][:40]!r}"
            self._problem(("metric",), text, f"it gives {gives}")
        if subject is not None and stated.get("n", 0) > subject.n:
            text = f"n is {stated['n']:,}, and {subject.name} has {subject.n:,} items"
            self._problem(("n",), text, "count items, not answers; conditions.samples says how many an item")
        for key in REQUIRED:
            if key not in stated and not self._told_of(key):
                self.problems.append(_Problem(0, f"{key} is missing", self._remedy(key, subject)))

    def _subject(self, stated: Mapping[str, Any], known: Known) -> Subject | None:
        kinds: list[Kind] = [kind for kind in ("benchmark", "family") if kind in stated]
        if len(kinds) == 2:
            self._problem(("family",), "benchmark and family both stand there", "keep one")
        elif not kinds and not self._told_of("benchmark") and not self._told_of("family"):
            self.problems.append(
                _Problem(0, "benchmark is missing", "say what the score is about: benchmark or family")
            )
        if "draw" in stated and "family" not in stated:
            self._problem(("draw",), "a draw belongs to a family", "name the family, or leave it out")
        if len(kinds) != 1:
            return None
        kind = kinds[0]
        try:
            return known(kind, stated[kind], stated.get("draw", ""))
        except UsageError as error:
            self._problem((kind,), error.message, error.remedy)
            return None

    def _told_of(self, key: str) -> bool:
        """Whether something is wrong with the key already."""
        line = self.lines.get((key,), 0)
        return line > 0 and any(each.line == line for each in self.problems)

    @staticmethod
    def _remedy(key: str, subject: Subject | None) -> str:
        if key == "n" and subject is not None:
            return f"add n: {subject.n} if every item of {subject.name} was asked"
        if key == "metric" and subject is not None:
            return f"add metric: {' or '.join(subject.metrics)}"
        return f"add {key}: {KEYS[key][1]}"

    def _problem(self, at: tuple[str, ...], text: str, remedy: str) -> None:
        self.problems.append(_Problem(self.lines.get(at, 0), text, remedy))


def _told(name: str, problems: list[_Problem]) -> tuple[str, str]:
    def line(each: _Problem) -> str:
        return (f"line {each.line}: " if each.line else "") + each.text

    if len(problems) == 1:
        (only,) = problems
        return f"{name}, {line(only)}", only.remedy or "correct it"
    told = [
        f"{line(each)}" + (f" ({each.remedy})" if each.remedy else "")
        for each in sorted(problems, key=lambda each: each.line or math.inf)
    ]
    return f"{name} has {len(told)} problems:\n  " + "\n  ".join(told), "correct them all"
