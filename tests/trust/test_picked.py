"""An auditor's items, picked again: honest picks pass, chosen ones are told."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from fairtrial.adapters.drand import valid_signature
from fairtrial.trust.coin import tossed
from fairtrial.trust.picked import Scene, picked_problem
from fairtrial.trust.sampling import sample
from tests.trust.coins import CAMPAIGN, committed, filed, shown
from tests.trust.test_beacon_rule import before
from tests.trust.worlds import RANDOMNESS, SIGNATURE

PLAN = hashlib.sha256(b"plan.json").digest()
RESULT = filed(4, "result", "a" * 64, [CAMPAIGN])
EARLY = [committed(1, "lab", bytes(32)), committed(2, "auditor")]
LATE = [committed(5, "lab"), committed(6, "auditor")]
CAMPAIGN_OF = [*EARLY, RESULT, *LATE, shown(7, LATE[0]), shown(8, LATE[1])]
SCENE = Scene(CAMPAIGN_OF, RESULT, before(60), PLAN, 30, valid_signature)
SEED = tossed(CAMPAIGN_OF, ("lab", "auditor"), after=4).seed


def audit(
    by: str = "coin", seed: str | None = SEED.hex(), indices: Any = None, **more: Any
) -> dict[str, Any]:
    drawn = list(sample(SEED, PLAN, 30, 10)) if indices is None else indices
    return {"items": {"by": by, "seed": seed, "indices": drawn}} | more


def by_beacon(**changes: Any) -> dict[str, Any]:
    told = {"round": 1000, "signature": SIGNATURE} | changes
    drawn = list(sample(bytes.fromhex(RANDOMNESS), PLAN, 30, 10))
    return audit("drand", RANDOMNESS, drawn, ext={"beacon": told})


def test_honest_picks_pass() -> None:
    assert picked_problem(audit(), SCENE) == ""
    assert picked_problem(by_beacon(), SCENE) == ""
    assert picked_problem(audit("all", None, list(range(30))), SCENE) == ""
    assert picked_problem({"items": None}, SCENE) == ""


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (audit(indices=list(range(10))), "not those that chance picked"),
        (audit(indices=sorted(sample(SEED, PLAN, 30, 10))), "not those that chance picked"),
        (audit(seed="00" * 32), "no coin that fell after the result"),
        (audit("all", None, list(range(29))), "lists others"),
        (by_beacon(round=1001), "round 1000 decides"),
        (by_beacon(signature=SIGNATURE[:-2] + "00"), "not made by quicknet"),
        (audit("drand", RANDOMNESS), "doesn't tell its beacon round"),
    ],
)
def test_chosen_items_are_told(told: dict[str, Any], problem: str) -> None:
    assert problem in picked_problem(told, SCENE)


def test_a_coin_from_before_the_result_picks_nothing() -> None:
    """The lab could have known it."""
    early = [*EARLY, shown(3, EARLY[0], bytes(32)), replace_index(shown(3, EARLY[1]), 3), RESULT]
    seed = tossed(early, ("lab", "auditor"), after=0).seed
    told = audit(seed=seed.hex(), indices=list(sample(seed, PLAN, 30, 10)))
    assert "no coin that fell after the result" in picked_problem(told, replace(SCENE, campaign=early))


def replace_index(each: Any, index: int) -> Any:
    return replace(each, logged=replace(each.logged, index=index))


def test_what_is_not_known_here_is_no_pass() -> None:
    assert "is not known here" in picked_problem(by_beacon(), replace(SCENE, valid=None))
    assert "is not known here" in picked_problem(by_beacon(), replace(SCENE, seen=None))
