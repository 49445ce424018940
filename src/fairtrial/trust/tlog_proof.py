"""Proof files (C2SP tlog-proof, `.tlog-proof`): that an entry is in a log, checkable offline.

    c2sp.org/tlog-proof@v1
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=        the path, from the leaf's sibling up
                                                        the empty line
    example.com/fancylog                                the checkpoint as published
    …

The format's line `extra` is signed by nobody; we write none and refuse it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, parse_checkpoint
from fairtrial.trust.documents import GET_AGAIN, strict_number
from fairtrial.trust.note import MOST_BYTES
from fairtrial.trust.note_keys import VerifierKey, parse_hash, plain_base64
from fairtrial.trust.tree import MOST_HASHES, check_inclusion, leaf_hash

HEAD: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """index: of the entry, from 0. path: 32 bytes each."""

    index: int
    path: tuple[bytes, ...]
    signed: SignedCheckpoint

    @property
    def data(self) -> bytes:
        lines = [HEAD, f"index {self.index}", *map(plain_base64, self.path), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.signed.data

    def check_entry(self, entry: bytes) -> None:
        """That exactly these bytes are the entry. Says nothing about who signed. Raises IntegrityError."""
        tree = self.signed.checkpoint
        check_inclusion(self.index, tree.size, leaf_hash(entry), self.path, tree.root)


def parse_tlog_proof(data: bytes, name: str) -> TlogProof:
    """Form only. name: of the file, for messages. Raises IntegrityError."""
    try:
        if len(data) > MOST_BYTES:
            raise ValueError(f"{len(data):,} bytes; {MOST_BYTES:,} are allowed")
        head, found, checkpoint = data.partition(b"\n\n")
        if not found:
            raise ValueError("no empty line before the checkpoint")
        index, path = _read(head.decode("ascii").split("\n"))
    except ValueError as error:
        raise IntegrityError(f"{name} is no proof of an entry: {error}", GET_AGAIN) from error
    return TlogProof(index, path, parse_checkpoint(checkpoint, f"the checkpoint in {name}"))


def verify_entry(proof: TlogProof, entry: bytes, logs: Collection[VerifierKey], name: str) -> None:
    """That a log we know signed for a tree with this entry in it. The quorum of witnesses is the policy's affair
    (`log_policy.LogPolicy.check_quorum`). Raises IntegrityError."""
    check_log_signature(proof.signed, logs, f"the checkpoint in {name}")
    proof.check_entry(entry)


def _read(lines: list[str]) -> tuple[int, tuple[bytes, ...]]:
    if lines[0] != HEAD:
        raise ValueError(f"its first line is not {HEAD}")
    if len(lines) > 1 and lines[1].startswith("extra "):
        raise ValueError("the line `extra` is signed by nobody and not allowed")
    if len(lines) < 2 or not lines[1].startswith("index "):
        raise ValueError("its second line is no index")
    if len(lines) - 2 > MOST_HASHES:
        raise ValueError(f"a path of {len(lines) - 2} hashes; no tree needs more than {MOST_HASHES}")
    return strict_number(lines[1].removeprefix("index ")), tuple(map(parse_hash, lines[2:]))
