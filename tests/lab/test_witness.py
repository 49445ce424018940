"""The witness's memory: on the disk before the answer, and one request at a time."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.lab.witness import Reply, Witness
from fairtrial.trust.checkpoint import parse_checkpoint
from fairtrial.trust.tree import consistency_proof
from fairtrial.trust.witness import request_bytes
from tests.trust.logs import LOG_KEY, NOON, checkpoint, levels


def _grow(old: int, new: int, salt: str = "") -> bytes:
    return request_bytes(old, consistency_proof(old, new, levels(new, salt)), checkpoint(new, salt=salt))


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    Witness.init(tmp_path / "w", "witness.example/one", [LOG_KEY.public.vkey])
    return Witness.open(tmp_path / "w", lambda: NOON)


def test_a_slower_request_cannot_roll_it_back(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The specification's race: A is checked, then B is checked and kept, then A is kept over it."""
    assert witness.add_checkpoint(_grow(0, 10)).status == 200
    slow, keep, checked = threading.Event(), witness.folder.keep, threading.Event()

    def slowly(log: str, data: bytes) -> None:
        if parse_checkpoint(data, "it").checkpoint.size == 11:
            checked.set()
            slow.wait(20)
        keep(log, data)

    monkeypatch.setattr(witness.folder, "keep", slowly)
    found: dict[int, Reply] = {}
    threads = [
        threading.Thread(
            target=lambda size=size: found.update({size: witness.add_checkpoint(_grow(10, size))})
        )
        for size in (11, 20)
    ]
    threads[0].start()
    assert checked.wait(20)
    threads[1].start()
    threads[1].join(0.3)
    slow.set()
    for thread in threads:
        thread.join(20)
    assert found[11].status == 200 and (found[20].status, found[20].body) == (409, "11\n")


def test_no_answer_before_the_disk_has_it(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    assert witness.add_checkpoint(_grow(0, 3)).status == 200
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        with pytest.raises(StoreError):
            witness.add_checkpoint(_grow(3, 5))
    with pytest.raises(StoreError):
        witness.add_checkpoint(_grow(3, 5))  # it stops: nobody knows what the disk holds
    witness.close()
    with_memory = Witness.open(witness.folder.path, lambda: NOON)
    assert with_memory.add_checkpoint(_grow(3, 5)).status == 200
    with_memory.close()


def test_a_fork_is_kept_once(witness: Witness) -> None:
    witness.add_checkpoint(_grow(0, 5))
    for _ in range(3):
        reply = witness.add_checkpoint(request_bytes(5, (), checkpoint(5, salt="other")))
        assert reply.status == 422 and reply.fork is not None
    assert len(list((witness.folder.path / "forks").iterdir())) == 2
    for number in range(120):
        witness.add_checkpoint(request_bytes(5, (), checkpoint(5, salt=f"{number}")))
    assert len(list((witness.folder.path / "forks").iterdir())) == 200, "a log can't fill the disk"


def test_beginnings_that_are_refused(tmp_path: Path) -> None:
    for name, log, error in [
        ("two words", LOG_KEY.public.vkey, IntegrityError),
        ("w", "nonsense", UsageError),
        ("w", f"{LOG_KEY.public.vkey}\nquorum none", UsageError),
    ]:
        with pytest.raises(error):
            Witness.init(tmp_path / "new", name, [log])
    assert not (tmp_path / "new").exists()
    with pytest.raises(UsageError, match="holds no witness"):
        Witness.open(tmp_path / "nowhere", lambda: NOON)


def _full(descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
