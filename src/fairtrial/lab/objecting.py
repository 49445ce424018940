"""Disputes and retractions: entries like any other. What they are about stays in the log beside them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import UsageError
from fairtrial.lab.entering import Entered, enter, writing
from fairtrial.lab.signing import sign
from fairtrial.trust.beacon import is_hex
from fairtrial.trust.campaign import parse_document
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject

Objection = Literal["dispute", "retraction"]


def object_to(
    kind: Objection,
    about: str,
    reason: str,
    *,
    log: str | Path,
    key: SecretKey,
    evidence: Sequence[bytes] = (),
) -> Entered:
    """about: SHA-256, in hexadecimal, of an envelope in the log. evidence: files whose digests are entered.

    Raises UsageError for another kind of name or no reason, IntegrityError where the log holds no such document. A
    retraction takes nothing back but the signer's own word, so its key must be one of those that signed.
    """
    if not is_hex(about, 32):
        raise UsageError(f"{about[:80]!r} is no SHA-256", "name the statement's file, or its digest")
    if not reason.strip():
        raise UsageError(f"a {kind} without a reason", "say why: --reason TEXT")
    digests = sorted(hashlib.sha256(data).hexdigest() for data in evidence)
    fields = {"reason": reason, "evidence": digests}
    envelope = sign(state(kind, [Subject("statement.dsse.json", about)], fields), key)
    with writing(log) as opened:
        filed = opened.history.by_payload(about)
        if (
            kind == "retraction"
            and filed is not None
            and not set(_signers(envelope)) & set(filed.entry.signers)
        ):
            raise UsageError(
                f"entry {filed.index} was signed by others",
                "they retract it; anybody may dispute it: attest dispute",
            )
        return enter(opened, envelope, f"the {kind}")


def _signers(envelope: bytes) -> Sequence[str]:
    return parse_document(envelope, "the objection").signers
