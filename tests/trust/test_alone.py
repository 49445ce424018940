"""The stand-alone verifier: which modules it is made of, and that two packages are all it needs."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from verifier.build import HERE, archive, build, loaded, sources

from fairtrial.trust.verification import BLIND, CHECKS, SELF, WITNESSED
from tests.trust.base import BEGIN, END, counted
from tests.trust.chain import POLICY, Chain

NEEDED = ("cryptography", "rfc8785", "cffi", "_cffi_backend")
NEVER = {
    "aiohttp",
    "asyncio",
    "click",
    "http",
    "numpy",
    "orjson",
    "pydantic",
    "regex",
    "scipy",
    "securesystemslib",
    "select",
    "selectors",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "urllib",
    "yaml",
}
FIGURES = re.compile(r"[0-9][0-9,]*")
RUN = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_path(sys.argv.pop(1), run_name='__main__')"


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A folder with the verifier, and `site` with the packages it needs and no other."""
    build(tmp_path)
    site = tmp_path / "site"
    site.mkdir()
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        place = Path(spec.origin)
        place = place.parent if place.name == "__init__.py" else place
        (site / place.name).symlink_to(place)
    return tmp_path


def run(alone: Path, data: bytes, *words: str) -> subprocess.CompletedProcess[str]:
    chain = Chain()
    files = {"a.bundle": data, "trust.json": chain.trust, "log.policy": POLICY}
    for name, content in files.items():
        (alone / name).write_bytes(content)
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        RUN,
        str(alone / "site"),
        str(alone / "fairtrial-verify.pyz"),
    ]
    return subprocess.run([*command, "a.bundle", *words], capture_output=True, text=True, cwd=alone)


def test_it_verifies_with_two_packages_and_says_what_the_command_says(alone: Path) -> None:
    chain = Chain()
    told = run(alone, chain.data, "--trust", "trust.json", "--log-policy", "log.policy", "--json")
    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout) == json.loads(json.dumps(chain.verified().to_json()))


def test_it_ends_with_4_and_names_the_first_failure(alone: Path) -> None:
    told = run(alone, Chain().data + b"x")
    assert told.returncode == 4
    assert told.stderr == "fairtrial-verify: container: a.bundle is no bundle: 1 bytes follow its end\n"


def test_it_ends_with_2_where_the_readers_own_file_is_wrong(alone: Path) -> None:
    told = run(alone, Chain().data, "--log-policy", "trust.json")
    assert told.returncode == 2
    assert "your log policy, line 1" in told.stderr


def test_it_loads_no_network_database_event_loop_or_array() -> None:
    names = loaded()
    assert {name.partition(".")[0] for name in names} & NEVER == set()
    rooms = {
        name
        for name in names
        if name.startswith("fairtrial.") and name.split(".")[1] not in ("core", "trust")
    }
    assert rooms == {
        "fairtrial.report",
        "fairtrial.report.plain",
        "fairtrial.stats",
        "fairtrial.stats.intervals",
    }


def test_the_same_sources_make_the_same_file() -> None:
    assert archive() == archive()
    assert all(path.is_file() for path in sources())


def test_what_it_needs_is_pinned_by_digest() -> None:
    pins = (HERE / "requirements.txt").read_text()
    assert [line.partition("==")[0] for line in pins.splitlines() if "==" in line] == [
        "cryptography",
        "rfc8785",
        "cffi",
    ]
    assert pins.count("--hash=sha256:") >= 3


def test_the_trusted_base_is_as_large_as_the_page_says() -> None:
    """3,000 lines were the aim. Where this fails: python -m tests.trust.base docs/reference/bundle.md."""
    files, lines = (int(each.replace(",", "")) for each in FIGURES.findall(told_size())[:2])
    rows = counted()
    assert abs(len(rows) - files) <= 3
    assert abs(sum(code for _, _, code, _ in rows) - lines) <= 200


def told_size() -> str:
    page = (HERE.parent / "docs" / "reference" / "bundle.md").read_text()
    return page.partition(BEGIN)[2].partition(END)[0]


def test_the_page_names_every_check_and_every_label() -> None:
    page = (HERE.parent / "docs" / "reference" / "bundle.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert [each for each in rows if each in CHECKS] == list(CHECKS)
    assert [each for each in rows if each in (SELF, WITNESSED, BLIND)] == [SELF, WITNESSED, BLIND]
