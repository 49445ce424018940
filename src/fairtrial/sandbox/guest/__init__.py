"""The programs that run inside a sandbox: source text for the host, never run by it.

Standard library only and valid from Python 3.9 on, since a container's interpreter may be older than ours.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

PREFIX = "fairtrial.sandbox."

BOOT = """\
import os, sys
def take(count):
    parts = b""
    while len(parts) < count:
        part = os.read(0, count - len(parts))
        if not part:
            os._exit(0)
        parts += part
    return parts
names, sys.argv = sys.argv[1:], [""]
for name in names:
    module = sys.modules[name] = type(sys)(name)
    source = take(int.from_bytes(take(4), "big"))
    exec(compile(source, "<" + name + ">", "exec"), module.__dict__)
for name in names:
    del sys.modules[name]
module.main()
"""
"""Reads one source after the other and makes a module of each; the last one's `main` goes on. A module is found by
its full name, so guests import one another as they would at home."""

CANDIDATE = ("values", "frames", "guest.candidate")
ORACLE = ("values", "frames", "guest.compare", "guest.oracle")
FURTHER = (*ORACLE, "guest.leaves", "guest.derive", "guest.further")


def command(python: str, parts: tuple[str, ...]) -> list[str]:
    """Isolated (-I: no environment, no current folder; -S: no site packages, so no .pth)."""
    return [python, "-I", "-S", "-c", BOOT, *(PREFIX + part for part in parts)]


@cache
def sources(parts: tuple[str, ...]) -> bytes:
    """What BOOT reads."""
    room = files("fairtrial.sandbox")
    read = [room.joinpath(part.replace(".", "/") + ".py").read_bytes() for part in parts]
    return b"".join(len(source).to_bytes(4, "big") + source for source in read)
