"""Envelopes: who signed which bytes (DSSE 1.0.2).

What is signed is the payload's exact bytes and its type, never a re-serialisation of either. An envelope of ours
has one form: canonical JSON of exactly {payload, payloadType, signatures: [{keyid, sig}]}, sorted by key id,
each key once, standard base64. Other people's envelopes may differ in all of that, as DSSE allows.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.beacon import is_hex
from fairtrial.trust.documents import GET_AGAIN, read_canonical, read_object, strict_base64
from fairtrial.trust.keys import SIGNATURE_BYTES, PublicKey

MAX_SIGNATURES: Final = 64


@dataclass(frozen=True, slots=True)
class Signature:
    """keyid: a hint at whose it is, "" where a foreign envelope gives none. It is not signed itself."""

    keyid: str
    value: bytes


@dataclass(frozen=True)
class Envelope:
    """payload: the very bytes that were signed; whoever reads it reads these."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    @cached_property
    def bytes(self) -> bytes:
        """The one form of an envelope of ours."""
        return canonical(
            {
                "payload": _base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [
                    {"keyid": each.keyid, "sig": _base64(each.value)}
                    for each in sorted(self.signatures, key=lambda each: each.keyid)
                ],
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes in hexadecimal: what `sha256sum` prints, and what the log holds."""
        return hashlib.sha256(self.bytes).hexdigest()

    @property
    def keyids(self) -> tuple[str, ...]:
        return tuple(each.keyid for each in self.signatures)


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload, each after its length in bytes, so that neither reaches into the other."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse_envelope(data: bytes, name: str) -> Envelope:
    """An envelope of ours. name: of the file, for messages. Raises IntegrityError for every other byte."""
    fields = read_canonical(data, "envelope", name)
    try:
        envelope = _read(fields)
    except ValueError as error:
        raise IntegrityError(f"{name} is no envelope: {error}", GET_AGAIN) from error
    if envelope.bytes != data:
        raise IntegrityError(f"{name}: its signatures are not sorted by key id", GET_AGAIN)
    return envelope


def parse_foreign_envelope(data: bytes, name: str) -> Envelope:
    """Anybody's envelope: unknown fields, either base64 alphabet and missing key ids are allowed, as DSSE says."""
    fields = read_object(data, "envelope", name, decimals=True)
    try:
        payload, kind, listed = (fields.get(key) for key in ("payload", "payloadType", "signatures"))
        if not isinstance(payload, str) or not isinstance(kind, str) or not isinstance(listed, list):
            raise ValueError("it lacks payload, payloadType or signatures")
        if not 1 <= len(listed) <= MAX_SIGNATURES:
            raise ValueError(f"{len(listed)} signatures; 1 to {MAX_SIGNATURES} are read")
        return Envelope(_either_base64(payload), kind, tuple(map(_foreign_signature, listed)))
    except ValueError as error:
        raise IntegrityError(f"{name} is no envelope: {error}", GET_AGAIN) from error


def verify(envelope: Envelope, keys: Sequence[PublicKey], threshold: int, name: str) -> tuple[PublicKey, ...]:
    """The keys, all different, that signed an envelope of ours; at least `threshold` of `keys`.

    A signature under the key id of one of `keys` that this key didn't make spoils the envelope: it was put there
    to be seen. A signature under any other key id counts for nothing; `keyids` shows it. Raises IntegrityError.
    """
    if threshold < 1:
        raise UsageError(f"a threshold of {threshold}", "at least one signature must be asked for")
    message = pae(envelope.payload_type, envelope.payload)
    by_id = {key.keyid: key for key in keys}
    signers = []
    for each in envelope.signatures:
        key = by_id.get(each.keyid)
        if key is None:
            continue
        if not key.made(each.value, message):
            raise IntegrityError(f"{name}: the signature of key {each.keyid[:16]}… doesn't hold", GET_AGAIN)
        signers.append(key)
    return _enough(signers, threshold, name)


def verify_foreign(
    envelope: Envelope, keys: Sequence[PublicKey], threshold: int, name: str
) -> tuple[PublicKey, ...]:
    """As `verify`, by DSSE's own rule: key ids are hints, and signatures that fit no key are passed over."""
    if threshold < 1:
        raise UsageError(f"a threshold of {threshold}", "at least one signature must be asked for")
    message = pae(envelope.payload_type, envelope.payload)
    signers = [key for key in keys if any(key.made(each.value, message) for each in envelope.signatures)]
    return _enough(signers, threshold, name)


def _enough(signers: list[PublicKey], threshold: int, name: str) -> tuple[PublicKey, ...]:
    """Counted by the keys' bytes: one key under two names is one signer."""
    distinct = tuple({key.raw: key for key in signers}.values())
    if len(distinct) < threshold:
        raise IntegrityError(
            f"{name}: signed by {len(distinct)} of the keys asked for; {threshold} are needed",
            "check whose keys your trust policy names; don't rely on this statement",
        )
    return distinct


def _read(fields: dict[str, Any]) -> Envelope:
    if set(fields) != {"payload", "payloadType", "signatures"}:
        raise ValueError(
            f"its fields are {', '.join(sorted(fields))[:80]}, not payload, payloadType, signatures"
        )
    listed, kind = fields["signatures"], fields["payloadType"]
    if not isinstance(kind, str) or not isinstance(listed, list) or not isinstance(fields["payload"], str):
        raise ValueError("payload and payloadType are texts, signatures is a list")
    if not 1 <= len(listed) <= MAX_SIGNATURES:
        raise ValueError(f"{len(listed)} signatures; 1 to {MAX_SIGNATURES} are read")
    signatures = tuple(map(_signature, listed))
    if len({each.keyid for each in signatures}) != len(signatures):
        raise ValueError("a key id stands twice")
    return Envelope(strict_base64(fields["payload"]), kind, signatures)


def _signature(value: Any) -> Signature:
    if not isinstance(value, dict) or set(value) != {"keyid", "sig"}:
        raise ValueError("a signature is no keyid and sig")
    if not isinstance(value["keyid"], str) or not is_hex(value["keyid"], 32):
        raise ValueError(
            f"{str(value['keyid'])[:80]!r} is no key id: it has 64 lower-case hexadecimal digits"
        )
    if not isinstance(value["sig"], str):
        raise ValueError("a signature is no text")
    signature = strict_base64(value["sig"])
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError(f"a signature of {len(signature)} bytes; Ed25519 has {SIGNATURE_BYTES}")
    return Signature(value["keyid"], signature)


def _foreign_signature(value: Any) -> Signature:
    if not isinstance(value, dict) or not isinstance(value.get("sig"), str):
        raise ValueError("a signature has no sig")
    keyid = value.get("keyid", "")
    return Signature(keyid if isinstance(keyid, str) else "", _either_base64(value["sig"]))


def _either_base64(text: str) -> bytes:
    return strict_base64(text.translate(str.maketrans("-_", "+/")))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
