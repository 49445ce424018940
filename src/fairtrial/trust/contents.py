"""The small files of a bundle, as tables of fields: scores, data set, records kept elsewhere, the log's edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import GET_AGAIN, read_canonical, signed_bytes
from fairtrial.trust.fields import COUNT, ONE, POSITIVE, SHA256, TEXT, Kind, list_of, one_of, record
from fairtrial.trust.predicates import ATTEMPT, COUNTS, SCORE
from fairtrial.trust.tree import Frontier

_SCORES: Final = record(
    {
        "fairtrial_scores": ONE,
        "task": TEXT,
        "model": TEXT,
        "counts": COUNTS,
        "scores": list_of(SCORE, least=1),
        "readings": list_of(SCORE),
        "attempts": list_of(ATTEMPT, least=1),
    }
)
_DATASET: Final = record(
    {
        "fairtrial_dataset": ONE,
        "name": TEXT,
        "root": SHA256,
        "form": one_of("file", "tree"),
        "count": POSITIVE,
        "items": list_of(TEXT),
        "leaves": list_of(SHA256),
    },
    optional=("items", "leaves"),
)
_DIGEST: Final = record(
    {
        "fairtrial_records": ONE,
        "root": SHA256,
        "n": POSITIVE,
        "sha256": SHA256,
        "bytes": POSITIVE,
        "access": TEXT,
    }
)
_EDGE: Final = record({"fairtrial_edge": ONE, "size": COUNT, "peaks": list_of(SHA256)})

KINDS: Final[Mapping[str, Kind]] = {
    "scores": _SCORES,
    "data set": _DATASET,
    "digest of records": _DIGEST,
    "edge of a log": _EDGE,
}


def content_bytes(kind: str, value: Mapping[str, JSON]) -> bytes:
    """The file of a kind of `KINDS`. Raises UsageError for what its readers would refuse.

    scores: every score that is published, the first one first; `readings` are the same answers under other
    extractors; `attempts` as in the result. `credit`: the sum of what the n samples earned.
    data set: as the signed plan has it. `items`: the ids of the samples that are asked, in the plan's order; with
    them, questions and right answers in the records are held against the plan's digest. `leaves`: of a sealed set.
    digest of records: of a journal that stays elsewhere; `sha256` and `bytes` of its file, `root` as END has it.
    edge of a log: `Frontier` of the tree below the entries in the bundle.
    """
    if problem := KINDS[kind].problem(value):
        raise UsageError(f"no file of {kind} can say this: it{problem}")
    return signed_bytes(value)


def read_content(kind: str, data: bytes, name: str) -> dict[str, Any]:
    """What such a file says. Raises IntegrityError for a file of another form."""
    value = read_canonical(data, kind, name)
    if problem := KINDS[kind].problem(value):
        raise IntegrityError(f"{name} is no file of {kind}: it{problem}", GET_AGAIN)
    return value


def edge_bytes(edge: Frontier) -> bytes:
    return content_bytes(
        "edge of a log",
        {"fairtrial_edge": 1, "size": edge.size, "peaks": [peak.hex() for peak in edge.peaks]},
    )


def read_edge(data: bytes, name: str) -> Frontier:
    value = read_content("edge of a log", data, name)
    return Frontier(value["size"], tuple(map(bytes.fromhex, value["peaks"])))


def entries_bytes(entries: Sequence[bytes]) -> bytes:
    """Entries of a log, one a line: each is canonical JSON, which holds no line break."""
    return b"".join(entry + b"\n" for entry in entries)
