"""Checkpoints (C2SP tlog-checkpoint): a log's name, its size and its root as the text of a signed note.

    example.org/fairtrial-log          origin: which log; also the name of the log's key
    20852163                           size: entries
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=      root

The format allows further lines, which no monitor can check; we write none and refuse them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import GET_AGAIN, strict_number
from fairtrial.trust.note import Note, NoteSignature, parse_note
from fairtrial.trust.note_keys import LOG, NoteKey, VerifierKey, cosigned_at, parse_hash, plain_base64
from fairtrial.trust.tree import EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """size: entries; root: 32 bytes. That an empty tree has an empty root is asked of `empty_as_it_should`: to a
    witness that fault is another than one of form."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{plain_base64(self.root)}\n"

    @property
    def empty_as_it_should(self) -> bool:
        """False for size 0 with another root than that of nothing."""
        return self.size > 0 or self.root == EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it was published: `note.data` are the file's."""

    checkpoint: Checkpoint
    note: Note

    @property
    def data(self) -> bytes:
        return self.note.data


def parse_checkpoint(data: bytes, name: str) -> SignedCheckpoint:
    """Form only; nothing is verified. name: of the file, for messages. Raises IntegrityError."""
    note = parse_note(data, name)
    try:
        return SignedCheckpoint(_read(note.text), note)
    except ValueError as error:
        raise IntegrityError(f"{name} is no checkpoint: {error}", GET_AGAIN) from error


def check_log_signature(signed: SignedCheckpoint, keys: Collection[VerifierKey], name: str) -> None:
    """That one of the log's own keys signed. keys: of any logs. Raises IntegrityError, for an unknown log too."""
    origin = signed.checkpoint.origin
    own = [key for key in keys if key.name == origin and key.kind == LOG]
    if not own:
        raise IntegrityError(
            f"{name} is by the log {origin!r}, whose key is not given",
            "add the log's key to the policy if you trust it",
        )
    if not signed.note.verified(own):
        raise IntegrityError(f"{name} is not signed by the key of {origin!r}", GET_AGAIN)


def sign_checkpoint(checkpoint: Checkpoint, key: NoteKey) -> SignedCheckpoint:
    """By the log's own key. Raises UsageError where the key has another name than the log."""
    if key.public.kind != LOG or key.name != checkpoint.origin:
        raise UsageError(
            f"the key of {key.name!r} can't sign for {checkpoint.origin!r}", "use the log's own key"
        )
    line = NoteSignature(key.name, key.public.key_id, key.sign(checkpoint.text))
    return SignedCheckpoint(checkpoint, Note(checkpoint.text, (line,)))


def cosign(checkpoint: Checkpoint, key: NoteKey, seconds: int) -> NoteSignature:
    """A witness's line. seconds: POSIX, now."""
    return NoteSignature(key.name, key.public.key_id, key.sign(checkpoint.text, seconds))


def cosignatures(signed: SignedCheckpoint, witnesses: Collection[VerifierKey]) -> dict[VerifierKey, int]:
    """Which of the witnesses cosigned, and when (POSIX seconds; the earliest line of each counts).

    Raises IntegrityError where a line in a witness's name fails, or states no time.
    """
    found: dict[VerifierKey, int] = {}
    for key, line in signed.note.verified(key for key in witnesses if key.kind != LOG):
        seconds = cosigned_at(line.signature)
        if seconds == 0:
            raise IntegrityError(f"the cosignature of {key.name} states no time", GET_AGAIN)
        found[key] = min(seconds, found.get(key, seconds))
    return found


def is_fork(one: SignedCheckpoint, other: SignedCheckpoint) -> bool:
    """Two trees of one log and one size. Proof of a fork where the log's key signed both."""
    a, b = one.checkpoint, other.checkpoint
    return (a.origin, a.size) == (b.origin, b.size) and a.root != b.root


def _read(text: str) -> Checkpoint:
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise ValueError("it has not the three lines of origin, size and root")
    if len(lines) > 3:
        raise ValueError(f"the line {lines[3][:40]!r} after the root is not allowed")
    return Checkpoint(lines[0], strict_number(lines[1]), parse_hash(lines[2]))
