"""A coin that two parties toss without a beacon: both commit, in the log, before either one shows its number.

    commitment  H("coin-commit/v1" || 0x00 || JCS({party, r}))     seed  H("coin/v1" || 0x00 || r_1 || r_2)

with r 32 random bytes, in the commitment as hexadecimal. The party's name inside it keeps anybody from passing
off the other's commitment as its own. Of each party the first commitment counts: whoever commits again until the
result pleases, or doesn't show its number, has forfeited this coin. Two parties who conspire can choose it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.campaign import Filed

VALUE_BYTES: Final = 32
COMMIT, REVEAL = "coin-commit", "coin-reveal"
_FORFEIT: Final = "this coin can't be relied on: toss another one, in a campaign of its own"


@dataclass(frozen=True, slots=True)
class Coin:
    """seed: 32 bytes. commits, reveals: their entries' indices, in the order of the parties."""

    seed: bytes
    parties: tuple[str, ...]
    commits: tuple[int, ...]
    reveals: tuple[int, ...]


def coin_commitment(party: str, value: bytes) -> str:
    """In hexadecimal. Raises UsageError for a value of another length, or a party without a name."""
    if len(value) != VALUE_BYTES or not party.strip():
        raise UsageError(
            f"a coin is {VALUE_BYTES} random bytes of a party with a name", "take them from `secrets`"
        )
    return hashlib.sha256(b"coin-commit/v1\x00" + canonical({"party": party, "r": value.hex()})).hexdigest()


def coin_seed(values: Sequence[bytes]) -> bytes:
    """values: of the two parties, in their order."""
    return hashlib.sha256(b"coin/v1\x00" + b"".join(values)).digest()


def tossed(campaign: Sequence[Filed], parties: Sequence[str], *, after: int) -> Coin:
    """The coin of these two parties: their first commitments behind entry `after` of the log.

    campaign: its documents, in the order of the log, their signatures verified. Raises UsageError while one has
    not committed, or not shown its number; IntegrityError for a coin that one of them could have steered.
    """
    if len(parties) != 2 or len(set(parties)) != 2:
        raise UsageError(f"{len(set(parties))} parties toss no coin", "name two different ones")
    commits = [_commit_of(campaign, party, after) for party in parties]
    first, second = commits
    if first.document.fields["commitment"] == second.document.fields["commitment"]:
        raise IntegrityError(f"entry {second.index} copies the commitment of entry {first.index}", _FORFEIT)
    if set(first.document.signers) & set(second.document.signers):
        raise IntegrityError(f"entries {first.index} and {second.index} are of one key: no coin", _FORFEIT)
    reveals = [_reveal_of(campaign, each, max(first.index, second.index)) for each in commits]
    values = [bytes.fromhex(each.document.fields["value"]) for each in reveals]
    if values[0] == values[1]:
        raise IntegrityError(
            f"entry {reveals[1].index} copies the number of entry {reveals[0].index}", _FORFEIT
        )
    return Coin(
        coin_seed(values),
        tuple(parties),
        tuple(each.index for each in commits),
        tuple(each.index for each in reveals),
    )


def _commit_of(campaign: Sequence[Filed], party: str, after: int) -> Filed:
    for each in campaign:
        if each.document.type == COMMIT and each.index > after and each.document.fields["party"] == party:
            return each
    raise UsageError(
        f"{party} has committed to no number behind entry {after}", "toss it: fairtrial attest coin commit"
    )


def _reveal_of(campaign: Sequence[Filed], commit: Filed, last: int) -> Filed:
    """The number behind a commitment, shown when both commitments (the last one is entry `last`) were there."""
    said = commit.document
    for each in campaign:
        shown = each.document
        if shown.type != REVEAL or shown.subjects != (said.payload,) or shown.signers != said.signers:
            continue
        if each.index < last:
            raise IntegrityError(f"entry {each.index} shows its number before entry {last} commits", _FORFEIT)
        party, value = said.fields["party"], bytes.fromhex(shown.fields["value"])
        if shown.fields["party"] != party or coin_commitment(party, value) != said.fields["commitment"]:
            raise IntegrityError(
                f"entry {each.index} shows another number than {party} committed to in entry {commit.index}",
                _FORFEIT,
            )
        return each
    raise UsageError(
        f"{said.fields['party']} has not shown the number behind entry {commit.index}",
        "wait for it, or give this coin up: fairtrial attest coin reveal",
    )
