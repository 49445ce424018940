"""What a monitor reports of campaigns: with the documents at hand, and from the entries alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fairtrial.core.errors import IntegrityError
from fairtrial.lab.log import Log
from fairtrial.lab.log_check import check_log
from fairtrial.lab.log_reader import LogReader
from fairtrial.trust.checkpoint import SignedCheckpoint, cosign
from fairtrial.trust.log_policy import parse_log_policy
from tests.lab.log_world import append, end, new_log, plan, start
from tests.trust.logs import OTHER_LOG_KEY, WITNESSES, checkpoint


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A campaign of three attempts, of which the plan allows two: one completed, two left; and a plan alone."""
    new_log(tmp_path / "log")
    with Log.open(tmp_path / "log") as log:
        planned = append(log, plan(variants=1))
        runs = [append(log, start(planned, f"run-{number}")) for number in range(3)]
        append(log, end(runs[1]))
        append(log, plan("alone"))
    return tmp_path / "log"


def test_from_the_folder_what_became_of_every_run(place: Path) -> None:
    one, two = check_log(LogReader.open(place), last=None, policy=None).campaigns
    assert (one.entries, one.starts, one.unfinished, one.over_quota) == (5, 3, 2, 1)
    assert one.states == {"completed": 1, "open": 2}
    assert (two.entries, two.starts, two.states, two.never_started) == (1, 0, {}, 0)


def test_from_the_entries_alone_what_they_tell(place: Path) -> None:
    folder = LogReader.open(place)
    stranger = LogReader(
        lambda path: (place / "public" / path).read_bytes() if (place / "public" / path).is_file() else None,
        folder.key,
    )
    one, _ = check_log(stranger, last=None, policy=None).campaigns
    assert (one.starts, one.unfinished, one.states, one.over_quota) == (3, 2, None, None)


@pytest.mark.parametrize(
    ("later", "states"), [(0, {"completed": 1, "open": 2}), (10**8, {"abandoned": 2, "completed": 1})]
)
def test_abandoned_by_the_quorums_time_and_no_clock_of_ours(place: Path, later: int, states: dict) -> None:
    """The runs' deadline is 2026-12-01; what counts is when the witnesses say they saw the newest tree."""
    witness, reader = WITNESSES[0], LogReader.open(place)
    seconds = int(time.mktime((2026, 11, 1, 0, 0, 0, 0, 0, 0))) + later
    signed = reader.checkpoint()
    line = cosign(signed.checkpoint, witness, seconds)
    (place / "public/checkpoint").write_bytes(signed.note.with_signatures([line]).data)
    policy = parse_log_policy(
        f"log {reader.key.vkey}\nwitness w {witness.public.vkey}\nquorum w\n".encode(), "it"
    )
    report = check_log(reader, last=None, policy=policy)
    assert report.campaigns[0].states == states and list(report.witnesses) == [witness.name]
    assert report.campaigns[1].never_started == (1 if later else 0)


def test_a_checkpoint_of_another_log_is_no_memory_of_this_one(place: Path) -> None:
    other: SignedCheckpoint = checkpoint(3, key=OTHER_LOG_KEY)
    with pytest.raises(IntegrityError, match="whose key is not given"):
        check_log(LogReader.open(place), last=other, policy=None)
