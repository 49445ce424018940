"""One fresh container for every program: podman or docker, under gVisor where its `runsc` is installed.

The image is the user's choice (FAIRTRIAL_SANDBOX_IMAGE) and is never fetched by us. It needs a Python of at least
3.9 and coreutils' `env` and `timeout`; programs may use the numpy that it holds.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fairtrial.core.errors import ProviderError
from fairtrial.sandbox import seccomp
from fairtrial.sandbox.backend import Unavailable
from fairtrial.sandbox.limits import MIB, Limits

IMAGE = "FAIRTRIAL_SANDBOX_IMAGE"
DEFAULT_IMAGE = "python:3.11-slim"
PATIENCE_S = 60
GRACE_S = 5
"""A container ends by itself so long after its wall time, should we have died meanwhile."""

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/work",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
BOUND = """
import ctypes, json, os, resource, sys
limits, filters, program = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
for name, most in limits.items():
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (most, most + (name == "CPU")))
rules = bytes.fromhex(filters[os.uname().machine])
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_char_p)]
if ctypes.CDLL(None).prctl(22, 2, ctypes.byref(Program(len(rules) // 8, rules)), 0, 0):
    sys.exit("the filter of system calls is refused")
os.execvp(program[0], program)
"""
"""Run inside, before the program: engines know no limit on address space, and podman's own filter leaves user
namespaces open (measured with 4.3.1). Out of processor time is SIGXCPU first: SIGKILL, a second later, would look
like any other death. 22 is PR_SET_SECCOMP, 2 its filter mode."""

FILTERS = {machine: seccomp.program(machine).hex() for machine in seccomp.ARCHITECTURES}

TRIAL = """
import importlib.util, os, sys, time
spec = importlib.util.find_spec("numpy")
print(os.path.dirname(os.path.dirname(spec.origin)) if spec else "", flush=True)
children = []
try:
    while len(children) < 40:
        pid = os.fork()
        if pid == 0:
            if len(children) < 4:
                held = bytearray(45 << 20)
            time.sleep(2)
            os._exit(0)
        children.append(pid)
    print("processes are not limited", flush=True)
except OSError:
    pass
if not any(os.WIFSIGNALED(os.waitpid(pid, 0)[1]) for pid in children):
    print("memory is not limited", flush=True)
print("done", flush=True)
os._exit(0)
"""
"""What an engine must hold: 40 processes under a limit of 8, four times 45 MiB under one of 128 MiB."""


class Client(subprocess.Popen[bytes]):
    """The engine's command line, attached to a container. Killing it alone would leave the container running."""

    removal: tuple[str, ...] = ()

    def kill(self) -> None:
        super().kill()
        subprocess.run(
            self.removal,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )


@dataclass(frozen=True, slots=True)
class Container:
    """name: "podman" or "docker". program: its command. packages: where the image keeps numpy; "" for none."""

    name: str
    program: str
    engine_version: str
    image: str
    image_id: str
    runtime: str = ""
    packages: str = ""
    python: str = "python3"

    @property
    def version(self) -> str:
        under = f", {self.runtime}" if self.runtime else ""
        return f"{self.engine_version}{under}, image {self.image_id}"

    def start(
        self, program: Sequence[str], limits: Limits, *, stderr: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """As the port says."""
        container = f"fairtrial-{secrets.token_hex(8)}"
        try:
            client = Client(
                self.command(container, program, limits),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd="/",
                start_new_session=True,  # a Ctrl-C at the terminal is no fault of the program's
            )
        except OSError as error:
            raise ProviderError(
                f"{self.name} can't be started: {error.strerror}",
                "see `fairtrial doctor`",
                cause="sandbox",
                retryable=True,
            ) from error
        client.removal = (self.program, "rm", "--force", container)
        return client

    def command(self, container: str, program: Sequence[str], limits: Limits) -> list[str]:
        """The whole command line."""
        words = [self.program, "run", "--rm", "--interactive", "--pull=never", f"--name={container}"]
        words += [f"--runtime={self.runtime}"] if self.runtime else []
        words += self._isolation(limits)
        if self.name == "podman":  # no folders in memory of its own accord, no proxy from our environment
            words += ["--read-only-tmpfs=false", "--http-proxy=false", "--no-hosts"]
        # A clean environment for process 1 too, which the program can read; and process 1 ends it all in time.
        inside = ["-i", *(f"{name}={value}" for name, value in ENVIRONMENT.items())]
        inside += ["timeout", "-s", "KILL", str(math.ceil(limits.wall_s) + GRACE_S)]
        inside += [self.python, "-I", "-S", "-c", BOUND, _bounds(limits), json.dumps(FILTERS)]
        return [*words, "--entrypoint=env", self.image, *inside, *program]

    def _isolation(self, limits: Limits) -> list[str]:
        memory, files, processes = 2 * limits.memory, _at_most(resource.RLIMIT_NOFILE, 1024), limits.processes
        users = _at_most(resource.RLIMIT_NPROC, 4096)
        return [
            "--network=none",
            "--ipc=private",
            "--read-only",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            "--user=65534:65534",
            "--hostname=sandbox",
            f"--pids-limit={processes}",
            f"--memory={memory}",
            f"--memory-swap={memory}",  # memory and swap together: none of it is swap
            f"--tmpfs=/work:rw,size={limits.scratch_bytes},mode=1777",
            f"--shm-size={limits.scratch_bytes}",
            f"--ulimit=nofile={files}:{files}",
            f"--ulimit=nproc={users}:{users}",
            "--ulimit=core=0:0",
            "--workdir=/work",
            "--log-driver=none",
        ]


def probe(engine: str, environ: Mapping[str, str]) -> Container:
    """That engine as it is installed here, after it has run a program and held it. Raises Unavailable."""
    path = environ.get("PATH", os.defpath)
    program = shutil.which(engine, path=path)
    if program is None:
        raise Unavailable(f"{engine} is not on PATH", f"sudo apt-get install {PACKAGES[engine]}")
    version = re.search(r"\d+(\.\d+)+", _asked([program, "--version"]))
    if version is None:
        raise Unavailable(f"{program} doesn't say its version", f"sudo apt-get install {PACKAGES[engine]}")
    image = environ.get(IMAGE, "") or DEFAULT_IMAGE
    if image.startswith("-"):
        raise Unavailable(f"{image!r} can't name an image", f"set {IMAGE} to an image with Python")
    try:
        image_id = _asked([program, "image", "inspect", "--format", "{{.Id}}", image]).strip()
    except Unavailable as found:
        if re.search(r"no such image|not known", found.why, re.IGNORECASE):
            raise Unavailable(f"the image {image} is not here", f"{engine} pull {image}") from found
        raise
    plain = Container(engine, program, version[0], image, image_id)
    if shutil.which("runsc", path=path) is not None:
        with suppress(Unavailable):  # installed, and perhaps not known to this engine: its usual runtime then
            return _tried(replace(plain, runtime="runsc"))
    return _tried(plain)


PACKAGES = {"podman": "podman", "docker": "docker.io"}


def _tried(found: Container) -> Container:
    """The same, with where its numpy is. Raises Unavailable unless it runs a program and holds its limits."""
    try:
        process = found.start(
            [found.python, "-I", "-c", TRIAL],
            Limits(wall_s=20, memory=64 * MIB, processes=8),
            stderr=subprocess.PIPE,
        )
    except ProviderError as error:
        raise Unavailable(error.message, "see its documentation") from error
    try:
        told, complaint = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise Unavailable(f"a program doesn't end within {PATIENCE_S} s", "try again") from error
    place, *rest = told.decode(errors="replace").splitlines() or [""]
    if rest != ["done"]:
        why = rest[0] if rest else _last(complaint)
        raise Unavailable(
            f"{found.name} {found.engine_version} can't hold a program ({why})",
            "let it use control groups (version 2, delegated to this user), or install bubblewrap",
        )
    packages = place if PurePosixPath(place).is_absolute() else ""
    return replace(found, packages=packages)


def _asked(command: Sequence[str]) -> str:
    remedy = f"make `{os.path.basename(command[0])} run` work for this user"
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_S, cwd="/", check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]} doesn't answer ({error})", remedy) from error
    if done.returncode:
        raise Unavailable(_last(done.stderr), remedy)
    return done.stdout.decode(errors="replace")


def _last(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it ended without a word"


def _bounds(limits: Limits) -> str:
    bounds = {
        "AS": limits.memory,
        "CPU": limits.cpu_s,
        "FSIZE": limits.file_bytes,
        "NOFILE": limits.files,
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    return json.dumps(bounds)


def _at_most(which: int, wanted: int) -> int:
    """A limit that we may set: an engine without the right to raise its own would fail."""
    hard = resource.getrlimit(which)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
