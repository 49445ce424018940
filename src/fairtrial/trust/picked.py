"""Items that an auditor asked again: whether they are those that chance picked after the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from fairtrial.core.errors import FairtrialError, IntegrityError
from fairtrial.trust.beacon import QUICKNET, BeaconRound, BlsCheck
from fairtrial.trust.beacon_rule import LEAST_S, check_rule
from fairtrial.trust.campaign import Filed
from fairtrial.trust.coin import COMMIT, tossed
from fairtrial.trust.sampling import sample

BEACON = "beacon"
"""Below `ext` of an audit: round and signature, where a beacon picked."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the pick is made from. result: with its entry. seen: when a quorum had seen it, None where none had.
    plan: digest of the plan's file, 32 bytes. total: items of the run. valid: a beacon's check, None: not here."""

    campaign: Sequence[Filed]
    result: Filed
    seen: str | None
    plan: bytes
    total: int
    valid: BlsCheck | None = None


def picked_problem(audit: Mapping[str, Any], scene: Scene) -> str:
    """Why an audit's items can't be taken for picked by chance; "" where they can, or all were asked.

    audit: fields of the predicate."""
    items = audit["items"]
    if items is None:
        return ""
    if items["by"] == "all":
        whole = sorted(items["indices"]) == list(range(scene.total))
        return "" if whole else "it says that all items were asked again, and lists others"
    try:
        seed = _by_coin(items, scene) if items["by"] == "coin" else _by_beacon(audit, scene)
        count = len(items["indices"])
        if items["seed"] != seed.hex() or items["indices"] != list(
            sample(seed, scene.plan, scene.total, count)
        ):
            return "its items are not those that chance picked"
    except FairtrialError as error:
        return f"the pick of its items can't be made again: {error.message}"
    return ""


def _by_coin(items: Mapping[str, Any], scene: Scene) -> bytes:
    """Of the parties who committed since the result; the statement doesn't name them."""
    late = [
        each for each in scene.campaign if each.document.type == COMMIT and each.index > scene.result.index
    ]
    names = list(dict.fromkeys(each.document.fields["party"] for each in late))[:8]
    for parties in permutations(names, 2):
        try:
            seed = tossed(scene.campaign, parties, after=scene.result.index).seed
        except FairtrialError:  # another pair's coin may be whole
            continue
        if seed.hex() == items["seed"]:
            return seed
    raise IntegrityError("no coin that fell after the result has its seed")


def _by_beacon(audit: Mapping[str, Any], scene: Scene) -> bytes:
    told = audit.get("ext", {}).get(BEACON)
    if (
        not isinstance(told, Mapping)
        or type(told.get("round")) is not int
        or not isinstance(told.get("signature"), str)
    ):
        raise IntegrityError("it doesn't tell its beacon round")
    if scene.seen is None or scene.valid is None:
        raise IntegrityError("a beacon's signature, or when the result was seen, is not known here")
    beacon = BeaconRound(QUICKNET.digest, told["round"], told["signature"])
    check_rule(beacon, scene.seen, LEAST_S, scene.valid)
    return beacon.randomness
