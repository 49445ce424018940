"""A bundle's members read: each strictly, by its own rules, into what the checks look at.

A file that can't be read is a fault with a name, and is then simply not there: what needs it can't be checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fairtrial.core.canon import canonical
from fairtrial.core.errors import FairtrialError, IntegrityError
from fairtrial.core.record import Record
from fairtrial.trust import bundle
from fairtrial.trust.campaign import Document, parse_document
from fairtrial.trust.checkpoint import SignedCheckpoint, parse_checkpoint
from fairtrial.trust.contents import read_content, read_edge
from fairtrial.trust.documents import GET_AGAIN, MAX_BYTES
from fairtrial.trust.dsse import Envelope, parse_envelope
from fairtrial.trust.entry import MOST_ENTRY_BYTES, Entry, Logged, parse_entry
from fairtrial.trust.log_policy import LogPolicy, parse_log_policy
from fairtrial.trust.method import parse_method
from fairtrial.trust.people import People, parse_people
from fairtrial.trust.records import Journal, read_journal, records_of, unpacked
from fairtrial.trust.rescoring import pure_scorer
from fairtrial.trust.tlog_proof import TlogProof, parse_tlog_proof
from fairtrial.trust.tree import Frontier

PLAN, START, END, RESULT = "plan", "run-start", "run-end", "result"
MAIN: Final = (PLAN, START, END, RESULT)
ENTRY, AUDIT, REVEAL, COMMIT = "entry-", "audit", "reveal", "dataset-commit"


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement as it lies in the bundle. name: without folder and suffix; file: with both."""

    name: str
    file: str
    envelope: Envelope
    document: Document

    @property
    def type(self) -> str:
        return self.document.type

    @property
    def fields(self) -> Mapping[str, Any]:
        return self.document.fields


@dataclass(slots=True)
class Parts:
    """Whatever could be read. entries: of the log, by index; entry_bytes: the same as they stand. payloads: digest
    of an envelope -> its file. faults: of the files, sorted by name. plan: with floats, as JSON has them."""

    members: Mapping[str, bytes]
    plan: dict[str, Any] | None = None
    freeze: dict[str, Any] | None = None
    method: dict[str, Any] | None = None
    scores: dict[str, Any] | None = None
    dataset: dict[str, Any] | None = None
    elsewhere: dict[str, Any] | None = None
    journal: Journal | None = None
    statements: dict[str, Signed] = field(default_factory=dict)
    payloads: dict[str, str] = field(default_factory=dict)
    proofs: dict[str, TlogProof] = field(default_factory=dict)
    entries: dict[int, Logged] = field(default_factory=dict)
    entry_bytes: dict[int, bytes] = field(default_factory=dict)
    edge: Frontier | None = None
    checkpoint: SignedCheckpoint | None = None
    people: People | None = None
    policy: LogPolicy | None = None
    faults: list[str] = field(default_factory=list)

    def main(self, *names: str) -> list[Signed]:
        """Those of the four main statements, or of the named ones, that are there."""
        return [self.statements[name] for name in names or MAIN if name in self.statements]

    def audits(self) -> list[Signed]:
        return [each for each in self.statements.values() if each.type == AUDIT]

    def records(self) -> Iterator[Record]:
        """Of a journal that could be read; nothing otherwise."""
        if self.journal is None:
            return
        data = self.members[self.journal.name]
        packed = self.journal.name == bundle.RECORDS_GZ
        yield from records_of(unpacked(data, self.journal.name) if packed else data, self.journal.name)

    def checkpoints(self) -> dict[str, SignedCheckpoint]:
        """Every checkpoint in the bundle, by the file that it stands in."""
        found = {
            f"{bundle.PROOFS}{name}{bundle.PROOF_SUFFIX}": each.signed for name, each in self.proofs.items()
        }
        return found | ({bundle.CHECKPOINT: self.checkpoint} if self.checkpoint else {})


def read_parts(members: Mapping[str, bytes]) -> Parts:
    """Every member read; nothing is raised, see `Parts.faults`."""
    parts = Parts(members)
    # The plan first: it names the scorer by which the records are read.
    for name in sorted(members, key=lambda name: (name != bundle.PLAN, name)):
        if reader := _reader(name):
            try:
                reader(parts, members[name], name)
            except FairtrialError as error:
                parts.faults.append(error.message)
    return parts


def _reader(name: str) -> Callable[[Parts, bytes, str], None] | None:
    if name in _READERS:
        return _READERS[name]
    return next((reader for folder, reader in _FOLDERS.items() if name.startswith(folder)), None)


def _read_plan(data: bytes, name: str) -> dict[str, Any]:
    """Numbers may have decimals here: a temperature has. Canonical form leaves each one spelling."""
    try:
        if len(data) > MAX_BYTES["plan"]:
            raise ValueError(f"{len(data):,} bytes")
        value = json.loads(data.decode("utf-8"))
        if not isinstance(value, dict) or canonical(value) != data:
            raise ValueError("it is not written in canonical form (RFC 8785)")
    except (ValueError, RecursionError, FairtrialError) as error:
        raise IntegrityError(f"{name} is no plan: {error}".partition("\n")[0], GET_AGAIN) from error
    return value


def _read_records(parts: Parts, data: bytes, name: str) -> None:
    if name == bundle.RECORDS_GZ:
        data = unpacked(data, name)
    form = at(parts.plan, "task", "scorer")
    parts.journal = read_journal(data, name, pure_scorer(form) if isinstance(form, Mapping) else None)


def at(value: Any, *path: str) -> Any:
    """What stands in nested objects under these keys; None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _read_statement(parts: Parts, data: bytes, file: str) -> None:
    name = file.removeprefix(bundle.STATEMENTS).removesuffix(bundle.STATEMENT_SUFFIX)
    document = parse_document(data, file)
    if not (name.startswith((ENTRY, f"{document.type}-")) or document.type == name):
        raise IntegrityError(f"{file} is a {document.type}, not what its name says", GET_AGAIN)
    if (twin := parts.payloads.setdefault(document.payload, file)) != file:
        raise IntegrityError(f"{file} is {twin} once more", GET_AGAIN)
    parts.statements[name] = Signed(name, file, parse_envelope(data, file), document)


def _read_proof(parts: Parts, data: bytes, file: str) -> None:
    name = file.removeprefix(bundle.PROOFS).removesuffix(bundle.PROOF_SUFFIX)
    proof = parse_tlog_proof(data, file)
    if proof.data != data:
        raise IntegrityError(f"{file} has another form than it is written in", GET_AGAIN)
    parts.proofs[name] = proof


def _read_entries(parts: Parts, data: bytes, file: str) -> None:
    first = file.removeprefix(bundle.ENTRIES).removesuffix(bundle.ENTRIES_SUFFIX)
    if not (first.isdigit() and str(int(first)) == first and data.endswith(b"\n")):
        raise IntegrityError(f"{file} is not named after the index of its first entry, or is torn", GET_AGAIN)
    for index, line in enumerate(data[:-1].split(b"\n"), start=int(first)):
        if len(line) > MOST_ENTRY_BYTES or index in parts.entries:
            raise IntegrityError(f"{file}: entry {index} is too long, or stands twice", GET_AGAIN)
        entry: Entry = parse_entry(line, f"entry {index} in {file}")
        parts.entries[index], parts.entry_bytes[index] = Logged(index, entry), line


def _read_checkpoint(parts: Parts, data: bytes, name: str) -> None:
    parts.checkpoint = parse_checkpoint(data, name)
    if parts.checkpoint.data != data:
        raise IntegrityError(f"{name} has another form than it is written in", GET_AGAIN)


def _keep(attribute: str, read: Callable[[bytes, str], Any]) -> Callable[[Parts, bytes, str], None]:
    return lambda parts, data, name: setattr(parts, attribute, read(data, name))


_READERS: Final[Mapping[str, Callable[[Parts, bytes, str], None]]] = {
    bundle.PLAN: _keep("plan", _read_plan),
    bundle.FREEZE: _keep("freeze", _read_plan),
    bundle.METHOD: _keep("method", parse_method),
    bundle.SCORES: _keep("scores", lambda data, name: read_content("scores", data, name)),
    bundle.DATASET: _keep("dataset", lambda data, name: read_content("data set", data, name)),
    bundle.RECORDS: _read_records,
    bundle.RECORDS_GZ: _read_records,
    bundle.RECORDS_DIGEST: _keep(
        "elsewhere", lambda data, name: read_content("digest of records", data, name)
    ),
    bundle.EDGE: _keep("edge", read_edge),
    bundle.CHECKPOINT: _read_checkpoint,
    bundle.TRUST: _keep("people", lambda data, name: parse_people(data, name, canonical=True)),
    bundle.LOG_POLICY: _keep("policy", parse_log_policy),
}
_FOLDERS: Final = {
    bundle.STATEMENTS: _read_statement,
    bundle.PROOFS: _read_proof,
    bundle.ENTRIES: _read_entries,
}
