"""A witness's memory on a disk: which checkpoint of each log it cosigned last, and the forks it was shown.

witness.key, witness.vkey    its key (mode 0600) and its public half
logs.policy                  the logs it serves, as `log` lines of a tlog-policy
lock                         held by the one process that serves
state/HASH                   by SHA-256 of a log's origin: the checkpoint cosigned last, with both signatures
forks/HASH-SIZE-DIGEST-…     two signed checkpoints that can't both be true
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fairtrial.adapters.stores.durable import FolderLock, read_file, write_durably
from fairtrial.core.errors import StoreError, UsageError

KEY, VKEY, LOGS, LOCK, STATE, FORKS = "witness.key", "witness.vkey", "logs.policy", "lock", "state", "forks"
MOST_BYTES: Final = 2**20
MOST_FORKS: Final = 100
"""One is proof enough; a log that signs thousands shall not fill the disk."""


class WitnessFolder:
    """One witness. After a failure of the disk nothing more is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stopped: StoreError | None = None
        self._lock: FolderLock | None = None

    def lock(self) -> None:
        """Become the one that serves. Raises StoreError, naming the process that does already."""
        self._lock = FolderLock.take(self.path / LOCK, f"serving as the witness {self.path}")

    def release(self) -> None:
        """May be called twice."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def need(self, name: str) -> bytes:
        """Raises UsageError where it is missing."""
        data = read_file(self.path / name, MOST_BYTES)
        if data is None:
            raise UsageError(
                f"{self.path} holds no witness: {name} is missing", "make one: `fairtrial witness init`"
            )
        return data

    def state(self, log: str) -> bytes | None:
        """log: SHA-256 of its origin in hexadecimal."""
        return read_file(self.path / STATE / log, MOST_BYTES)

    def keep(self, log: str, checkpoint: bytes) -> None:
        """On the disk when it returns. Raises StoreError, and from then on always."""
        self._write(f"{STATE}/{log}", checkpoint)

    def keep_fork(self, name: str, checkpoints: tuple[bytes, bytes]) -> None:
        """Once a name; beyond a hundred forks none."""
        folder = self.path / FORKS
        if (folder / f"{name}-0").exists() or (
            folder.is_dir() and len(list(folder.iterdir())) >= 2 * MOST_FORKS
        ):
            return
        for at, data in enumerate(checkpoints):
            self._write(f"{FORKS}/{name}-{at}", data)

    def _write(self, name: str, data: bytes) -> None:
        if self.stopped is not None:
            raise self.stopped
        try:
            write_durably([(self.path / name, data)])
        except StoreError as error:
            self.stopped = error
            raise
