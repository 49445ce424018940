"""Files that the verbs of `fairtrial attest` are given."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from fairtrial.core.errors import UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.trust.beacon import QUICKNET, BeaconRound, is_hex

MOST_BYTES = 2**31


def file_bytes(path: str) -> bytes:
    """Raises UsageError for a file that can't be read."""
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}", "name a file that is there") from error


def digest_of(named: str) -> str:
    """The SHA-256 that is given, or that of a file."""
    return named if is_hex(named, 32) else hashlib.sha256(file_bytes(named)).hexdigest()


def read_beacon(path: str | None) -> BeaconRound | None:
    """A round of drand's quicknet as its HTTP API gives it: `round` and `signature`; the rest is left."""
    if path is None:
        return None
    try:
        told: Any = parse_strict(file_bytes(path).decode("utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{Path(path).name} is no JSON: {error}", 'write {"round": 1, "signature": "…"}'
        ) from error
    if (
        not isinstance(told, dict)
        or type(told.get("round")) is not int
        or not isinstance(told.get("signature"), str)
    ):
        raise UsageError(f"{Path(path).name} tells no round", 'write {"round": 1, "signature": "…"}')
    return BeaconRound(QUICKNET.digest, told["round"], told["signature"])
