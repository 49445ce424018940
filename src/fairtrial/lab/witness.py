"""A witness in a process of its own: cosigns what grows, remembers what it cosigned, names forks.

It compares and remembers under one lock, and answers after the disk has the new state: a slower request can't roll
it back. Its own key never serves two witnesses.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairtrial.adapters.http_get import get
from fairtrial.adapters.stores.durable import write_durably
from fairtrial.adapters.stores.keys import SecretKey, create_key, load_key
from fairtrial.adapters.stores.witnessed import KEY, LOGS, VKEY, WitnessFolder
from fairtrial.core.errors import FairtrialError, IntegrityError, ProviderError, StoreError, UsageError
from fairtrial.lab.log_init import note_key
from fairtrial.trust.checkpoint import (
    SignedCheckpoint,
    check_log_signature,
    cosign,
    cosignatures,
    parse_checkpoint,
)
from fairtrial.trust.log_policy import Party, parse_log_policy
from fairtrial.trust.note import MOST_BYTES, Note
from fairtrial.trust.note_keys import COSIGNATURE, NoteKey, VerifierKey, parse_vkey
from fairtrial.trust.tiles import CHECKPOINT
from fairtrial.trust.witness import Fork, decide


@dataclass(frozen=True, slots=True)
class Reply:
    """status: of HTTP. body: text. fork: what was just found and kept."""

    status: int
    body: str
    fork: Fork | None = None


class Witness:
    """Open while it serves. now: POSIX seconds."""

    def __init__(self, folder: WitnessFolder, key: NoteKey, now: Callable[[], int]) -> None:
        """Use `open`. The lock must be held."""
        self.folder, self.key = folder, key
        self._now, self._lock = now, threading.Lock()
        self.logs: tuple[Party, ...] = parse_log_policy(folder.need(LOGS), LOGS).logs
        self._keys = [log.key for log in self.logs]
        self._last: dict[str, SignedCheckpoint] = {}
        for log in self.logs:
            if (data := folder.state(_name(log.name))) is not None:
                self._last[log.name] = self._remembered(data, log)

    @classmethod
    def init(cls, path: Path, name: str, logs: Sequence[str]) -> VerifierKey:
        """A new witness and its key. logs: `<vkey> [url]` each. Returns the public half, to be made known."""
        policy = "".join(f"log {each}\n" for each in logs) + "quorum none\n"
        parse_log_policy(policy.encode(), "the list of logs")
        VerifierKey(name, COSIGNATURE, SecretKey.new().public)  # refuses the name before anything is written
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"can't make {path}: {error.strerror}", "name another folder") from error
        key = note_key(name, COSIGNATURE, create_key(path / KEY)).public
        write_durably([(path / LOGS, policy.encode()), (path / VKEY, f"{key.vkey}\n".encode())])
        return key

    @classmethod
    def open(cls, path: str | Path, now: Callable[[], int]) -> Witness:
        """Take the lock and check what is remembered. Raises StoreError where another process serves, naming it;
        IntegrityError where the memory is not this witness's own."""
        folder = WitnessFolder(Path(path))
        public = parse_vkey(folder.need(VKEY).decode("utf-8", "replace").strip())
        secret = load_key(folder.path / KEY, _no_passphrase)
        key = note_key(public.name, COSIGNATURE, secret)
        if key.public != public:
            raise IntegrityError(
                f"{folder.path / KEY} is not the key in {VKEY}", "restore both from one copy"
            )
        folder.lock()
        try:
            return cls(folder, key, now)
        except FairtrialError:
            folder.release()
            raise

    def check_memory(self) -> tuple[str, ...]:
        """Hold the memory against what the logs publish. Returns the logs that couldn't be asked, and why.

        Raises IntegrityError where a log shows a cosignature of this witness for a larger tree than it remembers:
        it was restored from an old backup, and could cosign a fork without noticing.
        """
        unknown = []
        for log in self.logs:
            if not log.url:
                unknown.append(f"{log.name}: no address is given")
                continue
            try:
                answer = get(f"{log.url.rstrip('/')}/{CHECKPOINT}", most=MOST_BYTES)
            except (ProviderError, UsageError) as error:
                unknown.append(f"{log.name}: {error.message}")
                continue
            if answer.status == 200:
                self._compare(log, answer.body)
            else:
                unknown.append(f"{log.name}: {log.url} answered {answer.status}")
        return tuple(unknown)

    def add_checkpoint(self, body: bytes) -> Reply:
        """Answer one request; with 200 the new state is on the disk. Raises StoreError where it can't be."""
        with self._lock:
            answer = decide(body, self._keys, self._last.get)
            if answer.fork is not None:
                self._keep_fork(answer.fork)
            if answer.accepted is None:
                return Reply(answer.status, answer.text, answer.fork)
            return Reply(200, self._cosigned(answer.accepted))

    def checkpoint(self, log: str) -> bytes | None:
        """The checkpoint cosigned last. log: SHA-256 of its origin in hexadecimal."""
        with self._lock:
            return next((last.data for origin, last in self._last.items() if _name(origin) == log), None)

    def close(self) -> None:
        """Give the lock back. May be called twice."""
        self.folder.release()

    def _cosigned(self, accepted: SignedCheckpoint) -> str:
        tree = accepted.checkpoint
        line = cosign(tree, self.key, self._now())
        # Of the lines that came, only those by the log's known keys were verified.
        own = [each for _, each in accepted.note.verified(self._keys)]
        kept = SignedCheckpoint(tree, Note(tree.text, (*own, line)))
        self.folder.keep(_name(tree.origin), kept.data)
        self._last[tree.origin] = kept
        return line.line

    def _keep_fork(self, fork: Fork) -> None:
        tree = fork.shown.checkpoint
        name = f"{_name(tree.origin)}-{tree.size}-{tree.root.hex()[:16]}"
        self.folder.keep_fork(name, (fork.seen.data, fork.shown.data))

    def _remembered(self, data: bytes, log: Party) -> SignedCheckpoint:
        name = f"the memory of {log.name}"
        last = parse_checkpoint(data, name)
        check_log_signature(last, [log.key], name)
        if last.checkpoint.origin != log.name or not cosignatures(last, [self.key.public]):
            raise IntegrityError(
                f"{name} is not what this witness cosigned", "restore it from the newest copy"
            )
        return last

    def _compare(self, log: Party, data: bytes) -> None:
        name = f"the checkpoint at {log.url}"
        shown = parse_checkpoint(data, name)
        check_log_signature(shown, [log.key], name)
        last = self._last.get(log.name)
        size = last.checkpoint.size if last else 0
        if cosignatures(shown, [self.key.public]) and shown.checkpoint.size > size:
            raise IntegrityError(
                f"this witness cosigned {shown.checkpoint.size} entries of {log.name} and remembers {size}: "
                "it was restored from an old copy",
                "restore the newest copy; without one, make a new witness with a key of its own",
            )


def _name(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _no_passphrase() -> str:
    raise UsageError(
        "a witness's key has no passphrase: it signs unattended", "use the witness's own key file"
    )
