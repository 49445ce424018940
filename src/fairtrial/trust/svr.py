"""An auditor's verdict for readers who know only in-toto: a Simple Verification Result, version 0.2.

It lists what was found to hold, property by property, and never that something is "verified". Source: in-toto
attestation, spec/predicates/svr.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.trust.fields import SHA256, TIME
from fairtrial.trust.statement import Statement, Subject

SVR_TYPE: Final = "https://in-toto.io/attestation/svr/v0.2"
PREFIX: Final = "FAIRTRIAL_"
_PROPERTY: Final = re.compile(r"FAIRTRIAL_[A-Z][A-Z0-9_]{0,80}")
_SWEEPING: Final = ("VERIFIED", "VALID", "TRUE", "TRUSTED", "CORRECT")


@dataclass(frozen=True, slots=True)
class Policy:
    """What was checked against. uri: where it stands. sha256: of its bytes."""

    uri: str
    sha256: str


def svr(
    subject: Sequence[Subject],
    *,
    verifier: str,
    policies: Sequence[Policy],
    time: str,
    properties: Sequence[str],
) -> Statement:
    """The statement, ready to be signed. verifier: URI, with the version of its logic. policies: () where there is
    none to be named. time: UTC. properties: such as FAIRTRIAL_RESCORE_EXACT, what passed and nothing else.

    Raises UsageError for a sweeping property, for one without our prefix or twice, and for what in-toto refuses.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", verifier):
        raise UsageError(
            f"{verifier[:80]!r} is no URI", "name the verifier by one, such as https://example.org/v1"
        )
    if problem := TIME.problem(time):
        raise UsageError(f"the time of the result{problem}")
    for each in policies:
        if problem := SHA256.problem(each.sha256):
            raise UsageError(f"the policy {each.uri[:80]}{problem}")
    for name in properties:
        if not _PROPERTY.fullmatch(name) or any(word in name.split("_") for word in _SWEEPING):
            raise UsageError(
                f"{name[:80]!r} is no property", f"say what held, after {PREFIX}: FAIRTRIAL_RESCORE_EXACT"
            )
    if len(set(properties)) != len(properties) or not subject:
        raise UsageError("a result has a subject, and each property once", "check what is stated")
    predicate: dict[str, JSON] = {
        "verifier": {
            "id": verifier,
            "policies": [{"uri": each.uri, "digest": {"sha256": each.sha256}} for each in policies],
        },
        "timeCreated": time,
        "properties": sorted(properties),
    }
    return Statement(tuple(subject), SVR_TYPE, predicate)
