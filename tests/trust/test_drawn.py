"""The draw behind a run's plan: by a beacon's recorded round, and what makes it no draw. `test_blind.py` has the
whole chain, with a coin."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest

from fairtrial.adapters.drand import valid_signature
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.record import Record, Score
from fairtrial.trust.beacon import QUICKNET
from fairtrial.trust.campaign import Filed
from fairtrial.trust.dataset import SealedItems
from fairtrial.trust.drawn import Draw, check_configuration, check_opened, drawn
from fairtrial.trust.sampling import sample
from tests.trust.coins import committed, filed, shown
from tests.trust.test_beacon_rule import before
from tests.trust.worlds import RANDOMNESS, SIGNATURE

N, K = 9, 3
ITEMS = [{"id": f"s{at}", "input": f"{at}+1", "target": [str(at + 1)], "choices": []} for at in range(N)]
SEALED = SealedItems("sums", "1", ITEMS, bytes(32))
FILE = hashlib.sha256(b"plan of all").hexdigest()
TREE = {"name": "sums", "root": SEALED.root, "form": "tree", "count": N}
DRAND = {"by": "drand", "chain": QUICKNET.digest, "delay_s": 60, "parties": []}
COIN = {"by": "coin", "chain": None, "delay_s": 0, "parties": ["lab", "auditor"]}


def plan(index: int, subject: str, rule: Mapping[str, Any] | None, **changes: Any) -> Filed:
    fields: dict[str, Any] = {
        "model": {"id": "m"},
        "scorer": "s",
        "analysis": {"metric": "a"},
        "dataset": TREE,
    }
    return filed(index, "plan", "b" * 64, [subject], draw=rule, **(fields | changes))


def freeze(rule: Mapping[str, Any] | None = DRAND, **changes: Any) -> Filed:
    return plan(0, FILE, rule, **({"ext": {"items": K}} | changes))


def second(index: int = 9, *, told: Mapping[str, Any] | None = None, **changes: Any) -> Filed:
    beacon = {"round": 1000, "signature": SIGNATURE} if told is None else told
    return plan(index, "22" * 32, DRAND, **({"ext": {"beacon": beacon}} | changes))


def by_beacon(first: Filed, last: Filed, **given: Any) -> Draw:
    return drawn([first, last], last, **({"frozen_at": before(60), "valid": valid_signature} | given))


def test_a_round_of_drand_draws() -> None:
    found = by_beacon(freeze(), second())
    assert found.by == "drand" and found.seed.hex() == RANDOMNESS and found.frozen == 0
    assert found.indices == sample(bytes.fromhex(RANDOMNESS), bytes.fromhex(FILE), N, K)


@pytest.mark.parametrize(
    ("first", "last", "error"),
    [
        (freeze(), second(told={"round": 999, "signature": SIGNATURE}), "was due too early"),
        (freeze(), second(told={"round": 1001, "signature": SIGNATURE}), "was not the first"),
        (freeze(), second(told={"round": 1000, "signature": "00" * 48}), "not made by quicknet"),
        (freeze(), second(told={}), "doesn't tell its beacon round"),
        (freeze(), second(told={"round": "1", "signature": ""}), "tells no beacon round"),
        (freeze(), second(model={"id": "another"}), "another model than the freeze"),
        (freeze(), second(scorer="t"), "another scorer than the freeze"),
        (freeze(), second(dataset=TREE | {"count": 8}), "another dataset than the freeze"),
    ],
)
def test_another_draw_than_the_freeze_asks_for_is_refused(first: Filed, last: Filed, error: str) -> None:
    with pytest.raises(IntegrityError, match=error):
        by_beacon(first, last)


@pytest.mark.parametrize("first", [freeze(None), freeze(ext={}), freeze(ext={"items": "3"}), freeze(ext=7)])
def test_a_plan_that_draws_nothing_is_told(first: Filed) -> None:
    with pytest.raises(UsageError, match="no items are drawn"):
        by_beacon(first, second())


def test_what_cannot_be_checked_here_is_no_pass() -> None:
    with pytest.raises(UsageError, match="no quorum"):
        by_beacon(freeze(), second(), frozen_at=None)
    with pytest.raises(UsageError, match="extra"):
        by_beacon(freeze(), second(), valid=None)


def test_a_plan_from_before_its_coin_is_refused() -> None:
    lab, auditor = committed(2, "lab"), committed(3, "auditor")
    coin = [lab, auditor, shown(4, lab), shown(6, auditor)]
    assert drawn([freeze(COIN), *coin, second(9)], second(9)).by == "coin"
    with pytest.raises(IntegrityError, match="entry 5 was there before its coin fell"):
        drawn([freeze(COIN), *coin, second(5)], second(5))


DRAW = Draw("coin", bytes(32), (4, 0, 7), 5)
END = filed(20, "run-end", "b" * 64, [FILE])
COMMIT = filed(3, "dataset-commit", "c" * 64, [FILE], dataset="sums", epoch="1", root=SEALED.root, count=N)


def opening(index: int, *indices: int, **changes: Any) -> Filed:
    told: dict[str, Any] = {"dataset": "sums", "epoch": "1", "items": SEALED.reveal(indices)}
    return filed(index, "reveal", "c" * 64, [COMMIT.document.payload], **(told | changes))


def record(at: int, **changes: Any) -> Record:
    told: dict[str, Any] = {"sample_id": f"s{at}", "input": f"{at}+1", "target": (str(at + 1),)}
    return Record(**(told | {"epoch": 1, "question": "", "result": Score("wrong", 0.0)} | changes))


RUN = [record(4), record(0), record(7)]
FROZEN = plan(5, FILE, COIN)


def check(reveals: list[Filed], records: list[Record], **changes: Any) -> None:
    given = {"draw": DRAW, "freeze": FROZEN, "end": END, "commit": COMMIT} | changes
    check_opened(given["draw"], given["freeze"], given["end"], given["commit"], reveals, records)


def test_what_was_drawn_was_asked_and_opened() -> None:
    check([opening(21, 0, 4, 7)], RUN)
    check([opening(21, 0, 4), opening(22, 7)], RUN)
    check([opening(6, 1, 2), opening(21, 0, 4, 7)], RUN)


@pytest.mark.parametrize(
    ("reveals", "records", "changes", "error"),
    [
        ([opening(19, 0), opening(21, 0, 4, 7)], RUN, {}, "item 0 was revealed before END, in entry 19"),
        ([opening(21, 0, 4, 7)], [*RUN, record(1)], {}, "'s1' was asked and not drawn"),
        ([opening(21, 0, 4, 7)], RUN[:2], {}, "'s7' was drawn and not asked"),
        ([opening(21, 0, 4, 7)], [*RUN[:2], record(7, input="1+1")], {}, "another item than was sealed"),
        ([opening(21, 0, 4, 7)], [*RUN[:2], record(7, target=("9",))], {}, "another item than was sealed"),
        ([opening(21, 0, 4, 7)], RUN, {"freeze": plan(2, FILE, COIN)}, "committed to after the freeze"),
        (
            [opening(21, 0, 4, 7)],
            RUN,
            {"freeze": plan(5, FILE, COIN, dataset=TREE | {"form": "file"})},
            "other items",
        ),
        ([filed(21, "reveal", "c" * 64, [FILE])], RUN, {}, "of another commitment"),
    ],
)
def test_anything_else_is_refused(
    reveals: list[Filed], records: list[Record], changes: dict[str, Any], error: str
) -> None:
    with pytest.raises(IntegrityError, match=error):
        check(reveals, records, **changes)


def test_an_item_that_stays_closed_is_told() -> None:
    with pytest.raises(UsageError, match="1 of 3 drawn items are not revealed"):
        check([opening(21, 0, 4)], RUN)


def file(**changes: Any) -> dict[str, Any]:
    task = {"name": "sums", "prompt": "p", "origin": {"name": "sums", "digest": "1"}}
    return {"task": task | changes.pop("task", {}), "model": "m", "n": N, "questions": "q"} | changes


def test_plans_may_differ_in_which_items_are_asked_and_in_nothing_else() -> None:
    check_configuration(file(), file(n=K, questions="r", task={"origin": {"name": "sums", "digest": "2"}}))
    for changed, what in (
        ({"model": "n"}, "model"),
        ({"task": {"prompt": "q"}}, "task.prompt"),
        ({"task": {"origin": {"name": "others", "digest": "1"}}}, "task.origin.name"),
        ({"epochs": 5}, "epochs"),
    ):
        with pytest.raises(IntegrityError, match=f"another {what} than the freeze"):
            check_configuration(file(), file(**changed))


@pytest.mark.parametrize("strange", [{}, {"task": 7}, {"task": {}}, {"task": {"origin": "x"}}])
def test_a_strange_plan_is_refused_and_nothing_worse(strange: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="doesn't tell its task"):
        check_configuration(strange, file())
