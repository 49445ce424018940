"""The demonstration draw: its secret is published, so that anybody sees how a trial goes; it accuses nobody."""

from __future__ import annotations

import hashlib

from fairtrial.families.arithmetic import arithmetic
from fairtrial.trust.draw import commit
from specimens.corpus import Trial

ITEMS = 600
SIBLINGS = 8
COMMITTED_AT = "2026-11-24T12:00:00Z"


def demonstration() -> Trial:
    """600 items over the published templates, 8 siblings each."""
    family = arithmetic()
    draw = commit(
        family,
        n=ITEMS,
        siblings=SIBLINGS,
        templates=family.published,
        # From a sentence, so that nobody can have searched for a favourable one, and everybody can make it again.
        secret=hashlib.sha256(b"Fairtrial, demonstration draw, secret").digest(),
        salt=hashlib.sha256(b"Fairtrial, demonstration draw, salt").digest(),
        committed_at=COMMITTED_AT,
    )
    return Trial.of(family, draw)
