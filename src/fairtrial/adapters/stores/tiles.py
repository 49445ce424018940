"""A log on a disk: the bytes, the lock and the order of writing. What the bytes mean is `trust`'s.

    log.key, log.vkey       the log's key (mode 0600) and its public half
    trust.json              whose documents it takes
    log.policy              its witnesses, where there are any
    lock                    held by the one writer
    envelopes/N.jsonl       the documents behind the entries from N on, a line each
    cosigned/N              the checkpoint of size N, once its witnesses' lines make the quorum
    stamps/N-HOST.tsr       a time stamp of the checkpoint of size N, from the authority at HOST
    public/                 what is served: `checkpoint`, `tile/…`

An entry counts once the checkpoint that covers it has replaced the one before. Files beyond it are leftovers of a
writer that died; the next one writes them again.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fairtrial.adapters.stores.durable import FolderLock, force_folders, read_file, write_durably
from fairtrial.core.errors import StoreError, UsageError

KEY, VKEY, PEOPLE, POLICY, LOCK = "log.key", "log.vkey", "trust.json", "log.policy", "lock"
PUBLIC, CHECKPOINT, ENVELOPES, COSIGNED = "public", "checkpoint", "envelopes", "cosigned"
MOST_BYTES: Final = 2**30
"""Of one file: a batch of envelopes is the largest."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


class LogFolder:
    """One log. Everybody reads; who writes holds the lock, and stops for good at the first failure of the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stopped: StoreError | None = None
        self._lock: FolderLock | None = None

    @classmethod
    def create(cls, path: Path, files: Sequence[tuple[str, bytes]], checkpoint: bytes) -> LogFolder:
        """A new log. files: names in the folder and their bytes. Raises StoreError where one is there already."""
        folder = cls(path)
        if folder.file(f"{PUBLIC}/{CHECKPOINT}") is not None:
            raise StoreError(
                f"{path} holds a log already", "choose another folder; a log is never started anew"
            )
        folder.lock()
        try:
            folder.write(files)
            folder.commit(checkpoint)
        finally:
            folder.release()
        return folder

    def lock(self) -> None:
        """Become the one writer. Raises StoreError, naming the process that is it already."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"can't make {self.path}: {error.strerror}", "name another folder") from error
        self._lock = FolderLock.take(self.path / LOCK, f"writing to the log {self.path}")
        force_folders(self.path)

    def release(self) -> None:
        """May be called twice."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def file(self, name: str) -> bytes | None:
        """A file of the folder, None where there is none. name: ours, never anybody's wish."""
        return read_file(self.path / name, MOST_BYTES)

    def need(self, name: str) -> bytes:
        """Raises UsageError where it is missing."""
        data = self.file(name)
        if data is None:
            raise UsageError(f"{self.path} holds no log: {name} is missing", "make one: `fairtrial log init`")
        return data

    def public(self, path: str) -> bytes | None:
        """A file as it is served. path: a log's path (`trust.tiles.is_log_path`)."""
        return self.file(f"{PUBLIC}/{path}")

    def numbers(self, name: str, suffix: str = "") -> list[int]:
        """The numbers that files in a folder of ours are called, sorted. Other files are passed over."""
        folder = self.path / name
        names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
        ours = (each.removesuffix(suffix) for each in names if each.endswith(suffix))
        return sorted(int(each) for each in ours if _NUMBER.fullmatch(each))

    def write(self, files: Sequence[tuple[str, bytes]]) -> None:
        """All on the disk at the end; none of it counts before `commit`."""
        if self._lock is None:
            raise StoreError(f"nobody is writing to {self.path}", "open the log for writing")
        if self.stopped is not None:
            raise self.stopped
        try:
            write_durably((self.path / name, data) for name, data in files)
        except StoreError as error:
            self.stopped = StoreError(error.message, f"{error.remedy}; nothing more is written until then")
            raise self.stopped from error

    def commit(self, checkpoint: bytes) -> None:
        """From here on everything before counts."""
        self.write([(f"{PUBLIC}/{CHECKPOINT}", checkpoint)])

    def remove_partials(self, path: str) -> None:
        """What a full tile at this path has replaced. One that stays does no harm."""
        folder = self.path / PUBLIC / f"{path}.p"
        with contextlib.suppress(OSError):
            for each in folder.iterdir():
                each.unlink()
            folder.rmdir()
