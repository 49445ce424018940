"""Which exams are tried, how often, and how what is wrong is told. The examiner here is scripted: the real one
stands in tests/cli/test_own_code.py."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.execution import Exam
from fairtrial.core.task import Task
from fairtrial.evals.own_task import own_task
from fairtrial.lab import trying
from fairtrial.lab.trying import try_exams


@dataclass
class Scripted:
    """Refuses exams whose function is called `bad…`."""

    form: Mapping[str, JSON] = field(default_factory=lambda: {"backend": "scripted", "version": "1"})
    tried: list[str] = field(default_factory=list)
    pause_s: float = 0.0
    fault: bool = False
    most: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def try_exam(self, exam: Exam) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.tried.append(exam.entry_point)
        time.sleep(self.pause_s)
        with self._lock:
            self._now -= 1
        if self.fault:
            raise ProviderError("no sandbox to be had", "see doctor", cause="sandbox", retryable=True)
        if exam.entry_point.startswith("bad"):
            raise UsageError(
                f"the exam of {exam.entry_point} can't be used: it calls nothing", "mend the row"
            )


def task(folder: Path, *names: str, **changed: Any) -> Task:
    path = folder / "code.jsonl"
    rows = [
        {"id": name, "prompt": "p", "entry_point": name, "reference": f"r {name}", "inputs": [[1]], **changed}
        for name in names
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return own_task(path)


def names(task: Task) -> list[str]:
    return [sample.id for sample in task.samples]


def test_what_was_tried_is_not_tried_again(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    first = task(tmp_path, "a", "b")
    for form, wanted in (("1", ["a", "b"]), ("1", []), ("2", ["a", "b"]), ("2", [])):
        examiner = Scripted({"backend": "scripted", "version": form})
        try_exams(first, names(first), examiner, home)
        assert sorted(examiner.tried) == wanted
    changed = task(tmp_path, "a", "b", "c", seed=3)
    examiner = Scripted()
    try_exams(changed, names(changed), examiner, home)
    assert sorted(examiner.tried) == ["a", "b", "c"]
    assert (tmp_path / ".cache" / "fairtrial" / "exams-tried").is_file()


def test_bad_ones_are_all_told_in_order_and_never_kept(tmp_path: Path) -> None:
    home = {"XDG_CACHE_HOME": str(tmp_path / "kept")}
    found = task(tmp_path, "good", "bad_1", "fine", "bad_2")
    for again in (False, True):
        examiner = Scripted()
        with pytest.raises(UsageError) as caught:
            try_exams(found, names(found), examiner, home)
        assert caught.value.message == (
            "code.jsonl has 2 bad rows:\n"
            "  line 2: the exam of bad_1: it calls nothing\n"
            "  line 4: the exam of bad_2: it calls nothing"
        )
        assert sorted(examiner.tried) == (["bad_1", "bad_2"] if again else ["bad_1", "bad_2", "fine", "good"])
    try_exams(found, ["good", "fine"], Scripted(), home)


@pytest.mark.parametrize("home", [{}, {"HOME": "relative"}, {"HOME": "/proc/1/nowhere"}], ids=str)
def test_nowhere_to_keep_it_is_no_error(tmp_path: Path, home: dict[str, str]) -> None:
    found = task(tmp_path, "a")
    for _ in range(2):
        examiner = Scripted()
        try_exams(found, names(found), examiner, home)
        assert examiner.tried == ["a"]


def test_a_kept_file_of_rubbish_or_beyond_its_limit_is_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "fairtrial" / "exams-tried"
    kept.parent.mkdir()
    kept.write_bytes(b"\xff\x00 rubbish\n" * 100)
    home, found = {"XDG_CACHE_HOME": str(tmp_path)}, task(tmp_path, "a")
    for limit, wanted in ((10_000, ["a"]), (10_000, []), (10, ["a"])):
        monkeypatch.setattr(trying, "KEPT_LIMIT", limit)
        examiner = Scripted()
        try_exams(found, names(found), examiner, home)
        assert examiner.tried == wanted
    assert len(kept.read_text().split()) == 1


def test_a_fault_of_the_sandbox_is_no_bad_row(tmp_path: Path) -> None:
    found = task(tmp_path, *(f"f{n}" for n in range(200)))
    examiner = Scripted(fault=True, pause_s=0.01)
    with pytest.raises(ProviderError):
        try_exams(found, names(found), examiner, {})
    time.sleep(0.5)
    assert len(examiner.tried) < 50


def test_many_bad_rows_end_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PATIENCE_S", 0.2)
    found = task(tmp_path, *(f"bad_{n}" for n in range(400)))
    examiner = Scripted(pause_s=0.02)
    with pytest.raises(UsageError, match="rows were not tried any more"):
        try_exams(found, names(found), examiner, {})
    assert 10 <= len(examiner.tried) < 400


def test_side_by_side_on_every_core(tmp_path: Path) -> None:
    found = task(tmp_path, *(f"f{n}" for n in range(12)))
    examiner = Scripted(pause_s=0.05)
    try_exams(found, names(found), examiner, {})
    assert examiner.most == min(12, trying.usable_cores())


def test_a_long_wait_is_announced(tmp_path: Path) -> None:
    told: list[str] = []
    for n in (trying.TOLD_FROM - 1, trying.TOLD_FROM):
        found = task(tmp_path, *(f"f{at}" for at in range(n)))
        try_exams(found, names(found), Scripted(), {}, told.append)
    assert told == ["code: 20 rows' tests are tried on their own references first, once"]


def test_tasks_of_ours_are_not_tried(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"input": "a", "target": "b"}\n')
    examiner = Scripted()
    plain = own_task(rows)
    try_exams(plain, names(plain), examiner, {})
    try_exams(plain, names(plain), None, {})
    assert examiner.tried == []
