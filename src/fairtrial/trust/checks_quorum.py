"""Check of the witnesses: which checkpoints the reader's quorum saw, and when; and where each statement stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, cosignatures
from fairtrial.trust.checks_signed import Reader, Signers
from fairtrial.trust.log_policy import NONE
from fairtrial.trust.parts import MAIN, Parts
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
    seconds = policy.met_at(found)
    if seconds is None:
        return None
    operators = reader.people.operators if reader.people else {}
    others = {
        key: at
        for key, at in found.items()
        if operators.get(key.name, "") and operators[key.name] not in interested
    }
    # Where witnesses without interest suffice, it is their time that counts, and no earlier one of the lab's own.
    theirs = policy.met_at(others) if signed.checkpoint.origin in operators else None
    names = tuple(sorted(key.name for key in found))
    when = _utc(seconds if theirs is None else theirs)
    return Seen(signed.checkpoint.size, when, names, theirs is not None)


def _utc(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError) as error:
        raise IntegrityError(f"a witness states the time {seconds}, which no calendar has") from error
