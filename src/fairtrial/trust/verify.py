"""Verify a bundle: offline, without network, clock or event loop; every check is made, whatever the others found.

What it reads besides the bundle is the reader's own: whose keys count (`trust.json`), which log and witnesses
(a tlog-policy). Without them the publisher's copies are used, which is said, and no label but the lowest is given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust import bundle
from fairtrial.trust.beacon import BlsCheck
from fairtrial.trust.bundle import read_bundle
from fairtrial.trust.checks_audit import anchors, audit
from fairtrial.trust.checks_campaign import campaign
from fairtrial.trust.checks_dataset import dataset
from fairtrial.trust.checks_files import canonical, manifest
from fairtrial.trust.checks_order import order
from fairtrial.trust.checks_proofs import proofs
from fairtrial.trust.checks_quorum import Place, listed, places, quorum
from fairtrial.trust.checks_sample import sample
from fairtrial.trust.checks_scores import method, scores
from fairtrial.trust.checks_signed import Reader, Signers, keys, policy, signatures
from fairtrial.trust.label import Facts, judge
from fairtrial.trust.limits import limits
from fairtrial.trust.log_policy import parse_log_policy
from fairtrial.trust.parts import PLAN, RESULT, START, Parts, Signed, at, read_parts
from fairtrial.trust.people import parse_people
from fairtrial.trust.verification import CHECKS, Check, Saying, StampCheck, Verification

_UNREAD: Final = "the bundle could not be opened"


def verify(
    data: bytes,
    name: str,
    *,
    trust: bytes | None = None,
    log_policy: bytes | None = None,
    now: str | None = None,
    valid: BlsCheck | None = None,
    stamped: StampCheck | None = None,
) -> Verification:
    """What a bundle proves, and what it doesn't.

    data: the file. name: of it, for messages. trust, log_policy: the reader's own files. now: UTC, such as
    2026-01-31T12:00:00Z, beyond which no witness can have signed; None asks nobody the time. valid: checks a
    beacon's signature; None leaves a draw by beacon unknown. stamped: checks a time stamp; None leaves them
    unknown. Raises IntegrityError or UsageError for a fault in the reader's own files; what is wrong with the
    bundle is in the answer.
    """
    people = None if trust is None else parse_people(trust, "your trust policy")
    own_log = None if log_policy is None else parse_log_policy(log_policy, "your log policy")
    try:
        members = read_bundle(data, name)
    except IntegrityError as error:
        return _unopened(name, error.message)
    parts = read_parts(members)
    reader = Reader(people or parts.people, own_log or parts.policy, people is not None, own_log is not None)
    checks = [
        Check("container", "ok", f"{len(members)} files in {len(data):,} bytes, none of them free"),
        manifest(members),
        canonical(parts),
        policy(reader),
    ]
    checks.append(anchors(parts, stamped))
    return _told(name, parts, reader, checks, now, valid)


def _told(
    name: str, parts: Parts, reader: Reader, checks: list[Check], now: str | None, valid: BlsCheck | None
) -> Verification:
    signed, signers = signatures(parts, reader)
    proven_check, proven = proofs(parts, reader)
    quorum_check, seen = quorum(parts, reader, signers, now)
    placed = places(parts, proven, seen)
    campaign_check, attempts, filed = campaign(parts, placed, seen)
    known = placed | (listed(parts, placed, seen) if filed else {})
    when = {key: (at.origin, at.index, at.seen.time if at.seen else None) for key, at in known.items()}
    score_check, told, readings = scores(parts)
    checks += [signed, proven_check, quorum_check, keys(parts, signers, when), order(parts, placed)]
    checks += [campaign_check, method(parts, placed), score_check, dataset(parts)]
    chance = (parts, filed, known, signers, valid)
    checks += [sample(*chance), audit(*chance)]
    by_name = {each.check: each for each in checks}
    judgement = judge(Facts(parts, reader, signers, by_name))
    detail = f"{judgement.label}: {judgement.reason}" if judgement.label else f"none: {judgement.reason}"
    by_name["label"] = Check("label", "ok" if judgement.label else "unknown", detail)
    return Verification(
        name=name,
        ok=judgement.label is not None,
        label=judgement.label,
        reason=judgement.reason,
        next_label=judgement.next_label,
        lacks=judgement.lacks,
        checks=tuple(by_name[each] for each in CHECKS),
        chain=_chain(parts, signers, known),
        attempts=attempts,
        scores=told,
        readings=readings,
        counts=parts.scores["counts"] if parts.scores else None,
        about=_about(parts),
        limits=limits(parts, signers, by_name, judgement.label),
    )


def _unopened(name: str, message: str) -> Verification:
    checks = [Check("container", "failed", message)]
    checks += [Check(each, "unknown", _UNREAD) for each in CHECKS[1:]]
    return Verification(name, False, None, f"the check container failed: {message}", None, "", tuple(checks))


def _chain(parts: Parts, signers: Signers, placed: Mapping[str, Place]) -> tuple[Saying, ...]:
    """Who said what, in the order of the log; what isn't proven to be in it comes last."""
    said = []
    for name, signed in parts.statements.items():
        place = placed.get(name)
        seen = place.seen if place else None
        said.append(
            Saying(
                _words(signed),
                tuple(f"{each.role}, {each.org}" for each in signers.get(name, ())),
                place.index if place else None,
                seen.time if seen else "",
                seen.witnesses if seen else (),
                signed.file,
            )
        )
    return tuple(sorted(said, key=lambda each: (each.index is None, each.index or 0, each.file)))


def _words(signed: Signed) -> str:
    fields = signed.fields
    words: dict[str, Sequence[Any]] = {
        "plan": ("registered the plan", fields.get("name")),
        "run-start": ("started the run", fields.get("run")),
        "run-end": ("ended the run", fields.get("run"), "as", fields.get("status")),
        "result": ("signed the result of the run", fields.get("run")),
        "audit": ("audited it:", fields.get("verdict")),
        "coin-commit": ("committed to a number for a coin, as", fields.get("party")),
        "coin-reveal": ("showed the number of a coin, as", fields.get("party")),
        "dataset-commit": ("committed to", fields.get("count"), "items of", fields.get("dataset")),
        "reveal": ("opened items of", fields.get("dataset")),
        "dispute": ("disputes:", fields.get("reason")),
        "retraction": ("retracts:", fields.get("reason")),
    }
    return " ".join(str(each) for each in words.get(signed.type, ("signed a statement:", signed.type)))


def _about(parts: Parts) -> dict[str, str]:
    """What the bundle is about, as signed."""
    found: dict[str, str] = {}
    if plan := parts.statements.get(PLAN):
        found |= {key: plan.fields[key] for key in ("name", "claim", "construct")}
        found |= {"model": plan.fields["model"]["id"], "dataset": plan.fields["dataset"]["name"]}
        found["campaign"] = plan.fields["campaign"] or plan.document.payload
    if parts.scores:
        found |= {"task": parts.scores["task"], "model": parts.scores["model"]}
    for group, field in (("data", "exposure"), ("people", "conflicts"), ("people", "funding")):
        if isinstance(said := at(parts.method, group, field), str):
            found[field] = said
    for name in (START, RESULT):
        if signed := parts.statements.get(name):
            found["run"] = signed.fields["run"]
            if signed.fields.get("deviations"):
                found["deviations"] = "; ".join(signed.fields["deviations"])
    if bundle.PLAN in parts.members:
        found["plan"] = hashlib.sha256(parts.members[bundle.PLAN]).hexdigest()
    return found
