"""One fresh bubblewrap for every program (https://github.com/containers/bubblewrap), 0.8 or later.

The program sees an interpreter, the system's libraries and numpy, all read-only, two small folders of its own in
memory, and nothing else: no network, no host file, no other process, no /proc.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fairtrial.core.errors import ProviderError
from fairtrial.sandbox.backend import Unavailable
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.view import WORK, View

NOBODY = 65534
ENVIRONMENT = {
    "PATH": "/usr/bin",
    "HOME": WORK,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
OPEN = ("/usr/", "/etc/", "/lib", "/bin")
"""Where every user can reach."""

PATIENCE_S = 20
DEVICES = ("null", "zero", "full", "random", "urandom")

STAGE = """
mount -t tmpfs -o mode=755,size=64k,nr_inodes=64 fairtrial /mnt
place=0
while [ "$1" != -- ]; do
    mkdir "/mnt/$place"
    mount --bind "$1" "/mnt/$place"
    place=$((place + 1))
    shift
done
shift
exec "$@"
"""
"""As root: what the sandbox may read is put where `nobody` can reach it, in a mount namespace of its own."""


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """program: the bwrap command. view: what the sandbox shows of this machine. root: whether we are root."""

    program: str
    version: str
    view: View
    root: bool = field(default_factory=lambda: os.geteuid() == 0)
    name: str = "bubblewrap"

    @property
    def python(self) -> str:
        return self.view.python

    @property
    def packages(self) -> str:
        return self.view.packages

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self.command(program, limits),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.defpath},
            )
        except OSError as error:
            raise ProviderError(
                f"bubblewrap can't be started: {error.strerror}",
                "see `fairtrial doctor`",
                cause="sandbox",
                retryable=True,
            ) from error

    def command(self, program: Sequence[str], limits: Limits) -> list[str]:
        """The whole command line. As root the real user is dropped before bubblewrap: inside a user namespace that
        root made, the limit on processes does nothing (measured)."""
        stage: list[str] = []
        places: dict[str, str] = {}
        if self.root:
            kept = [host for host, _ in self.view.shown if not host.startswith(OPEN)]
            places = {host: f"/mnt/{place}" for place, host in enumerate(kept)}
            stage = ["unshare", "--mount", "sh", "-euc", STAGE, "sh", *kept]
            stage += ["--", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
        binds = [
            word for host, inside in self.view.shown for word in ("--ro-bind", places.get(host, host), inside)
        ]
        return [
            *stage,
            self.program,
            *_isolation(),
            *binds,
            *self._rest(limits),
            "--",
            *_bounded(program, limits),
        ]

    def _rest(self, limits: Limits) -> list[str]:
        words: list[str] = []
        for target, link in self.view.links:
            words += ["--symlink", target, link]
        for hidden in self.view.hidden:
            words += ["--size", "4096", "--tmpfs", hidden, "--remount-ro", hidden]
        for device in DEVICES:
            words += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
        for folder in (WORK, "/dev/shm"):
            words += ["--size", str(limits.scratch_bytes), "--tmpfs", folder]
        for name, value in {**ENVIRONMENT, **self.view.environment}.items():
            words += ["--setenv", name, value]
        # Last: until here bubblewrap itself still makes folders in the root, which is memory without a bound.
        return [*words, "--chdir", WORK, "--remount-ro", "/"]


def probe(environ: Mapping[str, str]) -> Bubblewrap:
    """bubblewrap as it is installed here, having run a program. Raises Unavailable."""
    program = shutil.which("bwrap", path=environ.get("PATH", os.defpath))
    if program is None:
        raise Unavailable("bwrap is not on PATH", "sudo apt-get install bubblewrap")
    told = _run([program, "--version"])
    version = re.search(r"\d+(\.\d+)+", told.stdout)
    if version is None:
        raise Unavailable(f"{program} is not bubblewrap", "sudo apt-get install bubblewrap")
    found = Bubblewrap(program, version[0], View.here())
    trial = [
        found.python,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.append({found.packages!r}); import numpy; print(42)",
    ]
    ended = _run(found.command(trial, Limits()))
    if ended.stdout.strip() != "42":
        reason = (ended.stderr.strip() or f"it ended with status {ended.returncode}").splitlines()[-1]
        raise Unavailable(f"bubblewrap {version[0]} can't run a program ({reason})", _remedy(reason))
    return found


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath},
            timeout=PATIENCE_S,
        )
    except OSError as error:
        raise Unavailable(
            f"{command[0]}: {error.strerror}", "sudo apt-get install bubblewrap util-linux"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} doesn't answer within {PATIENCE_S} s", "try again") from error


def _remedy(reason: str) -> str:
    if "user namespace" in reason or "uid map" in reason or "Operation not permitted" in reason:
        return "let this user make user namespaces: an AppArmor rule for bwrap, or a sysctl"
    return "install podman"


def _isolation() -> list[str]:
    words = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    words += ["--clearenv", "--cap-drop", "ALL", "--hostname", "sandbox"]
    return [*words, "--uid", str(NOBODY), "--gid", str(NOBODY)]


def _bounded(program: Sequence[str], limits: Limits) -> list[str]:
    """The program under its limits. They are set inside: a limit on processes that stood when the user namespace
    was made would be shared by all sandboxes of one user."""
    return [
        "/usr/bin/prlimit",
        f"--as={limits.memory}",
        f"--cpu={limits.cpu_s}",
        f"--fsize={limits.file_bytes}",
        f"--nproc={limits.processes}",
        f"--nofile={limits.files}",
        "--core=0",
        "--memlock=0",
        "--msgqueue=0",
        "--",
        *program,
    ]
