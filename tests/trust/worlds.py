"""Small families and draws that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fairtrial.core.sample import Sample
from fairtrial.trust.beacon import QUICKNET, BeaconRound
from fairtrial.trust.draw import Draw

SECRET = bytes(range(32))
SALT = bytes(range(32, 64))
SIGNATURE = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
RANDOMNESS = "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
ROUND = BeaconRound(QUICKNET.digest, 1000)
BEFORE = "2023-08-23T15:59:23Z"
"""A second before round 1000 of quicknet."""


def draw(**changes: Any) -> Draw:
    given: dict[str, Any] = {
        "family": "tiny",
        "family_digest": "sha256:" + "0" * 64,
        "templates": ("one", "two", "three"),
        "n": 12,
        "siblings": 8,
        "committed_at": BEFORE,
        "secret": SECRET,
        "salt": SALT,
    }
    return Draw(**(given | changes))


@dataclass(frozen=True)
class Tiny:
    """A family whose text is a number that `law` makes of the seed."""

    law: Callable[[bytes], int]
    name: str = "tiny"
    digest: str = "sha256:" + "0" * 64
    templates: tuple[str, ...] = ("one", "two", "three")

    def sample(self, template: str, seed: bytes) -> Sample:
        number = self.law(seed)
        return Sample(
            f"{template}-{seed.hex()}",
            f"{template} {number}",
            (str(number),),
            metadata={"template": template},
        )
