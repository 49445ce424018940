"""A crash between every two steps of a write, a disk that fails at each of them, and the order of them all."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.errors import StoreError
from fairtrial.lab.log import Log
from fairtrial.trust.tree import tree_root
from tests.adapters.stores.kills import Disk, kill_once
from tests.lab.log_world import new_log, plan

CALLS = ("open", "write", "fsync", "replace", "mkdir")


class Crash(BaseException):
    """The process is gone: nothing of it may run on, so it is caught by nobody."""


@contextmanager
def _at_step(
    number: int, fault: Callable[[str], BaseException], monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """The number-th system call that writes doesn't happen; the ones so far."""
    seen: list[str] = []

    def watched(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            seen.append(name)
            if len(seen) > number:
                raise fault(name)
            return real(*arguments, **keywords)

        return call

    with monkeypatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, watched(name))
        yield seen


def _steps(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    with Log.open(new_log(path)) as log:
        log.append(plan("first"))
        with _at_step(10**6, Crash, monkeypatch) as seen:
            log.append(plan("second"))
    return len(seen)


def test_a_crash_before_every_system_call_of_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = _steps(tmp_path / "counted", monkeypatch)
    assert steps > 20
    outcomes = set()
    for number in range(steps):
        place = new_log(tmp_path / str(number))
        log = Log.open(place)
        first = log.append(plan("first"))
        before = log.reader.checkpoint().checkpoint
        with _at_step(number, Crash, monkeypatch), pytest.raises(Crash):
            log.append(plan("second"))
        log.close()  # as the system does for a process that died
        with Log.open(place) as again:
            assert again.size in (1, 2)
            outcomes.add(again.size)
            assert next(again.reader.entries()) == first
            third = again.append(plan("third"))
            assert third.index == again.size - 1
            leaves = [each.entry.leaf for each in again.reader.entries()]
            assert tree_root(leaves[:1]) == before.root, "no fork"
            assert tree_root(leaves) == again.reader.checkpoint().checkpoint.root
    assert outcomes == {1, 2}, "before the checkpoint's rename nothing counts, after it everything does"


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_at_any_step_stops_the_writer_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    steps = _steps(tmp_path / "counted", monkeypatch)
    for number in range(0, steps, 3):
        place = new_log(tmp_path / str(number))
        with Log.open(place) as log:
            log.append(plan("first"))
            with (
                _at_step(number, lambda name: OSError(fault, os.strerror(fault)), monkeypatch),
                pytest.raises(StoreError, match="can't keep"),
            ):
                log.append(plan("second"))
            # Also once the disk has room again: nobody knows what it holds.
            with pytest.raises(StoreError, match="can't keep"):
                log.append(plan("second"))
            with pytest.raises(StoreError, match="nothing more is written until then"):
                log.folder.commit(b"a checkpoint")
        with Log.open(place) as again:
            assert again.append(plan("second")).index == 1


def test_a_document_twice_in_a_batch_that_fails_is_answered_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Log.open(new_log(tmp_path / "log")) as log:
        tickets = [plan("one"), plan("one")]
        with _at_step(5, lambda name: OSError(errno.EIO, os.strerror(errno.EIO)), monkeypatch):
            for found in (lambda: log.append_all(tickets), lambda: log.append(tickets[0])):
                with pytest.raises(StoreError):
                    found()


def test_whoever_waits_for_an_interrupted_write_gets_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread writes for two and is interrupted: the other must not take its entry for durable."""
    with Log.open(new_log(tmp_path / "log")) as log:
        writing, both_wait = threading.Event(), threading.Event()
        write, writes = log.folder.write, []

        def held_then_interrupted(files: Any) -> None:
            writes.append(files)
            if len(writes) == 1:
                writing.set()
                both_wait.wait(20)
            elif len(writes) == 3:  # after the first commit's files and its checkpoint
                raise Crash
            write(files)

        monkeypatch.setattr(log.folder, "write", held_then_interrupted)
        found: dict[str, Any] = {}

        def work(name: str) -> None:
            try:
                found[name] = log.append(plan(name)).index
            except (Crash, StoreError) as error:
                found[name] = type(error).__name__

        threads = [threading.Thread(target=work, args=(name,)) for name in ("first", "one", "two")]
        threads[0].start()
        assert writing.wait(20)
        for thread in threads[1:]:
            thread.start()
        until = time.monotonic() + 20
        while len(log._waiting) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        both_wait.set()
        for thread in threads:
            thread.join(20)
        assert found.pop("first") == 0
        assert sorted(found.values()) == ["Crash", "StoreError"]


def test_everything_is_on_the_disk_before_the_checkpoint_and_the_checkpoint_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each file: written, forced, renamed, its folder forced; the checkpoint's rename after all of that."""
    with Log.open(new_log(tmp_path / "log")) as log:
        log.append(plan("first"))
        disk = Disk(monkeypatch)
        with disk.watching():
            log.append_all([plan(f"plan {number}") for number in range(300)])
    renames = [at for at, (call, _) in enumerate(disk.calls) if call == "replace"]
    *tiles, checkpoint = renames
    assert disk.calls[checkpoint][1].endswith("public/checkpoint") and len(tiles) >= 6
    for at in renames:
        target = Path(disk.calls[at][1])
        beside = str(target.with_name(f".{target.name}.new"))
        assert ("fsync", beside) in disk.calls[:at], f"{target} was renamed before it was on the disk"
        until = len(disk.calls) if at == checkpoint else checkpoint
        assert ("fsync", str(target.parent)) in disk.calls[at:until], (
            f"{target.parent} may forget {target.name}"
        )
    made = [(at, Path(path)) for at, (call, path) in enumerate(disk.calls) if call == "mkdir"]
    assert made, "a new level and a new tile have folders of their own"
    for at, folder in made:
        assert ("fsync", str(folder.parent)) in disk.calls[at:checkpoint], f"{folder} itself may be forgotten"
    assert [call for call, _ in disk.calls[checkpoint:]] == ["replace", "open", "fsync"]


def test_opening_forces_the_folders_that_a_dead_writer_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = new_log(tmp_path / "log")
    Log.open(place).close()
    (place / "public/tile/0/000.p").mkdir(parents=True)
    disk = Disk(monkeypatch)
    with disk.watching():
        Log.open(place).close()
    forced = {path for call, path in disk.calls if call == "fsync"}
    assert {str(place / name) for name in ("", "public", "public/tile", "public/tile/0")} <= forced


def test_killed_in_the_middle_of_appends(tmp_path: Path) -> None:
    """A few of the two hundred of `python -m tests.adapters.stores.kills`."""
    place, kept = new_log(tmp_path / "log"), {}
    for number in range(8):
        kill_once(place, kept, seed=number)
