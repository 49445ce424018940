"""Own data without Python: a file of rows to samples.

Columns: `input` (a text, or a list of {role, content}), `target` (a text or number, or a list of acceptable
ones; with choices a letter, an index from 0, or the choice's text), and optionally `id`, `choices` (a list;
in CSV its JSON text) and `metadata` (an object; in CSV its JSON text). Every other column goes into the
metadata, with a notice. A row without id is named by the digest of what it asks, so that inserting a row
renames nothing; of rows that ask the same, the second becomes `…#2`.

Every bad row of a file is named at once, the first ten by line. Limits: 10 MB a row, 512 MB a file (10 MB
for YAML, 64 MB for JSON), values nested 64 deep.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.sample import ROLES, Message, Origin, Sample
from fairtrial.evals.row_files import RowFile, parse_json
from fairtrial.evals.strict_yaml import WrittenFloat

COLUMNS: Final = ("id", "input", "target", "choices", "metadata")
MAX_ID: Final = 200
_SAFE_INTEGER: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's samples, where they came from, and what a reader should know about the reading."""

    samples: tuple[Sample, ...]
    origin: Origin
    notices: tuple[str, ...] = ()


def read_rows(path: Path) -> Rows:
    """The samples of a JSONL, CSV, YAML or JSON file (or `.gz` of one).

    Raises UsageError for a file that can't be read, is empty, or has bad rows: all of them in one message.
    """
    file = RowFile(path)
    ids, indexes = Ids(), 0
    samples: list[Sample] = []
    extra: dict[str, None] = {}
    for where, row in file.rows():
        try:
            fields = _fields(row, as_text=file.kind == "csv")
            name = ids.name(
                fields.id, [plain_input(fields.input), *map(list, (fields.target, fields.choices))], where
            )
            samples.append(Sample(name, fields.input, fields.target, fields.choices, fields.metadata))
            indexes += fields.by_index
        except UsageError as error:
            file.faults.add(where, error.message, error.remedy)
            continue
        extra |= dict.fromkeys(name for name in row if name not in COLUMNS)
    file.faults.raise_if_any()
    if not samples:
        raise UsageError(f"{path.name} is empty: it holds no row", "write rows with input and target")
    origin = Origin(stem(path), path.name, file.digest)
    return Rows(tuple(samples), origin, tuple(notices(len(samples), list(extra), ids, indexes)))


def stem(path: Path) -> str:
    """The file's name without `.gz` and without its kind."""
    name = path.name.removesuffix(".gz")
    return name.rpartition(".")[0] or name


def notices(n: int, extra: Sequence[str], ids: Ids, indexes: int = 0) -> list[str]:
    """What a reader should know about `n` rows with `extra` columns, of which some targets were indexes."""
    told = []
    if extra:
        names = ", ".join(extra[:8]) + (f" and {len(extra) - 8} more" if len(extra) > 8 else "")
        told.append(f"Other columns became metadata: {names}.")
    if ids.digests:
        told.append(f"{ids.digests} of {n} rows have no id: they are named by their content.")
    if ids.repeated:
        told.append(f"{ids.repeated} rows ask what an earlier row asks already, word for word.")
    if indexes:
        told.append(f"{indexes} targets are numbers, read as indexes of choices counted from 0.")
    return told


@dataclass(frozen=True, slots=True)
class _Fields:
    """A row's columns, read and checked. `id` is "" where the row states none."""

    id: str
    input: str | tuple[Message, ...]
    target: tuple[str, ...]
    choices: tuple[str, ...]
    metadata: Mapping[str, JSON]
    by_index: bool


class Ids:
    """Names for rows: stated ones must be unique, missing ones are digests of the content."""

    def __init__(self) -> None:
        self.stated: dict[str, str] = {}
        self.seen: dict[str, int] = {}
        self.digests = self.repeated = 0

    def name(self, stated: str, content: JSON, where: str) -> str:
        """The row's name. content: what it asks, and what counts as an answer. Metadata is left out: a column
        added later must not rename the rows of an earlier run."""
        name = stated or self._of(content)
        if name in self.stated:
            raise UsageError(
                f"the id {name!r} stands already on {self.stated[name]}", "give every row an id of its own"
            )
        self.stated[name] = where
        return name

    def _of(self, content: JSON) -> str:
        name = digest(content).removeprefix("sha256:")[:16]
        self.digests += 1
        count = self.seen[name] = self.seen.get(name, 0) + 1
        self.repeated += count > 1
        return name if count == 1 else f"{name}#{count}"


def _fields(row: Mapping[str, Any], *, as_text: bool) -> _Fields:
    """as_text: the row is of a CSV, so lists and objects are JSON text and an empty cell is nothing."""
    for name in ("input", "target"):
        if name not in row:
            has = ", ".join(map(str, row))[:80] or "nothing"
            more = "; a programming task has entry_point in its first row" if "entry_point" in row else ""
            raise UsageError(
                f"{name} is missing (the row has {has})", f"name the columns {', '.join(COLUMNS)}{more}"
            )
    values = dict(row)
    if as_text:
        for name in ("choices", "metadata"):
            values[name] = unpacked(name, values.get(name))
    choices = _choices(values.get("choices"))
    target, by_index = _targets(values.get("target"), choices)
    return _Fields(
        row_id(values.get("id")),
        row_input(values.get("input")),
        target,
        choices,
        row_metadata(values, COLUMNS),
        by_index,
    )


def unpacked(name: str, cell: str | None) -> Any:
    if cell is None or not cell.strip():
        return None
    try:
        return parse_json(cell)
    except ValueError as error:
        example = '["red", "blue"]' if name == "choices" else '{"language": "en"}'
        raise UsageError(f"{name} is no JSON text: {error}", f"in CSV write {name} as {example}") from error


def row_id(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise UsageError(f"id is {shown(value)}", "write the id as a text or a whole number")
    if not value.strip() or len(value) > MAX_ID or not value.isprintable():
        raise UsageError(
            f"id is {shown(value)}", f"give an id of 1 to {MAX_ID} printable characters, or none at all"
        )
    return value


def row_input(value: Any) -> str | tuple[Message, ...]:
    if value is None or value == "" or value == []:
        raise UsageError("input is missing", "give every row an input, or leave the row out")
    if isinstance(value, str):
        if not value.strip():
            raise UsageError("input is blank", "give every row an input, or leave the row out")
        return value
    if not isinstance(value, list):
        raise UsageError(f"input is {shown(value)}", "write a text, or a list of {role, content}")
    return tuple(_turn(turn, number) for number, turn in enumerate(value, 1))


def plain_input(value: str | tuple[Message, ...]) -> JSON:
    return value if isinstance(value, str) else [[turn.role, turn.content] for turn in value]


def _turn(turn: Any, number: int) -> Message:
    remedy = f"each turn is {{role, content}}: role one of {', '.join(ROLES)}, content a text"
    if not isinstance(turn, dict) or not {"role", "content"} <= turn.keys():
        raise UsageError(f"turn {number} of input is {shown(turn)}", remedy)
    if others := turn.keys() - {"role", "content"}:
        raise UsageError(f"turn {number} of input holds {', '.join(sorted(others))[:80]}", remedy)
    if turn["role"] not in ROLES or not isinstance(turn["content"], str) or not turn["content"].strip():
        raise UsageError(f"turn {number} of input is {shown(turn)}", remedy)
    return Message(turn["role"], turn["content"])


def _choices(value: Any) -> tuple[str, ...]:
    if value is None or value == []:
        return ()
    if not isinstance(value, list):
        raise UsageError(f"choices is {shown(value)}", "write a list of 2 to 26 texts")
    if not 2 <= len(value) <= len(LETTERS):
        raise UsageError(f"choices has {len(value)} entries", "give from 2 to 26")
    texts = tuple(_written(each, "a choice") for each in value)
    if not all(text.strip() for text in texts):
        raise UsageError("a choice is blank", "write every choice out")
    return texts


def _targets(value: Any, choices: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Every acceptable answer, and whether a number was read as an index."""
    given = value if isinstance(value, list) else [value]
    missing = [each for each in given if each is None or (isinstance(each, str) and not each.strip())]
    if not given or missing:
        raise UsageError("target is missing", "give every row a target, or leave the row out")
    if not choices:
        return tuple(dict.fromkeys(_written(each, "target") for each in given)), False
    letters = [_letter(each, choices) for each in given]
    return tuple(dict.fromkeys(letter for letter, _ in letters)), any(by_index for _, by_index in letters)


def _letter(value: Any, choices: tuple[str, ...]) -> tuple[str, bool]:
    """A target as the letter of a choice, by its text, its letter, or its index from 0."""
    text = _written(value, "target").strip()
    known = LETTERS[: len(choices)]
    readings = {
        letter: f"the choice {text[:40]!r}"
        for letter, choice in zip(known, choices, strict=False)
        if choice.strip() == text
    }
    if len(readings) > 1:
        raise UsageError(f"target {text[:40]!r} is the text of {len(readings)} choices", "give the letter")
    if len(text) == 1 and text in known:
        readings.setdefault(text, f"the letter {text}")
    by_text = len(readings)
    if text.isascii() and text.isdigit() and len(text) < 3 and int(text) < len(choices):
        readings.setdefault(known[int(text)], f"index {text}, counted from 0")
    if len(readings) > 1:
        both = " and ".join(f"{why} ({letter})" for letter, why in readings.items())
        raise UsageError(f"target {text[:40]!r} can be read as {both}", "give the letter of the right choice")
    if not readings:
        raise UsageError(
            f"target {text[:40]!r} is none of the {len(choices)} choices",
            "give the choice's letter (A the first), its text, or its index counted from 0",
        )
    return next(iter(readings)), not by_text


def _written(value: Any, what: str) -> str:
    """A text as it stands, a number as it was written, an object as its JSON text."""
    if isinstance(value, str):
        return value
    if isinstance(value, WrittenFloat):
        return value.text
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict) and what == "target":
        return json.dumps(value, ensure_ascii=False)
    raise UsageError(f"{what} is {shown(value)}", "write it as a text in quotes, or as a number")


def row_metadata(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, JSON]:
    """The column `metadata`, and every column that is none of `columns`."""
    stated = row.get("metadata")
    if stated is None:
        stated = {}
    if not isinstance(stated, dict):
        raise UsageError(f"metadata is {shown(stated)}", 'write an object, such as {"language": "en"}')
    others = {name: value for name, value in row.items() if name not in columns}
    if both := stated.keys() & others.keys():
        raise UsageError(
            f"{', '.join(sorted(both))[:80]} stands as a column and in metadata", "keep one of the two"
        )
    return {name: plain(value) for name, value in {**stated, **others}.items()}


def plain(value: Any) -> JSON:
    """Metadata that has canonical bytes: an integer beyond what a JSON number holds exactly becomes text."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, WrittenFloat):
        return float(value)
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        return str(value)
    return value  # type: ignore[no-any-return]


def shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
