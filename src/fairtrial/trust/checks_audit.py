"""Checks of what others say: auditors, objectors, authorities of time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust import bundle
from fairtrial.trust.beacon import BlsCheck
from fairtrial.trust.campaign import Filed
from fairtrial.trust.checks_quorum import Place
from fairtrial.trust.checks_signed import Signers
from fairtrial.trust.parts import RESULT, Parts, Signed
from fairtrial.trust.picked import Scene, picked_problem
from fairtrial.trust.verification import Check, StampCheck, judged

TSR: Final = ".tsr"
MOST_TOKENS: Final = 32


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


def anchors(parts: Parts, stamped: StampCheck | None) -> Check:
    """Optional: tokens of time stamps, each over the text of a checkpoint in the bundle. stamped: as in
    `verification`; None where the reader named no authority."""
    tokens = sorted(name for name in parts.members if name.startswith(bundle.ANCHORS))
    if not tokens:
        return judged("anchors", "", missing=["none: witnesses alone tell the time"])
    if len(tokens) > MOST_TOKENS:
        return judged("anchors", "", [f"{len(tokens)} files; {MOST_TOKENS} are allowed"])
    if stamped is None:
        detail = f"{len(tokens)} not checked: you named no root certificate of a time-stamping authority"
        return Check("anchors", "unknown", detail)
    # The text, which log and witnesses sign, and not their lines below it: more witnesses may sign it later.
    texts = {signed.note.text.encode(): file for file, signed in parts.checkpoints().items()}
    told, faults, unheard = [], [], []
    for name in tokens:
        try:
            found = stamped(parts.members[name], tuple(texts)) if name.endswith(TSR) else None
        except IntegrityError as error:
            faults.append(f"{name}: {error.message}")
        except UsageError as error:
            return Check("anchors", "unknown", f"{len(tokens)} not checked: {error.message}")
        else:
            if found is None:
                unheard.append(f"{name} not checked: no root certificate that you named vouches for it")
            else:
                file = tuple(texts.values())[found.message]
                told.append(f"{file} existed at {found.time}, says {found.authority[:200]}")
    if unheard and not faults:
        return Check("anchors", "unknown", "; ".join([*unheard, *told]))
    return judged("anchors", "; ".join(told), faults)


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
