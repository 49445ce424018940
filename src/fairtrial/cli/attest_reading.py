"""What the verbs of `fairtrial attest` read and tell alike."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from fairtrial.cli.speech import emit, show
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


def tell_entry(what: str, done: Any, as_json: bool) -> None:
    """What was entered, where, and when a quorum had seen it. done: `lab.entering.Entered`."""
    if as_json:
        emit({"index": done.filed.index, "campaign": done.filed.entry.campaign, "witnessed": done.at})
    else:
        seen = f", witnessed at {done.at}" if done.at else ""
        show(f"the {what} is entry {done.filed.index} of the log{seen}")
