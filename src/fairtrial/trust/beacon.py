"""A round of a public randomness beacon (drand), named before it happens so that nobody can re-roll a draw.

drand publishes, every `period` seconds, a BLS signature that nobody can foresee and anybody can check. Checking
needs pairings, which the standard library lacks: the check is handed in (`adapters/drand.py`, extra `[beacon]`).
Source: drand specification; scheme bls-unchained-g1-rfc9380; hashing to the curve by RFC 9380.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UsageError

MAX_ROUND: Final = 2**36
"""Due in the year 8556; dates end with 9999."""

SIGNATURE_BYTES: Final = 48
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)

BlsCheck = Callable[[bytes, bytes, bytes], bool]
"""public key (96 bytes, G2), message (32 bytes), signature (48 bytes, G1) -> whether it is valid."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A drand network. digest: its chain hash, hexadecimal. genesis: RFC 3339. period: seconds."""

    name: str
    digest: str
    public_key: str
    genesis: str
    period: int

    def time_of(self, round_number: int) -> datetime:
        """When the round is due: round 1 at genesis."""
        return moment(self.genesis) + timedelta(seconds=self.period * (round_number - 1))


QUICKNET: Final = Chain(
    name="quicknet",
    digest="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key="83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    genesis="2023-08-23T15:09:27Z",
    period=3,
)
CHAINS: Final = {QUICKNET.digest: QUICKNET}


@dataclass(frozen=True, slots=True)
class BeaconRound:
    """A round by chain hash and number; its signature (hexadecimal) once it is known, "" before."""

    chain: str
    round: int
    signature: str = ""

    def __post_init__(self) -> None:
        if self.chain not in CHAINS:
            raise UsageError(f"no beacon chain is called {self.chain[:80]!r}", f"known: {QUICKNET.digest}")
        if not 1 <= self.round <= MAX_ROUND:
            raise UsageError(f"beacon round {self.round} can't exist", "name a round from 1 on")
        if self.signature and not is_hex(self.signature, SIGNATURE_BYTES):
            raise IntegrityError(
                f"the signature of beacon round {self.round} is not {SIGNATURE_BYTES} bytes in hexadecimal",
                "copy it from the beacon again",
            )

    @property
    def named(self) -> dict[str, JSON]:
        """What is committed to: which round, not its value."""
        return {"chain": self.chain, "round": self.round}

    @property
    def message(self) -> bytes:
        """What the beacon signs, unchained: SHA-256 of the round as eight bytes, the highest first."""
        return hashlib.sha256(self.round.to_bytes(8, "big")).digest()

    @property
    def randomness(self) -> bytes:
        """SHA-256 of the signature. Raises UsageError while the signature is not known."""
        if not self.signature:
            raise UsageError(
                f"beacon round {self.round} has no value yet", "wait for the round and add its signature"
            )
        return hashlib.sha256(bytes.fromhex(self.signature)).digest()


def check_round(beacon: BeaconRound, committed_at: str, valid: BlsCheck) -> None:
    """That the round is the beacon's own and came after the commitment. The one door to the pairing check.

    committed_at: RFC 3339. Raises IntegrityError for a signature that the chain's key didn't make, and for a
    round that was due at or before the commitment: its value could have been known.
    """
    chain = CHAINS[beacon.chain]
    due = chain.time_of(beacon.round)
    if due <= moment(committed_at):
        raise IntegrityError(
            f"beacon round {beacon.round} was due at {due:%Y-%m-%dT%H:%M:%SZ}, not after the commitment "
            f"of {committed_at}",
            "the published items could have been chosen; don't rely on this draw",
        )
    signature = bytes.fromhex(beacon.signature)
    if not signature or not valid(bytes.fromhex(chain.public_key), beacon.message, signature):
        raise IntegrityError(
            f"the signature of beacon round {beacon.round} was not made by {chain.name}",
            "compare it with the beacon's own; don't rely on this draw",
        )


def moment(text: str) -> datetime:
    """RFC 3339 with a zone, as UTC. Raises UsageError for anything else."""
    try:
        if _RFC3339.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # a 30th of February; the year 1 in a zone east of Greenwich
        pass
    raise UsageError(f"{text[:40]!r} is no time with a zone", "write it as 2026-01-31T12:00:00Z")


def is_hex(text: str, size: int) -> bool:
    """Exactly `size` bytes in lower-case hexadecimal."""
    return len(text) == 2 * size and all(letter in "0123456789abcdef" for letter in text)
