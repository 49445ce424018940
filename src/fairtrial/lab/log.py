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
from fairtrial.trust.admission import admit
from fairtrial.trust.campaign import Document, Filed, read_document
from fairtrial.trust.checkpoint import Checkpoint, cosignatures, sign_checkpoint
from fairtrial.trust.entry import Entry, Logged
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
            self._keep(done)
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
        self._settled, first = False, self.history.size
        placed = [(ticket, self._placed(ticket)) for ticket in tickets]
        # By index: two tickets may bring one document.
        new = {logged.index: (ticket.envelope, logged.entry) for ticket, logged in placed if logged}
        try:
            self._write(first, [new[index] for index in range(first, self.history.size)])
        except StoreError as error:
            for ticket in tickets:
                ticket.error = ticket.error or error
            return
        # Only now: whoever interrupts the write leaves tickets without an answer, not with one that is lost.
        for ticket, logged in placed:
            ticket.logged = logged
        self._settled = True

    def _placed(self, ticket: _Ticket) -> Logged | None:
        """The entry that this document has, or gets; None, with the ticket's error, where it isn't admitted."""
        try:
            if there := self.history.by_payload(ticket.document.payload):
                return there.logged
            logged = Logged(self.history.size, admit(ticket.document, self.history))
        except FairtrialError as error:
            ticket.error = error
            return None
        self.history.add([Filed(logged, ticket.document)])
        return logged

    def _write(self, first: int, new: Sequence[tuple[bytes, Entry]]) -> None:
        """Documents, bundles, tiles; then the checkpoint, whose rename commits."""
        if not new:
            return
        growth = self._edge.grow([entry.data for _, entry in new])
        self._frontier = self._frontier.extended(entry.leaf for _, entry in new)
        signed = sign_checkpoint(Checkpoint(self.origin, growth.size, self._frontier.root), self._key)
        documents = b"".join(envelope + b"\n" for envelope, _ in new)
        tiles = [(f"{PUBLIC}/{path}", data) for path, data in growth.files]
        self.folder.write([(f"{ENVELOPES}/{first}{SUFFIX}", documents), *tiles])
        self.folder.commit(signed.data)
        self.history.kept(first)
        for path, _ in growth.files:
            if ".p/" not in path:
                self.folder.remove_partials(path)

    def _keep(self, done: Cosigned) -> None:
        """The lines gathered: on the newest checkpoint while it is; for ever under its size where they make the
        quorum."""
        size, files = done.signed.checkpoint.size, []
        if size == self.size:
            files.append((f"{PUBLIC}/{CHECKPOINT}", done.signed.data))
        if done.met:
            files.append((f"{COSIGNED}/{size}", done.signed.data))
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
