"""A lot: a committed random draw over things that are no family of siblings (keys, canaries, the order of a file).

Everything drawn follows from a secret that is committed to, with what it is drawn over, before the drawn things
are published. So nobody can choose the outcome afterwards, and whoever gets the file later draws the same again:

    HMAC-SHA256(secret, "fairtrial-lot-1 <commitment> <label> <block>")

A file has one form: canonical JSON and a newline; any other byte is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Literal

from fairtrial.core.canon import JSON, canonical, digest
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.trust.beacon import is_hex, moment
from fairtrial.trust.draw import SECRET_BYTES, check_secrets

FORMAT: Final = "fairtrial-lot-1"
MAX_BYTES: Final = 16 * 2**20
Kind = Literal["keyed", "canary", "order"]
_KEYS: Final = {"format", "kind", "body", "committed_at", "secret", "salt", "commitment"}
_REMEDY: Final = "get the file as it was committed to; don't rely on this one"
_WORD: Final = 2**64


@dataclass(frozen=True, slots=True)
class Lot:
    """body: what is drawn over, plain data. committed_at: RFC 3339, as its maker states it. secret, salt: 32 bytes
    each from a cryptographic source. commitment: `sha256:…` over all of it."""

    kind: Kind
    body: Mapping[str, JSON]
    committed_at: str
    secret: bytes
    salt: bytes
    commitment: str = field(init=False)

    def __post_init__(self) -> None:
        check_secrets(self.secret, self.salt)
        moment(self.committed_at)
        object.__setattr__(self, "commitment", digest(self.content))

    @property
    def content(self) -> dict[str, JSON]:
        return {
            "format": FORMAT,
            "kind": self.kind,
            "body": self.body,
            "committed_at": self.committed_at,
            "secret": self.secret.hex(),
            "salt": self.salt.hex(),
        }

    @property
    def statement(self) -> dict[str, JSON]:
        """What is made known beforehand."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "committed_at": self.committed_at,
            "commitment": self.commitment,
        }

    def bits(self, label: str, size: int) -> bytes:
        """`size` uniform bytes under a label of their own."""
        found = b"".join(self._block(label, at) for at in range(-(-size // 32)))
        return found[:size]

    def below(self, label: str, limit: int) -> int:
        """A uniform number from 0 to limit - 1. Words that would favour small numbers are passed over."""
        fair = _WORD - _WORD % limit
        words = (int.from_bytes(self._block(label, at)[:8]) for at in count())
        return next(word for word in words if word < fair) % limit

    def shuffled(self, label: str, size: int) -> tuple[int, ...]:
        """0 … size - 1 in a uniformly drawn order (Fisher and Yates)."""
        order = list(range(size))
        for at in range(size - 1, 0, -1):
            other = self.below(f"{label} {at}", at + 1)
            order[at], order[other] = order[other], order[at]
        return tuple(order)

    def _block(self, label: str, at: int) -> bytes:
        text = f"{FORMAT} {self.commitment} {label} {at}"
        return hmac.digest(self.secret, text.encode(), hashlib.sha256)


def lot_bytes(lot: Lot) -> bytes:
    """The whole file, secret included."""
    return canonical(lot.content | {"commitment": lot.commitment}) + b"\n"


def statement_bytes(lot: Lot) -> bytes:
    return canonical(lot.statement) + b"\n"


def parse_lot(data: bytes, name: str, kind: Kind) -> Lot:
    """The lot in a file. name: of the file, for messages. Raises IntegrityError where it isn't one of this
    kind, or doesn't match its commitment."""
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has {len(data):,} bytes, and {MAX_BYTES:,} are allowed")
        value = parse_strict(data.decode("utf-8"))
        lot = _made(value, kind)
    except (ValueError, TypeError, UsageError) as error:
        raise IntegrityError(f"{name} is no {kind} file: {error}".partition("\n")[0], _REMEDY) from error
    if value["commitment"] != lot.commitment:
        raise IntegrityError(f"{name} doesn't match its commitment {value['commitment']!r:.80}", _REMEDY)
    if data != lot_bytes(lot):
        raise IntegrityError(f"{name} is not written as a lot's file is (canonical JSON, one line)", _REMEDY)
    return lot


def _made(value: Any, kind: Kind) -> Lot:
    if not isinstance(value, dict) or set(value) != _KEYS or value["format"] != FORMAT:
        raise ValueError(f"it is not in the format {FORMAT}")
    if value["kind"] != kind:
        raise ValueError(f"it is of kind {value['kind']!r:.20}")
    if not all(is_hex(value[each], SECRET_BYTES) for each in ("secret", "salt")):
        raise ValueError(f"secret and salt are not {SECRET_BYTES} bytes in hexadecimal")
    if not isinstance(value["body"], dict) or not isinstance(value["committed_at"], str):
        raise ValueError("its body is no object, or its date no text")
    secret, salt = bytes.fromhex(value["secret"]), bytes.fromhex(value["salt"])
    return Lot(kind, value["body"], value["committed_at"], secret, salt)
