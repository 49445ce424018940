"""An auditor's statement about a result: tests on items drawn by chance, signed, in the log and in the bundle."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fairtrial.adapters.drand import valid_signature
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.adapters.stores.tiles import PEOPLE, LogFolder
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.evidence import Outcome as Verdict
from fairtrial.core.version import VERSION
from fairtrial.lab.amending import amended, proof_file, statement_file
from fairtrial.lab.attest_case import Access, Case, Picked, Tested, items_of, section
from fairtrial.lab.attest_tests import tested
from fairtrial.lab.campaigns import campaign_of
from fairtrial.lab.entering import Entered, enter, entered, writing
from fairtrial.lab.signing import sign
from fairtrial.trust import bundle
from fairtrial.trust.beacon import BeaconRound
from fairtrial.trust.beacon_rule import LEAST_S, check_rule
from fairtrial.trust.campaign import Filed
from fairtrial.trust.coin import tossed
from fairtrial.trust.documents import GET_AGAIN
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.parts import RESULT, Parts, Signed, read_parts
from fairtrial.trust.people import parse_people
from fairtrial.trust.picked import BEACON
from fairtrial.trust.predicates import AUDITOR, BASE, TESTS, state
from fairtrial.trust.records import read_journal
from fairtrial.trust.rescoring import pure_scorer
from fairtrial.trust.sampling import sample
from fairtrial.trust.statement import Subject
from fairtrial.trust.svr import PREFIX, svr

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

PROPERTIES: Final = {
    "T-A": "RESCORE_EXACT",
    "T-B": "RERUN_EQUIVALENT",
    "T-C": "FRESH_FORM_NOT_INFLATED",
    "T-D": "CACHING_NOT_SEEN",
    "T-E": "NO_DIFFERENCE_FROM_RELEASED_MODEL",
    "T-F": "TOKEN_COUNTS_FIT",
}
"""What a test that passed is called for readers of in-toto."""
_TESTS_LABEL: Final = b"audit-tests/v1\x00"


@dataclass(frozen=True, slots=True)
class Chance:
    """What decides, later than the result, which items are asked again: two parties' coin, or a beacon round.
    Neither: all items are. tests: how many of the six are made, drawn by the same; None: those `Access` names."""

    parties: tuple[str, ...] = ()
    beacon: BeaconRound | None = None
    tests: int | None = None


@dataclass(frozen=True, slots=True)
class Auditor:
    """Who speaks. conflicts, funding: in their own words; "none" is one."""

    name: str
    key: SecretKey
    conflicts: str
    funding: str

    def __post_init__(self) -> None:
        for what in ("name", "conflicts", "funding"):
            if not getattr(self, what).strip():
                raise UsageError(f"an auditor without {what}", f"state it, if need be as none: --{what}")


@dataclass(frozen=True, slots=True)
class Attested:
    """data: the bundle with the audit in it. verdict: on the result."""

    data: bytes
    tests: tuple[Tested, ...]
    verdict: Verdict
    entry: Entered


def attest(
    lab: Lab,
    data: bytes,
    name: str,
    auditor: Auditor,
    access: Access,
    *,
    log: str | Path,
    chance: Chance | None = None,
    records: bytes | None = None,
    time: str,
) -> Attested:
    """Make the tests, sign what came of them, enter it, and add it to the bundle.

    data, name: the bundle. records: its journal, where that was handed out beside it. time: UTC. Raises
    IntegrityError for a file that is no bundle, isn't the one that was signed, or whose result is not in this log;
    UsageError for a coin that has not fallen. What a test lacks is its outcome.
    """
    members = bundle.read_bundle(data, name)
    parts = read_parts(members)
    result = _result(parts)
    _check_signed(members, result, name)
    _check_admitted(log, auditor.key)
    campaign = campaign_of(log, result.fields["campaign"]).filed
    filed = next((each for each in campaign if each.document.payload == result.document.payload), None)
    if filed is None:
        raise IntegrityError(f"the result of {name} is not in the log {log}", "name the log that it is in")
    opened = members if records is None else _with_records(members, parts, records)
    case = _case(lab, opened, parts, access, filed, campaign, chance or Chance(), log)
    tests = tuple(tested(case, each) for each in TESTS)
    verdict = verdict_of(tests)
    subject = [Subject(statement_file(RESULT), result.document.payload)]
    fields = _fields(case, tests, verdict, auditor, result) | _round(case, chance)
    envelope = sign(state("audit", subject, fields), auditor.key)
    with writing(log) as writer:
        entry = enter(writer, envelope, "the audit")
        more = _members(case, tests, entry, envelope)
        if words := _svr(subject, tests, auditor, time):
            more[f"{bundle.AUDIT}{_prefix(parts)}svr{bundle.STATEMENT_SUFFIX}"] = words
        return Attested(amended(members, writer, more), tests, verdict, entry)


def verdict_of(tests: Sequence[Tested]) -> Verdict:
    """refuted where a test failed; supported where scores were computed again and items asked again, and nothing
    failed; inconclusive otherwise."""
    outcomes = {each.test: each.outcome for each in tests}
    if "failed" in outcomes.values():
        return "refuted"
    return "supported" if outcomes["T-A"] == outcomes["T-B"] == "passed" else "inconclusive"


def _result(parts: Parts) -> Signed:
    if RESULT not in parts.statements:
        raise IntegrityError("the bundle holds no statement of a result that could be audited", GET_AGAIN)
    return parts.statements[RESULT]


def _check_signed(members: Mapping[str, bytes], result: Signed, name: str) -> None:
    """A copy that somebody changed says nothing about whoever signed the original."""
    listed = members.get(bundle.CONTENT_LIST, b"")
    if listed != bundle.content_list(members) or _sha(listed) not in result.document.subjects:
        raise IntegrityError(
            f"{name} is not as its result was signed: {bundle.CONTENT_LIST} differs", GET_AGAIN
        )


def _check_admitted(log: str | Path, key: SecretKey) -> None:
    """Before anything is asked and paid for: a log takes an audit from an auditor whom it knows."""
    folder, keyid = LogFolder(Path(log)), PublicKey(key.public).keyid
    known = parse_people(folder.need(PEOPLE), PEOPLE).named(keyid)
    if known is None or known.role != AUDITOR:
        raise UsageError(
            f"the log {log} knows the key {keyid[:16]}… "
            + ("not at all" if known is None else f"as {known.role}"),
            f"sign with an auditor's key; the log's operator adds it to {PEOPLE}",
        )


def _with_records(members: Mapping[str, bytes], parts: Parts, records: bytes) -> dict[str, bytes]:
    """The members with the journal in its place; `parts` reads it too."""
    if parts.elsewhere is None:
        raise UsageError("the bundle has its records", "leave --records out")
    if parts.elsewhere["sha256"] != _sha(records):
        raise IntegrityError("these are not the records that the bundle speaks of", GET_AGAIN)
    form = section(section(parts.plan, "plan").get("task"), "task").get("scorer")
    scorer = pure_scorer(form) if isinstance(form, Mapping) else None
    parts.journal = read_journal(records, bundle.RECORDS, scorer)
    return {**members, bundle.RECORDS: records}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _case(
    lab: Lab,
    members: Mapping[str, bytes],
    parts: Parts,
    access: Access,
    result: Filed,
    campaign: Sequence[Filed],
    chance: Chance,
    log: str | Path,
) -> Case:
    lots = secrets.token_bytes(32)
    seed = _seed(chance, campaign, result, members, log)
    if chance.tests is not None:
        if seed is None:
            raise UsageError(
                "tests are drawn by a coin or a beacon", "add --coin PARTY PARTY, or --beacon FILE"
            )
        label = hashlib.sha256(_TESTS_LABEL + bytes.fromhex(result.document.payload)).digest()
        drawn = sorted(sample(seed, label, len(TESTS), chance.tests))
        access = replace(access, only=tuple(TESTS[each] for each in drawn), others="it was not drawn")
    case = Case(lab, members, parts, access, lots)
    try:
        return replace(case, picked=_picked(case, chance, seed))
    except UsageError as error:
        return replace(case, unpicked=error.message)


def _seed(
    chance: Chance, campaign: Sequence[Filed], result: Filed, members: Mapping[str, bytes], log: str | Path
) -> bytes | None:
    """32 bytes that nobody knew when the result was signed; None where no chance was asked for."""
    if chance.parties:
        return tossed(campaign, chance.parties, after=result.index).seed
    if chance.beacon is None:
        return None
    proof = members.get(proof_file(RESULT))
    if proof is None:
        raise IntegrityError("the bundle holds no proof of its result", GET_AGAIN)
    seen = entered(log, members[statement_file(RESULT)], proof, statement_file(RESULT)).at
    if seen is None:
        raise UsageError("no witness tells when the result was there", "use a coin: --coin PARTY PARTY")
    check_rule(chance.beacon, seen, LEAST_S, valid_signature)
    return chance.beacon.randomness


def _picked(case: Case, chance: Chance, seed: bytes | None) -> Picked:
    total = len(items_of(case.parts))
    if seed is None:
        return Picked("all", None, tuple(range(total)))
    plan = hashlib.sha256(case.members[bundle.PLAN]).digest()
    indices = sample(seed, plan, total, min(case.access.items, total))
    return Picked("coin" if chance.parties else "drand", seed, indices)


def _fields(
    case: Case, tests: Sequence[Tested], verdict: Verdict, auditor: Auditor, result: Signed
) -> dict[str, JSON]:
    asked = any(each.test == "T-B" and each.outcome in ("passed", "failed", "undetermined") for each in tests)
    return {
        "campaign": result.fields["campaign"],
        "auditor": auditor.name,
        "tests": [
            {"test": each.test, "outcome": each.outcome, "detail": each.detail, "evidence": each.digests}
            for each in tests
        ],
        "items": case.picked.to_json() if asked and case.picked else None,
        "conflicts": auditor.conflicts,
        "funding": auditor.funding,
        "verdict": verdict,
    }


def _round(case: Case, chance: Chance | None) -> dict[str, JSON]:
    """The round that picked, so that a reader can pick again."""
    if case.picked is None or case.picked.by != "drand" or chance is None or chance.beacon is None:
        return {}
    return {"ext": {BEACON: {"round": chance.beacon.round, "signature": chance.beacon.signature}}}


def _prefix(parts: Parts) -> str:
    """Of files in `audit/`: a second auditor's don't replace the first one's."""
    before = len(parts.audits())
    return f"{before + 1}-" if before else ""


def _members(case: Case, tests: Sequence[Tested], entry: Entered, envelope: bytes) -> dict[str, bytes]:
    name, prefix = f"audit-{entry.filed.index}", _prefix(case.parts)
    kept = {f"{bundle.AUDIT}{prefix}{file}": data for each in tests for file, data in each.evidence.items()}
    return {**kept, statement_file(name): envelope, proof_file(name): entry.proof}


def _svr(subject: Sequence[Subject], tests: Sequence[Tested], auditor: Auditor, time: str) -> bytes | None:
    """What passed, for readers who know in-toto alone; None where nothing did."""
    passed = [f"{PREFIX}{PROPERTIES[each.test]}" for each in tests if each.outcome == "passed"]
    if not passed:
        return None
    said = svr(subject, verifier=f"{BASE}attest/{VERSION}", policies=(), time=time, properties=passed)
    return sign(said, auditor.key)
