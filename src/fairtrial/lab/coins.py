"""One party's side of a coin: a number drawn, committed to in the log, and shown there once the other's is."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

from fairtrial.adapters.stores.durable import read_file, write_durably
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.lab.campaigns import campaign_of
from fairtrial.lab.entering import Entered, enter, writing
from fairtrial.lab.signing import sign
from fairtrial.trust.beacon import is_hex
from fairtrial.trust.campaign import Filed
from fairtrial.trust.coin import COMMIT, REVEAL, VALUE_BYTES, coin_commitment
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject

_VERSION: Final = 1
_BEFORE: Final = ("plan", "result")
"""What a coin comes after: an older commitment of the other party is of another coin."""
_MOST: Final = 4096
_FIELDS: Final = {"fairtrial_coin", "campaign", "party", "value"}


def commit_coin(path: Path, campaign: str, party: str, *, log: str | Path, key: SecretKey) -> Entered:
    """Draw 32 random bytes, keep them in `path` (mode 0600), enter the commitment.

    campaign: its id. A commitment that was cut short is finished with the same number. Raises UsageError for a
    file of another coin.
    """
    planned = campaign_of(log, campaign).filed[0]
    kept = _read(path)
    if kept is None:
        value = secrets.token_bytes(VALUE_BYTES)
        kept = {"fairtrial_coin": _VERSION, "campaign": campaign, "party": party, "value": value.hex()}
        _create(path, kept)
    if (kept["campaign"], kept["party"]) != (campaign, party):
        raise UsageError(
            f"{path} is another coin, of {kept['party']}", "name a file of its own for each coin"
        )
    with writing(log) as opened:
        return enter(opened, _commitment(kept, planned.document.payload, key), "the coin's commitment")


def reveal_coin(path: Path, *, log: str | Path, key: SecretKey, parties: Sequence[str] = ()) -> Entered:
    """Show the number behind a commitment. parties: both; the other's commitment must be in the log by now, or
    this one would tell it what to commit to. Raises UsageError while it isn't."""
    kept = _read(path)
    if kept is None:
        raise UsageError(f"there is no file {path}", "name the file that `attest coin commit` wrote")
    campaign = campaign_of(log, kept["campaign"]).filed
    commitment = coin_commitment(kept["party"], bytes.fromhex(kept["value"]))
    own = next((each for each in campaign if _commits(each) == commitment), None)
    if own is None:
        raise UsageError(
            f"the commitment of {path} is not in the log", "enter it: fairtrial attest coin commit"
        )
    since = max(each.index for each in campaign if each.document.type in _BEFORE and each.index < own.index)
    others = set(parties) - {kept["party"]}
    if not any(_is_by(each, others) and each.index > since for each in campaign):
        raise UsageError(
            "the other party has not committed yet: who shows its number first lets the other choose",
            "wait for its commitment; name both: --parties OWN OTHER",
        )
    fields = {"party": kept["party"], "campaign": kept["campaign"], "value": kept["value"]}
    statement = state(REVEAL, [Subject(f"{COMMIT}.dsse.json", own.document.payload)], fields)
    with writing(log) as opened:
        return enter(opened, sign(statement, key), "the coin's number")


def _is_by(filed: Filed, parties: Collection[str]) -> bool:
    return filed.document.type == COMMIT and filed.document.fields["party"] in parties


def _commits(filed: Filed) -> str | None:
    return filed.document.fields["commitment"] if filed.document.type == COMMIT else None


def _commitment(kept: dict[str, Any], plan: str, key: SecretKey) -> bytes:
    fields = {
        "party": kept["party"],
        "campaign": kept["campaign"],
        "commitment": coin_commitment(kept["party"], bytes.fromhex(kept["value"])),
    }
    return sign(state(COMMIT, [Subject("plan.dsse.json", plan)], fields), key)


def _create(path: Path, kept: dict[str, Any]) -> None:
    """Nobody else may read it before it is shown."""
    write_durably([(path, (json.dumps(kept, indent=2) + "\n").encode())], mode=0o600)


def _read(path: Path) -> dict[str, Any] | None:
    data = read_file(path, _MOST)
    if data is None:
        return None
    try:
        kept = parse_strict(data.decode("utf-8"))
    except ValueError as error:
        raise IntegrityError(f"{path} is no coin: {error}", "restore it from a copy") from error
    if not isinstance(kept, dict) or set(kept) != _FIELDS or kept["fairtrial_coin"] != _VERSION:
        raise IntegrityError(f"{path} is no coin of ours", "restore it from a copy")
    if not isinstance(kept["value"], str) or not is_hex(kept["value"], VALUE_BYTES):
        raise IntegrityError(f"{path} holds no number of {VALUE_BYTES} bytes", "restore it from a copy")
    return kept
