"""Keys with known seeds, and statements signed by them: what the tests of signed documents share."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fairtrial.trust.dsse import Envelope, Signature, pae
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.people import People, Person
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import PAYLOAD_TYPE, Statement, Subject

ORIGIN = "log.example/fairtrial"
HASH = hashlib.sha256(b"").hexdigest()


def secret(who: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(who.encode()).digest())


def public(who: str) -> PublicKey:
    return PublicKey(secret(who).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def envelope(payload: bytes, *who: str, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    message = pae(payload_type, payload)
    signatures = [Signature(public(each).keyid, secret(each).sign(message)) for each in who]
    return Envelope(payload, payload_type, tuple(sorted(signatures, key=lambda each: each.keyid)))


def person(role: str, **changes: Any) -> Person:
    fields: dict[str, Any] = {
        "role": role,
        "org": f"the {role}'s",
        "key": public(role),
        "valid_from": "2026-01-01T00:00:00Z",
    }
    return Person(**(fields | changes))


def people(*persons: Person) -> People:
    return People(persons or (person("lab"), person("evaluator"), person("auditor")), {ORIGIN: "Log Example"})


def dispute(**changes: Any) -> Statement:
    return state("dispute", [Subject("a.dsse.json", HASH)], {"reason": "a reason", "evidence": []} | changes)
