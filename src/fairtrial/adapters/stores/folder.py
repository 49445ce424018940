"""A run as a folder of plain files, readable without us.

    plan.json       canonical bytes of the plan; their digest names the run
    records.jsonl   append-only journal, one line a record
    summary.json    the figures, written when the run ends
    report.html     the page
    registration/   of a registered run: signed plan, START and END, with their proofs

What `append` returned from survives SIGKILL: one write(2) per record to a file opened for appending, with no
buffer of ours in between. Power loss needs `sync`, which the runner calls in groups. A torn last line (the
machine died inside the write) is cut and reported; damage elsewhere is an IntegrityError.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from fairtrial.core.canon import JSON, canonical, digest_bytes
from fairtrial.core.codec import record_line
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.core.plan import Plan
from fairtrial.core.record import Failure, Record
from fairtrial.core.record_line import parse_record

PLAN, RECORDS, SUMMARY, REPORT = "plan.json", "records.jsonl", "summary.json", "report.html"
REGISTRATION = "registration"
"""Folder in the run folder of a run that was registered: its signed documents and their proofs."""
LINE_LIMIT = 64 * 2**20
"""Bytes one journal line may have: a 16 MB reply, its request and its text, escaped."""


class RunFolder:
    """The `Journal` port on a folder. Holds an exclusive lock on the journal until closed."""

    def __init__(self, path: Path, descriptor: int, torn: int) -> None:
        self.path = path
        self.torn = torn
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._dirty = False

    @classmethod
    def create(cls, out: Path, plan: Plan, stamp: str) -> RunFolder:
        """A new folder under `out`. `stamp` is the time as text, for the name; a taken name gets -2, -3, …"""
        base = f"{_slug(plan.task_name)}_{_slug(str(plan.model))}_{stamp}_{plan.digest[7:15]}"
        try:
            out.mkdir(parents=True, exist_ok=True)
            path = _fresh(out, base)
            write_file(path / PLAN, plan.bytes)
        except OSError as error:
            raise _store_error(error, f"can't write a run folder under {out}") from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Lock an existing run folder for appending; a torn last line is cut (`torn` tells its bytes)."""
        try:
            descriptor = os.open(path / RECORDS, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _store_error(error, f"can't open {path / RECORDS}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise StoreError(
                f"another process is writing to {path}",
                "wait until it ends, or start a run of your own without --resume",
            ) from error
        return cls(path, descriptor, _cut_torn_line(descriptor))

    @property
    def folder(self) -> str:
        return str(self.path)

    def append(self, record: Record) -> None:
        """Keep one record. Raises StoreError (disk full, quota, I/O error) with the file as it was before."""
        line = record_line(record)
        try:
            written = os.write(self._descriptor, line)
            if written != len(line):
                os.ftruncate(self._descriptor, self._size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise _store_error(error, f"can't append to {self.path / RECORDS}") from error
        self._size += written
        self._dirty = True

    def sync(self) -> None:
        if self._dirty:
            self._dirty = False
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                raise _store_error(error, f"can't force {self.path / RECORDS} to disk") from error

    def records(self) -> Iterator[Record]:
        return read_records(self.path)

    def history(self) -> Iterator[Record]:
        """Every record that was ever appended, the failed ones that were asked again included."""
        return read_history(self.path)

    def close(self) -> None:
        """Force to disk and give the lock back. May be called twice."""
        if self._descriptor >= 0:
            try:
                self.sync()
            finally:
                os.close(self._descriptor)
                self._descriptor = -1


def read_plan(path: Path) -> tuple[Mapping[str, JSON], str]:
    """A run's plan as plain data, and its digest over the bytes as they stand.

    Raises UsageError where `path` is no run folder, IntegrityError where the bytes are not canonical.
    """
    file = path / PLAN
    try:
        data = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"{path} is no run folder: it has no {PLAN}", "name a folder under runs/") from error
    except OSError as error:
        raise _store_error(error, f"can't read {file}") from error
    try:
        plan = json.loads(data)
        same = canonical(plan) == data
    except (ValueError, UsageError) as error:
        raise IntegrityError(f"{file} is not JSON: {error}", "restore it from a copy") from error
    if not isinstance(plan, dict) or not same:
        raise IntegrityError(
            f"{file} is not as it was written", "restore it from a copy; plans are not edited"
        )
    return plan, digest_bytes(data)


def read_records(path: Path) -> Iterator[Record]:
    """The latest record of every (sample id, epoch), in the order of the lines. Reads the file twice, line by
    line, so that memory stays flat. Raises IntegrityError where an answered question was answered once more:
    only a failed one is asked again, and the best of two answers would be no measurement."""
    file = path / RECORDS
    latest: dict[tuple[str, int], int] = {}
    answered: set[tuple[str, int]] = set()
    for number, record in _lines(file):
        if record.key in answered:
            raise IntegrityError(
                f"{file}, line {number}: sample {record.sample_id!r}, epoch {record.epoch} was answered before",
                "restore the file from a copy; a journal is never edited by hand",
            )
        latest[record.key] = number
        if not isinstance(record.result, Failure):
            answered.add(record.key)
    for number, record in _lines(file):
        # `get`: a run that still goes on may have appended meanwhile.
        if latest.get(record.key) == number:
            yield record


def read_history(path: Path) -> Iterator[Record]:
    """Every record that was ever appended, in order; the failed ones that were asked again included."""
    return (record for _, record in _lines(path / RECORDS))


def read_summary(path: Path) -> Mapping[str, JSON] | None:
    """The stored figures, or None where the run never came to its end."""
    try:
        data = json.loads((path / SUMMARY).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise IntegrityError(
            f"{path / SUMMARY} can't be read: {error}", "delete it: `fairtrial report` makes it anew"
        ) from error
    if not isinstance(data, dict):
        raise IntegrityError(f"{path / SUMMARY} holds no object", "delete it and run again with --resume")
    return data


def write_file(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Whole or not at all: written beside, forced to disk, then renamed. mode: of the file, less the umask."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # on a read-only disk there is nothing to remove, and no removing
            beside.unlink()
        raise _store_error(error, f"can't write {path}") from error


def stamp_of(now: str) -> str:
    """A time as the names of folders have it. now: as a clock tells it."""
    return now[:19].replace("-", "").replace(":", "").replace("T", "-")


def fresh_folder(out: Path, base: str) -> Path:
    """A new folder under `out`; a taken name gets -2, -3, …. Raises StoreError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        return _fresh(out, base)
    except OSError as error:
        raise _store_error(error, f"can't make a folder under {out}") from error


def find_runs(out: Path, plan_digest: str) -> list[Path]:
    """Run folders of one plan under `out`, the newest first (by the time in the name)."""
    if not out.is_dir():
        return []
    short = plan_digest[7:15]
    found = [path for path in out.iterdir() if short in path.name and (path / PLAN).is_file()]
    same = [path for path in found if read_plan(path)[1] == plan_digest]
    return sorted(same, key=lambda path: (path / PLAN).stat().st_mtime_ns, reverse=True)


def _lines(file: Path) -> Iterator[tuple[int, Record]]:
    try:
        with open(file, "rb") as stream:
            number = 0
            while line := stream.readline(LINE_LIMIT):
                number += 1
                if not line.endswith(b"\n"):
                    if len(line) == LINE_LIMIT:
                        raise IntegrityError(f"{file}, line {number}: longer than any record of ours")
                    return  # torn by a crash: the next `open` cuts it
                yield number, parse_record(line, f"{file}, line {number}")
    except FileNotFoundError:
        return
    except OSError as error:
        raise _store_error(error, f"can't read {file}") from error


def _cut_torn_line(descriptor: int) -> int:
    """Truncate the file to its last newline. Returns the bytes cut."""
    size = os.fstat(descriptor).st_size
    keep, block = size, 65536
    while keep > 0:
        start = max(0, keep - block)
        newline = os.pread(descriptor, keep - start, start).rfind(b"\n")
        if newline >= 0:
            keep = start + newline + 1
            break
        keep = start
    if keep < size:
        os.ftruncate(descriptor, keep)
    return size - keep


def _fresh(out: Path, base: str) -> Path:
    for number in range(1, 1000):
        path = out / (base if number == 1 else f"{base}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise StoreError(f"{out} already holds 999 runs called {base}", "move some of them away")


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")[:60] or "x"


def _store_error(error: OSError, what: str) -> StoreError:
    remedies = {
        errno.ENOSPC: "the disk is full: free some space, then run again with --resume",
        errno.EDQUOT: "your disk quota is used up: free some space, then run again with --resume",
        errno.EROFS: "the file system is read-only: choose another folder with --out",
        errno.EACCES: "you may not write there: choose another folder with --out",
        errno.EPERM: "you may not write there: choose another folder with --out",
    }
    return StoreError(f"{what}: {error.strerror}", remedies.get(error.errno or 0, "see the reason above"))
