"""`fairtrial verify` from end to end: text, JSON, page, exit statuses, and what it loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import fairtrial
from tests.trust.chain import POLICY, Chain


@pytest.fixture
def place(tmp_path: Path) -> Path:
    chain = Chain()
    for name, data in {"a.bundle": chain.data, "trust.json": chain.trust, "log.policy": POLICY}.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def own(place: Path) -> list[str]:
    return ["--trust", str(place / "trust.json"), "--log-policy", str(place / "log.policy")]


def test_text_by_policies_of_ones_own(place: Path) -> None:
    told = fairtrial("verify", str(place / "a.bundle"), *own(place))
    assert (told.returncode, told.stderr) == (0, "")
    assert "label       witnessed-self-run" in told.stdout
    assert "this bundle does not establish" in told.stdout


def test_one_json_object_and_nothing_else(place: Path) -> None:
    told = fairtrial("verify", str(place / "a.bundle"), *own(place), "--json")
    found = json.loads(told.stdout)
    assert (told.returncode, found["ok"], found["label"], found["bundle"]) == (
        0,
        True,
        "witnessed-self-run",
        "a.bundle",
    )


def test_a_page_beside_the_text(place: Path) -> None:
    told = fairtrial("verify", str(place / "a.bundle"), "--html", str(place / "chain.html"))
    assert told.returncode == 0 and "wrote" in told.stderr
    assert "registered the plan sums" in (place / "chain.html").read_text()


def test_a_changed_bundle_ends_with_4_and_names_the_first_failure(place: Path) -> None:
    data = (place / "a.bundle").read_bytes()
    (place / "a.bundle").write_bytes(data.replace(b"It is 4.", b"It is 5.", 1))
    told = fairtrial("verify", str(place / "a.bundle"), *own(place), "--json")
    assert told.returncode == 4
    assert told.stderr.startswith("fairtrial: container: a.bundle is no bundle: its bytes are not those")
    assert "do not rely on the score" in told.stderr
    assert json.loads(told.stdout)["label"] is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.bundle"], "can't read nowhere.bundle: No such file or directory"),
        ([".", "--json"], "can't read .: Is a directory"),
    ],
)
def test_a_file_that_is_not_there_is_wrong_use(words: list[str], says: str) -> None:
    told = fairtrial("verify", *words)
    assert (told.returncode, says in told.stderr) == (2, True)


def test_a_fault_in_ones_own_policy_is_not_the_bundles(place: Path) -> None:
    (place / "log.policy").write_text("quorum some\n")
    told = fairtrial("verify", str(place / "a.bundle"), *own(place))
    assert (told.returncode, "your log policy, line 1" in told.stderr) == (2, True)


def test_what_a_bundle_says_cannot_steer_the_terminal(place: Path) -> None:
    chain = Chain(say={"plan": {"claim": "it adds\x1b[2J\u202e"}})
    (place / "a.bundle").write_bytes(chain.data)
    told = fairtrial("verify", str(place / "a.bundle"), *own(place))
    assert "\x1b" not in told.stdout and "\u202e" not in told.stdout
    assert "it adds\\x1b[2J\\u202e" in told.stdout


def test_the_command_loads_no_network_database_event_loop_or_array(place: Path) -> None:
    script = (
        "import sys, json; from fairtrial.cli import main; "
        f"main(['verify', {str(place / 'a.bundle')!r}, '--json']); "
        "print(json.dumps(sorted({each.partition('.')[0] for each in sys.modules})), file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(told.stderr.splitlines()[-1]))
    assert (
        loaded & {"aiohttp", "asyncio", "numpy", "scipy", "sqlite3", "py_ecc", "yaml", "securesystemslib"}
        == set()
    )
