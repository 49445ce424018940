"""The process dies at a random moment, ten times over: nothing answered is asked again, and the end is the same.

Completed means: the record's line is in the journal when the process dies. What the server had sent but the
journal had not yet is at most one answer a connection.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import HERE, fairtrial
from tests.wire.faults import rows
from tests.wire.server import Server, start

N, CONNECTIONS = 400, 10


@pytest.fixture(scope="module")
def server():  # type: ignore[no-untyped-def]
    with start("tests.wire.faults", {}) as running:
        yield running


def command(server: Server) -> list[str]:
    words = [
        "run",
        "cases.jsonl",
        "--scorer",
        "number",
        "--model",
        "openai-api/stub",
        "--base-url",
        server.base_url,
    ]
    return [*words, "--max-connections", str(CONNECTIONS), "--resume", "--json", "--no-report"]


def begin(server: Server, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fairtrial", *command(server)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(HERE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def journal(folder: Path) -> list[str]:
    """Ids of all whole lines in the one journal there is."""
    files = list(folder.glob("runs/*/records.jsonl"))
    assert len(files) <= 1, "a resumed run made a second folder"
    lines = files[0].read_bytes().split(b"\n")[:-1] if files else []
    return [json.loads(line)["id"] for line in lines]


def prepare(folder: Path) -> None:
    (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(N)))


def final(text: str) -> dict[str, Any]:
    entry = json.loads(text)["runs"][0]
    return {key: entry[key] for key in ("metrics", "counts", "usage", "plan", "status")}


def test_sigkill_at_ten_random_moments(server: Server, tmp_path: Path) -> None:
    prepare(tmp_path)
    rng = random.Random(os.environ.get("FAIRTRIAL_SEED", "kill"))
    cut = 0
    for _ in range(10):
        server.post("/config", {"latency_s": 0.03})  # forgets the counts: what is asked from here on is new
        kept = set(journal(tmp_path))
        process = begin(server, tmp_path)
        # Some die while starting, some dozens of answers later; by progress, so that a slow machine is hit too.
        goal = len(kept) + rng.randint(0, 60)
        while process.poll() is None and len(journal(tmp_path)) < goal:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        asked = {f"t{int(ticket):04d}" for ticket in server.get("/stats")["per_id"]}
        assert asked & kept == set(), "a journalled answer was asked again"
        assert len(asked - set(journal(tmp_path))) <= CONNECTIONS
        cut += 0 < len(journal(tmp_path)) < N
    assert cut >= 5, "most of the kills were to hit a run under way"
    kept = set(journal(tmp_path))
    server.post("/config", {})
    done = fairtrial(*command(server), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    asked = {f"t{int(ticket):04d}" for ticket in server.get("/stats")["per_id"]}
    assert asked & kept == set(), "a journalled answer was asked again"
    assert sorted(journal(tmp_path)) == sorted(row["id"] for row in rows(N)), (
        "an answer is there twice or not at all"
    )

    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    prepare(undisturbed)
    quiet = fairtrial(*command(server), cwd=undisturbed)
    assert final(quiet.stdout) == final(done.stdout)

    again = fairtrial(*command(server), cwd=tmp_path)
    assert final(again.stdout) == final(done.stdout), "a complete run comes back as it is"
    assert len(list(tmp_path.glob("runs/*"))) == 1


def test_no_answer_is_asked_twice_across_a_kill(server: Server, tmp_path: Path) -> None:
    """The server's own count over both processes: every ticket once, but for those on the wire at the kill."""
    prepare(tmp_path)
    server.post("/config", {"latency_s": 0.05})
    process = begin(server, tmp_path)
    while process.poll() is None and len(journal(tmp_path)) < N // 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = fairtrial(*command(server), cwd=tmp_path)
    assert done.returncode == 0
    stats = server.get("/stats")
    assert stats["distinct"] == N
    assert N <= stats["requests"] <= N + CONNECTIONS


def test_first_ctrl_c_takes_what_is_in_flight_second_stops_at_once(server: Server, tmp_path: Path) -> None:
    prepare(tmp_path)
    server.post("/config", {"latency_s": 0.3})
    process = begin(server, tmp_path)
    while process.poll() is None and len(journal(tmp_path)) < 20:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3 and "Traceback" not in err
    kept = len(journal(tmp_path))
    assert json.loads(out)["runs"][0]["status"] == "incomplete"
    assert server.get("/stats")["good"] == kept, "an answer on its way was thrown away"

    server.post("/config", {"latency_s": 5})
    process = begin(server, tmp_path)
    while process.poll() is None and server.get("/stats")["in_flight"] < CONNECTIONS:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3 and "Traceback" not in err
    assert time.monotonic() - started < 4
    assert len(journal(tmp_path)) == kept


def test_a_second_process_on_the_same_run_is_refused(server: Server, tmp_path: Path) -> None:
    prepare(tmp_path)
    server.post("/config", {"latency_s": 0.2})
    first = begin(server, tmp_path)
    try:
        while first.poll() is None and not journal(tmp_path):
            time.sleep(0.02)
        second = fairtrial(*command(server), cwd=tmp_path)
        assert second.returncode == 5
        assert "another process" in second.stderr
    finally:
        first.kill()
        first.communicate()


def test_ctrl_c_is_meant_for_the_command_not_for_one_model_of_two(server: Server, tmp_path: Path) -> None:
    """Nothing may be asked of the second model after a person said stop."""
    prepare(tmp_path)
    server.post("/config", {"latency_s": 0.2})
    words = [*command(server), "--model", "openai-api/second"]
    process = subprocess.Popen(
        [sys.executable, "-m", "fairtrial", *words],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(HERE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and len(journal(tmp_path)) < 10:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 3 and "stopped; 1 of 2 runs were not started" in err
    assert [each["model"] for each in json.loads(out)["runs"]] == ["openai-api/stub"]
    assert len(list(tmp_path.glob("runs/*"))) == 1
    assert server.get("/stats")["requests"] == len(journal(tmp_path))
