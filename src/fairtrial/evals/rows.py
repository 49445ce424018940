"""Own data without Python: rows of id, input, target, choices, metadata become samples.

input     text, or a list of {role, content}
target    text or number, or a list of acceptable ones; with choices: a letter, the choice's text, or
          its index (a number, 0 the first)
id        optional; without one the row is named by its content, so that inserting a row moves nothing
choices   optional list (in CSV: JSON text)
metadata  optional mapping; every column with another name goes there too
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.sample import ROLES, Message, Origin, Sample
from fairtrial.evals.table import RowError, file_digest, lines, load_json, suffix

COLUMNS = ("id", "input", "target", "choices", "metadata")
SHOWN = 10
"""Bad rows named at once; the rest are counted."""
MISTAKEN = {
    "question": "input",
    "prompt": "input",
    "answer": "target",
    "expected": "target",
    "options": "choices",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """A file of cases. notices: what was done that a reader may not expect."""

    samples: tuple[Sample, ...]
    origin: Origin
    notices: tuple[str, ...] = ()


def read_rows(path: Path) -> Rows:
    """Read a file of cases. Raises UsageError that names every bad row (the first 10) and what to do."""
    samples: list[Sample] = []
    problems: list[str] = []
    where: dict[str, int] = {}
    unnamed: dict[str, int] = {}
    extra: set[str] = set()
    is_csv = suffix(path) == ".csv"
    for number, row in lines(path):
        place = f"{path.name}, line {number}"
        try:
            if isinstance(row, UsageError):
                raise row
            sample, stated, others = _sample(row, place, is_csv)
            extra |= others
            if stated and sample.id in where:
                raise RowError(f"{place}: the id {sample.id!r} stands on line {where[sample.id]} too")
            if not stated:
                sample = _named_by_content(sample, unnamed)
            where[sample.id] = number
            samples.append(sample)
        except RowError as error:
            problems.append(error.message)
    if problems:
        more = f"\n  … and {len(problems) - SHOWN} more rows" if len(problems) > SHOWN else ""
        raise UsageError(
            "\n  ".join(
                [f"{len(problems)} bad rows:" if len(problems) > 1 else "a bad row:", *problems[:SHOWN]]
            )
            + more,
            "correct them; nothing was asked",
        )
    if not samples:
        raise UsageError(f"{path.name} holds no row", "give at least one row with input and target")
    notices: tuple[str, ...] = ()
    if extra:
        notices = (f"{path.name}: the columns {', '.join(sorted(extra))} were taken as metadata",)
    return Rows(tuple(samples), Origin(path.stem, path.name, file_digest(path)), notices)


def _sample(row: Mapping[str, Any], place: str, is_csv: bool) -> tuple[Sample, bool, set[str]]:
    """The sample, whether its id was stated, and the columns that went into metadata."""
    choices = _choices(row.get("choices"), place, is_csv)
    name = row.get("id")
    if isinstance(name, bool) or not isinstance(name, (str, int, type(None))) or name == "":
        raise RowError(f"{place}: the id is {name!r}; write a text or a whole number")
    metadata, others = _metadata(row, place, is_csv)
    sample = Sample(
        id="unnamed" if name is None else str(name),
        input=_input(row.get("input"), row, place),
        target=_target(row.get("target"), choices, row, place),
        choices=choices,
        metadata=metadata,
    )
    return sample, name is not None, others


def _input(value: object, row: Mapping[str, Any], place: str) -> str | tuple[Message, ...]:
    if value is None or value == "" or value == []:
        raise RowError(f"{place}: no input{_hint(row, 'input')}")
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise RowError(f"{place}: input is a text or a list of messages, not {type(value).__name__}")
    turns = []
    for turn in value:
        if not (isinstance(turn, Mapping) and set(turn) == {"role", "content"} and turn["role"] in ROLES):
            raise RowError(f"{place}: a message of input is {{role: {'|'.join(ROLES)}, content: text}}")
        if not isinstance(turn["content"], str):
            raise RowError(f"{place}: a message's content is a text")
        turns.append(Message(turn["role"], turn["content"]))
    return tuple(turns)


def _target(value: object, choices: tuple[str, ...], row: Mapping[str, Any], place: str) -> tuple[str, ...]:
    if value is None or value == "" or value == []:
        raise RowError(f"{place}: no target{_hint(row, 'target')}")
    wanted = value if isinstance(value, list) else [value]
    if choices:
        return tuple(_letter(each, choices, place) for each in wanted)
    return tuple(_plain(each, place) for each in wanted)


def _plain(value: object, place: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        raise RowError(f"{place}: the target {value} can't be compared with anything")
    if isinstance(value, (int, float)):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    raise RowError(f"{place}: a target is a text or a number, not {type(value).__name__}")


def _letter(value: object, choices: tuple[str, ...], place: str) -> str:
    known = LETTERS[: len(choices)]
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < len(choices):
            raise RowError(f"{place}: target {value} is no index of {len(choices)} choices (0 is the first)")
        return known[value]
    if not isinstance(value, str):
        raise RowError(f"{place}: with choices a target is a letter, an index or a choice's text")
    by_text = [known[index] for index, choice in enumerate(choices) if choice == value]
    by_letter = [value] if len(value) == 1 and value in known else []
    found = set(by_text + by_letter)
    if len(found) != 1:
        why = "is both a letter and another choice's text" if found else "is none of the choices"
        raise RowError(f"{place}: the target {value[:60]!r} {why}")
    return found.pop()


def _choices(value: object, place: str, is_csv: bool) -> tuple[str, ...]:
    if value is None:
        return ()
    if is_csv and isinstance(value, str):
        value = load_json(value, f"{place}, choices")
    if not isinstance(value, list) or not 2 <= len(value) <= len(LETTERS):
        raise RowError(f"{place}: choices is a list of 2 to {len(LETTERS)} texts")
    texts = tuple(_plain(each, place) for each in value)
    if len(set(texts)) != len(texts):
        raise RowError(f"{place}: two choices are the same")
    return texts


def _metadata(row: Mapping[str, Any], place: str, is_csv: bool) -> tuple[dict[str, JSON], set[str]]:
    stated = row.get("metadata") or {}
    if is_csv and isinstance(stated, str):
        stated = load_json(stated, f"{place}, metadata")
    if not isinstance(stated, Mapping):
        raise RowError(f"{place}: metadata is a mapping of names to values")
    others = set(row) - set(COLUMNS)
    metadata = {**stated, **{key: row[key] for key in others}}
    try:
        canonical(metadata)
    except UsageError:
        # Dates and the like come out of YAML: kept as their text.
        metadata = {str(key): _as_text(value) for key, value in metadata.items()}
    return metadata, others


def _as_text(value: object) -> JSON:
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)


def _hint(row: Mapping[str, Any], column: str) -> str:
    named = [name for name, meant in MISTAKEN.items() if meant == column and name in row]
    return f" (rename the column {named[0]!r} to {column!r})" if named else f"; every row needs {column!r}"


def _named_by_content(sample: Sample, seen: dict[str, int]) -> Sample:
    """A row without an id is named by its content; the second identical one gets #2."""
    turns = sample.input if isinstance(sample.input, str) else [[t.role, t.content] for t in sample.input]
    content: Sequence[JSON] = [turns, list(sample.target), list(sample.choices)]
    name = hashlib.sha256(canonical(content)).hexdigest()[:12]
    seen[name] = count = seen.get(name, 0) + 1
    return Sample(
        name if count == 1 else f"{name}#{count}",
        sample.input,
        sample.target,
        sample.choices,
        sample.metadata,
    )


def metadata_keys(samples: Sequence[Sample]) -> Iterator[str]:
    """Names of all metadata, each once, sorted."""
    yield from sorted({key for sample in samples for key in sample.metadata})
