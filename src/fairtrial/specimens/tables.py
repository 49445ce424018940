"""What the calibration grid left behind: small models with planted truth, and what each thinks of every text.

`trials()` and `cells()` list what ships; docs/reference/calibration-data.md says what every column means. All
cells of a trial hold the same texts in the same order, so their columns can be laid side by side. The numbers are
whole: thousandths of a nat for log-likelihoods of a text, hundredths for means over tokens.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairtrial.core.errors import IntegrityError, UnknownName
from fairtrial.core.strict_json import parse_strict

MAX_PACKED: Final = 2 * 2**20
MAX_BYTES: Final = 16 * 2**20
"""Of a table before and after gzip; the largest has a tenth of it."""
TRIAL: Final = "fairtrial-grid-trial-1"
CELL: Final = "fairtrial-grid-cell-1"
SIBLINGS: Final = 8
_ENDING: Final = ".json.gz"

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Texts:
    """(texts, siblings) each. tokens: without BEGIN, with END; zlib: bytes of the text alone, compressed."""

    tokens: Ints
    zlib: Ints


@dataclass(frozen=True, slots=True)
class Scores:
    """(items, siblings) each. loglik, answer: thousandths of a nat, of the whole text and of the worked answer.
    min_k, min_k_pp: hundredths, Min-K% and Min-K%++ at 20 %. right: greedy decoding writes this very answer."""

    loglik: Ints
    answer: Ints
    min_k: Ints
    min_k_pp: Ints
    right: Bools


@dataclass(frozen=True, slots=True)
class Trial:
    """A trunk's trial. draw: everything that was committed to, secret and salt too; published: (items,), which
    sibling is the published one; varied_items: those that have `renamed` and `renumbered` siblings, (v, 7).
    key, answers: (questions,), of the keyed questions."""

    name: str
    draw: Mapping[str, Any]
    published: Ints
    siblings: Texts
    varied_items: Ints
    renamed: Texts
    renumbered: Texts
    key: Ints
    answers: Ints


@dataclass(frozen=True, slots=True)
class Planted:
    """What the cell's model had read. kind: exact, paraphrased or renumbered, an item; exposures, keyed, canaries,
    wrong_keys: times, a text; files: ("none" | "in order" | "shuffled", times), a file."""

    kind: tuple[str, ...]
    exposures: Ints
    keyed: Ints
    canaries: Ints
    wrong_keys: Ints
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One model's table. Columns that this stage doesn't measure are None.

    header: size, recipe, training. siblings: of the trial's first items, in the draw's order. keyed: the answers'
    log-likelihoods of all keyed questions, end to end (`Trial.answers` says how many each has); given: which of
    them greedy decoding gives, -1 for none. canaries, controls: log-likelihoods of the strings. wrong_keys:
    (questions, 2) for right and wrong key, and whether greedy decoding writes it. files: (files, shards, orders),
    the published order first. in_context: (varied items, 2), the published text and a fresh sibling, each behind
    three others published. samples: (varied items, 3), of 8 drawn answers those that equal the greedy one, the
    sum of their edit distances to it, its length in tokens.
    """

    name: str
    trial: str
    stage: str
    header: Mapping[str, Any]
    planted: Planted
    siblings: Scores
    renamed: Scores | None
    renumbered: Scores | None
    keyed: Ints | None
    given: Ints | None
    canaries: Ints | None
    controls: Ints | None
    wrong_keys: Ints | None
    wrong_greedy: Bools | None
    files: Ints | None
    in_context: Ints | None
    samples: Ints | None


def trials() -> tuple[str, ...]:
    """Names such as `standard-00`."""
    return tuple(sorted(name[: -len("-trial")] for name in _shipped() if name.endswith("-trial")))


def cells() -> tuple[str, ...]:
    """Names such as `standard-00-last`."""
    return tuple(sorted(name for name in _shipped() if not name.endswith("-trial")))


def trial(name: str) -> Trial:
    """Raises UnknownName, IntegrityError."""
    if name not in trials():
        raise UnknownName("trial", name, trials())
    return parse_trial(_packed(f"{name}-trial"), f"{name}-trial{_ENDING}")


def cell(name: str) -> Cell:
    """Raises UnknownName, IntegrityError."""
    if name not in cells():
        raise UnknownName("cell of the grid", name, cells())
    return parse_cell(_packed(name), name + _ENDING)


def parse_trial(data: bytes, where: str) -> Trial:
    """Raises IntegrityError that names the file `where`."""
    table = _Table.of(data, where, TRIAL)
    published = table.ints("published")
    varied = table.ints("varied_items")
    keyed = table.part("keyed")
    key = keyed.digits("key")
    answers = keyed.digits("answers")
    if answers.size != key.size or (key >= answers).any() or (answers < 2).any():
        raise table.broken("has a key that is none of its question's answers")
    if published.size == 0 or published.min() < 0 or published.max() >= SIBLINGS:
        raise table.broken("has a published sibling that there isn't")
    if varied.size and (varied.min() < 0 or varied.max() >= published.size):
        raise table.broken("names an item that there isn't")
    return Trial(
        table.text("trial"),
        table.mapping("draw"),
        published,
        table.part("siblings").texts(published.size, SIBLINGS),
        varied,
        table.part("renamed").texts(varied.size, SIBLINGS - 1),
        table.part("renumbered").texts(varied.size, SIBLINGS - 1),
        key,
        answers,
    )


def parse_cell(data: bytes, where: str) -> Cell:
    """Raises IntegrityError that names the file `where`."""
    table = _Table.of(data, where, CELL)
    scores = table.part("scores")
    keyed = scores.optional("keyed")
    wrong = scores.optional("wrong_keys")
    samples = scores.optional("samples")
    planted = _planted(table.part("planted"))
    return Cell(
        table.text("cell"),
        table.text("trial"),
        table.text("stage"),
        {
            "size": table.mapping("size"),
            "recipe": table.mapping("recipe"),
            "trained": table.mapping("trained"),
        }
        | {name: table.text(name) for name in ("model", "codec", "torch", "precision")},
        planted,
        scores.part("siblings").scores(SIBLINGS),
        scores.scores_of("renamed"),
        scores.scores_of("renumbered"),
        None if keyed is None else keyed.ints("answer"),
        None if keyed is None else keyed.digits("given"),
        scores.ints("canaries") if "canaries" in scores.value else None,
        scores.ints("controls") if "controls" in scores.value else None,
        None if wrong is None else wrong.ints("loglik").reshape(-1, 2),
        None if wrong is None else (wrong.digits("greedy") == 1).reshape(-1, 2),
        scores.shaped("files", (len(planted.files), -1, SIBLINGS)),
        scores.shaped("in_context", (-1, 2)),
        None
        if samples is None
        else np.stack([samples.ints(name) for name in ("same", "distance", "length")], axis=1),
    )


def _planted(part: _Table) -> Planted:
    kind, exposures = part.lists("kind"), part.ints("exposures")
    if len(kind) != exposures.size or (exposures < 0).any():
        raise part.broken("does not say of every item how often it was planted")
    files = part.lists("files")
    if not all(isinstance(each, list) and len(each) == 2 and type(each[1]) is int for each in files):
        raise part.broken("does not say how its files were read")
    return Planted(
        tuple(map(str, kind)),
        exposures,
        part.ints("keyed"),
        part.ints("canaries"),
        part.ints("wrong_keys"),
        tuple((str(how), times) for how, times in files),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A JSON object on the way in."""

    value: Mapping[str, Any]
    where: str

    @classmethod
    def of(cls, data: bytes, where: str, form: str) -> _Table:
        table = cls({}, where)
        if len(data) > MAX_PACKED:
            raise table.broken(f"has {len(data):,} bytes; {MAX_PACKED:,} are allowed")
        reader = zlib.decompressobj(31)
        try:
            text = reader.decompress(data, MAX_BYTES)
        except zlib.error as error:
            raise table.broken(f"is no gzip: {error}") from error
        if not reader.eof or reader.unused_data:
            raise table.broken("is cut short, too long, or has something behind its end")
        try:
            value = parse_strict(text.decode("ascii"))
        except ValueError as error:
            raise table.broken(f"is not strict JSON: {error}") from error
        if not isinstance(value, dict) or value.get("format") != form:
            raise table.broken(f"is not in the format {form}")
        return cls(value, where)

    def part(self, name: str) -> _Table:
        return _Table(self.mapping(name), self.where)

    def optional(self, name: str) -> _Table | None:
        return self.part(name) if name in self.value else None

    def mapping(self, name: str) -> Mapping[str, Any]:
        found = self.value.get(name)
        if not isinstance(found, dict):
            raise self.broken(f"has no {name}")
        return found

    def text(self, name: str) -> str:
        found = self.value.get(name)
        if not isinstance(found, str):
            raise self.broken(f"has no {name}")
        return found

    def lists(self, name: str) -> Sequence[Any]:
        found = self.value.get(name)
        if not isinstance(found, list):
            raise self.broken(f"has no list {name}")
        return found

    def ints(self, name: str) -> Ints:
        found = self.lists(name)
        if not all(type(each) is int and abs(each) < 2**40 for each in found):
            raise self.broken(f"holds something else than whole numbers in {name}")
        return np.array(found, dtype=np.int64)

    def shaped(self, name: str, shape: tuple[int, ...]) -> Ints | None:
        if name not in self.value:
            return None
        found = self.ints(name)
        try:
            return found.reshape(shape)
        except ValueError as error:
            raise self.broken(f"has {found.size} numbers in {name}") from error

    def digits(self, name: str) -> Ints:
        """From a text such as "01-2": -1 where nothing is."""
        found = self.text(name)
        if not set(found) <= set("-0123456789"):
            raise self.broken(f"holds something else than digits in {name}")
        return np.array([-1 if each == "-" else int(each) for each in found], dtype=np.int64)

    def texts(self, rows: int, columns: int) -> Texts:
        tokens, packed = self.ints("tokens"), self.ints("zlib")
        if not tokens.size == packed.size == rows * columns:
            raise self.broken(f"has {tokens.size} texts where {rows} times {columns} belong")
        return Texts(tokens.reshape(rows, columns), packed.reshape(rows, columns))

    def scores(self, columns: int) -> Scores:
        sums = [self.ints(name) for name in ("loglik", "answer", "min_k", "min_k_pp")]
        right = self.digits("right")
        if len({each.size for each in (*sums, right)}) != 1 or right.size % columns or not right.size:
            raise self.broken(f"has columns of different lengths, or not {columns} siblings an item")
        shape = (-1, columns)
        loglik, answer, min_k, min_k_pp = (each.reshape(shape) for each in sums)
        return Scores(loglik, answer, min_k, min_k_pp, (right == 1).reshape(shape))

    def scores_of(self, name: str) -> Scores | None:
        part = self.optional(name)
        return None if part is None else part.scores(SIBLINGS - 1)

    def broken(self, what: str) -> IntegrityError:
        return IntegrityError(f"the grid's table {self.where} {what}", "install the package again")


@cache
def _shipped() -> tuple[str, ...]:
    folder = files("fairtrial.specimens").joinpath("grid")
    return tuple(
        sorted(each.name[: -len(_ENDING)] for each in folder.iterdir() if each.name.endswith(_ENDING))
    )


def _packed(name: str) -> bytes:
    return files("fairtrial.specimens").joinpath("grid", name + _ENDING).read_bytes()
