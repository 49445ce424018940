"""`fairtrial register`, `run --register`, `bundle` as people type them; and a run that is killed at any moment."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import HERE, fairtrial
from tests.lab.registered_world import World, world
from tests.lab.test_bundling import method

CASES = "\n".join(
    json.dumps({"id": f"s{n}", "input": f"{n} + {n} =", "target": str(2 * n)}) for n in range(8)
)
MODEL = "python:model:slow"
CODE = """import time


def slow(question):
    time.sleep(0.04)
    left, _, right = question.partition("+")
    return str(int(left) + int(right.rstrip("= ")))
"""
TASK = ("cases.jsonl", "--scorer", "exact", "--model", MODEL, "--trust-code")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The log of `fairtrial log init`, which takes what the key of `fairtrial key new` signs."""
    path = tmp_path_factory.mktemp("typed")
    with world(path) as made:
        done = fairtrial("key", "new", "lab.key", "--role", "lab", "--org", "Example Lab", cwd=path)
        assert done.returncode == 0, done.stderr
        trust = json.loads((made.log / "trust.json").read_text())
        trust["keys"].append(json.loads((path / "lab.key.pub").read_text()))
        (made.log / "trust.json").write_text(json.dumps(trust))
        yield made


@pytest.fixture
def place(whole: World, tmp_path: Path) -> Path:
    (tmp_path / "cases.jsonl").write_text(CASES + "\n")
    (tmp_path / "model.py").write_text(CODE)
    shutil.copy(whole.path / "lab.key", tmp_path)
    (tmp_path / "log").symlink_to(whole.log)
    return tmp_path


def typed(place: Path, *words: str, status: int = 0) -> dict[str, Any]:
    done = fairtrial(*words, "--json", cwd=place)
    assert done.returncode == status, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def register(place: Path, name: str, *more: str) -> dict[str, Any]:
    words = ("--campaign", name, "--deadline", "7d", "--log", "log", "--key", "lab.key", "-o", "reg", *more)
    return typed(place, "register", *TASK, *words)


def listed(place: Path, name: str) -> dict[str, Any]:
    (found,) = typed(place, "log", "campaigns", "log", "--name", name)["campaigns"]
    return dict(found)


def test_register_run_bundle(place: Path) -> None:
    planned = register(place, "typed", "--claim", "it adds", "--construct", "addition")
    assert planned["quota"] == 1 and (place / "reg/plan.tlog-proof").exists()
    run = typed(place, "run", "--register", "reg", "--key", "lab.key", "--trust-code")["runs"][0]
    told = run["registered"]
    assert told["campaign"] == planned["campaign"] and told["plan"] < told["start"] < told["end"]
    done = fairtrial("bundle", run["run"], "-o", "a.bundle", "--key", "lab.key", cwd=place)
    assert done.returncode == 2 and "people.funding: absent" in done.stderr
    checked = typed(place, "method", "check", "--run", run["run"], status=1)
    for gap in checked["gaps"]:
        assert f"{gap['group']}.{gap['field']}: " in done.stderr, "both say the same"
    assert not (place / "a.bundle").exists()
    with _in(place):
        (place / "method.json").write_text(
            json.dumps(method(World(place, place / "log").lab().load(run["run"])))
        )
    words = ("bundle", run["run"], "-o", "a.bundle", "--key", "lab.key", "--method", "method.json")
    bundled = typed(place, *words)
    assert bundled["attempts"] == 1 and bundled["bytes"] == (place / "a.bundle").stat().st_size
    verified = typed(place, "verify", "a.bundle")
    assert verified["ok"] and verified["label"] == "self-reported", "no policy of the reader's own"
    assert fairtrial(*words, cwd=place).returncode == 5, "a file is not overwritten unasked"
    assert listed(place, "typed")["attempts"][0]["status"] == "completed"


class _in:
    """Paths in a registration are as they were typed."""

    def __init__(self, path: Path) -> None:
        self.path, self.before = path, Path.cwd()

    def __enter__(self) -> None:
        os.chdir(self.path)

    def __exit__(self, *told: object) -> None:
        os.chdir(self.before)


def test_in_one_go_and_closed(place: Path) -> None:
    (place / "model.py").write_text("def slow(question):\n    raise RuntimeError('no')\n")
    words = ("run", *TASK, "--register", "--log", "log", "--key", "lab.key", "--campaign", "one go")
    run = typed(place, *words, status=3)["runs"][0]
    assert run["registered"]["end"] is None and run["status"] == "incomplete"
    closing = (
        "register",
        "close",
        run["run"],
        "--status",
        "failed",
        "--reason",
        "no model",
        "--key",
        "lab.key",
    )
    assert typed(place, *closing)["status"] == "failed"
    again = typed(place, *closing, status=2)
    assert "has ended already: failed" in again["error"]["message"]
    found = listed(place, "one go")
    assert [each["status"] for each in found["attempts"]] == ["failed"] and found["quota"] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", *TASK, "--key", "lab.key"), "--key belongs to a registered run"),
        (("run", *TASK, "--register", "reg", "--key", "lab.key"), "reg is no registration"),
        (("run", *TASK, "--register", "--log", "log", "--campaign", "x"), "signed by whom?"),
        (("run", *TASK, "--register", "--key", "lab.key", "--campaign", "x"), "in which log?"),
        (("run", *TASK, "--register", "--key", "lab.key", "--log", "log"), "belongs to a campaign"),
        (("run", *TASK, "--model", "python:model:b", "--register", "--log", "log"), "1 tasks and 2 models"),
        (
            ("register", *TASK, "--log", "log", "--key", "lab.key", "--campaign", "x", "-o", "r"),
            "--deadline 7d",
        ),
        (("register", "close", ".", "--status", "failed"), "holds no run-start.dsse.json"),
        (("bundle", ".", "-o", "b", "--records", "digest"), "--access go together"),
    ],
)
def test_wrong_use(place: Path, words: tuple[str, ...], told: str) -> None:
    done = fairtrial(*words, cwd=place)
    assert done.returncode == 2 and told in done.stderr, done.stderr
    assert not list(place.glob("runs/*/records.jsonl"))


def test_a_registration_of_somebody_else_runs_no_code_unasked(place: Path) -> None:
    register(place, "foreign")
    done = fairtrial("run", "--register", "reg", "--key", "lab.key", cwd=place)
    assert done.returncode == 2 and "runs Python code with your rights" in done.stderr
    order = json.loads((place / "reg/registration.json").read_text())
    order["model"] = {"provider": "openai-api", "name": "m", "options": {"base_url": "http://far.example/v1"}}
    (place / "reg/registration.json").write_text(json.dumps(order))
    done = fairtrial("run", "--register", "reg", "--key", "lab.key", cwd=place)
    assert done.returncode == 2 and "--allow-host far.example" in done.stderr


def test_a_run_without_register_loads_no_signing(place: Path) -> None:
    """Nor anything of `trust` that a plain run doesn't need."""
    script = (
        "import sys\nfrom fairtrial.cli import main\n"
        f"assert main(['run', *{list(TASK)!r}, '--no-report']) == 0\n"
        "print([each for each in sys.modules if each.split('.')[0] in "
        "('cryptography', 'securesystemslib', 'pyrage') or each.startswith('fairtrial.trust')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=place, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_sigkill_at_random_moments_leaves_one_start_and_one_end(place: Path) -> None:
    register(place, "killed")
    words = [
        "run",
        "--register",
        "reg",
        "--key",
        "lab.key",
        "--trust-code",
        "--resume",
        "--json",
        "--no-report",
    ]
    rng = random.Random(os.environ.get("FAIRTRIAL_SEED", "kill"))
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-m", "fairtrial", *words],
            cwd=place,
            env={"PATH": os.environ["PATH"], "HOME": str(HERE)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # By progress: some die before START, some between questions, some about their END.
        goal = rng.choice(["registration", "run-start.dsse.json", "run-start.tlog-proof", "s", "run-end"])
        while process.poll() is None and not _reached(place, goal):
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
    run = typed(place, *words[:-2], "--no-report")["runs"][0]
    assert run["status"] == "complete" and run["counts"]["right"] == 8
    (attempt,) = listed(place, "killed")["attempts"]
    assert attempt["status"] == "completed"
    lines = (place / run["run"] / "records.jsonl").read_bytes().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == [f"s{n}" for n in range(8)]
    entries = json.loads(fairtrial("log", "check", "log", "--json", cwd=place).stdout)
    assert {"completed": 1} in [each["states"] for each in entries["campaigns"]]


def _reached(place: Path, goal: str) -> bool:
    if goal == "s":
        return any(path.stat().st_size for path in place.glob("runs/*/records.jsonl"))
    return any(place.glob(f"runs/*/registration/{goal}*")) or any(place.glob(f"runs/*/{goal}"))
