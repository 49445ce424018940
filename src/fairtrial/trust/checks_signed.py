"""Checks of signatures: whose word counts, who signed what about which bytes, and whether the key counted then."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust import bundle
from fairtrial.trust.dsse import verify
from fairtrial.trust.log_policy import LogPolicy
from fairtrial.trust.parts import AUDIT, END, PLAN, RESULT, START, Parts, Signed
from fairtrial.trust.people import People, Person
from fairtrial.trust.predicates import PREDICATES
from fairtrial.trust.verification import Check, judged

_NEEDED: Final = (PLAN, START, END, RESULT)
Signers = Mapping[str, tuple[Person, ...]]
"""Name of a statement -> who signed it, of those whose role counts there."""


@dataclass(frozen=True, slots=True)
class Reader:
    """By whose policies a bundle is judged. own_…: the reader's; otherwise the publisher's, from the bundle. None:
    there is none at all."""

    people: People | None
    policy: LogPolicy | None
    own_people: bool
    own_policy: bool

    @property
    def own(self) -> bool:
        return self.own_people and self.own_policy


def policy(reader: Reader) -> Check:
    """That the reader brought their own policies. The publisher's tell what the publisher wants to be told."""
    missing = []
    if not reader.own_people:
        missing.append("no trust policy of yours (--trust): the publisher's own says whose word counts")
    if not reader.own_policy:
        missing.append("no log policy of yours (--log-policy): the publisher's own names log and witnesses")
    return judged("policy", "your own trust policy and log policy", missing=missing)


def signatures(parts: Parts, reader: Reader) -> tuple[Check, Signers]:
    """That every statement is signed by enough keys whose role allows it, and is about the bytes it should be."""
    faults: list[str] = []
    missing: list[str] = []
    signers: dict[str, tuple[Person, ...]] = {}
    if reader.people is None:
        return judged("signatures", "", ["no trust policy: nobody is known who could have signed"]), signers
    for name, signed in parts.statements.items():
        if signed.type not in _NEEDED and not any(map(reader.people.named, signed.envelope.keyids)):
            # An auditor or an objector whom this reader doesn't know: heard by nobody, and no fault of the score.
            missing.append(f"{signed.file} is signed by nobody whose word counts for you")
            continue
        try:
            signers[name] = _signed_by(signed, reader.people, _threshold(parts, signed))
        except IntegrityError as error:
            faults.append(error.message)
    faults += _about_other_bytes(parts)
    if RESULT not in parts.statements:
        faults.insert(0, "there is no statement of the result: nobody signs this score")
    good = f"{len(parts.statements)} statements, each signed in a role that allows it"
    return judged("signatures", good, faults, missing), signers


def keys(parts: Parts, signers: Signers, places: Mapping[str, tuple[str, int, str | None]]) -> Check:
    """That each key counted when the statement came into the log. places: origin, index, and the time at which a
    quorum had seen it, None where none had."""
    faults, missing = [], []
    for name, persons in signers.items():
        place = places.get(name)
        if place is None:
            if any(each.revoked_at is not None for each in persons):
                missing.append(f"{name}: its key is revoked, and no proof tells whether it signed before")
            elif name in (PLAN, START, END, RESULT):
                missing.append(f"{name}: without a proof nothing tells when its key signed")
            continue
        origin, index, seen = place
        refused = (each.refusal(origin=origin, index=index, time=seen) for each in persons)
        faults += [f"{parts.statements[name].file}: {refusal}" for refusal in refused if refusal]
    return judged("keys", "every key counted when it signed, by the order of the log", faults, missing)


def _threshold(parts: Parts, signed: Signed) -> int:
    plan = parts.statements.get(PLAN)
    if plan is None or signed.type not in (RESULT, AUDIT):
        return 1
    asked: int = plan.fields["thresholds"][signed.type]
    return asked


def _signed_by(signed: Signed, people: People, threshold: int) -> tuple[Person, ...]:
    allowed = people.of(PREDICATES[signed.type].signers)
    known = {each.key.raw: each for each in allowed}
    try:
        found = verify(signed.envelope, [each.key for each in allowed], threshold, signed.file)
    except IntegrityError as error:
        others = [people.named(keyid) for keyid in signed.envelope.keyids]
        wrong = next((each for each in others if each is not None and each not in allowed), None)
        if wrong is None:
            raise
        raise IntegrityError(
            f"{signed.file}: a {signed.type} is not for the {wrong.role} to sign ({wrong.org})", error.remedy
        ) from error
    return tuple(known[key.raw] for key in found)


_SUBJECTS: Final = {
    PLAN: (bundle.PLAN, "plan.json"),
    START: (bundle.PLAN, "plan.json"),
}


def _about_other_bytes(parts: Parts) -> list[str]:
    """Statements that were made about something else: a true signature under a false heading."""
    faults = []
    for name, (member, what) in _SUBJECTS.items():
        signed, data = parts.statements.get(name), parts.members.get(member)
        if signed and data is not None and hashlib.sha256(data).hexdigest() not in signed.document.subjects:
            faults.append(f"{signed.file} is not about this {what}")
    pairs = [(END, START), *((each.name, RESULT) for each in parts.audits())]
    for name, about in pairs:
        signed, other = parts.statements.get(name), parts.statements.get(about)
        if signed and other and other.document.payload not in signed.document.subjects:
            faults.append(f"{signed.file} is not about {other.file}")
    faults += _of_another_run(parts)
    return faults


def _of_another_run(parts: Parts) -> list[str]:
    """Names that the four main statements share."""
    faults = []
    start, plan = parts.statements.get(START), parts.members.get(bundle.PLAN)
    for signed in parts.main(END, RESULT):
        if start and signed.fields["run"] != start.fields["run"]:
            faults.append(f"{signed.file} is about the run {signed.fields['run'][:40]!r}, not this one")
    for signed in [*parts.main(START, END, RESULT), *parts.audits()]:
        named = signed.fields["campaign"]
        if (first := _campaign(parts)) and named != first:
            faults.append(f"{signed.file} belongs to the campaign {named[:16]}…, not to {first[:16]}…")
    result = parts.statements.get(RESULT)
    if result and plan is not None and result.fields["plan"] != hashlib.sha256(plan).hexdigest():
        faults.append(f"{result.file} is about another plan")
    return faults


def _campaign(parts: Parts) -> str | None:
    """The campaign that the plan opens or belongs to."""
    plan = parts.statements.get(PLAN)
    if plan is None:
        return None
    named: str | None = plan.fields["campaign"]
    return named or plan.document.payload
