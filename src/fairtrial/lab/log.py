"""The log's writer: takes signed documents, makes them entries, and answers once they are on the disk.

One writer, who holds a lock for its whole life. Opening checks the stored checkpoint and rebuilds the root from
the tiles. Appending: admit, write documents, entry bundles and tiles, sign the checkpoint, and let it replace the
one before; that rename commits. What waits meanwhile is committed together: one checkpoint, one set of fsyncs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from fairtrial.adapters.stores.keys import load_key
from fairtrial.adapters.stores.tiles import (
    CHECKPOINT,
    COSIGNED,
    ENVELOPES,
    KEY,
    PEOPLE,
    POLICY,
    PUBLIC,
    VKEY,
    LogFolder,
)
from fairtrial.core.errors import FairtrialError, IntegrityError, ProviderError, StoreError, UsageError
from fairtrial.lab.cosigning import Cosigned, gather
from fairtrial.lab.log_archive import SUFFIX, Archive
from fairtrial.lab.log_reader import LogReader
from fairtrial.lab.turns import Turns
from fairtrial.trust.campaign import Document, Filed, admit, read_document
from fairtrial.trust.checkpoint import Checkpoint, SignedCheckpoint, cosignatures, sign_checkpoint
from fairtrial.trust.entry import Logged
from fairtrial.trust.log_policy import LogPolicy, Party, parse_log_policy
from fairtrial.trust.note_keys import NoteKey
from fairtrial.trust.people import People, parse_people
from fairtrial.trust.tree import Frontier, frontier


@dataclass(slots=True)
class _Ticket:
    """One document on its way in."""

    envelope: bytes
    document: Document
    logged: Logged | None = None
    error: FairtrialError | None = None
    is_settled: bool = False


class Log:
    """A log open for writing. Safe to use from several threads; a context manager that gives the lock back."""

    def __init__(self, folder: LogFolder, key: NoteKey) -> None:
        """Use `open`. The lock must be held."""
        self.folder, self.reader = folder, LogReader(folder.public, key.public, folder)
        self._key = key
        self.people: People = parse_people(folder.need(PEOPLE), PEOPLE)
        policy = folder.file(POLICY)
        self.policy: LogPolicy | None = None if policy is None else parse_log_policy(policy, POLICY)
        self._turns = Turns()
        self._waiting: deque[_Ticket] = deque()
        tree = self.reader.checkpoint().checkpoint
        tiles = self.reader.tiles(tree.size)
        self._frontier = Frontier().extended(tiles.leaves())
        # Once from the leaves, once from the tiles above them: a writer goes on from both.
        if not self._frontier.root == frontier(tree.size, tiles).root == tree.root:
            raise IntegrityError(
                f"the tiles in {folder.path} don't make the root that the log signed",
                "restore the log from a copy; never append to this one",
            )
        self._edge, self.history = tiles.edge(), Archive(folder, tiles)
        self._settled = True

    @classmethod
    def open(cls, path: str | Path) -> Log:
        """Take the lock and check the log as it stands. Raises StoreError where another process writes, naming it;
        IntegrityError where checkpoint and tiles don't fit."""
        folder = LogFolder(Path(path))
        public = LogReader.open(path).key
        secret = load_key(folder.path / KEY, _no_passphrase)
        if secret.public != public.public:
            raise IntegrityError(
                f"{folder.path / KEY} is not the key in {VKEY}", "restore both from one copy"
            )
        folder.lock()
        try:
            return cls(folder, NoteKey(public, secret.private.sign))
        except FairtrialError:
            folder.release()
            raise

    @property
    def origin(self) -> str:
        return self.reader.origin

    @property
    def size(self) -> int:
        return self._frontier.size

    def append(self, envelope: bytes) -> Logged:
        """Log one signed document. It is on the disk, under a signed checkpoint, when this returns.

        A document that is logged already gets its entry again: whoever died before the answer may ask once more.
        Raises IntegrityError where it is not admitted; StoreError where the disk failed, and from then on always.
        """
        return self.append_all([envelope], names=["the document"])[0]

    def append_all(self, envelopes: Sequence[bytes], *, names: Sequence[str] = ()) -> list[Logged]:
        """Several at once, in this order, under one checkpoint. Those that are admitted stay, whatever becomes of
        the others; the first error is raised. names: of their files, for messages; else they are numbered."""
        named = names or [f"document {number}" for number in range(1, len(envelopes) + 1)]
        tickets = [_Ticket(each, self._read(each, name)) for each, name in zip(envelopes, named, strict=True)]
        self._waiting.extend(tickets)
        # Whoever finds nobody writing takes everybody along; the others wait, and find their tickets settled.
        with self._turns.taken(unless=lambda: all(each.is_settled for each in tickets)) as mine:
            if mine:
                self._commit([self._waiting.popleft() for _ in range(len(self._waiting))])
        return [_settled(each) for each in tickets]

    def cosign(self) -> Cosigned:
        """Have the newest checkpoint cosigned by the policy's witnesses, and keep it with their lines.

        Raises UsageError without a policy, ProviderError where the quorum isn't met, IntegrityError where a
        witness has seen another tree.
        """
        if self.policy is None:
            raise UsageError(f"{self.folder.path} has no {POLICY}", "give one to `fairtrial log init`")
        signed = self.reader.checkpoint()
        done = gather(signed, self.policy, self.reader.consistency, self._cosigned_last)
        with self._turns.taken():
            self._keep(done.signed)
        if not done.met:
            why = "; ".join(f"{name}: {reason}" for name, reason in done.missing) or "too few cosigned"
            raise ProviderError(
                f"the quorum {self.policy.quorum!r} isn't met ({why})",
                "the entries stand; run `fairtrial log cosign` again",
                cause="quorum",
                retryable=True,
            )
        return done

    def prove(self, index: int, *, size: int | None = None) -> bytes:
        """A `.tlog-proof`; see `LogReader.prove`."""
        return self.reader.prove(index, size=size)

    def close(self) -> None:
        """Give the lock back. May be called twice."""
        self.folder.release()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, envelope: bytes, name: str) -> Document:
        return read_document(envelope, self.people, name, origin=self.origin, index=self.size)

    def _commit(self, tickets: list[_Ticket]) -> None:
        try:
            self._commit_all(tickets)
        finally:
            for ticket in tickets:
                ticket.is_settled = True

    def _commit_all(self, tickets: list[_Ticket]) -> None:
        if not self._settled:
            for ticket in tickets:
                ticket.error = self.folder.stopped or _stopped()
            return
        self._settled = False
        new = [ticket for ticket in tickets if self._admitted(ticket)]
        try:
            if new:
                self._write(new)
        except StoreError as error:
            for ticket in new:
                ticket.logged, ticket.error = None, error
            return
        self._settled = True

    def _admitted(self, ticket: _Ticket) -> bool:
        """Whether this ticket makes a new entry; its `logged` or `error` is set either way."""
        try:
            if there := self.history.by_payload(ticket.document.payload):
                ticket.logged = there.logged
                return False
            entry = admit(ticket.document, self.history)
        except FairtrialError as error:
            ticket.error = error
            return False
        ticket.logged = Logged(self.history.size, entry)
        self.history.add([Filed(ticket.logged, ticket.document)])
        return True

    def _write(self, new: Sequence[_Ticket]) -> None:
        """Documents, bundles, tiles; then the checkpoint, whose rename commits."""
        entries = [ticket.logged.entry for ticket in new if ticket.logged is not None]
        first = self._frontier.size
        growth = self._edge.grow([entry.data for entry in entries])
        self._frontier = self._frontier.extended(entry.leaf for entry in entries)
        signed = sign_checkpoint(Checkpoint(self.origin, growth.size, self._frontier.root), self._key)
        documents = b"".join(ticket.envelope + b"\n" for ticket in new)
        tiles = [(f"{PUBLIC}/{path}", data) for path, data in growth.files]
        self.folder.write([(f"{ENVELOPES}/{first}{SUFFIX}", documents), *tiles])
        self.folder.commit(signed.data)
        self.history.kept(first)
        for path, _ in growth.files:
            if ".p/" not in path:
                self.folder.remove_partials(path)

    def _keep(self, signed: SignedCheckpoint) -> None:
        """A checkpoint with cosignatures: for ever under its size, and as the newest while it is."""
        size = signed.checkpoint.size
        if size in self.reader.cosigned():
            signed = SignedCheckpoint(
                signed.checkpoint,
                self.reader.cosigned_checkpoint(size).note.with_signatures(signed.note.signatures),
            )
        files = [(f"{COSIGNED}/{size}", signed.data)]
        if size == self.size:
            files.append((f"{PUBLIC}/{CHECKPOINT}", signed.data))
        self.folder.write(files)

    def _cosigned_last(self, party: Party) -> int:
        for size in reversed(self.reader.cosigned()):
            if party.key in cosignatures(self.reader.cosigned_checkpoint(size), [party.key]):
                return size
        return 0


def _settled(ticket: _Ticket) -> Logged:
    if ticket.error is not None:
        raise ticket.error
    if ticket.logged is None:  # whoever took it along was interrupted
        raise _stopped()
    return ticket.logged


def _stopped() -> StoreError:
    return StoreError("the log stopped in the middle of a write", "open it again: what it answered stands")


def _no_passphrase() -> str:
    raise UsageError("a log's key has no passphrase: it signs unattended", "use the log's own key file")
