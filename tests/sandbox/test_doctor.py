"""Which sandbox is taken: the first that works, the one that is named, or none and a refusal. Never no sandbox."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import fairtrial.sandbox
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.sandbox.probe import ORDER, attempt_at, attempts, backend
from tests.sandbox.boxes import works

SOURCE = Path(fairtrial.sandbox.__file__).parent


def test_nothing_works_and_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="no sandbox works here, and programs are never run without one"
    ) as found:
        fairtrial.sandbox.find({"PATH": str(tmp_path)})
    assert found.value.exit_status == 2
    for name in ORDER:
        assert re.search(rf"{name}: \S+ is not on PATH", found.value.message)
    assert found.value.remedy.startswith("sudo apt-get install bubblewrap or ")


def test_the_first_that_works_is_taken() -> None:
    box = works("bubblewrap")
    assert backend(os.environ) is box
    assert fairtrial.sandbox.find(os.environ).form["backend"] == "bubblewrap"
    assert fairtrial.sandbox.find(os.environ).form["version"] == box.version


def test_one_that_is_named_and_does_not_work_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "bwrap").symlink_to("/usr/bin/bwrap")
    with pytest.raises(UsageError, match="podman: podman is not on PATH") as found:
        backend({"PATH": str(tmp_path), "FAIRTRIAL_SANDBOX": "podman"})
    assert "bubblewrap" not in found.value.message


@pytest.mark.parametrize("name", ["none", "unsafe", "local", "bwrap", "Bubblewrap", "bubblewrap,podman"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownName):
        backend({**os.environ, "FAIRTRIAL_SANDBOX": name})


def test_it_is_looked_for_once() -> None:
    box = works("bubblewrap")
    assert attempt_at("bubblewrap", dict(os.environ)).backend is box
    assert attempt_at("bubblewrap", {**os.environ, "UNRELATED": "1"}).backend is box


def test_all_are_told_and_those_not_wanted_are_marked(tmp_path: Path) -> None:
    found = attempts({"PATH": str(tmp_path), "FAIRTRIAL_SANDBOX": "docker"})
    assert [(each.name, each.wanted) for each in found] == [
        ("bubblewrap", False),
        ("podman", False),
        ("docker", True),
    ]


def test_only_backends_start_processes() -> None:
    """There is no other way to run a program, and so no fallback."""
    starts = re.compile(
        r"\bsubprocess\.(Popen|run|call|check_\w+)\(|\bos\.(system|exec\w+|spawn\w+|popen|fork)\("
    )
    found = {path.name for path in SOURCE.glob("*.py") if starts.search(path.read_text())}
    assert found == {"bubblewrap.py", "container.py"}
