"""Checks of the items: committed to, asked as planned, revealed as committed; and of audits and anchors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust import bundle
from fairtrial.trust.beacon import BlsCheck
from fairtrial.trust.campaign import Filed
from fairtrial.trust.checks_log import Place
from fairtrial.trust.checks_signed import Signers
from fairtrial.trust.drawn import check_configuration, check_opened, drawn
from fairtrial.trust.item_leaf import revealed
from fairtrial.trust.parts import COMMIT, END, PLAN, RESULT, REVEAL, Parts, Signed
from fairtrial.trust.picked import Scene, picked_problem
from fairtrial.trust.records import Journal
from fairtrial.trust.tree import tree_root
from fairtrial.trust.verification import Check, judged

ITEMS_UNCHECKED: Final = (
    "the data set's order is not stated: questions and right answers aren't held against the plan"
)


def dataset(parts: Parts) -> Check:
    """That the data set is the one that the plan commits to, and its questions are the ones that were planned."""
    if parts.dataset is None:
        return judged("dataset", "", missing=["there is no data set file that can be read"])
    faults = _committed(parts, parts.dataset) + _revealed(parts)
    missing = []
    items = parts.dataset.get("items")
    if items is None:
        missing.append(ITEMS_UNCHECKED)
    elif parts.journal is not None and parts.plan is not None:
        faults += _asked(items, parts.journal, parts.plan)
    good = f"{parts.dataset['count']:,} items; questions and right answers are those that were planned"
    return judged("dataset", good, faults, missing)


def sample(
    parts: Parts,
    filed: Sequence[Filed],
    placed: Mapping[str, Place],
    signers: Signers,
    valid: BlsCheck | None,
) -> Check:
    """That the items were committed to before the freeze, drawn after it by chance nobody could steer, and opened
    after the last answer. filed: the campaign's documents, () where it isn't whole. valid: a beacon's check."""
    plan = parts.statements.get(PLAN)
    if plan is None or (plan.fields["draw"] is None and plan.fields["campaign"] is None):
        return judged("sample", "", missing=["the plan draws no items: all of a fixed set are asked"])
    if not filed:
        return Check("sample", "unknown", "the campaign isn't whole, so its draw can't be made again")
    # A statement by nobody whose word counts draws nothing.
    heard = {parts.statements[name].document.payload for name in signers}
    known = [each for each in filed if each.document.payload in heard]
    try:
        return _drawn(parts, known, placed, valid)
    except UsageError as error:
        return Check("sample", "unknown", error.message)
    except IntegrityError as error:
        return judged("sample", "", [error.message])


def _drawn(
    parts: Parts, filed: Sequence[Filed], placed: Mapping[str, Place], valid: BlsCheck | None
) -> Check:
    by_payload = {each.document.payload: each for each in filed}
    plan, end = (by_payload.get(parts.statements[name].document.payload) for name in (PLAN, END))
    commit = _elsewhere(parts, placed, COMMIT)
    reveals = [
        _elsewhere(parts, placed, each.name) for each in parts.statements.values() if each.type == REVEAL
    ]
    if plan is None or end is None or commit is None or not reveals or None in reveals:
        return judged(
            "sample", "", missing=["commitment, reveal or END of the drawn items are not in the bundle"]
        )
    if hidden := _hidden_reveal(parts, end.index):
        return judged("sample", "", missing=[hidden])
    freeze = filed[0]
    frozen = next((each for each in placed.values() if each.index == freeze.index), None)
    seen = frozen.seen.time if frozen and frozen.seen else None
    draw = drawn(filed, plan, frozen_at=seen, valid=valid)
    if parts.freeze is None or parts.plan is None:
        return judged(
            "sample", "", missing=[f"{bundle.FREEZE}, the plan that was frozen, is not in the bundle"]
        )
    if hashlib.sha256(parts.members[bundle.FREEZE]).hexdigest() not in freeze.document.subjects:
        raise IntegrityError(f"{bundle.FREEZE} is not the plan that entry {freeze.index} freezes")
    check_configuration(parts.freeze, parts.plan)
    check_opened(draw, freeze, end, commit, [each for each in reveals if each], parts.records())
    total = freeze.document.fields["dataset"]["count"]
    good = (
        f"{len(draw.indices)} of {total} sealed items, drawn by {draw.by} after the freeze, opened after END"
    )
    return judged("sample", good)


def _hidden_reveal(parts: Parts, end: int) -> str:
    """A reveal before END that the bundle leaves out: of which items, only its envelope tells."""
    known = {each.document.payload for each in parts.statements.values()}
    for index, each in parts.entries.items():
        if each.entry.type == REVEAL and index < end and each.entry.payload not in known:
            return f"entry {index} reveals items before END, and its statement is not in the bundle"
    return ""


def _elsewhere(parts: Parts, placed: Mapping[str, Place], name: str) -> Filed | None:
    """A statement that belongs to no campaign, with its entry."""
    signed, place = parts.statements.get(name), placed.get(name)
    logged = parts.entries.get(place.index) if place else None
    return Filed(logged, signed.document) if signed and logged else None


def audit(
    parts: Parts,
    filed: Sequence[Filed],
    placed: Mapping[str, Place],
    signers: Signers,
    valid: BlsCheck | None,
) -> Check:
    """What auditors and others say of the result. filed, valid: as for `sample`."""
    missing, told = [], []
    scene = _scene(parts, filed, placed, signers, valid)
    kept = {
        hashlib.sha256(data).hexdigest()
        for name, data in parts.members.items()
        if name.startswith(bundle.AUDIT)
    }
    for signed in parts.audits():
        if signed.name not in signers:
            missing.append(f"{signed.file} is by nobody whose word counts for you")
            continue
        outcomes = ", ".join(f"{each['test']} {each['outcome']}" for each in signed.fields["tests"])
        told.append(f"{signed.fields['auditor'][:80]}: {signed.fields['verdict']} ({outcomes})")
        wanted = [each for test in signed.fields["tests"] for each in test["evidence"]]
        if absent := sum(each not in kept for each in wanted):
            missing.append(f"{told[-1]}; pieces of evidence that are not in the bundle: {absent}")
        if scene is not None and (problem := picked_problem(signed.fields, scene)):
            missing.append(f"{told[-1]}; {problem}")
    missing += [_objection(parts, each) for each in parts.statements.values() if _objects(parts, each)]
    if not parts.audits():
        missing.append("not audited")
    return judged("audit", "; ".join(told), missing=missing)


def _scene(
    parts: Parts,
    filed: Sequence[Filed],
    placed: Mapping[str, Place],
    signers: Signers,
    valid: BlsCheck | None,
) -> Scene | None:
    """What an auditor's pick of items is made from; None where the campaign isn't whole."""
    heard = {parts.statements[name].document.payload for name in signers}
    known = [each for each in filed if each.document.payload in heard]
    result, plan = parts.statements.get(RESULT), parts.members.get(bundle.PLAN)
    if result is None or plan is None or parts.journal is None:
        return None
    entry = next((each for each in known if each.document.payload == result.document.payload), None)
    if entry is None:
        return None
    place = placed.get(RESULT)
    seen = place.seen.time if place and place.seen else None
    total = len({sample_id for sample_id, _ in parts.journal.rows})
    return Scene(known, entry, seen, hashlib.sha256(plan).digest(), total, valid)


def anchors(parts: Parts) -> Check:
    """Optional: tokens of time stamps and identities. This verifier reads none."""
    found = sum(name.startswith(bundle.ANCHORS) for name in parts.members)
    if found:
        return Check("anchors", "unknown", f"{found} files: time stamps and identities are not checked here")
    return judged("anchors", "", missing=["none: witnesses alone tell the time"])


def _committed(parts: Parts, said: Mapping[str, Any]) -> list[str]:
    faults = []
    plan = parts.statements.get(PLAN)
    if plan is not None:
        planned = plan.fields["dataset"]
        faults += [
            f"{bundle.DATASET} gives the {key} {str(said[key])[:60]!r}, the plan {str(planned[key])[:60]!r}"
            for key in ("name", "root", "form", "count")
            if said[key] != planned[key]
        ]
    leaves = said.get("leaves")
    if leaves is not None:
        if len(leaves) != said["count"]:
            faults.append(f"{bundle.DATASET} has {len(leaves)} leaves for {said['count']} items")
        elif len(set(leaves)) != len(leaves):
            faults.append(f"{bundle.DATASET}: a leaf stands twice, so a salt was used again")
        elif said["form"] == "tree" and tree_root(map(bytes.fromhex, leaves)).hex() != said["root"]:
            faults.append(f"{bundle.DATASET}: its leaves don't make its root")
    return faults


def _asked(items: list[str], journal: Journal, plan: Mapping[str, Any]) -> list[str]:
    """The plan's digest over every question and its right answers, made again from the records."""
    hasher = hashlib.sha256()
    for item in items:
        row = journal.rows.get((item, 1))
        if row is None:
            return [f"no record answers the item {item[:40]!r}"]
        hasher.update(f"{item}\n{row.question}\n".encode())
        hasher.update("\n".join(row.target).encode("utf-8", "surrogatepass"))
    if plan.get("questions") != f"sha256:{hasher.hexdigest()}":
        return ["the questions and right answers in the records are not those that were planned"]
    return []


def _revealed(parts: Parts) -> list[str]:
    commit = parts.statements.get(COMMIT)
    faults = []
    for signed in parts.statements.values():
        if signed.type != REVEAL:
            continue
        if commit is None or commit.document.payload not in signed.document.subjects:
            faults.append(f"{signed.file} reveals items of a commitment that is not in the bundle")
            continue
        try:
            revealed(commit.fields, signed.fields)
        except IntegrityError as error:
            faults.append(f"{signed.file}: {error.message}")
    return faults


def _objects(parts: Parts, signed: Signed) -> bool:
    result = parts.statements.get(RESULT)
    return (
        signed.type in ("dispute", "retraction")
        and result is not None
        and result.document.payload in signed.document.subjects
    )


def _objection(parts: Parts, signed: Signed) -> str:
    return f"the result has a {signed.type} ({signed.file}): {signed.fields['reason'][:200]}"
