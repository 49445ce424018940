"""Which round of a beacon decides: the first one that is due late enough after the freeze, and no other.

Were any later round good enough, whoever draws would wait for one that pleases.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.beacon import CHAINS, BeaconRound, BlsCheck, Chain, check_round, moment

LEAST_S: Final = 60
"""Seconds between the freeze's quorum and the round, whatever the plan says."""


def first_round(chain: Chain, frozen_at: str, delay_s: int) -> int:
    """The deciding round. frozen_at: RFC 3339, when the checkpoint of the freeze reached its quorum. delay_s: as
    the plan states it."""
    due = moment(frozen_at) + timedelta(seconds=max(LEAST_S, delay_s))
    periods = -((moment(chain.genesis) - due) // timedelta(seconds=chain.period))
    return max(1, periods + 1)


def check_rule(beacon: BeaconRound, frozen_at: str, delay_s: int, valid: BlsCheck) -> None:
    """That this is the deciding round, and the beacon's own. Raises IntegrityError."""
    chain = CHAINS[beacon.chain]
    due = first_round(chain, frozen_at, delay_s)
    if beacon.round != due:
        early = beacon.round < due
        raise IntegrityError(
            f"beacon round {beacon.round} was {'due too early' if early else 'not the first'} after the freeze of "
            f"{frozen_at}: round {due} decides",
            "draw from that round; a draw from another one could have been chosen",
        )
    check_round(beacon, frozen_at, valid)
