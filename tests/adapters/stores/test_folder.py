"""A run folder: what is kept survives, what is torn is cut, what is edited is refused."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from fairtrial.adapters.stores.folder import (
    RunFolder,
    find_runs,
    read_plan,
    read_records,
    read_summary,
    write_file,
)
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.record import Failure, Record, Score

PLAN = Plan({"name": "sums"}, ModelSpec("fake", "a/b model"), "sha256:0", 3)


def record(name: str, *, failed: bool = False) -> Record:
    result = Failure("timeout", "no answer", "") if failed else Score("right", 1.0, "2")
    return Record(name, 1, "1 + 1", ("2",), "q", result)


def test_the_folder_says_what_it_is(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "runs", PLAN, "20260101-000000")
    folder.append(record("a"))
    folder.close()
    assert folder.path.name == f"sums_fake-a-b-model_20260101-000000_{PLAN.digest[7:15]}"
    plan, digest = read_plan(folder.path)
    assert digest == PLAN.digest and plan["n"] == 3
    assert [each.sample_id for each in read_records(folder.path)] == ["a"]
    assert read_summary(folder.path) is None


def test_two_runs_in_one_second_get_two_folders(tmp_path: Path) -> None:
    paths = set()
    for _ in range(3):
        folder = RunFolder.create(tmp_path, PLAN, "now")
        paths.add(folder.path)
        folder.close()
    assert len(paths) == 3
    assert set(find_runs(tmp_path, PLAN.digest)) == paths


def test_a_later_record_takes_the_place_of_a_failed_one(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, PLAN, "now")
    for each in (record("a", failed=True), record("b"), record("a")):
        folder.append(each)
    folder.close()
    assert {each.sample_id: each.state for each in read_records(folder.path)} == {"a": "right", "b": "right"}


def test_a_torn_last_line_is_cut_and_told_at_the_next_open(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, PLAN, "now")
    folder.append(record("a"))
    folder.close()
    journal = folder.path / "records.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:37])
    assert [each.sample_id for each in read_records(folder.path)] == ["a"], "reading looks past the torn line"
    again = RunFolder.open(folder.path)
    assert again.torn == 37
    again.append(record("b"))
    again.close()
    assert [each.sample_id for each in read_records(folder.path)] == ["a", "b"]


def test_damage_elsewhere_is_an_integrity_error_with_the_line(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, PLAN, "now")
    for name in "abc":
        folder.append(record(name))
    folder.close()
    journal = folder.path / "records.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + lines[1][:20] + b"\n" + lines[2])
    with pytest.raises(IntegrityError, match=r"records\.jsonl, line 2"):
        list(read_records(folder.path))


def test_an_edited_plan_is_refused(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, PLAN, "now")
    folder.close()
    plan = folder.path / "plan.json"
    plan.write_bytes(plan.read_bytes().replace(b'"n":3', b'"n": 3'))
    with pytest.raises(IntegrityError, match="not as it was written"):
        read_plan(folder.path)
    plan.write_bytes(b"{")
    with pytest.raises(IntegrityError):
        read_plan(folder.path)
    with pytest.raises(UsageError, match="no run folder"):
        read_plan(tmp_path)


def _hold(path: str, ready: object, done: object) -> None:
    folder = RunFolder.open(Path(path))
    ready.set()  # type: ignore[attr-defined]
    done.wait(10)  # type: ignore[attr-defined]
    folder.close()


def test_a_second_process_is_locked_out(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, PLAN, "now")
    folder.close()
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(folder.path), ready, done))
    other.start()
    try:
        assert ready.wait(20)
        with pytest.raises(StoreError, match="another process"):
            RunFolder.open(folder.path)
    finally:
        done.set()
        other.join(10)
    RunFolder.open(folder.path).close()


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder.create(tmp_path, PLAN, "now")
    folder.append(record("a"))
    before = (folder.path / "records.jsonl").read_bytes()
    real = os.write

    def short(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(StoreError, match="No space left") as told:
        folder.append(record("b"))
    assert "--resume" in told.value.remedy
    assert (folder.path / "records.jsonl").read_bytes() == before
    monkeypatch.setattr(os, "write", real)
    folder.append(record("c"))
    folder.close()
    assert [each.sample_id for each in read_records(folder.path)] == ["a", "c"]


def test_a_really_full_device_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="No space left") as told:
        descriptor = os.open("/dev/full", os.O_RDWR)
        folder = RunFolder.__new__(RunFolder)
        folder.path, folder._descriptor, folder._size, folder._dirty = Path("/dev"), descriptor, 0, False
        folder.append(record("a"))
    assert isinstance(told.value.__cause__, OSError) and told.value.__cause__.errno == errno.ENOSPC


def test_a_folder_that_can_not_be_written_names_itself(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(StoreError, match="can't write a run folder under"):
        RunFolder.create(blocked / "runs", PLAN, "now")


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_file(tmp_path / "page.html", b"one")
    write_file(tmp_path / "page.html", b"two")
    assert (tmp_path / "page.html").read_bytes() == b"two"
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    with pytest.raises(StoreError):
        write_file(tmp_path / "nowhere" / "page.html", b"x")
