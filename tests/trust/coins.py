"""Documents of a campaign as a log has filed them, without a log."""

from __future__ import annotations

import hashlib
from typing import Any

from fairtrial.trust.campaign import Document, Filed
from fairtrial.trust.coin import coin_commitment
from fairtrial.trust.entry import NOBODY, Entry, Logged

CAMPAIGN = hashlib.sha256(b"campaign").hexdigest()
KEYS = {"lab": "a" * 64, "auditor": "b" * 64}
VALUES = {"lab": bytes(range(32)), "auditor": bytes(range(100, 132))}


def filed(index: int, kind: str, signer: str, subjects: list[str], **fields: Any) -> Filed:
    payload = CAMPAIGN if (kind, index) == ("plan", 0) else hashlib.sha256(b"%d" % index).hexdigest()
    campaign = NOBODY if kind in ("dataset-commit", "reveal") else CAMPAIGN
    entry = Entry(kind, campaign, index + 1, NOBODY, payload, (signer,))
    return Filed(Logged(index, entry), Document(payload, kind, (signer,), tuple(subjects), fields))


def committed(index: int, party: str, value: bytes | None = None, **changes: Any) -> Filed:
    commitment = coin_commitment(party, VALUES[party] if value is None else value)
    signer = changes.pop("signer", KEYS[party])
    told = {"party": party, "campaign": CAMPAIGN, "commitment": commitment} | changes
    return filed(index, "coin-commit", signer, [CAMPAIGN], **told)


def shown(index: int, commit: Filed, value: bytes | None = None, **changes: Any) -> Filed:
    party = commit.document.fields["party"]
    signer = changes.pop("signer", commit.document.signers[0])
    told = {"party": party, "campaign": CAMPAIGN, "value": (VALUES[party] if value is None else value).hex()}
    return filed(index, "coin-reveal", signer, [commit.document.payload], **told | changes)
