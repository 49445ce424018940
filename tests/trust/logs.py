"""Keys, trees and checkpoints for tests of the log. The keys are known to everybody: seeds 0 to 255."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fairtrial.trust.checkpoint import Checkpoint, SignedCheckpoint, cosign, sign_checkpoint
from fairtrial.trust.note_keys import COSIGNATURE, LOG, NoteKey, VerifierKey
from fairtrial.trust.tlog_proof import TlogProof
from fairtrial.trust.tree import Levels, inclusion_proof, leaf_hash, tree_root

ORIGIN = "example.org/log"
NOON = 1_790_000_000


def note_key(name: str, kind: int, seed: int) -> NoteKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return NoteKey(VerifierKey(name, kind, private.public_key().public_bytes_raw()), private.sign)


LOG_KEY = note_key(ORIGIN, LOG, 1)
OTHER_LOG_KEY = note_key("example.org/other", LOG, 2)
WITNESSES = tuple(note_key(f"witness.example/w{number}", COSIGNATURE, 10 + number) for number in range(3))


def entries(size: int, salt: str = "") -> list[bytes]:
    return [f"entry {number} {salt}".encode() for number in range(size)]


def levels(size: int, salt: str = "") -> Levels:
    return Levels(map(leaf_hash, entries(size, salt)))


def checkpoint(size: int, *witnesses: NoteKey, salt: str = "", key: NoteKey = LOG_KEY) -> SignedCheckpoint:
    """Of the tree of `entries(size, salt)`, cosigned at NOON."""
    tree = Checkpoint(key.name, size, tree_root(map(leaf_hash, entries(size, salt))))
    signed = sign_checkpoint(tree, key)
    return SignedCheckpoint(tree, signed.note.with_signatures(cosign(tree, each, NOON) for each in witnesses))


def proof(index: int, size: int, *witnesses: NoteKey) -> TlogProof:
    return TlogProof(index, inclusion_proof(index, size, levels(size)), checkpoint(size, *witnesses))
