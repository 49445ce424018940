"""`fairtrial witness serve` in a process of its own: every status over HTTP, memory, forks, races."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fairtrial.trust.checkpoint import cosignatures, parse_checkpoint
from fairtrial.trust.note import Note, parse_signatures
from fairtrial.trust.note_keys import LOG, VerifierKey, parse_vkey
from fairtrial.trust.tree import consistency_proof
from fairtrial.trust.witness import request_bytes
from tests.cli.log_processes import add_checkpoint, new_witness, request, served
from tests.trust.logs import LOG_KEY, ORIGIN, OTHER_LOG_KEY, checkpoint, levels
from tests.trust.test_witness import wanted

SESSION = json.loads((Path(__file__).parent.parent / "trust/vectors/witness.json").read_text())
NAME = hashlib.sha256(ORIGIN.encode()).hexdigest()


def _grow(old: int, new: int, salt: str = "") -> bytes:
    return request_bytes(old, consistency_proof(old, new, levels(new, salt)), checkpoint(new, salt=salt))


def test_every_status_and_the_memory(tmp_path: Path) -> None:
    key = parse_vkey(new_witness(tmp_path / "w", "witness.example/one", LOG_KEY.public.vkey))
    assert (tmp_path / "w/witness.key").stat().st_mode & 0o777 == 0o600
    with served("witness", "serve", tmp_path / "w") as url:
        assert request(f"{url}/{NAME}/checkpoint")[0] == 404
        status, _, body = add_checkpoint(url, _grow(0, 3))
        assert status == 200
        line = parse_signatures(body.decode())
        assert Note(checkpoint(3).note.text, line).verified([key])
        assert add_checkpoint(url, b"nonsense")[0] == 400
        assert add_checkpoint(url, request_bytes(9, (), checkpoint(3)))[0] == 400
        assert add_checkpoint(url, b"x" * 600_000)[0] == 400
        assert add_checkpoint(url, request_bytes(0, (), checkpoint(3, key=OTHER_LOG_KEY)))[0] == 404
        forged = _grow(3, 5).replace(b"\n5\n", b"\n6\n")
        assert add_checkpoint(url, forged)[0] == 403
        assert add_checkpoint(url, _grow(0, 5)) == (409, "text/x.tlog.size", b"3\n")
        assert add_checkpoint(url, _grow(3, 5, "other"))[0] == 422
        assert add_checkpoint(url, _grow(3, 3))[0] == 200
        assert add_checkpoint(url, _grow(3, 8))[0] == 200
        assert request(f"{url}/add-checkpoint")[0] == 405
        status, kind, shown = request(f"{url}/{NAME}/checkpoint")
        assert (status, kind) == (200, "text/plain")
    last = parse_checkpoint(shown, "it")
    assert last.checkpoint.size == 8 and set(cosignatures(last, [key])) == {key}
    assert last.note.verified([LOG_KEY.public])
    with served("witness", "serve", tmp_path / "w") as url:
        assert request(f"{url}/{NAME}/checkpoint")[2] == shown, "the memory outlives the process"
        assert add_checkpoint(url, _grow(3, 9)) == (409, "text/x.tlog.size", b"8\n")


def test_another_implementations_session_over_http(tmp_path: Path) -> None:
    log = VerifierKey(SESSION["origin"], LOG, bytes.fromhex(SESSION["public"]))
    new_witness(tmp_path / "w", "witness.example/one", log.vkey)
    with served("witness", "serve", tmp_path / "w") as url:
        for each in SESSION["requests"]:
            assert add_checkpoint(url, each["body"].encode())[0] == wanted(each)


def test_a_fork_shown_to_two_witnesses_is_refused_named_and_kept(tmp_path: Path) -> None:
    """One history for each of them: neither takes the other's, and each keeps both signed checkpoints."""
    for name in ("a", "b"):
        new_witness(tmp_path / name, f"witness.example/{name}", LOG_KEY.public.vkey)
    with served("witness", "serve", tmp_path / "a") as a, served("witness", "serve", tmp_path / "b") as b:
        assert add_checkpoint(a, _grow(0, 5, "one"))[0] == add_checkpoint(b, _grow(0, 5, "two"))[0] == 200
        for url, other in ((a, "two"), (b, "one")):
            status, _, told = add_checkpoint(url, request_bytes(5, (), checkpoint(5, salt=other)))
            assert status == 422 and b"forked at size 5" in told
            assert add_checkpoint(url, _grow(5, 7, other))[0] == 422
    for name in ("a", "b"):
        kept = sorted((tmp_path / name / "forks").iterdir())
        sides = [parse_checkpoint(each.read_bytes(), each.name) for each in kept]
        assert len({side.checkpoint.root for side in sides}) == 2
        assert {side.checkpoint.size for side in sides} == {5}
        assert all(side.note.verified([LOG_KEY.public]) for side in sides)


def test_racing_requests_never_roll_the_witness_back(tmp_path: Path) -> None:
    new_witness(tmp_path / "w", "witness.example/one", LOG_KEY.public.vkey)
    with served("witness", "serve", tmp_path / "w") as url:
        assert add_checkpoint(url, _grow(0, 10))[0] == 200
        found: list[int] = []
        requests = [_grow(10, size) for size in range(11, 31)]
        threads = [
            threading.Thread(target=lambda body=body: found.append(add_checkpoint(url, body)[0]))
            for body in requests
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == [200] + [409] * 19, "one of them grew the tree; the others came too late"
        size = parse_checkpoint(request(f"{url}/{NAME}/checkpoint")[2], "it").checkpoint.size
        assert size > 10 and add_checkpoint(url, _grow(size, 31))[0] == 200


def test_one_process_serves(tmp_path: Path) -> None:
    new_witness(tmp_path / "w", "witness.example/one", LOG_KEY.public.vkey)
    with served("witness", "serve", tmp_path / "w"):
        done = _start(tmp_path / "w")
        assert done.returncode == 5 and "is serving as the witness" in done.stderr


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        (
            lambda state: state.write_bytes(state.read_bytes().replace(b"\n3\n", b"\n2\n")),
            4,
            "not by that key",
        ),
        (lambda state: state.write_bytes(checkpoint(3).data), 4, "not what this witness cosigned"),
        (lambda state: state.write_bytes(b""), 4, "no signed note"),
    ],
)
def test_a_memory_that_was_touched_does_not_serve(tmp_path: Path, change, status: int, told: str) -> None:  # type: ignore[no-untyped-def]
    new_witness(tmp_path / "w", "witness.example/one", LOG_KEY.public.vkey)
    with served("witness", "serve", tmp_path / "w") as url:
        assert add_checkpoint(url, _grow(0, 3))[0] == 200
    change(tmp_path / "w/state" / NAME)
    done = _start(tmp_path / "w")
    assert done.returncode == status and told in done.stderr


def _start(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "fairtrial", "witness", "serve", str(folder), "--port", "0"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)
