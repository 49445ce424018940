"""One fresh bubblewrap for every program (https://github.com/containers/bubblewrap), version 0.6 or later.

The program sees an interpreter, the system's libraries and numpy, all read-only, and two small folders of its own
in memory. No network, no file of the host's, no other process, no /proc.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fairtrial.core.errors import ProviderError
from fairtrial.sandbox import seccomp
from fairtrial.sandbox.backend import Unavailable
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.view import WORK, View
from fairtrial.sandbox.watch import Watch, countable

NOBODY = 65534
PATIENCE_S = 20
ENVIRONMENT = {
    "PATH": "/usr/bin",
    "HOME": WORK,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
DEVICES = ("null", "zero", "full", "random", "urandom")
OPEN = ("/usr/", "/etc/", "/lib", "/bin")
"""Where every user can reach."""

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

INSTALL = "sudo apt-get install bubblewrap"
WATCH = Watch()


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """program: the bwrap command. filter: the system calls that are refused. root: whether we are root, and so
    have a user to drop."""

    program: str
    version: str
    view: View
    filter: bytes
    root: bool = field(default_factory=lambda: os.geteuid() == 0)
    name: str = "bubblewrap"

    @property
    def python(self) -> str:
        return self.view.python

    @property
    def packages(self) -> str:
        return self.view.packages

    def start(
        self, program: Sequence[str], limits: Limits, *, stderr: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """As the port says. The thread that calls must outlive the sandbox, which ends with it."""
        rules = os.memfd_create("fairtrial-seccomp")
        try:
            os.write(rules, self.filter)
            os.lseek(rules, 0, os.SEEK_SET)
            process = subprocess.Popen(
                self.command(program, limits, rules),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                pass_fds=(rules,),
                cwd="/",
                start_new_session=True,  # a Ctrl-C at the terminal is no fault of the program's
                env={"PATH": os.defpath},
            )
        except OSError as error:
            raise ProviderError(
                f"bubblewrap can't be started: {error.strerror}",
                "see `fairtrial doctor`",
                cause="sandbox",
                retryable=True,
            ) from error
        finally:
            os.close(rules)
        WATCH.over(process, 2 * limits.memory)
        return process

    def command(self, program: Sequence[str], limits: Limits, rules: int) -> list[str]:
        """The whole command line. rules: the descriptor from which bubblewrap reads the filter.

        As root the real user is dropped first: in a user namespace that root has made, the limit on processes
        does nothing (measured).
        """
        shown, stage = list(self.view.shown), list[str]()
        if self.root:
            kept = [host for host, _ in shown if not host.startswith(OPEN)]
            places = {host: f"/mnt/{place}" for place, host in enumerate(kept)}
            shown = [(places.get(host, host), inside) for host, inside in shown]
            stage = ["unshare", "--mount", "sh", "-euc", STAGE, "sh", *kept]
            stage += ["--", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
        inside = [*_isolation(self.version), "--seccomp", str(rules), *self._root(shown, limits)]
        return [*stage, self.program, *inside, "--", *_bounded(program, limits)]

    def _root(self, shown: Sequence[tuple[str, str]], limits: Limits) -> list[str]:
        """The file system inside, and the environment."""
        words = [word for host, inside in shown for word in ("--ro-bind", host, inside)]
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
    """bubblewrap as it is installed here, after it has run a program. Raises Unavailable."""
    program = shutil.which("bwrap", path=environ.get("PATH", os.defpath))
    if program is None:
        raise Unavailable("bwrap is not on PATH", INSTALL)
    if platform.machine() not in seccomp.ARCHITECTURES:
        raise Unavailable(f"no list of system calls for {platform.machine()}", "install podman")
    if not countable():
        raise Unavailable("this kernel doesn't say which processes are children", "install podman")
    found = Bubblewrap(program, _version(program), View.here(), seccomp.program(platform.machine()))
    code = f"import sys; sys.path.append({found.packages!r}); import numpy; print(6 * 7)"
    told, complaint = _run(found, [found.python, "-I", "-S", "-c", code])
    if told.strip() != "42":
        why = complaint.strip().splitlines()[-1:] or ["it ended without a word"]
        raise Unavailable(f"bubblewrap {found.version} can't run a program ({why[0]})", _remedy(why[0]))
    return found


def _version(program: str) -> str:
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=PATIENCE_S
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{program} doesn't answer ({error})", INSTALL) from error
    version = re.fullmatch(r"bubblewrap (\d+\.\d+(\.\d+)?)\s*", told)
    if version is None:
        raise Unavailable(f"{program} is not bubblewrap", INSTALL)
    return version[1]


def _run(found: Bubblewrap, program: Sequence[str]) -> tuple[str, str]:
    """What the program said, and what was said on its error stream."""
    try:
        process = found.start(program, Limits(), stderr=subprocess.PIPE)
    except ProviderError as error:
        raise Unavailable(error.message, INSTALL) from error
    try:
        told, complaint = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise Unavailable(f"a program doesn't end within {PATIENCE_S} s", "try again") from error
    return told.decode(errors="replace"), complaint.decode(errors="replace")


def _remedy(why: str) -> str:
    if re.search(r"namespace|uid map|not permitted", why):
        return "let this user make user namespaces (a sysctl, or an AppArmor profile for bwrap), or install podman"
    return "install podman"


def _isolation(version: str) -> list[str]:
    words = ["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv"]
    if tuple(map(int, version.split("."))) >= (0, 8):  # where it is missing, the filter alone refuses them
        words.append("--disable-userns")
    return [*words, "--cap-drop", "ALL", "--hostname", "sandbox", "--uid", str(NOBODY), "--gid", str(NOBODY)]


def _bounded(program: Sequence[str], limits: Limits) -> list[str]:
    """The program under its limits. They are set inside: a limit on processes that stood when the user namespace
    was made would be shared by all sandboxes of one user."""
    return [
        "/usr/bin/prlimit",
        f"--as={limits.memory}",
        f"--cpu={limits.cpu_s}:{limits.cpu_s + 1}",  # SIGXCPU first: SIGKILL would look like any other death
        f"--fsize={limits.file_bytes}",
        f"--nproc={limits.processes}",
        f"--nofile={limits.files}",
        "--core=0",
        "--memlock=0",
        "--msgqueue=0",
        "--",
        *program,
    ]
