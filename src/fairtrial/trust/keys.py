"""Public keys (Ed25519, RFC 8032) and what they are called. Secret keys never come into this folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.beacon import is_hex

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_ORDER_8: Final = (
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
)
_SMALL_ORDER: Final = frozenset((0, 1, _P - 1, *_ORDER_8))
"""y-coordinates of the points whose order divides 8. Under such a key one signature holds for many messages, made
by anybody."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """raw: 32 bytes. Raises IntegrityError where they are no key that only one person can sign with."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise IntegrityError(f"an Ed25519 key has {KEY_BYTES} bytes, not {len(self.raw)}")
        y = int.from_bytes(self.raw, "little") & (2**255 - 1)  # the highest bit is the sign of x
        if y >= _P:
            raise IntegrityError(
                f"the public key {self.hex[:16]}… is not written in its one form",
                "ask its owner for a key that was made properly",
            )
        if y in _SMALL_ORDER:
            raise IntegrityError(
                f"the public key {self.hex[:16]}… is a point of small order: anybody can sign for it",
                "ask its owner for a key that was made properly",
            )

    @classmethod
    def from_hex(cls, text: str) -> PublicKey:
        """From 64 lower-case hexadecimal digits. Raises IntegrityError for anything else."""
        if not is_hex(text, KEY_BYTES):
            raise IntegrityError(f"{text[:80]!r} is no public key: it has 64 lower-case hexadecimal digits")
        return cls(bytes.fromhex(text))

    @property
    def hex(self) -> str:
        return self.raw.hex()

    @property
    def keyid(self) -> str:
        """SHA-256, in hexadecimal, of the key's canonical description, as securesystemslib 1.6 names keys
        (`signer/_utils.py`, compute_default_keyid). Its own canonical form and ours agree on plain ASCII."""
        described: dict[str, JSON] = {
            "keytype": "ed25519",
            "scheme": "ed25519",
            "keyval": {"public": self.hex},
        }
        return hashlib.sha256(canonical(described)).hexdigest()

    def made(self, signature: bytes, message: bytes) -> bool:
        """Whether the holder of this key made this signature over these bytes."""
        try:
            _loaded(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=1024)
def _loaded(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)
