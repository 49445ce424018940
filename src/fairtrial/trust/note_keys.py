"""Keys that sign notes (C2SP signed-note and tlog-cosignature), one row a kind:

    0x01  Ed25519, over the note's text                          logs
    0x04  Ed25519, over a time and the whole checkpoint          witnesses
    0x06  ML-DSA-44, over a time and the tree                    witnesses

    key ID  SHA-256(name || newline || kind || public key), its first four bytes
    vkey    name+hex(key ID)+base64(kind || public key)

A cosignature is eight bytes of POSIX seconds, the highest first, and the signature itself.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import strict_base64, strict_number
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.tree import HASH_BYTES

LOG: Final = 0x01
COSIGNATURE: Final = 0x04
COSIGNATURE_ML_DSA: Final = 0x06
KEY_ID_BYTES: Final = 4
TIME_BYTES: Final = 8
MOST_NAME_BYTES: Final = 255
MOST_SECONDS: Final = 2**63 - 1
_HEX_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_REMEDY: Final = "copy the key again from whom it belongs to"


@dataclass(frozen=True, slots=True)
class Kind:
    """signed: name of the key, text of the note, seconds (0 where the kind has none) -> the bytes that are signed.
    valid: public key, signature, those bytes."""

    public_bytes: int
    signature_bytes: int
    timed: bool
    signed: Callable[[str, str, int], bytes]
    valid: Callable[[bytes, bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half. Raises IntegrityError for an unknown kind, a wrong length, a name that is none."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        try:
            check_key_name(self.name)
        except ValueError as error:
            raise IntegrityError(str(error), _REMEDY) from error
        if self.kind not in KINDS:
            raise IntegrityError(
                f"{self.name} has a key of kind {self.kind:#04x}, which is not known", _REMEDY
            )
        if len(self.public) != KINDS[self.kind].public_bytes:
            raise IntegrityError(f"the key of {self.name} has {len(self.public)} bytes", _REMEDY)
        if self.kind in (LOG, COSIGNATURE):
            PublicKey(self.public)  # refuses a point for which anybody can sign

    @property
    def key_id(self) -> bytes:
        data = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(data).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{plain_base64(bytes([self.kind]) + self.public)}"

    def signed(self, text: str, signature: bytes) -> bool:
        """Whether the key's owner signed this text."""
        kind = KINDS[self.kind]
        time = TIME_BYTES if kind.timed else 0
        seconds = int.from_bytes(signature[:time], "big")
        if len(signature) != time + kind.signature_bytes or seconds > MOST_SECONDS:
            return False
        try:
            message = kind.signed(self.name, text, seconds)
        except ValueError:  # this kind signs checkpoints, and the text is none
            return False
        return kind.valid(self.public, signature[time:], message)


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that signs. sign_bytes: what its owner's private half, which never comes here, makes of a message."""

    public: VerifierKey
    sign_bytes: Callable[[bytes], bytes]

    @property
    def name(self) -> str:
        return self.public.name

    def sign(self, text: str, seconds: int = 0) -> bytes:
        """What stands behind the key ID. seconds: POSIX, above 0 for a cosignature, 0 for a log's signature."""
        kind = KINDS[self.public.kind]
        if kind.timed != (0 < seconds <= MOST_SECONDS):
            raise UsageError(
                f"a signature in the name of {self.name} at the time {seconds}", "check the clock"
            )
        signature = self.sign_bytes(kind.signed(self.name, text, seconds))
        return (seconds.to_bytes(TIME_BYTES, "big") if kind.timed else b"") + signature


def parse_vkey(text: str) -> VerifierKey:
    """Raises IntegrityError for anything that is no vkey, or whose ID is not that of its key."""
    name, _, rest = text.partition("+")
    shown, _, coded = rest.partition("+")
    try:
        key = strict_base64(coded)
        if not key or not _HEX_ID.fullmatch(shown):
            raise ValueError("it is not name+ID+key")
    except ValueError as error:
        raise IntegrityError(f"{text[:80]!r} is no verifier key: {error}", _REMEDY) from error
    found = VerifierKey(name, key[0], key[1:])
    if found.key_id.hex() != shown:
        raise IntegrityError(f"the key of {name} has the ID {found.key_id.hex()}, not {shown}", _REMEDY)
    return found


def plain_base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def parse_hash(text: str) -> bytes:
    """A hash as notes and proofs write it: 32 bytes in base64. Raises ValueError."""
    value = strict_base64(text)
    if len(value) != HASH_BYTES:
        raise ValueError(f"{text[:60]!r} is a hash of {len(value)} bytes, not {HASH_BYTES}")
    return value


def cosigned_at(signature: bytes) -> int:
    """POSIX seconds of a cosignature."""
    return int.from_bytes(signature[:TIME_BYTES], "big")


def check_key_name(name: str) -> None:
    """Raises ValueError."""
    if not name or "+" in name or any(letter.isspace() or letter < " " for letter in name):
        raise ValueError(f"{name[:80]!r} is no name of a key: not empty, no blanks, no +")
    if len(name.encode()) > MOST_NAME_BYTES:
        raise ValueError(f"the name {name[:40]!r}… has more than {MOST_NAME_BYTES} bytes")


def _plain_message(name: str, text: str, seconds: int) -> bytes:
    return text.encode()


def _cosigned_message(name: str, text: str, seconds: int) -> bytes:
    # Without the witness's name: one such key serves one witness only.
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _tree_message(name: str, text: str, seconds: int) -> bytes:
    """tlog-cosignature's structure for ML-DSA: the whole tree, that is from leaf 0 on."""
    origin, size, root = text.split("\n")[:3]
    who, log = name.encode(), origin.encode()
    return b"".join(
        [
            b"subtree/v1\n\0",
            bytes([len(who)]) + who,
            seconds.to_bytes(8, "big"),
            bytes([len(log)]) + log,
            (0).to_bytes(8, "big"),
            strict_number(size).to_bytes(8, "big"),
            parse_hash(root),
        ]
    )


def _ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    return PublicKey(public).made(signature, message)


def _ml_dsa_44(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: the bytes are no key
        return False
    except UnsupportedAlgorithm as error:
        raise UsageError("ML-DSA-44 can't be checked here", "install cryptography built with it") from error
    return True


KINDS: Final[Mapping[int, Kind]] = {
    LOG: Kind(32, 64, False, _plain_message, _ed25519),
    COSIGNATURE: Kind(32, 64, True, _cosigned_message, _ed25519),
    COSIGNATURE_ML_DSA: Kind(1312, 2420, True, _tree_message, _ml_dsa_44),
}
