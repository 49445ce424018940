"""A run that earns the best label: frozen first, on items that are drawn afterwards and opened when it is over.

Steps, each in the log before the next: the owner seals the items; the evaluator freezes model and configuration
over all of them; two parties toss a coin, or a beacon's round comes; the drawn items are registered as the second
plan of the campaign and run; the owner opens them; the bundle gets what shows all this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairtrial.adapters.drand import valid_signature
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task
from fairtrial.lab.amending import amended
from fairtrial.lab.attest_case import latest, only
from fairtrial.lab.campaigns import campaign_of
from fairtrial.lab.entering import Entered, entered, writing
from fairtrial.lab.registering import Terms, register
from fairtrial.lab.registration import PLAN, RegistrationFolder
from fairtrial.lab.sealing import SealedFolder, item_of, reveal
from fairtrial.trust import bundle
from fairtrial.trust.beacon import CHAINS, QUICKNET, BeaconRound
from fairtrial.trust.beacon_rule import LEAST_S, check_rule, first_round
from fairtrial.trust.campaign import Filed
from fairtrial.trust.coin import tossed
from fairtrial.trust.drawn import BEACON, ITEMS
from fairtrial.trust.entry import NOBODY
from fairtrial.trust.sampling import sample

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

PLAN_FILE: Final = "plan.json"


@dataclass(frozen=True, slots=True)
class DrawRule:
    """How many items are drawn, and by what. parties: of a coin; () for a round of drand's quicknet, which is due
    `delay_s` seconds or more after the freeze was seen by its quorum."""

    items: int
    parties: tuple[str, ...] = ()
    delay_s: int = LEAST_S

    @property
    def fields(self) -> dict[str, JSON]:
        if self.parties:
            return {"by": "coin", "chain": None, "delay_s": 0, "parties": list(self.parties)}
        return {"by": "drand", "chain": QUICKNET.digest, "delay_s": self.delay_s, "parties": []}


@dataclass(frozen=True, slots=True)
class Drawn:
    """indices: of the drawn items among all, in their order. task: with these alone. entry: of the second plan."""

    indices: tuple[int, ...]
    task: Task
    entry: Entered


def freeze(
    lab: Lab,
    task: Task,
    model: ModelSpec,
    rule: DrawRule,
    terms: Terms,
    sealed: SealedFolder,
    folder: RegistrationFolder,
    *,
    log: str | Path,
    key: SecretKey,
    **settings: Any,
) -> Entered:
    """Register model and configuration over all sealed items, before anybody knows which are drawn.

    task: with all of them, in the order in which they were sealed. settings: of `Lab.plan`, without a limit.
    Raises UsageError for other items than were sealed.
    """
    _check_items(task, sealed)
    if not 1 <= rule.items <= len(task.samples):
        raise UsageError(f"{rule.items} of {len(task.samples)} items can't be drawn", "draw fewer")
    sealed.committed(log)
    plan, _ = lab.plan(task, model, **settings)
    if folder.document(PLAN) is None:
        folder.keep(PLAN_FILE, plan.bytes)
    return register(
        plan, _with_draw(terms, sealed, rule.fields, {ITEMS: rule.items}), folder, log=log, key=key
    )


def draw(
    lab: Lab,
    task: Task,
    model: ModelSpec,
    frozen: RegistrationFolder,
    sealed: SealedFolder,
    folder: RegistrationFolder,
    *,
    log: str | Path,
    key: SecretKey,
    deadline: str,
    beacon: BeaconRound | None = None,
    reopened: Callable[[bytes], Task] | None = None,
    **settings: Any,
) -> Drawn:
    """Draw the items, and register them as the campaign's second plan, with everything else as it was frozen.

    beacon: the round that decides, where no coin does. reopened: takes the drawn items as a file of rows and gives
    the task that `run` will read from it; None: what is run is `Drawn.task`. Raises UsageError while coin or
    beacon are not there, IntegrityError for a round that is not the one.
    """
    _check_items(task, sealed)
    planned = frozen.need(PLAN)
    campaign = campaign_of(log, planned.fields["campaign"] or planned.payload).filed
    indices, ext = _indices(campaign, frozen, beacon, log)
    drawn = only(task, [task.samples[index].id for index in indices])
    if reopened is not None:
        wanted = [item_of(each) for each in drawn.samples]
        drawn = reopened(rows_of(drawn.samples))
        if [item_of(each) for each in drawn.samples] != wanted:
            raise IntegrityError(
                "the file of drawn items doesn't hold what was drawn", "draw again, elsewhere"
            )
    plan, _ = lab.plan(drawn, model, **settings)
    terms = _with_draw(_terms(planned.fields, deadline), sealed, planned.fields["draw"], ext)
    if folder.document(PLAN) is None:
        folder.keep(PLAN_FILE, plan.bytes)
    return Drawn(indices, drawn, register(plan, terms, folder, log=log, key=key))


def rows_of(samples: Sequence[Sample]) -> bytes:
    """Samples as a file of rows, so that `run` can ask them: the ids and words that were sealed."""
    lines = []
    for each in samples:
        row: dict[str, Any] = {"id": each.id, "input": _input(each), "target": list(each.target)}
        row |= {"choices": list(each.choices)} if each.choices else {}
        row |= {"metadata": dict(each.metadata)} if each.metadata else {}
        lines.append(json.dumps(row, ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode("utf-8")


def open_items(
    data: bytes,
    name: str,
    frozen: RegistrationFolder,
    sealed: SealedFolder,
    *,
    log: str | Path,
    key: SecretKey,
    reason: str = "the run is over",
) -> bytes:
    """Reveal the items that a bundle's run asked, and add to the bundle what shows that they were drawn.

    key: the owner's. Raises UsageError before the run has its END, for another campaign's freeze, and where an
    item was asked that was not sealed.
    """
    members = bundle.read_bundle(data, name)
    planned, plan = frozen.need(PLAN), frozen.file(PLAN_FILE)
    if plan is None:
        raise UsageError(
            f"{frozen.path} holds no {PLAN_FILE}", "name the folder that `attest items freeze` wrote"
        )
    campaign = campaign_of(log, planned.fields["campaign"] or planned.payload).filed
    if not any(each.document.type == "run-end" for each in campaign):
        raise UsageError("the run has no END: items that are opened now could still be used", "wait for END")
    commit = sealed.committed(log)
    reveal(sealed, _asked(members, sealed), reason, log=log, key=key)
    with writing(log) as opened:
        # Every reveal of these items, not this one alone: an earlier one is what a reader has to know of.
        about = commit.filed.document.payload
        reveals = [
            each
            for each in opened.history.campaign(NOBODY)
            if each.document.type == "reveal" and about in each.document.subjects
        ]
        return amended(members, opened, {bundle.FREEZE: plan}, (commit.filed, *reveals))


def _asked(members: Mapping[str, bytes], sealed: SealedFolder) -> list[int]:
    places = {_id(each): at for at, each in enumerate(sealed.items().items)}
    asked = {record.sample_id for record in latest(members).values()}
    if strange := sorted(asked - set(places)):
        raise UsageError(f"sample {strange[0][:40]!r} is not among the sealed items", "name the right folder")
    return sorted(places[each] for each in asked)


def _id(item: JSON) -> str:
    if not isinstance(item, Mapping):
        raise IntegrityError("a sealed item is no object", "restore the folder from a copy")
    return str(item.get("id"))


def _check_items(task: Task, sealed: SealedFolder) -> None:
    if [item_of(each) for each in task.samples] != list(sealed.items().items):
        raise UsageError(f"these are not the items sealed in {sealed.path}", "name the file that was sealed")


def _indices(
    campaign: Sequence[Filed], frozen: RegistrationFolder, beacon: BeaconRound | None, log: str | Path
) -> tuple[tuple[int, ...], dict[str, JSON]]:
    """(drawn indices, what the second plan says below `ext`)."""
    first = campaign[0]
    fields = first.document.fields
    ext: dict[str, JSON] = {}
    if fields["draw"]["by"] == "coin":
        seed = tossed(campaign, fields["draw"]["parties"], after=first.index).seed
    else:
        seen = _seen(frozen, log)
        if seen is None:
            raise UsageError("no witness tells when the freeze was there", "freeze in a log with witnesses")
        if beacon is None:
            due = first_round(CHAINS[fields["draw"]["chain"]], seen, fields["draw"]["delay_s"])
            raise UsageError(f"round {due} of {QUICKNET.name} decides", "give it: --beacon FILE")
        check_rule(beacon, seen, fields["draw"]["delay_s"], valid_signature)
        seed, ext = beacon.randomness, {BEACON: {"round": beacon.round, "signature": beacon.signature}}
    plan = bytes.fromhex(first.document.subjects[0])
    return sample(seed, plan, fields["dataset"]["count"], fields["ext"][ITEMS]), ext


def _seen(frozen: RegistrationFolder, log: str | Path) -> str | None:
    envelope, proof = frozen.envelope(PLAN), frozen.proof(PLAN)
    if envelope is None or proof is None:
        raise UsageError(f"{frozen.path} holds no proof", "finish it: fairtrial attest items freeze")
    return entered(log, envelope, proof, f"{PLAN}.dsse.json").at


def _terms(fields: Mapping[str, Any], deadline: str) -> Terms:
    """The same terms once more: a second plan that differs in one was not frozen."""
    return Terms(
        campaign=fields["name"],
        deadline=deadline,
        quota=fields["quota"]["primary"] + fields["quota"]["variants"],
        claim=fields["claim"],
        construct=fields["construct"],
        revision=fields["model"]["revision"],
        margin=fields["analysis"]["margin"],
        multiplicity=fields["analysis"]["multiplicity"],
    )


def _with_draw(
    terms: Terms, sealed: SealedFolder, rule: Mapping[str, JSON], ext: Mapping[str, JSON]
) -> Terms:
    return replace(terms, items=sealed.dataset(), draw=rule, ext=ext)


def _input(each: Sample) -> str | list[dict[str, str]]:
    if isinstance(each.input, str):
        return each.input
    return [{"role": turn.role, "content": turn.content} for turn in each.input]
