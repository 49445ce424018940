"""Statements: what is said about which bytes (in-toto Statement v1, written as plain JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.documents import GET_AGAIN, read_canonical, read_object, signed_bytes
from fairtrial.trust.dsse import Envelope
from fairtrial.trust.fields import SHA256, TEXT, Kind, list_of, one_of, record

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"

_SUBJECT: Final = record({"name": TEXT, "digest": record({"sha256": SHA256})})
_OBJECT: Final = Kind("object", lambda value: None if isinstance(value, Mapping) else " is no object", {})
_STATEMENT: Final = record(
    {
        "_type": one_of(STATEMENT_TYPE),
        "subject": list_of(_SUBJECT, least=1),
        "predicateType": TEXT,
        "predicate": _OBJECT,
    }
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement is about. It is the digest that tells, in 64 hexadecimal digits; the name is for people."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    subject: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, JSON]

    def to_json(self) -> dict[str, JSON]:
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": each.name, "digest": {"sha256": each.sha256}} for each in self.subject],
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        }

    @property
    def bytes(self) -> bytes:
        """The canonical bytes, as they are signed. Raises UsageError where the predicate holds decimals."""
        return signed_bytes(self.to_json())

    def about(self, sha256: str) -> bool:
        return any(each.sha256 == sha256 for each in self.subject)


def parse_statement(envelope: Envelope, name: str) -> Statement:
    """The statement in an envelope of ours, whose signatures were verified. The predicate's own fields are the
    affair of `predicates.check`. Raises IntegrityError for anything but a canonical statement of known form."""
    _check_type(envelope, name)
    return _statement(read_canonical(envelope.payload, "statement", name), name)


def parse_foreign_statement(envelope: Envelope, name: str) -> Statement:
    """Anybody's statement: any layout, unknown fields, decimals, and other digests beside SHA-256 are allowed."""
    _check_type(envelope, name)
    value = read_object(envelope.payload, "statement", name, decimals=True)
    kept: dict[str, Any] = {
        key: value[key] for key in ("_type", "predicateType", "predicate") if key in value
    }
    subjects = value.get("subject")
    kept["subject"] = (
        [_plainer(each, at) for at, each in enumerate(subjects)] if isinstance(subjects, list) else None
    )
    return _statement(kept, name)


def _check_type(envelope: Envelope, name: str) -> None:
    if envelope.payload_type != PAYLOAD_TYPE:
        raise IntegrityError(
            f"{name} holds {envelope.payload_type[:80]!r}, not a statement ({PAYLOAD_TYPE})", GET_AGAIN
        )


def _statement(value: Mapping[str, Any], name: str) -> Statement:
    if problem := _STATEMENT.problem(value):
        raise IntegrityError(f"{name} is no statement{problem}", GET_AGAIN)
    subject = tuple(Subject(each["name"], each["digest"]["sha256"]) for each in value["subject"])
    if len({each.sha256 for each in subject}) != len(subject):
        raise IntegrityError(f"{name}: a subject stands twice", GET_AGAIN)
    return Statement(subject, value["predicateType"], value["predicate"])


def _plainer(value: Any, at: int) -> Any:
    """A foreign subject without what we don't read; a subject is known by its SHA-256 or not at all."""
    if not isinstance(value, Mapping) or not isinstance(value.get("digest"), Mapping):
        return value
    return {
        "name": value.get("name") or f"subject {at + 1}",
        "digest": {"sha256": value["digest"].get("sha256")},
    }
