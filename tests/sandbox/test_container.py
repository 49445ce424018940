"""Containers: every flag of the command line, what is refused, and the limits that the engine must hold.

What a program reaches from inside is in test_isolation.py, for every engine that works here. Where podman is
installed and doesn't work by itself, `python -m tests.sandbox.podman` may make it work for a while.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fairtrial.sandbox.backend import Unavailable
from fairtrial.sandbox.container import BOUND, DEFAULT_IMAGE, Container, probe
from fairtrial.sandbox.limits import MIB, Limits

BOX = Container("podman", "/usr/bin/podman", "4.3.1", "localhost/image:1", "sha256:0123")
FLAGS = (
    *(
        "--rm",
        "--interactive",
        "--pull=never",
        "--network=none",
        "--ipc=private",
        "--read-only",
        "--cap-drop=ALL",
    ),
    *("--security-opt=no-new-privileges", "--user=65534:65534", "--hostname=sandbox", "--log-driver=none"),
    *("--workdir=/work", "--ulimit=core=0:0", "--entrypoint=env"),
)


def test_every_flag_stands_before_the_image() -> None:
    limits = Limits(memory=100 * MIB, processes=7, scratch_bytes=3 * MIB)
    command = BOX.command("fairtrial-1", ["python3", "-c", "pass"], limits)
    before = command[: command.index("localhost/image:1")]
    assert before[:2] == ["/usr/bin/podman", "run"]
    for flag in (
        *FLAGS,
        "--name=fairtrial-1",
        "--pids-limit=7",
        f"--memory={200 * MIB}",
        f"--memory-swap={200 * MIB}",
        f"--tmpfs=/work:rw,size={3 * MIB},mode=1777",
        f"--shm-size={3 * MIB}",
    ):
        assert flag in before, flag
    assert command[-3:] == ["python3", "-c", "pass"]


@pytest.mark.parametrize("engine", ["podman", "docker"])
def test_nothing_weakens_it(engine: str) -> None:
    words = " ".join(Container(engine, engine, "1", "image", "id").command("c", ["true"], Limits()))
    weak = (
        "--privileged",
        "=host",
        "unconfined",
        "--volume",
        " -v ",
        "--mount",
        "--device",
        "--cap-add",
        "--publish",
    )
    assert [each for each in weak if each in words] == []


def test_what_only_one_engine_knows() -> None:
    podman, docker = (
        Container(name, name, "1", "i", "id").command("c", ["true"], Limits())
        for name in ("podman", "docker")
    )
    assert {"--read-only-tmpfs=false", "--http-proxy=false", "--no-hosts"} <= set(podman)
    assert not {"--read-only-tmpfs=false", "--http-proxy=false", "--no-hosts"} & set(docker)


def test_gvisor_where_it_is() -> None:
    box = Container("docker", "docker", "24.0", "i", "sha256:77", "runsc")
    assert "--runtime=runsc" in box.command("c", ["true"], Limits())
    assert box.version == "24.0, runsc, image sha256:77"
    assert not any("--runtime" in word for word in BOX.command("c", ["true"], Limits()))


def test_inside_a_clock_and_limits_come_before_the_program() -> None:
    command = BOX.command("c", ["python3", "-c", "pass"], Limits(wall_s=6.5, memory=MIB, cpu_s=3, files=9))
    inside = command[command.index("localhost/image:1") + 1 :]
    assert inside[0] == "-i"
    at = inside.index("timeout")
    assert inside[at : at + 4] == ["timeout", "-s", "KILL", "12"]
    assert all("=" in word for word in inside[1:at])
    assert inside[at + 4 : at + 8] == ["python3", "-I", "-S", "-c"] and inside[at + 8] == BOUND
    limits = json.loads(inside[at + 9])
    assert limits["AS"] == MIB and limits["CPU"] == 3 and limits["NOFILE"] == 9 and limits["CORE"] == 0


def test_the_limits_and_the_filter_bite_before_the_program_runs() -> None:
    """The part that runs inside, run here in a process of its own."""
    inside = replace(BOX, python=sys.executable).command("c", [], Limits(memory=300 * MIB, files=9))
    at = inside.index("timeout")
    code = """
import ctypes, resource
print(resource.getrlimit(resource.RLIMIT_AS)[1], resource.getrlimit(resource.RLIMIT_NOFILE)[1])
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), ctypes.get_errno())
"""
    command = [*inside[at + 4 :], sys.executable, "-I", "-S", "-c", code]
    first = (
        "import ctypes, os, sys; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", first, *command], capture_output=True, text=True, timeout=30)
    assert done.stdout.split() == [str(300 * MIB), "9", "-1", "1"], done.stderr


# --- refusals, by engines of paper ---


def _engine(folder: Path, script: str) -> dict[str, str]:
    program = folder / "docker"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec echo "Docker version 24.0.5, build 1"\n{script}\n'
    )
    program.chmod(0o755)
    return {"PATH": str(folder)}


def test_not_installed(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="podman is not on PATH") as found:
        probe("podman", {"PATH": str(tmp_path)})
    assert found.value.remedy == "sudo apt-get install podman"


def test_no_image(tmp_path: Path) -> None:
    environ = _engine(tmp_path, "echo Error: No such image: x >&2; exit 1")
    with pytest.raises(Unavailable, match=f"the image {DEFAULT_IMAGE} is not here") as found:
        probe("docker", environ)
    assert found.value.remedy == f"docker pull {DEFAULT_IMAGE}"
    with pytest.raises(Unavailable, match="the image mine@sha256:ab is not here"):
        probe("docker", {**environ, "FAIRTRIAL_SANDBOX_IMAGE": "mine@sha256:ab"})
    with pytest.raises(Unavailable, match="can't name an image"):
        probe("docker", {**environ, "FAIRTRIAL_SANDBOX_IMAGE": "--privileged"})


def test_no_daemon(tmp_path: Path) -> None:
    environ = _engine(tmp_path, "echo Cannot connect to the Docker daemon >&2; exit 1")
    with pytest.raises(Unavailable, match="Cannot connect to the Docker daemon") as found:
        probe("docker", environ)
    assert "docker run" in found.value.remedy


RUNS = '[ "$1" = image ] && exec echo sha256:12\n[ "$1" = run ] && {{ {} ; exit; }}\nexit 0'


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("echo; echo memory is not limited; echo done", "memory is not limited"),
        ("echo; echo processes are not limited", "processes are not limited"),
        ("echo crun: no control groups >&2; exit 126", "crun: no control groups"),
        ("exit 137", "it ended without a word"),
        ("echo /usr/lib/numpy", "it ended without a word"),
    ],
)
def test_an_engine_that_does_not_hold_its_limits_is_not_used(says: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=why) as found:
        probe("docker", _engine(tmp_path, RUNS.format(says)))
    assert "control groups" in found.value.remedy


def test_gvisor_is_tried_first_and_given_up_where_the_engine_does_not_know_it(tmp_path: Path) -> None:
    (tmp_path / "runsc").symlink_to(shutil.which("true") or "/bin/true")
    fails = 'case "$*" in *--runtime=runsc*) echo unknown runtime >&2; exit 125;; esac; echo /opt; echo done'
    found = probe("docker", _engine(tmp_path, RUNS.format(fails)))
    assert (found.runtime, found.packages) == ("", "/opt")
    assert probe("docker", _engine(tmp_path, RUNS.format("echo; echo done"))).runtime == "runsc"
