"""A campaign in the log: its documents, which attempts it holds, and whether all of them are there.

A campaign is named after its first plan. Every run of it begins with a START, which counts as an attempt whatever
becomes of it, and has at most one END. A START beyond the quota is admitted, and shown as such: refusing it would
only drive it off the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.documents import GET_AGAIN
from fairtrial.trust.dsse import parse_envelope, verify
from fairtrial.trust.entry import NOBODY, Entry, Logged, parse_entry
from fairtrial.trust.people import People
from fairtrial.trust.predicates import PREDICATES, check
from fairtrial.trust.statement import parse_statement
from fairtrial.trust.tree import Frontier, leaf_hash

State = Literal["open", "completed", "failed", "aborted", "abandoned"]
NOT_TAKEN: Final = "the log takes it once what is wrong here is put right"


@dataclass(frozen=True, slots=True)
class Document:
    """What an envelope says. payload: SHA-256 of the envelope's bytes, in hexadecimal.
    subjects: the digests it is about. fields: of its predicate."""

    payload: str
    type: str
    signers: tuple[str, ...]
    subjects: tuple[str, ...]
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filed:
    """A document and its entry."""

    logged: Logged
    document: Document

    @property
    def entry(self) -> Entry:
        return self.logged.entry

    @property
    def index(self) -> int:
        return self.logged.index


@dataclass(frozen=True, slots=True)
class Attempt:
    """A START and what became of it. over_quota: beyond what the campaign's first plan allows."""

    start: Filed
    end: Filed | None
    state: State
    over_quota: bool

    def listed(self) -> dict[str, JSON]:
        """As results list it."""
        fields = self.start.document.fields
        return {
            "run": fields["run"],
            "variant": fields["variant"],
            "index": self.start.index,
            "status": self.state,
        }


def read_document(data: bytes, people: People, name: str, *, origin: str, index: int) -> Document:
    """The document in an envelope, every signature of it by somebody whose role allows that type of statement.

    origin, index: of the log and of the entry it is or shall be: a revoked key counts only before. name: of the
    file. Raises IntegrityError.
    """
    document, envelope = parse_document(data, name), parse_envelope(data, name)
    allowed = people.of(PREDICATES[document.type].signers)
    signers = verify(envelope, [person.key for person in allowed], len(envelope.signatures), name)
    for person in allowed:
        refusal = person.refusal(origin=origin, index=index, time=None)
        if refusal and person.key in signers:
            raise IntegrityError(f"{name}: {refusal}", "have it signed with a key that counts")
    return document


def parse_document(data: bytes, name: str) -> Document:
    """What an envelope says, no signature checked: that was done when it was admitted. Raises IntegrityError."""
    envelope = parse_envelope(data, name)
    statement = parse_statement(envelope, name)
    predicate = check(statement, name)
    subjects = tuple(each.sha256 for each in statement.subject)
    signers = tuple(sorted(envelope.keyids))
    return Document(envelope.digest, predicate.name, signers, subjects, dict(statement.predicate))


def attempts(campaign: Sequence[Filed], witnessed: str | None) -> tuple[Attempt, ...]:
    """Every START of a campaign, in order. campaign: all of it, from its first plan. witnessed: UTC, the newest
    quorum checkpoint's time, by which an open run is judged abandoned; None: none is.

    Relies on nobody's admission: raises IntegrityError for an END without START, twice, or by another key, and for
    a START that its plan doesn't precede.
    """
    if not campaign or campaign[0].document.type != "plan":
        raise IntegrityError("a campaign that doesn't begin with a plan", GET_AGAIN)
    quota = campaign[0].document.fields["quota"]
    allowed = quota["primary"] + quota["variants"]
    by_payload = {each.document.payload: each for each in campaign}
    ends: dict[str, Filed] = {}
    for each in campaign:
        if each.document.type == "run-start":
            check_start(each.document, each.entry.campaign, campaign, each.index)
        elif each.document.type == "run-end":
            start = start_of(each.document, by_payload.get(each.document.subjects[0]))
            if start.index > each.index:
                raise IntegrityError(
                    f"entry {each.index} ends a run that entry {start.index} starts", GET_AGAIN
                )
            if start.document.payload in ends:
                raise IntegrityError(
                    f"entry {each.index} ends the run of entry {start.index} again", GET_AGAIN
                )
            ends[start.document.payload] = each
    starts = [each for each in campaign if each.document.type == "run-start"]
    return tuple(
        Attempt(each, end := ends.get(each.document.payload), _state(each, end, witnessed), number > allowed)
        for number, each in enumerate(starts, start=1)
    )


def never_started(campaign: Sequence[Filed], witnessed: str) -> tuple[Filed, ...]:
    """Plans that no START names, their deadline past at `witnessed` (UTC): registered, never started."""
    named = {each.document.fields["plan"]["index"] for each in campaign if each.document.type == "run-start"}
    plans = (each for each in campaign if each.document.type == "plan" and each.index not in named)
    return tuple(each for each in plans if each.document.fields["deadline"] < witnessed)


def complete_campaign(
    name: str, entries: Sequence[bytes], before: Frontier, root: bytes, log: str
) -> tuple[Logged, ...]:
    """All entries of a campaign, none left out: `entries` are every entry from its first plan's to the checkpoint,
    `before` is the tree's edge below them, `root` the checkpoint's. log: its origin, for messages.

    Raises IntegrityError where they don't make that root, or the campaign's numbers and hashes don't chain.
    """
    if before.extended(map(leaf_hash, entries)).root != root:
        raise IntegrityError(f"the entries from {before.size} on are not those of {log}", GET_AGAIN)
    found = []
    for index, data in enumerate(entries, start=before.size):
        entry = parse_entry(data, f"entry {index} of {log}")
        if entry.campaign == name:
            found.append(Logged(index, entry))
    check_chain(name, found)
    return tuple(found)


def check_chain(name: str, campaign: Sequence[Logged]) -> None:
    """Numbered from 1 without gap, each naming the one before. Raises IntegrityError, naming the first fault."""
    if not campaign:
        raise IntegrityError(f"the campaign {name[:16]}… has no entry", GET_AGAIN)
    if name != NOBODY and campaign[0].entry.type != "plan":
        raise IntegrityError(f"the campaign {name[:16]}… doesn't begin with its plan", GET_AGAIN)
    previous = NOBODY
    for seq, each in enumerate(campaign, start=1):
        if each.entry.seq != seq:
            raise IntegrityError(
                f"entry {each.index} is number {each.entry.seq} of its campaign, and {seq} was due", GET_AGAIN
            )
        if each.entry.previous != previous:
            raise IntegrityError(
                f"entry {each.index} doesn't follow the one before it in its campaign", GET_AGAIN
            )
        previous = each.entry.leaf.hex()


def check_start(start: Document, campaign: str, entries: Sequence[Filed], index: int) -> None:
    """That its plan precedes it and is the one that it names, by index, entry and file."""
    named = start.fields["plan"]
    plan = next((each for each in entries if each.index == named["index"]), None)
    if plan is None or plan.index >= index or plan.document.type != "plan":
        raise IntegrityError(f"entry {named['index']} is no plan of the campaign {campaign[:16]}…", NOT_TAKEN)
    if plan.entry.leaf.hex() != named["entry"] or start.subjects[0] not in plan.document.subjects:
        raise IntegrityError(f"a START that names another plan than that of entry {plan.index}", NOT_TAKEN)


def start_of(end: Document, start: Filed | None) -> Filed:
    """The START that an END is about, once it is of the same run, campaign and keys. Raises IntegrityError."""
    run = end.fields["run"]
    if start is None or start.document.type != "run-start" or start.document.fields["run"] != run:
        raise IntegrityError(f"an END of the run {run[:40]!r}, whose START is not in the log", NOT_TAKEN)
    if start.entry.campaign != end.fields["campaign"]:
        raise IntegrityError(f"an END in another campaign than its START, entry {start.index}", NOT_TAKEN)
    if start.document.signers != end.signers:
        raise IntegrityError(f"an END that other keys signed than its START, entry {start.index}", NOT_TAKEN)
    return start


def _state(start: Filed, end: Filed | None, witnessed: str | None) -> State:
    if end is not None:
        status: State = end.document.fields["status"]
        return status
    return "abandoned" if witnessed is not None and start.document.fields["deadline"] < witnessed else "open"
