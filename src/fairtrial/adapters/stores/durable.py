"""Files that are on the disk when the call returns, or not at all; and a lock that names who holds it.

The order of system calls is the point: write beside, fsync, rename, fsync the folder. A rename alone may be lost
in a power cut, or reach the disk before what it names. After a failed fsync nobody knows what the disk holds, so
whoever meets one stops. Local file systems only: on network ones neither lock nor rename keeps its word.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from fairtrial.core.errors import StoreError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def write_durably(files: Iterable[tuple[Path, bytes]], *, mode: int = 0o644) -> None:
    """Each whole or not at all, in this order; all of them on the disk at the end. Folders are made where missing.

    A power cut may leave some of them. Raises StoreError, and then nothing may be assumed about any.
    """
    folders: dict[Path, None] = {}
    for path, data in files:
        try:
            made = _make_folders(path.parent)
            _write(path, data, mode)
        except OSError as error:
            raise _kept_not(path, error) from error
        folders |= dict.fromkeys([path.parent, *made])
    for folder in folders:
        try:
            _sync_folder(folder)
        except OSError as error:
            raise _kept_not(folder, error) from error


def read_file(path: Path, limit: int) -> bytes | None:
    """None where there is none. Raises StoreError where it can't be read, or has more than `limit` bytes."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"can't read {path}: {error.strerror}", "see the reason above") from error
    if len(data) > limit:
        raise StoreError(
            f"{path} has more than {limit:,} bytes", "it is not what was written there; restore it"
        )
    return data


class Held(StoreError):
    """Another process holds the lock: whoever has time may ask again."""


class FolderLock:
    """Held by one process, from `take` until `release` or its end, however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, what: str) -> FolderLock:
        """path: of the lock's file. what: is being done to which thing. Raises Held, naming the holder."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"can't open {path}: {error.strerror}", "see the reason above") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise Held(
                f"process {holder} is {what} already", "wait until it ends, or end it: one at a time"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """May be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _write(path: Path, data: bytes, mode: int) -> None:
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, _NEW, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(beside, path)


def _make_folders(path: Path) -> list[Path]:
    """The folders whose entries are new: they too must reach the disk."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each)
    return [each.parent for each in missing]


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _kept_not(path: Path, error: OSError) -> StoreError:
    remedies = {
        errno.ENOSPC: "the disk is full: free some space, then start again",
        errno.EDQUOT: "your disk quota is used up: free some space, then start again",
        errno.EROFS: "the file system is read-only: use another folder",
        errno.EACCES: "you may not write there: use another folder",
        errno.EIO: "the disk fails: copy the folder to another one, then start again there",
    }
    return StoreError(
        f"can't keep {path}: {error.strerror}", remedies.get(error.errno or 0, "see the reason above")
    )
