"""Run by somebody else, on sealed items that two parties drew after the freeze: the best label, what loses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fairtrial.core.canon import JSON
from fairtrial.core.plan import Plan
from fairtrial.trust import bundle
from fairtrial.trust.coin import coin_commitment, coin_seed
from fairtrial.trust.contents import content_bytes
from fairtrial.trust.dataset import SealedItems
from fairtrial.trust.drawn import ITEMS
from fairtrial.trust.people import Person
from fairtrial.trust.sampling import sample
from fairtrial.trust.verification import Verification
from tests.trust.chain import PERSONS, Chain, plan, record, rewritten
from tests.trust.logs import NOON
from tests.trust.signers import person

N, K = 12, 4
VALUES = {"lab": bytes(range(32)), "evaluator": bytes(range(100, 132))}
POOL = [
    {"id": f"sum-{at}", "input": f"{at}+{at}?", "target": [str(2 * at)], "choices": []} for at in range(N)
]
SEALED = SealedItems("sums", "2026-1", POOL, bytes(range(32)))
OWNED = (*PERSONS, person("owner", org="Owner Example"))


@dataclass
class BlindChain(Chain):
    """committed: whether the owner commits before the freeze. early: whether an item is shown before END. custody:
    what the evaluator says. steered: whether other items are asked than were drawn. tosser: who signs the
    evaluator's part of the coin."""

    committed: bool = True
    early: bool = False
    custody: str = "with us alone from the draw to END; used in no other campaign"
    published: str = "sealed"
    steered: bool = False
    tosser: str = "evaluator"
    configured: Mapping[str, JSON] = field(default_factory=dict)
    people: Sequence[Person] = OWNED
    indices: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        by_evaluator = dict.fromkeys(("plan", "run-start", "run-end", "result"), ("evaluator",))
        self.signers = by_evaluator | dict(self.signers)
        self.between = {
            "plan": BlindChain.before,
            "run-end": BlindChain.shown_early,
            "end": BlindChain.opened,
        }
        self.say = {"result": {"ext": {"custody": self.custody}} if self.custody else {}} | dict(self.say)

    @property
    def campaign(self) -> str:
        return self.made["entry-freeze"].digest

    def before(self) -> None:
        frozen = plan(N)
        self.members[bundle.FREEZE] = frozen.bytes
        if self.committed:
            self.commit()
        self.enter("entry-freeze", "plan", self.sha(bundle.FREEZE), self._plan() | {"campaign": None})
        for party in VALUES:
            fields = {
                "party": party,
                "campaign": self.campaign,
                "commitment": coin_commitment(party, VALUES[party]),
            }
            who = (party if party == "lab" else self.tosser,)
            self.signers = {**self.signers, f"entry-{party}": who, f"entry-{party}-shows": who}
            self.enter(f"entry-{party}", "coin-commit", self.campaign, fields, proven=False)
        for party in VALUES:
            fields = {"party": party, "campaign": self.campaign, "value": VALUES[party].hex()}
            subject = self.made[f"entry-{party}"].digest
            self.enter(f"entry-{party}-shows", "coin-reveal", subject, fields, proven=False)
        self._draw(frozen)

    def commit(self) -> None:
        fields = {"dataset": "sums", "epoch": "2026-1", "root": SEALED.root, "count": N, "leaf_version": 1}
        fields |= {"generator": None, "recipients": [], "published": self.published}
        self.enter("dataset-commit", "dataset-commit", self.sha(bundle.DATASET), fields)

    def _draw(self, frozen: Plan) -> None:
        seed = coin_seed(list(VALUES.values()))
        self.indices = sample(seed, bytes.fromhex(self.sha(bundle.FREEZE)), N, K)
        if self.steered:
            self.indices = tuple(sorted(set(range(N)) - set(self.indices)))[:K]
        items = [POOL[at] for at in self.indices]
        self.records = [
            record(each["id"], each["input"], each["target"][0], each["target"][0], seconds=NOON + 70)
            for each in items
        ]
        asked = plan(K, self.records, **self.configured)
        self.plan = asked
        lines = Chain(records=self.records, plan=asked).build()
        self.members |= {name: lines[name] for name in (bundle.PLAN, bundle.RECORDS)}
        self.members[bundle.DATASET] = content_bytes("data set", self._dataset())

    def shown_early(self) -> None:
        if self.early:
            self.opened(self.indices[:1], "reveal-early")

    def opened(self, indices: tuple[int, ...] | None = None, name: str = "reveal") -> None:
        fields = {"dataset": "sums", "epoch": "2026-1", "reason": "the run has ended"}
        items = SEALED.reveal(range(N) if indices is None else indices)
        subject = self.made["dataset-commit"].digest if self.committed else "ab" * 32
        self.enter(name, "reveal", subject, fields | {"items": items})
        self.members[bundle.CHECKPOINT] = self.log.checkpoint(len(self.log.entries), NOON + 900).data

    def _dataset(self) -> dict[str, Any]:
        told = {"fairtrial_dataset": 1, "name": "sums", "root": SEALED.root, "form": "tree", "count": N}
        items = sorted(each.sample_id for each in self.records or ()) if self.indices else None
        return told | ({"items": items} if items else {})

    def _plan(self) -> dict[str, Any]:
        told = super()._plan()
        draw = {"by": "coin", "chain": None, "delay_s": 0, "parties": list(VALUES)}
        first = self.made.get("entry-freeze")
        return told | {"campaign": first.digest if first else None, "draw": draw, "ext": {ITEMS: K}}


def verified(**changes: Any) -> Verification:
    return BlindChain(**changes).verified()


def of(found: Verification, name: str) -> tuple[str, str]:
    check = next(each for each in found.checks if each.check == name)
    return check.outcome, check.detail


def test_a_run_by_others_on_items_drawn_after_the_freeze_carries_the_best_label() -> None:
    found = verified()
    assert [each.check for each in found.checks if each.outcome == "failed"] == []
    assert of(found, "sample") == (
        "ok",
        "4 of 12 sealed items, drawn by coin after the freeze, opened after END",
    )
    assert (found.label, found.next_label) == ("independent-blind", None)
    assert "the provider saw the prompts during the run; these items are spent" in found.reason
    assert not any("unseen in training" in each for each in found.limits)


def test_run_at_home_nobody_saw_the_prompts() -> None:
    found = verified(method={"model": {"access": "local weights"}})
    assert found.label == "independent-blind" and "spent" not in found.reason


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"custody": ""}, "nobody states custody of the items"),
        ({"published": "2026-01-01"}, "no owner states that the items are sealed"),
        ({"signers": {"result": ("lab",)}}, "result is not signed by an evaluator of another organisation"),
        (
            {"people": (*PERSONS[:1], person("evaluator", org="Example Lab"), person("owner"))},
            "run-start is not signed by an evaluator of another organisation",
        ),
    ],
)
def test_whatever_misses_one_condition_has_the_label_below(changes: dict[str, Any], lacks: str) -> None:
    found = verified(**changes)
    assert (found.label, found.next_label) == ("witnessed-self-run", "independent-blind")
    assert lacks in found.lacks


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"steered": True}, "was asked and not drawn"),
        ({"early": True}, "was revealed before END, in entry"),
        ({"configured": {"version": "2"}}, "the plan has another task.version than the freeze"),
    ],
)
def test_a_draw_that_was_steered_is_no_draw(changes: dict[str, Any], says: str) -> None:
    found = verified(**changes)
    outcome, detail = of(found, "sample")
    assert (outcome, says in detail) == ("failed", True), detail
    assert found.label is None


def test_without_a_commitment_nothing_was_sealed() -> None:
    found = verified(committed=False)
    assert of(found, "sample")[0] == "missing"
    assert of(found, "dataset")[1].startswith("statements/reveal.dsse.json reveals items of a commitment")


def test_a_coin_of_somebody_unknown_draws_nothing() -> None:
    found = verified(tosser="somebody")
    assert of(found, "sample") == ("unknown", "evaluator has committed to no number behind entry 1")
    assert found.label == "witnessed-self-run"


@pytest.mark.parametrize("name", [bundle.FREEZE, "statements/reveal.dsse.json"])
def test_without_the_frozen_plan_or_the_reveal_no_draw_is_made_again(name: str) -> None:
    chain = BlindChain()
    members = chain.build()
    gone = {name: None} | ({"proofs/reveal.tlog-proof": None} if "reveal" in name else {})
    found = chain.verified(rewritten(members, gone))
    assert of(found, "sample")[0] == "missing"
    assert found.label == "witnessed-self-run"


def test_another_frozen_plan_is_not_the_one_in_the_log() -> None:
    chain = BlindChain()
    members = chain.build()
    found = chain.verified(rewritten(members, {bundle.FREEZE: plan(N, version="9").bytes}))
    assert of(found, "sample") == ("failed", "freeze.json is not the plan that entry 1 freezes")
