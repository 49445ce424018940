"""Items that nobody could have prepared for: sealed, drawn after the freeze, opened after the last answer.

dataset-commit   root and number of all items; then
plan             the campaign's first: model, configuration, the sealed items, how many are drawn and how (freeze)
coin or beacon   later than the freeze; then
plan             the second: the drawn items, everything else as it was frozen; START, END; then
reveal           the drawn items, each with its path to the root
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.record import Record
from fairtrial.trust.beacon import BeaconRound, BlsCheck
from fairtrial.trust.beacon_rule import check_rule
from fairtrial.trust.campaign import Filed
from fairtrial.trust.coin import tossed
from fairtrial.trust.item_leaf import revealed
from fairtrial.trust.sampling import sample

ITEMS, BEACON = "items", "beacon"
"""Below `ext` of a plan: how many items are drawn; of the second plan, the round that drew them, where one did."""

_FROZEN: Final = ("model", "scorer", "analysis", "dataset")
_ASKED: Final = ("questions", "n", "limit")
"""Of a plan's file: what may differ between all items and those that were drawn; and the digest of their file."""
_REMEDY: Final = "the items could have been chosen, or prepared for; don't rely on this draw"


@dataclass(frozen=True, slots=True)
class Draw:
    """by: "coin" or "drand". indices: in the order in which they were drawn. frozen: entry of the freeze."""

    by: str
    seed: bytes
    indices: tuple[int, ...]
    frozen: int


def drawn(
    campaign: Sequence[Filed], plan: Filed, *, frozen_at: str | None = None, valid: BlsCheck | None = None
) -> Draw:
    """The draw behind a run's plan, made again. campaign: its documents from the freeze on, signatures verified.

    frozen_at, valid: for a beacon, when the quorum had seen the freeze, and the check of its signature. Raises
    UsageError where the plan comes of no draw, or it can't be checked here; IntegrityError where the draw is not
    the one that the freeze asks for.
    """
    freeze = campaign[0]
    rule, count = freeze.document.fields["draw"], _ext(freeze).get(ITEMS)
    if rule is None or type(count) is not int or freeze.index == plan.index:
        raise UsageError("no items are drawn after the freeze of this campaign")
    if other := next(
        (name for name in _FROZEN if freeze.document.fields[name] != plan.document.fields[name]), None
    ):
        raise IntegrityError(f"the plan of entry {plan.index} has another {other} than the freeze", _REMEDY)
    if rule["by"] == "coin":
        coin = tossed(campaign, rule["parties"], after=freeze.index)
        if max(coin.reveals) > plan.index:
            raise IntegrityError(f"the plan of entry {plan.index} was there before its coin fell", _REMEDY)
        seed = coin.seed
    else:
        seed = _beacon_value(plan, rule, frozen_at, valid)
    total = freeze.document.fields["dataset"]["count"]
    indices = sample(seed, bytes.fromhex(freeze.document.subjects[0]), total, count)
    return Draw(rule["by"], seed, indices, freeze.index)


def check_opened(
    draw: Draw, freeze: Filed, end: Filed, commit: Filed, reveals: Sequence[Filed], records: Iterable[Record]
) -> None:
    """That the run asked exactly the drawn items of the committed set, which stayed closed until its END.

    commit: the dataset-commit; reveals: all that are known of it. An item is {id, input, target, choices}, as the
    records have them. Raises IntegrityError, naming the first fault.
    """
    promised, said = freeze.document.fields["dataset"], commit.document.fields
    if promised["form"] != "tree" or (promised["root"], promised["count"]) != (said["root"], said["count"]):
        raise IntegrityError("the freeze is about other items than were committed to", _REMEDY)
    if commit.index > freeze.index:
        raise IntegrityError(
            f"the items were committed to after the freeze, in entry {commit.index}", _REMEDY
        )
    items: dict[int, Any] = {}
    for each in reveals:
        if commit.document.payload not in each.document.subjects:
            raise IntegrityError(f"the reveal of entry {each.index} is of another commitment", _REMEDY)
        found = revealed(said, each.document.fields)
        if each.index < end.index and (known := sorted(set(found) & set(draw.indices))):
            raise IntegrityError(f"item {known[0]} was revealed before END, in entry {each.index}", _REMEDY)
        items |= found
    if closed := [index for index in draw.indices if not isinstance(items.get(index), Mapping)]:
        raise UsageError(f"{len(closed)} of {len(draw.indices)} drawn items are not revealed")
    _check_asked([items[index] for index in draw.indices], records)


def check_configuration(freeze: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """That two plan files differ in nothing but which items are asked. Raises IntegrityError, naming the part."""
    before, after = (_settled(each) for each in (freeze, plan))
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            raise IntegrityError(f"the plan has another {name} than the freeze", _REMEDY)


def _settled(plan: Mapping[str, Any]) -> dict[str, Any]:
    task = plan.get("task")
    origin = task.get("origin") if isinstance(task, Mapping) else None
    if not isinstance(task, Mapping) or not isinstance(origin, Mapping):
        raise IntegrityError("a plan that doesn't tell its task", _REMEDY)
    kept = {name: value for name, value in plan.items() if name not in (*_ASKED, "task")}
    named = {f"task.{name}": value for name, value in task.items() if name != "origin"}
    source = {f"task.origin.{name}": value for name, value in origin.items() if name != "digest"}
    return kept | named | source


def _beacon_value(
    plan: Filed, rule: Mapping[str, Any], frozen_at: str | None, valid: BlsCheck | None
) -> bytes:
    told = _ext(plan).get(BEACON)
    if not isinstance(told, Mapping) or set(told) != {"round", "signature"}:
        raise IntegrityError(f"the plan of entry {plan.index} doesn't tell its beacon round", _REMEDY)
    number, signature = told["round"], told["signature"]
    if type(number) is not int or not isinstance(signature, str):
        raise IntegrityError(f"the plan of entry {plan.index} tells no beacon round", _REMEDY)
    beacon = BeaconRound(rule["chain"], number, signature)
    if frozen_at is None:
        raise UsageError("no quorum tells when the freeze was there")
    if valid is None:
        raise UsageError("a beacon's signature is not checked here: it needs the extra [beacon]")
    check_rule(beacon, frozen_at, rule["delay_s"], valid)
    return beacon.randomness


def _check_asked(items: Sequence[Mapping[str, Any]], records: Iterable[Record]) -> None:
    due = {str(each.get("id")): each for each in items}
    seen = set()
    for record in records:
        item = due.get(record.sample_id)
        if item is None:
            raise IntegrityError(f"sample {record.sample_id[:40]!r} was asked and not drawn", _REMEDY)
        said = (item.get("input"), item.get("target"), item.get("choices"))
        if said != (record.input, list(record.target), list(record.choices)):
            raise IntegrityError(f"sample {record.sample_id[:40]!r} is another item than was sealed", _REMEDY)
        seen.add(record.sample_id)
    if missing := sorted(set(due) - seen):
        raise IntegrityError(f"sample {missing[0][:40]!r} was drawn and not asked", _REMEDY)


def _ext(filed: Filed) -> Mapping[str, Any]:
    found = filed.document.fields.get("ext", {})
    return found if isinstance(found, Mapping) else {}
