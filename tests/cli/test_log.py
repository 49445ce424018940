"""`fairtrial log` from end to end: a log, two witnesses, proofs, a monitor, and what each of them refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fairtrial.trust.log_policy import LogPolicy, parse_log_policy
from fairtrial.trust.note_keys import parse_vkey
from fairtrial.trust.tlog_proof import parse_tlog_proof, verify_entry
from tests.cli.log_processes import new_witness, request, served, vkey
from tests.cli.test_main import fairtrial
from tests.lab.log_world import ORIGIN, new_log, people, plan

NAMES = ("witness.example/a", "witness.example/b")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for number in range(4):
        (tmp_path / f"{number}.json").write_bytes(plan(f"plan {number}"))
    return new_log(tmp_path / "log")


def _policy(log: Path, witnesses: list[tuple[str, str]], quorum: str = "all") -> bytes:
    lines = [f"log {vkey(log)}"]
    lines += [f"witness w{at} {key} {url}" for at, (key, url) in enumerate(witnesses)]
    lines += [f"group q {quorum} {' '.join(f'w{at}' for at in range(len(witnesses)))}", "quorum q", ""]
    return "\n".join(lines).encode()


def test_log_witnesses_proof_and_monitor(tmp_path: Path, place: Path) -> None:
    keys = [new_witness(tmp_path / name[-1], name, vkey(place)) for name in NAMES]
    with served("witness", "serve", tmp_path / "a") as a, served("witness", "serve", tmp_path / "b") as b:
        policy = _policy(place, [(keys[0], a), (keys[1], b)])
        (place / "log.policy").write_bytes(policy)
        first = _json(fairtrial("log", "append", "log", "0.json", "1.json", "--json", cwd=tmp_path))
        assert [each["index"] for each in first["entries"]] == [0, 1] and set(
            first["cosigned"]["witnesses"]
        ) == set(NAMES)
        assert (
            _json(fairtrial("log", "append", "log", "2.json", "--json", cwd=tmp_path))["cosigned"]["size"]
            == 3
        )
        with served("log", "serve", place) as url:
            (tmp_path / "my.policy").write_bytes(policy)
            monitor = [
                "log",
                "check",
                url,
                "--key",
                vkey(place),
                "--policy",
                "my.policy",
                "--last",
                "kept",
                "--json",
            ]
            report = _json(fairtrial(*monitor, cwd=tmp_path))
            assert (report["size"], report["new"], set(report["witnesses"])) == (3, 3, set(NAMES))
            _json(fairtrial("log", "append", "log", "3.json", "--json", cwd=tmp_path))
            assert _json(fairtrial(*monitor, cwd=tmp_path))["new"] == 1
            _only_the_log_is_served(url)
    _json(fairtrial("log", "prove", "log", "1", "-o", "one.tlog-proof", "--json", cwd=tmp_path))
    proof = parse_tlog_proof((tmp_path / "one.tlog-proof").read_bytes(), "it")
    mine: LogPolicy = parse_log_policy(policy, "it")
    assert set(mine.check_quorum(proof.signed, "it")) == set(map(parse_vkey, keys))
    verify_entry(proof, _entry(place, 1), mine.log_keys, "it")
    early = fairtrial(
        "log", "prove", "log", "1", "--size", "2", "-o", "early.tlog-proof", "--json", cwd=tmp_path
    )
    assert _json(early)["size"] == 2, "the checkpoint that covered it first is kept with its witnesses' lines"


def test_a_missing_witness_leaves_the_entries_and_says_so(tmp_path: Path, place: Path) -> None:
    key = new_witness(tmp_path / "a", NAMES[0], vkey(place))
    (place / "log.policy").write_bytes(_policy(place, [(key, "http://127.0.0.1:9")]))
    done = fairtrial("log", "append", "log", "0.json", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == told["error"]["exit"] == 3 and told["cosigned"] is None
    assert told["entries"][0]["index"] == 0 and "isn't met" in told["error"]["message"]
    with served("witness", "serve", tmp_path / "a") as url:
        (place / "log.policy").write_bytes(_policy(place, [(key, url)]))
        for _ in range(3):
            assert _json(fairtrial("log", "cosign", "log", "--json", cwd=tmp_path))["cosigned"]["size"] == 1
    lines = (place / "public/checkpoint").read_text().count("\N{EM DASH}")
    assert lines == 2, "one line a witness, however often it is asked"


def test_a_checkpoint_below_the_quorum_is_not_proven_against(tmp_path: Path, place: Path) -> None:
    keys = [new_witness(tmp_path / name[-1], name, vkey(place)) for name in NAMES]
    with served("witness", "serve", tmp_path / "a") as a:
        with served("witness", "serve", tmp_path / "b") as b:
            (place / "log.policy").write_bytes(_policy(place, [(keys[0], a), (keys[1], b)]))
            fairtrial("log", "append", "log", "0.json", cwd=tmp_path)
        assert fairtrial("log", "append", "log", "1.json", cwd=tmp_path).returncode == 3
    proven = _json(fairtrial("log", "prove", "log", "0", "-o", "p", "--json", cwd=tmp_path))
    assert proven["size"] == 1, "the newest that both have cosigned"
    with served("witness", "serve", tmp_path / "b") as b:
        (place / "log.policy").write_bytes(_policy(place, [(keys[0], "http://127.0.0.1:9"), (keys[1], b)]))
        done = _json(fairtrial("log", "cosign", "log", "--json", cwd=tmp_path))
    assert set(done["cosigned"]["witnesses"]) == set(NAMES), "lines gathered earlier count"


def test_a_log_restored_from_an_old_copy_is_found_by_its_witness(tmp_path: Path, place: Path) -> None:
    """Rolled back, and then forked: an operator's mistake looks like an attack, and is stopped like one."""
    key = new_witness(tmp_path / "a", NAMES[0], vkey(place))
    with served("witness", "serve", tmp_path / "a") as url:
        (place / "log.policy").write_bytes(_policy(place, [(key, url)]))
        fairtrial("log", "append", "log", "0.json", cwd=tmp_path)
        shutil.copytree(place, tmp_path / "old")
        fairtrial("log", "append", "log", "1.json", "2.json", cwd=tmp_path)
        rolled = fairtrial("log", "cosign", "old", cwd=tmp_path)
        assert rolled.returncode == 4 and "it was rolled back" in rolled.stderr
        forked = fairtrial("log", "append", "old", "2.json", "3.json", cwd=tmp_path)
        assert forked.returncode == 4 and "forked at size 3" in forked.stderr
    assert len(list((tmp_path / "a/forks").iterdir())) == 2


def test_a_witness_restored_from_an_old_copy_does_not_serve(tmp_path: Path, place: Path) -> None:
    with served("log", "serve", place) as log:
        key = new_witness(tmp_path / "a", NAMES[0], f"{vkey(place)} {log}")
        with served("witness", "serve", tmp_path / "a") as url:
            (place / "log.policy").write_bytes(_policy(place, [(key, url)]))
            fairtrial("log", "append", "log", "0.json", cwd=tmp_path)
        shutil.copytree(tmp_path / "a", tmp_path / "old")
        with served("witness", "serve", tmp_path / "a") as url:
            (place / "log.policy").write_bytes(_policy(place, [(key, url)]))
            fairtrial("log", "append", "log", "1.json", cwd=tmp_path)
        refused = fairtrial("witness", "serve", "old", "--port", "0", cwd=tmp_path)
        assert (
            refused.returncode == 4
            and "cosigned 2 entries of example.org/log and remembers 1" in refused.stderr
        )
        with served("witness", "serve", tmp_path / "a"):
            pass  # the newest copy serves


def test_a_monitor_names_a_fork_and_a_rollback(tmp_path: Path, place: Path) -> None:
    fairtrial("log", "append", "log", "0.json", cwd=tmp_path)
    shutil.copytree(place, tmp_path / "other")
    fairtrial("log", "append", "log", "1.json", cwd=tmp_path)
    fairtrial("log", "append", "other", "2.json", cwd=tmp_path)
    assert fairtrial("log", "check", "log", "--last", "kept", cwd=tmp_path).returncode == 0
    kept = (tmp_path / "kept").read_bytes()
    fork = fairtrial("log", "check", "other", "--last", "kept", cwd=tmp_path)
    assert fork.returncode == 4 and "forked at size 2" in fork.stderr
    fairtrial("log", "append", "other", "3.json", cwd=tmp_path)
    longer = fairtrial("log", "check", "other", "--last", "kept", cwd=tmp_path)
    assert longer.returncode == 4 and "don't begin with the 2 from last time" in longer.stderr
    fairtrial("log", "append", "log", "2.json", "3.json", cwd=tmp_path)
    assert fairtrial("log", "check", "log", "--last", "kept", cwd=tmp_path).returncode == 0
    back = fairtrial("log", "check", "other", "--last", "kept", cwd=tmp_path)
    assert back.returncode == 4 and "it was rolled back" in back.stderr
    assert (tmp_path / "kept").read_bytes() != kept


def test_a_quorum_that_is_missing_fails_the_check(tmp_path: Path, place: Path) -> None:
    key = new_witness(tmp_path / "a", NAMES[0], vkey(place))
    (tmp_path / "my.policy").write_bytes(_policy(place, [(key, "")]))
    done = fairtrial("log", "check", "log", "--policy", "my.policy", cwd=tmp_path)
    assert done.returncode == 4 and "has not the quorum 'q'" in done.stderr


def test_a_second_writer_and_wrong_use(tmp_path: Path, place: Path) -> None:
    code = (
        "import sys; from fairtrial.lab.log import Log; "
        f"log = Log.open({str(place)!r}); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdin is not None
        other.stdout.readline()
        done = fairtrial("log", "append", "log", "0.json", "--json", cwd=tmp_path)
        other.stdin.close()
    told = json.loads(done.stdout)["error"]
    assert done.returncode == 5 and f"process {other.pid} is writing to the log" in told["message"]
    (tmp_path / "trust.json").write_bytes(people())
    for words, status in [
        (("init", "log", "--origin", ORIGIN, "--trust", "trust.json"), 5),
        (("init", "new", "--origin", "two words", "--trust", "trust.json"), 4),
        (("init", "new", "--origin", ORIGIN, "--trust", "nowhere.json"), 2),
        (("append", "nowhere", "0.json"), 2),
        (("append", "log", "trust.json"), 4),
        (("prove", "log", "0", "-o", "x"), 2),
        (("check", "http://127.0.0.1:9"), 2),
        (("check", "http://127.0.0.1:9", "--key", vkey(place)), 3),
        (("check", "log", "--key", "nonsense"), 4),
        (("cosign", "log"), 2),
        (("serve", "nowhere"), 2),
    ]:
        done = fairtrial("log", *words, cwd=tmp_path)
        assert done.returncode == status, (words, done.stderr)
        assert done.stderr.startswith("fairtrial: ") and "what now: " in done.stderr


def _only_the_log_is_served(url: str) -> None:
    assert request(f"{url}/checkpoint")[1] == "text/plain"
    assert request(f"{url}/tile/entries/000.p/4")[:2] == (200, "application/octet-stream")
    for path in (
        "log.key",
        "../log.key",
        "%2e%2e/log.key",
        "tile/../../log.key",
        "tile/0/..%2f..%2f..%2flog.key",
        "",
    ):
        assert request(f"{url}/{path}")[0] == 404, path
    for path in (
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/64/000",
        "tile/0/0",
        "tile/0/001",
        "tile/0/000.p/4/x",
    ):
        assert request(f"{url}/{path}")[0] == 404, path
    assert request(f"{url}/checkpoint", "POST", b"x")[0] == 405


def _entry(place: Path, index: int) -> bytes:
    data = max((place / "public/tile/entries/000.p").iterdir(), key=lambda each: int(each.name)).read_bytes()
    for _ in range(index):
        data = data[2 + int.from_bytes(data[:2], "big") :]
    return data[2 : 2 + int.from_bytes(data[:2], "big")]


def _json(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
