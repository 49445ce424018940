"""Lots with known secrets, and records of answers to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from fairtrial.audit.lot import Kind, Lot
from fairtrial.core.canon import JSON
from fairtrial.core.output import Loglik, Output
from fairtrial.core.record import Failure, Record, Score

AT = "2026-11-24T12:00:00.000Z"


def lot(kind: Kind, body: Mapping[str, JSON], seed: int = 0) -> Lot:
    secret = hashlib.sha256(b"secret %d" % seed).digest()
    return Lot(kind, body, AT, secret, bytes(32))


def answered(name: str, text: str | None, epoch: int = 1) -> Record:
    if text is None:
        return Record(name, epoch, "", (), "", Failure("timeout", "no answer"))
    return Record(name, epoch, "", (), "", Score("right", 1.0), Output(text, "stop"))


def scored(name: str, choices: Sequence[str], values: Sequence[float]) -> Record:
    output = Output(None, "stop", logliks=tuple(map(Loglik, values)))
    return Record(name, 1, "", (), "", Score("right", 1.0), output, tuple(choices))
