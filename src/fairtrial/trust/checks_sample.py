"""Check of the sample: sealed items, drawn after the freeze by chance nobody could steer, opened after END."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust import bundle
from fairtrial.trust.beacon import BlsCheck
from fairtrial.trust.campaign import Filed
from fairtrial.trust.checks_quorum import Place
from fairtrial.trust.checks_signed import Signers
from fairtrial.trust.drawn import check_configuration, check_opened, drawn
from fairtrial.trust.parts import COMMIT, END, PLAN, REVEAL, Parts
from fairtrial.trust.verification import Check, judged


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
