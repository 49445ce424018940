"""Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures by named keys.

    example.org/fairtrial-log
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
                                                                      the empty line
    — example.org/fairtrial-log base64(key ID || signature)

A line by an unknown key is passed over; a line by a known key whose signature fails condemns the whole note.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.documents import GET_AGAIN, strict_base64
from fairtrial.trust.note_keys import KEY_ID_BYTES, VerifierKey, check_key_name, plain_base64

MOST_BYTES: Final = 512 * 1024
MOST_LINES: Final = 64
DASH: Final = "\N{EM DASH}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line: who says to have signed, and the bytes. Proven only by `verified`."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        return f"{DASH} {self.name} {plain_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """text: ends in a newline. signatures: in the order of their lines, at least one."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def data(self) -> bytes:
        return (self.text + "\n" + "".join(each.line for each in self.signatures)).encode()

    @property
    def digest(self) -> str:
        """Hexadecimal, of the whole note."""
        return hashlib.sha256(self.data).hexdigest()

    def verified(self, keys: Iterable[VerifierKey]) -> tuple[tuple[VerifierKey, NoteSignature], ...]:
        """The signatures by known keys, each checked; none is a valid answer, for the caller to judge.

        Raises IntegrityError where a known key's line fails: name and ID are the key's, the signature isn't.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found = []
        for each in self.signatures:
            key = known.get((each.name, each.key_id))
            if key is None:
                continue
            if not key.signed(self.text, each.signature):
                raise IntegrityError(f"the signature in the name of {key.name} is not by that key", GET_AGAIN)
            found.append((key, each))
        return tuple(found)

    def with_signatures(self, added: Iterable[NoteSignature]) -> Note:
        """With further lines, each once."""
        return Note(self.text, tuple(dict.fromkeys([*self.signatures, *added])))


def parse_note(data: bytes, name: str) -> Note:
    """name: of the file or the answer, for messages. Raises IntegrityError for anything that is no note, and for
    one above 512 KiB or 64 lines of signatures."""
    try:
        if len(data) > MOST_BYTES:
            raise ValueError(f"{len(data):,} bytes; {MOST_BYTES:,} are allowed")
        text = data.decode("utf-8")
        if any(letter < " " and letter != "\n" for letter in text):
            raise ValueError("a control character stands in it")
        body, found, lines = text.rpartition("\n\n")
        if not found or not lines.endswith("\n"):
            raise ValueError("no text, empty line and lines of signatures")
        return Note(body + "\n", parse_signatures(lines))
    except ValueError as error:
        raise IntegrityError(f"{name} is no signed note: {error}", GET_AGAIN) from error


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Whole lines of signatures, the last newline included. Raises ValueError."""
    if not lines.endswith("\n"):
        raise ValueError("the last line of signatures has no end")
    rows = lines[:-1].split("\n")
    if len(rows) > MOST_LINES:
        raise ValueError(f"{len(rows)} signatures; {MOST_LINES} are allowed")
    return tuple(map(_signature, rows))


def _signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, coded = rest.partition(" ")
    if dash != DASH:
        raise ValueError(f"{line[:40]!r} is no line of a signature")
    check_key_name(name)
    signed = strict_base64(coded)
    if len(signed) <= KEY_ID_BYTES:
        raise ValueError(f"the signature of {name[:80]} is empty")
    return NoteSignature(name, signed[:KEY_ID_BYTES], signed[KEY_ID_BYTES:])
