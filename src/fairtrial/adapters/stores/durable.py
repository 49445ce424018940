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
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

from fairtrial.core.errors import StoreError

_AT_ONCE: Final = 32
"""Files that are open together."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def write_durably(files: Iterable[tuple[Path, bytes]], *, mode: int = 0o644) -> None:
    """Each whole or not at all; all of them on the disk at the end. Folders are made where missing.

    A power cut may leave some of them. Raises StoreError, and then nothing may be assumed about any.
    """
    waiting = iter(files)
    while part := list(islice(waiting, _AT_ONCE)):
        _write_part(part, mode)


def force_folders(root: Path) -> None:
    """All folders from `root` down: whoever died between making one and forcing its parent left that undone.

    Raises StoreError.
    """
    waiting = (Path(folder) for folder, _, _ in os.walk(root))
    while part := list(islice(waiting, _AT_ONCE)):
        _force_folders(part)


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


def _write_part(files: Sequence[tuple[Path, bytes]], mode: int) -> None:
    folders: dict[Path, None] = {}
    written: list[tuple[int, Path]] = []
    try:
        for path, data in files:
            folders |= dict.fromkeys([path.parent, *_make_folders(path.parent)])
            _write_beside(path, data, mode, written)
        _force(written)
        for path, _ in files:
            _rename(path)
    finally:
        for descriptor, _ in written:
            os.close(descriptor)
    _force_folders(list(folders))


def _write_beside(path: Path, data: bytes, mode: int, written: list[tuple[int, Path]]) -> None:
    try:
        descriptor = os.open(_beside(path), _NEW, mode)
        written.append((descriptor, path))
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        raise _kept_not(path, error) from error


def _rename(path: Path) -> None:
    try:
        os.replace(_beside(path), path)
    except OSError as error:
        raise _kept_not(path, error) from error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _force(opened: Sequence[tuple[int, Path]]) -> None:
    """fsync of all, at the same time: a journal commits them together, and the disk is waited for once."""
    if len(opened) == 1:
        _force_one(*opened[0])
        return
    with ThreadPoolExecutor(len(opened)) as pool:
        for done in [pool.submit(_force_one, *each) for each in opened]:
            done.result()


def _force_one(descriptor: int, path: Path) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise _kept_not(path, error) from error


def _force_folders(folders: Sequence[Path]) -> None:
    opened: list[tuple[int, Path]] = []
    try:
        for folder in folders:
            try:
                opened.append((os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), folder))
            except OSError as error:
                raise _kept_not(folder, error) from error
        _force(opened)
    finally:
        for descriptor, _ in opened:
            os.close(descriptor)


def _make_folders(path: Path) -> list[Path]:
    """The folders whose entries are new: they too must reach the disk."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    try:
        for each in reversed(missing):
            with contextlib.suppress(FileExistsError):
                os.mkdir(each)
    except OSError as error:
        raise _kept_not(path, error) from error
    return [each.parent for each in missing]


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
