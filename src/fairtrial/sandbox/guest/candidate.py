"""Runs inside the program's sandbox: loads it, then answers calls. Nothing here is believed by anybody outside.

    request {"n": nonce, "load": [source, entry point, folder of packages, bytes a frame]}
            {"n": nonce, "call": coded [args, kwargs]}
    reply   {"n", "v": coded value}, {"n", "exc": class, "why": text} or {"n", "bad": why the value can't cross}

The program sees inputs only, one call at a time: no test, no expected value, no count of calls to come.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from fairtrial.sandbox.frames import HEAD, Pipe, pack
from fairtrial.sandbox.values import Malformed, decode, encode, plain

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
MODULE = "program"


class NoFunction(Exception):
    """The program defines nothing callable by the name that is asked for."""


def main() -> None:
    pipe = Pipe()
    function: Callable[..., Any] | None = None
    most = 0
    while True:
        request = pipe.receive()
        nonce = request["n"]
        try:
            if "load" in request:
                *what, most = request["load"]
                function = load(*what)
                reply = {"n": nonce, "v": None}
            else:
                assert function is not None
                arguments, named = decode(request["call"])
                reply = answer(nonce, function, arguments, named)
            frame = pack(reply)
            if len(frame) - HEAD > most:
                frame = pack({"n": nonce, "bad": f"{len(frame)} bytes"})
        except BaseException as error:  # noqa: BLE001 - SystemExit too: whatever it raises is its answer
            frame = pack({"n": nonce, **described(error)})
        pipe.send(frame)


def load(source: str, entry_point: str, packages: str) -> Callable[..., Any]:
    """Runs the program as a module of its own, so that dataclasses and the like find their names."""
    if packages:
        sys.path.append(packages)
    module = sys.modules[MODULE] = ModuleType(MODULE)
    exec(compile(source, f"<{MODULE}>", "exec", dont_inherit=True), module.__dict__)
    function = module.__dict__.get(entry_point)
    if not callable(function):
        raise NoFunction(entry_point)
    return function  # type: ignore[no-any-return]


def answer(
    nonce: str, function: Callable[..., Any], arguments: list[Any], named: dict[str, Any]
) -> dict[str, Any]:
    value = function(*arguments, **named)
    try:
        return {"n": nonce, "v": encode(plain(value))}
    except Malformed as error:
        return {"n": nonce, "bad": str(error)}


def described(error: BaseException) -> dict[str, str]:
    kind = type(error).__name__
    try:
        why = str(error)[:200].encode("utf-8", "backslashreplace").decode("utf-8")
    except BaseException:  # noqa: BLE001 - its own __str__ may raise
        why = ""
    return {"exc": kind if NAME.fullmatch(kind) else "Exception", "why": why}
