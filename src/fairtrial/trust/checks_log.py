"""Checks of the log: each statement is an entry of it, witnesses saw it, and things came in their order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from fairtrial.core.errors import FairtrialError, IntegrityError, UsageError
from fairtrial.trust.beacon import moment
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, cosignatures, is_fork
from fairtrial.trust.checks_signed import Reader, Signers
from fairtrial.trust.entry import NOBODY, OF_EITHER
from fairtrial.trust.log_policy import NONE, LogPolicy
from fairtrial.trust.note_keys import VerifierKey
from fairtrial.trust.parts import END, MAIN, PLAN, START, Parts, Signed
from fairtrial.trust.tree import leaf_hash
from fairtrial.trust.verification import Check, judged


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that the reader's quorum saw. time: UTC, when the last witness that the quorum needs had.
    independent: whether witnesses of other organisations alone make the quorum."""

    size: int
    time: str
    witnesses: tuple[str, ...]
    independent: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands. seen: by the first quorum checkpoint in the bundle that covers it."""

    origin: str
    index: int
    seen: Seen | None


def proofs(parts: Parts, reader: Reader) -> tuple[Check, dict[str, tuple[str, int]]]:
    """That each statement with a proof is the entry it says, in a tree that the log signed; that no two
    checkpoints contradict each other. Also: origin and index of each that holds."""
    faults, missing = [], [f"there is no proof of {name}" for name in MAIN if name not in parts.proofs]
    found: dict[str, tuple[str, int]] = {}
    if reader.policy is None:
        return Check("proofs", "unknown", "no log policy: no log is known"), found
    for name, proof in parts.proofs.items():
        try:
            _check_entry(parts, name)
            check_log_signature(proof.signed, reader.policy.log_keys, f"the checkpoint of {name}")
            found[name] = (proof.signed.checkpoint.origin, proof.index)
        except _Absent as absent:
            missing.append(str(absent))
        except IntegrityError as error:
            faults.append(error.message)
    faults += _unknown_lines(parts) + _contradictions(parts)
    return judged("proofs", f"{len(found)} statements stand in the log", faults, missing), found


def quorum(
    parts: Parts, reader: Reader, signers: Signers, now: str | None
) -> tuple[Check, dict[bytes, Seen]]:
    """Which checkpoints the reader's quorum saw, by their bytes. now: UTC; None asks nobody the time."""
    faults: list[str] = []
    missing: list[str] = []
    found: dict[bytes, Seen] = {}
    if reader.policy is None:
        return Check("quorum", "unknown", "no log policy: no witness is known"), found
    if reader.policy.quorum == NONE:
        missing.append("the log policy asks for no witness (quorum none)")
    for file, signed in parts.checkpoints().items():
        try:
            seen = _seen(signed, reader, _interested(reader, signers, signed))
        except IntegrityError as error:
            faults.append(f"{file}: {error.message}")
            continue
        if seen is None:
            missing.append(f"{file} has not the quorum {reader.policy.quorum!r}")
            continue
        if now is not None and seen.time > now:
            faults.append(f"{file}: witnessed at {seen.time}, which is still to come")
        elif not seen.independent and reader.policy.quorum != NONE:
            missing.append(f"{file}: its quorum counts witnesses of an interested party, or of nobody known")
        found[signed.data] = seen
    good = f"{len(parts.checkpoints())} checkpoints, each seen by the quorum, without interested parties"
    return judged("quorum", good, faults, missing), found


def places(
    parts: Parts, proven: Mapping[str, tuple[str, int]], seen: Mapping[bytes, Seen]
) -> dict[str, Place]:
    """Of each statement that is proven: its entry, and the first quorum checkpoint that covers it."""
    by_log: dict[str, list[tuple[int, str, Seen]]] = {}
    for signed in parts.checkpoints().values():
        if one := seen.get(signed.data):
            by_log.setdefault(signed.checkpoint.origin, []).append((one.size, one.time, one))
    for row in by_log.values():
        row.sort(key=lambda each: each[:2])
    found = {}
    for name, (origin, index) in proven.items():
        row = by_log.get(origin, [])
        at = bisect_right(row, index, key=lambda each: each[0])
        found[name] = Place(origin, index, row[at][2] if at < len(row) else None)
    return found


def listed(parts: Parts, placed: Mapping[str, Place], seen: Mapping[bytes, Seen]) -> dict[str, Place]:
    """Of each statement without a proof of its own: the entry in the bundle that names it. To be asked once the
    entries are known to be the log's own."""
    if parts.checkpoint is None:
        return {}
    by_payload = {each.entry.payload: index for index, each in parts.entries.items()}
    found = {
        name: (parts.checkpoint.checkpoint.origin, by_payload[signed.document.payload])
        for name, signed in parts.statements.items()
        if name not in placed and signed.document.payload in by_payload
    }
    return places(parts, found, seen)


def order(parts: Parts, placed: Mapping[str, Place]) -> Check:
    """Plan, START, requests and END came one after the other, in one log, each seen before the next."""
    faults: list[str] = []
    missing = [f"no statement {name}" for name in (PLAN, START, END) if name not in parts.statements]
    at = {name: placed[name] for name in (PLAN, START, END) if name in placed}
    if not missing and len(at) == 3:
        if len({each.origin for each in at.values()}) > 1:
            faults.append("plan, START and END stand in different logs")
        elif not at[PLAN].index < at[START].index < at[END].index:
            faults.append(
                f"the order in the log is plan {at[PLAN].index}, START {at[START].index}, END {at[END].index}"
            )
        else:
            # When START was seen is told by a checkpoint without END in it, or by none.
            unseen = _unseen_start(at)
            missing += unseen
            faults += [] if unseen else _times(parts, at)
    elif not missing:
        missing.append("the order is not proven: proofs are missing")
    faults += _misplaced(parts, placed)
    if not missing and parts.statements[END].fields["status"] != "completed":
        missing.append(f"the run {parts.statements[END].fields['status']}: its END says so")
    return judged("order", "plan, START, first request, last request, END: in this order", faults, missing)


class _Absent(Exception):
    """Something that a proof needs is not in the bundle."""


def _check_entry(parts: Parts, name: str) -> None:
    proof, signed = parts.proofs[name], parts.statements.get(name)
    if signed is None:
        raise IntegrityError(f"there is a proof of {name}, and no such statement")
    logged = parts.entries.get(proof.index)
    if logged is None:
        raise _Absent(f"entry {proof.index}, of {name}, is not in the bundle")
    entry = logged.entry
    same = (entry.type, entry.payload, entry.signers) == (
        signed.type,
        signed.document.payload,
        signed.document.signers,
    )
    if not same or (signed.type not in OF_EITHER and entry.campaign != _campaign_of(signed)):
        raise IntegrityError(f"this {name} is not in the log at entry {proof.index}")
    proof.check_entry(parts.entry_bytes[proof.index])


def _campaign_of(signed: Signed) -> str:
    if "campaign" not in signed.fields:
        return NOBODY
    named: str | None = signed.fields["campaign"]
    return named or signed.document.payload


def _unknown_lines(parts: Parts) -> list[str]:
    """Lines of checkpoints that the bundle's own policy doesn't know: a changed name would pass unseen."""
    if parts.policy is None:
        return ["policy/log.policy can't be read: nothing tells whose signatures the checkpoints carry"]
    known = [*parts.policy.log_keys, *parts.policy.witness_keys]
    faults = []
    for file, signed in parts.checkpoints().items():
        try:
            named = {(key.name, key.key_id) for key, _ in signed.note.verified(known)}
        except FairtrialError as error:
            faults.append(f"{file}: {error.message}")
            continue
        lines = [(each.name, each.key_id) for each in signed.note.signatures]
        if strange := [name for name, key_id in lines if (name, key_id) not in named]:
            faults.append(
                f"{file}: a signature by {strange[0][:80]!r}, whom the bundle's policy doesn't know"
            )
        elif len(set(lines)) != len(lines):
            faults.append(f"{file}: a signature stands twice")
    return faults


def _contradictions(parts: Parts) -> list[str]:
    """Forks, and roots that the entries in the bundle don't make."""
    faults = []
    trees: dict[tuple[str, int], tuple[str, SignedCheckpoint]] = {}
    for file, signed in parts.checkpoints().items():
        tree = signed.checkpoint
        other_file, other = trees.setdefault((tree.origin, tree.size), (file, signed))
        if is_fork(signed, other):
            faults.append(
                f"a fork: {other_file} and {file} show two trees of {tree.origin}, both of size {tree.size}"
            )
    return faults or _wrong_roots(parts)


def _wrong_roots(parts: Parts) -> list[str]:
    if parts.edge is None or parts.checkpoint is None:
        return []
    sizes = {each.checkpoint.size: (file, each) for file, each in parts.checkpoints().items()}
    tree, faults = parts.edge, []
    for size in sorted(sizes):
        file, signed = sizes[size]
        wanted = range(tree.size, size)
        if size < tree.size or signed.checkpoint.origin != parts.checkpoint.checkpoint.origin:
            continue
        if any(index not in parts.entry_bytes for index in wanted):
            break
        tree = tree.extended(leaf_hash(parts.entry_bytes[index]) for index in wanted)
        if tree.root != signed.checkpoint.root:
            faults.append(f"the entries in the bundle don't make the tree of {size} that {file} shows")
    return faults


def _interested(reader: Reader, signers: Signers, signed: SignedCheckpoint) -> frozenset[str]:
    """Organisations whose witnesses don't count: of whoever signed for this run, and the log's operator."""
    orgs = {person.org for name in MAIN for person in signers.get(name, ())}
    operators = reader.people.operators if reader.people else {}
    return frozenset(orgs | {operators.get(signed.checkpoint.origin, "")})


def _seen(signed: SignedCheckpoint, reader: Reader, interested: Collection[str]) -> Seen | None:
    policy = reader.policy
    assert policy is not None
    check_log_signature(signed, policy.log_keys, "it")
    found = cosignatures(signed, policy.witness_keys)
    seconds = _reached(policy, found)
    if seconds is None:
        return None
    operators = reader.people.operators if reader.people else {}
    log_known = signed.checkpoint.origin in operators
    others = [key for key in found if operators.get(key.name, "") and operators[key.name] not in interested]
    independent = log_known and policy.quorum != NONE and policy.met_by(others)
    names = tuple(sorted(key.name for key in found))
    return Seen(signed.checkpoint.size, _utc(seconds), names, independent)


def _reached(policy: LogPolicy, found: Mapping[VerifierKey, int]) -> int | None:
    """When the quorum was complete; None where it isn't. 0 where it asks for nobody."""
    if policy.quorum == NONE:
        return None
    for seconds in sorted(set(found.values())):
        if policy.met_by([key for key, at in found.items() if at <= seconds]):
            return seconds
    return None


def _utc(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError) as error:
        raise IntegrityError(f"a witness states the time {seconds}, which no calendar has") from error


def _misplaced(parts: Parts, placed: Mapping[str, Place]) -> list[str]:
    """What START says of its plan, against the log."""
    start, plan = parts.statements.get(START), placed.get(PLAN)
    if start is None or plan is None:
        return []
    named = start.fields["plan"]
    entry = parts.entries.get(plan.index)
    if named["index"] != plan.index or (entry and entry.entry.leaf.hex() != named["entry"]):
        return [f"START names the plan of entry {named['index']}, and the plan is entry {plan.index}"]
    return []


def _unseen_start(at: Mapping[str, Place]) -> list[str]:
    seen = at[START].seen
    if seen is None:
        return ["no quorum had seen START before END"]
    if seen.size > at[END].index:
        return [
            f"the first quorum checkpoint with START in it has {seen.size} entries, and END is among them"
        ]
    return []


def _times(parts: Parts, at: Mapping[str, Place]) -> list[str]:
    requests = parts.statements[END].fields["requests"]
    told = [(name, at[name].seen) for name in (PLAN, START, END)]
    line = [(f"{name} was witnessed at", seen.time) for name, seen in told if seen is not None]
    if requests:
        sent = [("the first request went out at", requests["first"]), ("the last one at", requests["last"])]
        line[-1:-1] = sent if at[END].seen else []
        line += [] if at[END].seen else sent
    faults = [
        f"{what} {time}, and {after} {later}"
        for (what, time), (after, later) in pairwise(line)
        if later < time
    ]
    return faults + _attempts_outside(parts, requests)


def _attempts_outside(parts: Parts, requests: Mapping[str, str] | None) -> list[str]:
    journal = parts.journal
    if journal is None or not journal.first:
        return []
    try:
        first, last = (f"{moment(each):%Y-%m-%dT%H:%M:%SZ}" for each in (journal.first, journal.last))
    except UsageError as error:
        return [f"the records tell of a request at no time: {error.message}"]
    if requests is None or first < requests["first"] or last > requests["last"]:
        return [f"the records tell of requests from {first} to {last}, and END of others"]
    return []
