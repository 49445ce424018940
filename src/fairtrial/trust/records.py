"""The journal of a run: one root over its lines, and what they say once each has been read and scored again."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.core.record import Failure, Record
from fairtrial.core.record_line import parse_record
from fairtrial.trust.documents import GET_AGAIN
from fairtrial.trust.rescoring import Marker, difference
from fairtrial.trust.tree import Frontier, leaf_hash, tree_root

LINE_LIMIT: Final = 64 * 2**20
"""Bytes that one line may have, as in a run's folder."""
MOST_EXPANSION: Final = 100
_BLOCK: Final = 2**20
_TOLD: Final = 3

Key = tuple[str, int]


def records_root(lines: Iterable[bytes]) -> str:
    """What END states: the root, in hexadecimal, of the tree (RFC 9162) whose leaves are the journal's lines in
    their order, without their line ends; those that a later line of the same question replaced are among them.

    lines: as a file gives them, with or without "\\n" at the end.
    """
    return tree_root(leaf_hash(line.removesuffix(b"\n")) for line in lines).hex()


@dataclass(frozen=True, slots=True)
class Row:
    """One question's last record. value: None where it failed. others: under other readings. target, question:
    what was asked, for the plan's digest."""

    state: str
    value: float | None
    others: Mapping[str, float]
    target: tuple[str, ...]
    question: str


@dataclass(slots=True)
class Journal:
    """root, sha256: hexadecimal, over the lines and of the file. first, last: RFC 3339, when the first and the
    last request began; "" where none is told. rescored: rows whose score was computed again and agrees.
    recounted: rows with a score that no rule of ours gives. faults: what is wrong, the first few."""

    name: str
    root: str = ""
    sha256: str = ""
    rows: dict[Key, Row] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    rescored: int = 0
    recounted: int = 0
    faults: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.rows.values():
            found[row.state] = found.get(row.state, 0) + 1
        return found

    def add(self, record: Record, number: int, scorer: Marker | None) -> None:
        before = self.rows.get(record.key)
        if before is not None and before.value is not None:
            # Only a failed question is asked again; the best of two answers would be no measurement.
            self.fault(f"line {number}: {_named(record)} was answered before")
        self._score(record, number, scorer)
        score = None if isinstance(record.result, Failure) else record.result
        self.rows[record.key] = Row(
            record.state,
            None if score is None else score.value,
            {} if score is None else score.others,
            record.target,
            record.question,
        )
        for attempt in record.attempts:
            self.first = min(self.first or attempt.at, attempt.at)
            self.last = max(self.last, attempt.at)

    def _score(self, record: Record, number: int, scorer: Marker | None) -> None:
        if scorer is None or record.execution is not None:
            self.recounted += not isinstance(record.result, Failure)
        elif problem := difference(record, scorer):
            self.fault(f"line {number}: {_named(record)} is {problem}")
        else:
            self.rescored += not isinstance(record.result, Failure)

    def fault(self, text: str) -> None:
        if len(self.faults) < _TOLD:
            self.faults.append(text)


def read_journal(data: bytes, name: str, scorer: Marker | None) -> Journal:
    """Every line read, and scored again where `scorer` is one of ours. Raises IntegrityError for a line that is no
    record; what a record says falsely is among `faults`."""
    journal, tree = Journal(name), Frontier()
    leaves = []
    for number, line in enumerate(_lines(data, name), start=1):
        leaves.append(leaf_hash(line.removesuffix(b"\n")))
        journal.add(parse_record(line, f"{name}, line {number}"), number, scorer)
    journal.root = tree.extended(leaves).root.hex()
    journal.sha256 = hashlib.sha256(data).hexdigest()
    return journal


def records_of(data: bytes, name: str) -> Iterator[Record]:
    """The records of a journal that was read before, one by one."""
    for number, line in enumerate(_lines(data, name), start=1):
        yield parse_record(line, f"{name}, line {number}")


def unpacked(data: bytes, name: str) -> bytes:
    """A gzip file's content, its size counted while it is read. Raises IntegrityError for more than 100 times its
    size, for a second member and for bytes behind it."""
    stream, parts, size = zlib.decompressobj(wbits=31), [], 0
    try:
        rest = data
        while rest and not stream.eof:
            parts.append(stream.decompress(rest, _BLOCK))
            size += len(parts[-1])
            if size > MOST_EXPANSION * len(data):
                raise ValueError(f"it unpacks to more than {MOST_EXPANSION} times its size")
            rest = stream.unconsumed_tail
        if not stream.eof or stream.unused_data:
            raise ValueError("it is cut off" if not stream.eof else "bytes follow its end")
    except (ValueError, zlib.error) as error:
        raise IntegrityError(f"{name} can't be unpacked: {error}", GET_AGAIN) from error
    return b"".join(parts)


def _lines(data: bytes, name: str) -> Iterator[bytes]:
    stream = io.BytesIO(data)
    while line := stream.readline(LINE_LIMIT):
        if not line.endswith(b"\n"):
            raise IntegrityError(f"the last line of {name} is torn, or longer than any record", GET_AGAIN)
        yield line


def _named(record: Record) -> str:
    return f"sample {record.sample_id[:40]!r}" + (f", epoch {record.epoch}" if record.epoch > 1 else "")
