"""Durable files and the lock; the order of the calls is held in tests/lab/test_log_crashes.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairtrial.adapters.stores.durable import FolderLock, read_file, write_durably
from fairtrial.core.errors import StoreError


def test_files_in_new_folders_and_over_old_ones(tmp_path: Path) -> None:
    deep = tmp_path / "a/b/c"
    write_durably([(deep, b"one"), (tmp_path / "d", b"two")])
    write_durably([(deep, b"three")])
    assert (deep.read_bytes(), (tmp_path / "d").read_bytes()) == (b"three", b"two")
    assert sorted(each.name for each in deep.parent.iterdir()) == ["c"], "nothing is left beside"


def test_a_write_in_pieces_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
    write_durably([(tmp_path / "a", bytes(range(100)))])
    assert (tmp_path / "a").read_bytes() == bytes(range(100))


def test_what_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="can't keep"):
        write_durably([(tmp_path / "file/below", b"x")])


def test_reading_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_file(tmp_path / "a", 5) == b"12345" and read_file(tmp_path / "b", 5) is None
    assert read_file(tmp_path, 5) is None and read_file(tmp_path / "a/b", 5) is None
    with pytest.raises(StoreError, match="more than 4 bytes"):
        read_file(tmp_path / "a", 4)


def test_a_lock_names_its_holder_and_comes_back(tmp_path: Path) -> None:
    held = FolderLock.take(tmp_path / "lock", "writing")
    with pytest.raises(StoreError, match=f"process {os.getpid()} is writing already"):
        FolderLock.take(tmp_path / "lock", "writing")
    held.release()
    held.release()
    FolderLock.take(tmp_path / "lock", "writing").release()
