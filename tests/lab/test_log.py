"""The log's writer, on a real disk: what it admits, what it proves, what it refuses to open."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.lab.log import Log
from fairtrial.lab.log_check import check_log
from fairtrial.lab.log_init import init_log
from fairtrial.lab.log_reader import LogReader
from fairtrial.trust.campaign import attempts, check_chain, complete_campaign, never_started
from fairtrial.trust.entry import NOBODY
from fairtrial.trust.tlog_proof import parse_tlog_proof, verify_entry
from fairtrial.trust.tree import check_consistency, frontier, leaf_hash, tree_root
from tests.lab.log_world import AUDITOR, ORIGIN, OTHER_LAB, append, end, new_log, people, plan, start


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return new_log(tmp_path / "log")


def test_a_campaign_from_plan_to_end(place: Path) -> None:
    with Log.open(place) as log:
        planned = append(log, plan())
        started = append(log, start(planned))
        ended = append(log, end(started))
        entries = [planned.entry, started.entry, ended.entry]
        assert [entry.seq for entry in entries] == [1, 2, 3]
        assert planned.entry.previous == NOBODY and ended.entry.previous == started.entry.leaf.hex()
        assert {entry.campaign for entry in entries} == {planned.entry.payload}
        root = log.reader.checkpoint().checkpoint.root
    assert root == tree_root(entry.leaf for entry in entries)
    with Log.open(place) as again:
        assert again.size == 3
        (attempt,) = attempts(again.history.campaign(planned.entry.campaign), None)
        assert attempt.state == "completed" and not attempt.over_quota


def test_every_entry_is_proven_and_every_tree_begins_with_every_earlier_one(place: Path) -> None:
    roots = []
    with Log.open(place) as log:
        for number in range(9):
            log.append(plan(f"plan {number}"))
            roots.append(log.reader.checkpoint().checkpoint.root)
        for logged in log.reader.entries():
            proof = parse_tlog_proof(log.prove(logged.index), "it")
            verify_entry(proof, logged.entry.data, [log.reader.key], "it")
        for old in range(1, 10):
            proof_hashes = log.reader.consistency(old, 9)
            check_consistency(old, 9, roots[old - 1], roots[8], proof_hashes)


def test_three_hundred_entries_and_on(place: Path) -> None:
    """Over the edge of a tile: full ones replace the partial ones, and a fresh process goes on."""
    with Log.open(place) as log:
        log.append_all([plan(f"plan {number}") for number in range(255)])
        log.append(plan("the 256th"))
        log.append_all([plan(f"later {number}") for number in range(44)])
    assert not (place / "public/tile/entries/000.p").exists()
    with Log.open(place) as log:
        log.append(plan("the 301st"))
        leaves = [logged.entry.leaf for logged in log.reader.entries()]
        assert len(leaves) == 301 and tree_root(leaves) == log.reader.checkpoint().checkpoint.root
        proof = parse_tlog_proof(log.prove(299), "it")
        assert len(proof.path) == 9 - 3  # 299 lies in the tree's smaller, right part of 45
    assert LogReader.open(place).checkpoint().checkpoint.size == 301


def test_a_reader_at_an_older_size_finds_what_full_tiles_replaced(place: Path) -> None:
    with Log.open(place) as log:
        log.append_all([plan(f"plan {number}") for number in range(250)])
        old = log.reader.checkpoint().checkpoint
        log.append_all([plan(f"later {number}") for number in range(20)])
        tiles = log.reader.tiles(old.size)
        assert frontier(old.size, tiles).root == old.root
        assert len(list(tiles.entries())) == 250


def test_a_document_that_is_there_gets_its_entry_again(place: Path) -> None:
    with Log.open(place) as log:
        first = log.append(plan())
        assert log.append(plan()) == first and log.size == 1
        assert log.append_all([plan(), plan("two"), plan()])[2] == first and log.size == 2


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (lambda planned, started: start(planned, key=AUDITOR), "signed by 0 of the keys asked for"),
        (lambda planned, started: start(planned, plan={"index": 5, "entry": "0" * 64}), "entry 5 is no plan"),
        (lambda planned, started: start(planned, plan={"index": 0, "entry": "0" * 64}), "names another plan"),
        (lambda planned, started: start(planned, campaign="1" * 64), "no campaign 1111111111111111"),
        (lambda planned, started: end(started, key=OTHER_LAB), "other keys signed than its START, entry 1"),
        (lambda planned, started: end(started, run="run-2"), "an END of the run 'run-2', whose START is not"),
        (lambda planned, started: plan(campaign="2" * 64), "no campaign 2222222222222222"),
    ],
)
def test_what_is_not_admitted(place: Path, faulty, told: str) -> None:  # type: ignore[no-untyped-def]
    with Log.open(place) as log:
        planned = append(log, plan())
        started = append(log, start(planned))
        before = log.reader.checkpoint().data
        with pytest.raises(IntegrityError, match=told):
            log.append(faulty(planned, started))
        assert log.size == 2 and log.reader.checkpoint().data == before
        log.append(end(started))  # the log goes on


def test_a_second_end_is_refused_and_named(place: Path) -> None:
    with Log.open(place) as log:
        started = append(log, start(append(log, plan())))
        log.append(end(started, "failed"))
        with pytest.raises(IntegrityError, match="the run of entry 1 has ended with entry 2 already"):
            log.append(end(started))


def test_a_start_over_quota_is_admitted_and_shown(place: Path) -> None:
    with Log.open(place) as log:
        planned = append(log, plan(variants=1))
        runs = [append(log, start(planned, f"run-{number}")) for number in range(3)]
        append(log, end(runs[0], "aborted"))
        found = attempts(log.history.campaign(planned.entry.campaign), "2026-12-02T00:00:00Z")
        assert [each.over_quota for each in found] == [False, False, True]
        assert [each.state for each in found] == ["aborted", "abandoned", "abandoned"]
        open_ = attempts(log.history.campaign(planned.entry.campaign), "2026-12-01T00:00:00Z")
        assert [each.state for each in open_] == ["aborted", "open", "open"]


def test_a_plan_that_nobody_started_is_shown_once_its_date_is_past(place: Path) -> None:
    with Log.open(place) as log:
        planned = append(log, plan())
        second = append(log, plan("second", planned.entry.campaign))
        log.append(start(planned))
        campaign = log.history.campaign(planned.entry.campaign)
    assert never_started(campaign, "2027-01-01T00:00:00Z") == (second,)
    assert never_started(campaign, "2026-12-31T00:00:00Z") == ()


def test_one_refused_document_does_not_stop_the_others(place: Path) -> None:
    with Log.open(place) as log:
        planned = append(log, plan())
        with pytest.raises(IntegrityError, match="no campaign"):
            log.append_all([plan("two"), plan(campaign="3" * 64), plan("three")])
        assert log.size == 3
        assert next(logged.entry.payload for logged in log.reader.entries()) == planned.entry.payload


def test_a_revoked_key_counts_below_its_index_only(tmp_path: Path) -> None:
    init_log(tmp_path, ORIGIN, people=people(log_origin=ORIGIN, revoked_at_log_index=1))
    with Log.open(tmp_path) as log:
        log.append(plan())
        with pytest.raises(IntegrityError, match="revoked from entry 1 on; this is entry 1"):
            log.append(plan("two"))


def test_a_campaign_is_complete_or_its_fault_is_named(place: Path) -> None:
    with Log.open(place) as log:
        log.append(plan("before"))
        planned = append(log, plan())
        started = append(log, start(planned))
        log.append(plan("between"))
        log.append(end(started))
        data = [logged.entry.data for logged in log.reader.entries()]
        tree = log.reader.checkpoint().checkpoint
        before = frontier(1, log.reader.tiles(5))
    name = planned.entry.campaign
    found = complete_campaign(name, data[1:], before, tree.root, ORIGIN)
    assert [each.index for each in found] == [1, 2, 4]
    with pytest.raises(IntegrityError, match="the entries from 1 on are not those of"):
        complete_campaign(name, [*data[1:2], *data[3:]], before, tree.root, ORIGIN)
    with pytest.raises(IntegrityError, match="entry 4 is number 3 of its campaign, and 2 was due"):
        check_chain(name, [found[0], found[2]])
    with pytest.raises(IntegrityError, match="entry 1 is number 1 of its campaign, and 2 was due"):
        check_chain(name, [found[0], found[0]])
    other = replace(found[1], entry=replace(found[1].entry, payload="9" * 64))
    with pytest.raises(IntegrityError, match="entry 4 doesn't follow the one before it"):
        check_chain(name, [found[0], other, found[2]])
    with pytest.raises(IntegrityError, match="doesn't begin with its plan"):
        check_chain(name, found[1:])


def test_a_second_writer_is_told_who_writes(place: Path) -> None:
    with Log.open(place), pytest.raises(StoreError, match=f"process {os.getpid()} is writing to the log"):
        Log.open(place)
    with Log.open(place):
        code = f"from fairtrial.lab.log import Log; Log.open({str(place)!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"process {os.getpid()} is writing" in done.stderr
    Log.open(place).close()


def test_threads_share_one_commit(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [plan(f"plan {number}") for number in range(40)]
    found: dict[int, int] = {}
    with Log.open(place) as log:
        commits: list[int] = []
        commit = log.folder.commit
        monkeypatch.setattr(log.folder, "commit", lambda data: (commits.append(1), commit(data))[1])

        def work(number: int) -> None:
            found[number] = log.append(documents[number]).index

        threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found.values()) == list(range(40))
        assert len(commits) <= 40
        for number, index in found.items():
            filed = log.history.at(index)
            assert filed is not None and filed.document.fields["name"] == f"plan {number}"


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("public/tile/0/000.p/3", lambda data: data[:-1] + bytes([data[-1] ^ 1]), "don't make the root"),
        ("public/tile/0/000.p/3", lambda data: data[:-32], "has 64 bytes, not 96"),
        ("public/tile/0/000.p/3", None, "is missing"),
        (
            "public/tile/entries/000.p/3",
            lambda data: data.replace(b'"v":1', b'"v":2', 1),
            "entry 0 of .* is not the one logged",
        ),
        ("public/tile/entries/000.p/3", lambda data: data[:-1], "torn"),
        ("public/checkpoint", lambda data: data.replace(b"\n3\n", b"\n2\n"), "not by that key"),
        ("public/checkpoint", lambda data: b"", "is no signed note"),
        ("log.vkey", lambda data: data.replace(b"example", b"another", 1), "has the ID"),
    ],
)
def test_a_log_that_was_touched_does_not_open(place: Path, name: str, change, told: str) -> None:  # type: ignore[no-untyped-def]
    with Log.open(place) as log:
        log.append_all([plan(f"plan {number}") for number in range(3)])
    file = place / name
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change(file.read_bytes()))
    with pytest.raises(IntegrityError, match=told):
        Log.open(place)
    file.write_bytes(b"")
    with pytest.raises(IntegrityError):
        Log.open(place)  # and the lock was given back


def test_an_entry_forged_with_its_leaf_hash_is_found_by_the_root(place: Path) -> None:
    with Log.open(place) as log:
        log.append_all([plan(f"plan {number}") for number in range(3)])
    bundle, tile = (place / f"public/tile/{name}/000.p/3" for name in ("entries", "0"))
    entry = next(LogReader.open(place).entries()).entry
    forged = replace(entry, signers=("0" * 64,))
    bundle.write_bytes(bundle.read_bytes().replace(entry.data, forged.data))
    tile.write_bytes(tile.read_bytes().replace(entry.leaf, forged.leaf))
    reader = LogReader.open(place)
    with pytest.raises(IntegrityError, match="don't make its root"):
        next(reader.entries())
    with pytest.raises(IntegrityError, match="is not what the tree of 3 holds"):
        reader.prove(0)
    with pytest.raises(IntegrityError, match="don't make its root"):
        check_log(reader, last=None, policy=None)


def test_leftovers_beyond_the_checkpoint_are_written_over(place: Path) -> None:
    """As after a crash between tiles and checkpoint: the tiles of another document lie there."""
    with Log.open(place) as log:
        log.append(plan("one"))
        before = (place / "public/checkpoint").read_bytes()
        log.append(plan("lost"))
    (place / "public/checkpoint").write_bytes(before)
    with Log.open(place) as log:
        assert log.size == 1
        assert append(log, plan("two")).document.fields["name"] == "two"
    with Log.open(place) as log:
        filed = log.history.at(1)
        assert filed is not None and filed.document.fields["name"] == "two"


def test_a_changed_document_behind_an_entry_is_found(place: Path) -> None:
    with Log.open(place) as log:
        planned = append(log, plan())
    file = place / "envelopes/0.jsonl"
    file.write_bytes(plan("another") + b"\n")
    with Log.open(place) as log, pytest.raises(IntegrityError, match="another document than entry 0"):
        log.append(start(planned))


def test_a_log_is_made_once_and_its_key_kept_to_itself(place: Path) -> None:
    with pytest.raises(StoreError, match="is there already"):
        new_log(place)
    assert (place / "log.key").stat().st_mode & 0o777 == 0o600
    assert not any(
        b"PRIVATE" in each.read_bytes() for each in (place / "public").rglob("*") if each.is_file()
    )
    (place / "log.key").chmod(0o644)
    with pytest.raises(UsageError, match="can be read or written by others"):
        Log.open(place)


def test_bad_beginnings(tmp_path: Path) -> None:
    for origin in ("", "two words", "a+b"):
        with pytest.raises(IntegrityError, match="no name of a key"):
            init_log(tmp_path / "new", origin, people=people())
    with pytest.raises(IntegrityError):
        init_log(tmp_path / "new", ORIGIN, people=b"{}")
    with pytest.raises(UsageError, match="names no quorum"):
        init_log(tmp_path / "new", ORIGIN, people=people(), policy=b"")
    assert not (tmp_path / "new").exists()
    with pytest.raises(UsageError, match="holds no log"):
        Log.open(tmp_path / "nowhere")


def test_the_leaf_is_the_entrys_bytes(place: Path) -> None:
    with Log.open(place) as log:
        planned = append(log, plan())
    assert planned.entry.data.startswith(b'{"campaign_id":"' + planned.entry.payload.encode())
    assert planned.entry.leaf == leaf_hash(planned.entry.data)
    assert len(planned.entry.data) < 400
