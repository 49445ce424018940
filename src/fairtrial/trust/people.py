"""Whose word counts: the reader's own list of keys, roles and operators (`trust.json`).

It belongs to whoever reads a bundle. A bundle carries its publisher's copy, which is a hint and no more.
Compromise is settled by the order of the log, not by a clock: what a stolen key signs later stands later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.documents import read_canonical, read_object, signed_bytes
from fairtrial.trust.fields import COUNT, SHA256, TEXT, TIME, list_of, mapping_to, nullable, one_of, record
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.predicates import ROLES

_KEY: Final = record(
    {
        "role": one_of(*ROLES),
        "org": TEXT,
        "keyid": SHA256,
        "public": SHA256,
        "valid_from": TIME,
        "valid_to": nullable(TIME),
        "log_origin": nullable(TEXT),
        "revoked_at_log_index": nullable(COUNT),
    }
)
_PEOPLE: Final = record({"keys": list_of(_KEY), "operators": mapping_to(TEXT)})
_REMEDY: Final = "correct the trust policy: it says whose word counts for you"


@dataclass(frozen=True, slots=True)
class Person:
    """One key and who holds it. valid_from, valid_to: UTC, the second None while open, and exclusive.

    log_origin: the only log in which the key's entries count, None for any. revoked_at: index in that log from
    which nothing that the key signed counts any more.
    """

    role: str
    org: str
    key: PublicKey
    valid_from: str
    valid_to: str | None = None
    log_origin: str | None = None
    revoked_at: int | None = None

    def to_json(self) -> dict[str, JSON]:
        return {
            "role": self.role,
            "org": self.org,
            "keyid": self.key.keyid,
            "public": self.key.hex,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "log_origin": self.log_origin,
            "revoked_at_log_index": self.revoked_at,
        }

    def refusal(self, *, origin: str, index: int, time: str | None) -> str | None:
        """Why an entry signed by this key doesn't count; None where it does.

        origin, index: of the log and the entry. time: UTC, of the quorum checkpoint that first covers the entry;
        None where there is none, and then nothing is said about the key's time.
        """
        if self.log_origin is not None and origin != self.log_origin:
            return f"the key of {self.org} counts in the log {self.log_origin} only, not in {origin}"
        if self.revoked_at is not None and index >= self.revoked_at:
            return f"the key of {self.org} is revoked from entry {self.revoked_at} on; this is entry {index}"
        if time is not None and time < self.valid_from:
            return f"the key of {self.org} is valid from {self.valid_from}; the entry was witnessed at {time}"
        if time is not None and self.valid_to is not None and time >= self.valid_to:
            return f"the key of {self.org} was valid until {self.valid_to}; the entry was witnessed at {time}"
        return None


@dataclass(frozen=True, slots=True)
class People:
    """operators: name of a log's or witness's key -> the organisation that runs it. Raises IntegrityError for two
    entries of one public key."""

    keys: tuple[Person, ...]
    operators: Mapping[str, str]

    def __post_init__(self) -> None:
        seen: dict[bytes, Person] = {}
        for each in self.keys:
            other = seen.setdefault(each.key.raw, each)
            if other is not each:
                raise IntegrityError(
                    f"one public key stands twice: {other.role} of {other.org}, and {each.role} of {each.org}",
                    _REMEDY,
                )

    def of(self, roles: Iterable[str]) -> tuple[Person, ...]:
        """Everybody in one of these roles."""
        wanted = set(roles)
        return tuple(each for each in self.keys if each.role in wanted)

    def named(self, keyid: str) -> Person | None:
        return next((each for each in self.keys if each.key.keyid == keyid), None)

    def to_json(self) -> dict[str, JSON]:
        return {"keys": [each.to_json() for each in self.keys], "operators": dict(self.operators)}

    @property
    def bytes(self) -> bytes:
        return signed_bytes(self.to_json(), "trust policy")


def parse_people(data: bytes, name: str, *, canonical: bool = False) -> People:
    """A trust policy. canonical: the bytes must be the canonical ones, as in a bundle; a reader's own file may be
    laid out as people like it. Raises IntegrityError, naming what is wrong with it."""
    value = (read_canonical if canonical else read_object)(data, "trust policy", name)
    if problem := _PEOPLE.problem(value):
        raise IntegrityError(f"{name} is no trust policy{problem}", _REMEDY)
    return People(tuple(_person(each, name) for each in value["keys"]), value["operators"])


def parse_person(data: bytes, name: str) -> Person:
    """One entry by itself, as its holder hands it out. Raises IntegrityError, naming what is wrong with it."""
    value = read_object(data, "trust policy", name)
    if problem := _KEY.problem(value):
        raise IntegrityError(f"{name} is no entry of a trust policy{problem}", _REMEDY)
    return _person(value, name)


def _person(value: Mapping[str, Any], name: str) -> Person:
    key = PublicKey.from_hex(value["public"])
    if key.keyid != value["keyid"]:
        raise IntegrityError(
            f"{name}: the key {value['public'][:16]}… is called {key.keyid[:16]}…, not {value['keyid'][:16]}…",
            _REMEDY,
        )
    if value["revoked_at_log_index"] is not None and value["log_origin"] is None:
        raise IntegrityError(f"{name}: a key of {value['org']} is revoked, and no log is named", _REMEDY)
    if value["valid_to"] is not None and value["valid_to"] <= value["valid_from"]:
        raise IntegrityError(f"{name}: a key of {value['org']} is valid until before it is valid", _REMEDY)
    return Person(
        value["role"],
        value["org"],
        key,
        value["valid_from"],
        value["valid_to"],
        value["log_origin"],
        value["revoked_at_log_index"],
    )
