"""Checks of what others say: auditors, objectors, authorities of time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from fairtrial.trust import bundle
from fairtrial.trust.beacon import BlsCheck
from fairtrial.trust.campaign import Filed
from fairtrial.trust.checks_quorum import Place
from fairtrial.trust.checks_signed import Signers
from fairtrial.trust.parts import RESULT, Parts, Signed
from fairtrial.trust.picked import Scene, picked_problem
from fairtrial.trust.verification import Check, judged


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


def anchors(parts: Parts) -> Check:
    """Optional: tokens of time stamps and identities. This verifier reads none."""
    found = sum(name.startswith(bundle.ANCHORS) for name in parts.members)
    if found:
        return Check("anchors", "unknown", f"{found} files: time stamps and identities are not checked here")
    return judged("anchors", "", missing=["none: witnesses alone tell the time"])


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


def _objects(parts: Parts, signed: Signed) -> bool:
    result = parts.statements.get(RESULT)
    return (
        signed.type in ("dispute", "retraction")
        and result is not None
        and result.document.payload in signed.document.subjects
    )


def _objection(parts: Parts, signed: Signed) -> str:
    return f"the result has a {signed.type} ({signed.file}): {signed.fields['reason'][:200]}"
