"""doctor: what works here and what doesn't, and never a secret."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path

import pytest

from fairtrial.cli.doctor import READ
from tests.cli.test_main import fairtrial

NOWHERE = "/nonexistent"


def test_the_report_in_json(tmp_path: Path) -> None:
    done = fairtrial("doctor", "--json", cwd=tmp_path, OPENAI_API_KEY="sk-a-secret", GOOGLE_API_KEY="")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["python"] == platform.python_version()
    assert found["core"] is True
    assert found["runs"] == {"folder": "runs", "writable": True, "why": ""}
    assert [each["name"] for each in found["sandboxes"]] == ["bubblewrap", "podman", "docker"]
    for each in found["sandboxes"]:
        assert each["works"] == (each["version"] is not None) == (not each["why"]) == (not each["remedy"])
    works = [each["name"] for each in found["sandboxes"] if each["works"]]
    assert found["sandbox"] == (works[0] if works else None)
    extras = {each["extra"]: each["packages"] for each in found["extras"]}
    assert extras["parquet"] == {"pyarrow": metadata.version("pyarrow")}
    assert not {"test", "dev"} & set(extras)
    assert [name for name, there in found["environment"].items() if there] == ["OPENAI_API_KEY"]
    assert "sk-a-secret" not in done.stdout + done.stderr
    assert not (tmp_path / "runs").exists() and list(tmp_path.iterdir()) == []


def test_without_any_sandbox_it_says_what_to_install(tmp_path: Path) -> None:
    done = fairtrial("doctor", cwd=tmp_path, PATH=NOWHERE)
    assert done.returncode == 0, "programs in a sandbox are a part, not the core"
    words = " ".join(done.stdout.split())
    assert "none: tasks that run what models write are refused" in words
    for name in ("bubblewrap", "podman", "docker.io"):
        assert f"sudo apt-get install {name}" in words
    assert "bwrap is not on PATH" in words


def test_a_sandbox_that_is_not_wanted_is_not_used(tmp_path: Path) -> None:
    done = fairtrial(
        "doctor", "--json", cwd=tmp_path, FAIRTRIAL_SANDBOX="docker", DOCKER_HOST="unix:///nonexistent"
    )
    found = json.loads(done.stdout)
    assert found["sandbox"] is None
    assert found["environment"]["FAIRTRIAL_SANDBOX"] is True


@pytest.mark.parametrize("name", ["none", "no", "off", "unsafe", "local", "0"])
def test_there_is_no_name_for_no_sandbox(name: str, tmp_path: Path) -> None:
    done = fairtrial("doctor", cwd=tmp_path, FAIRTRIAL_SANDBOX=name)
    assert done.returncode == 2
    assert "bubblewrap, podman, docker" in done.stderr


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    done = fairtrial("doctor", "--out", "/proc/nowhere/runs", cwd=tmp_path)
    assert done.returncode == 1
    assert "no run folder can be made in /proc" in done.stdout and "--out" in done.stdout
    file = tmp_path / "file"
    file.write_text("")
    done = fairtrial("doctor", "--json", "--out", str(file / "runs"), cwd=tmp_path)
    assert done.returncode == 1 and json.loads(done.stdout)["core"] is False


def test_every_variable_that_is_read_is_named() -> None:
    """Each name of ours or of a provider that stands in the source is one that doctor tells about."""
    source = "".join(
        path.read_text()
        for path in Path(__file__, "../../../src/fairtrial").resolve().rglob("*.py")
        if path.name != "doctor.py"
    )
    assert [name for name in READ if name not in source and not name.startswith("HF_")] == []


def test_names_from_outside_can_not_steer_the_terminal(tmp_path: Path) -> None:
    done = fairtrial(
        "doctor",
        cwd=tmp_path,
        PATH=os.environ["PATH"],
        FAIRTRIAL_SANDBOX_IMAGE="evil\x1b[31m/image",
    )
    assert done.returncode == 0 and "\x1b" not in done.stdout
