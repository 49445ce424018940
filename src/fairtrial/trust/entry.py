"""A log's entry: who signed which document, and its place in its campaign. Digests only, never results.

    {"campaign_id": …, "payload_digest": …, "prev_campaign_entry_hash": …, "seq_in_campaign": 1, "signers": […],
     "type": "plan", "v": 1}

One entry has one form, canonical JSON; its leaf hash is H(0x00 || these bytes). The entries of a campaign are
numbered without gaps, and each names the leaf hash of the one before: none can be left out unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.trust.beacon import is_hex
from fairtrial.trust.documents import GET_AGAIN, MAX_INTEGER
from fairtrial.trust.predicates import PREDICATES
from fairtrial.trust.tree import HASH_BYTES, leaf_hash

MOST_ENTRY_BYTES: Final = 4096
MOST_SIGNERS: Final = 32
NOBODY: Final = "00" * HASH_BYTES
"""The campaign of what belongs to none, and the entry before a first one."""

OF_NO_CAMPAIGN: Final = frozenset({"dataset-commit", "reveal", "key-revocation"})
OF_EITHER: Final = frozenset({"dispute", "retraction"})
"""Belong to the campaign of what they are about, or to none."""
_KEYS: Final = {
    "campaign_id",
    "payload_digest",
    "prev_campaign_entry_hash",
    "seq_in_campaign",
    "signers",
    "type",
    "v",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """campaign, payload, previous: 32 bytes in lower-case hexadecimal. payload: SHA-256 of the envelope's bytes.
    seq: from 1. signers: key ids, sorted. Raises UsageError for anything else."""

    type: str
    campaign: str
    seq: int
    previous: str
    payload: str
    signers: tuple[str, ...]

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise UsageError(f"no entry: {problem}", "see docs/how-to/run-a-log.md for what a log takes")

    def _problem(self) -> str:
        if self.type not in PREDICATES:
            return f"the type {self.type[:40]!r} is not known"
        if not all(is_hex(each, HASH_BYTES) for each in (self.campaign, self.payload, self.previous)):
            return "campaign, payload and previous entry are 64 lower-case hexadecimal digits each"
        if not 1 <= self.seq <= MAX_INTEGER:
            return f"{self.seq} is no place in a campaign"
        if not 1 <= len(self.signers) <= MOST_SIGNERS or list(self.signers) != sorted(set(self.signers)):
            return f"signers are 1 to {MOST_SIGNERS} key ids, sorted, each once"
        if not all(is_hex(each, HASH_BYTES) for each in self.signers):
            return "a key id is 64 lower-case hexadecimal digits"
        if (self.type == "plan" and self.seq == 1) != (self.campaign == self.payload):
            return "a campaign is named after its first plan"
        if self.type not in OF_EITHER and (self.campaign == NOBODY) != (self.type in OF_NO_CAMPAIGN):
            return f"a {self.type} belongs to {'no' if self.type in OF_NO_CAMPAIGN else 'a'} campaign"
        return ""

    @property
    def data(self) -> bytes:
        content: dict[str, JSON] = {
            "v": 1,
            "type": self.type,
            "campaign_id": self.campaign,
            "seq_in_campaign": self.seq,
            "prev_campaign_entry_hash": self.previous,
            "payload_digest": self.payload,
            "signers": self.signers,
        }
        return canonical(content)

    @property
    def leaf(self) -> bytes:
        return leaf_hash(self.data)


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry and its index in the log, from 0."""

    index: int
    entry: Entry


def parse_entry(data: bytes, name: str) -> Entry:
    """name: which entry of which log, for messages. Raises IntegrityError for bytes that aren't `Entry.data`."""
    try:
        if len(data) > MOST_ENTRY_BYTES:
            raise ValueError(f"{len(data):,} bytes; {MOST_ENTRY_BYTES:,} are allowed")
        entry = _read(parse_strict(data.decode("utf-8")))
        if entry.data != data:
            raise ValueError("it is not written in canonical form")
    except (ValueError, UsageError) as error:
        told = error.message if isinstance(error, UsageError) else str(error)
        raise IntegrityError(f"{name} is no entry of ours: {told}", GET_AGAIN) from error
    return entry


def _read(value: Any) -> Entry:
    if not isinstance(value, dict) or set(value) != _KEYS:
        raise ValueError("its fields are not those of an entry")
    texts = [value[key] for key in ("type", "campaign_id", "prev_campaign_entry_hash", "payload_digest")]
    signers = value["signers"]
    if not all(isinstance(each, str) for each in texts):
        raise ValueError("a field that holds text holds something else")
    if not isinstance(signers, list) or not all(isinstance(each, str) for each in signers):
        raise ValueError("its signers are no list of key ids")
    if type(value["v"]) is not int or value["v"] != 1 or type(value["seq_in_campaign"]) is not int:
        raise ValueError("its version is not 1, or its place in the campaign no number")
    return Entry(texts[0], texts[1], value["seq_in_campaign"], texts[2], texts[3], tuple(signers))
