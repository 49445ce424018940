"""One message: four bytes of length, then JSON. Strict on the way in, in one form on the way out.

The same source runs in both guests (Python 3.9 and later, standard library only); the parent reads its ends of the
pipes itself, against a clock (channel.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from itertools import accumulate, count
from operator import sub
from typing import Any

HEAD = 4
DEPTH = 240  # brackets: a value of values.DEPTH levels takes up to three a level, and the message a few
DIGITS = 17

_BUT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEPS = bytes.maketrans(b"[{]}", b"\2\2\0\0")


class BadFrame(Exception):
    """These bytes are not one message."""


def pack(message: object) -> bytes:
    """The bytes of one message. Raises ValueError for what JSON or UTF-8 can't hold, or 4 GiB can't."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    body = text.encode("utf-8")
    if len(body) >> 32:
        raise ValueError("a message over 4 GiB")
    return len(body).to_bytes(HEAD, "big") + body


def parse(body: bytes) -> Any:
    """The message without its length. Raises BadFrame: not UTF-8, not JSON, a key twice, too deep, any number but
    a short whole one."""
    if not _shallow(body):
        raise BadFrame("brackets too deep")
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_short,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BadFrame(f"not a message: {error!s:.80}") from None


def _shallow(body: bytes) -> bool:
    """Whether brackets outside strings nest at most DEPTH deep, in linear time, before any parser recurses."""
    outside = b"".join(body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
    steps = outside.translate(_STEPS, _BUT_BRACKETS)  # 2 in, 0 out: less one each, they add up to the depth
    return max(map(sub, accumulate(steps), count(1)), default=0) <= DEPTH


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _short(digits: str) -> int:
    if len(digits) > DIGITS or not digits.isascii():
        raise ValueError("a number too long, or in other digits")
    return int(digits)


def _refuse(number: str) -> Any:
    raise ValueError("a number that isn't whole")


class Pipe:
    """A guest's end. Takes standard input and output away from everything else that runs in this process."""

    def __init__(self) -> None:
        self._in, self._out = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        os.close(nothing)

    def receive(self) -> Any:
        """The next message. Ends the process where the parent has hung up."""
        return parse(self._exactly(int.from_bytes(self._exactly(HEAD), "big")))

    def send(self, frame: bytes) -> None:
        view = memoryview(frame)
        while view:
            view = view[os.write(self._out, view) :]

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = os.read(self._in, min(count - len(parts), 1 << 20))
            if not part:
                os._exit(0)
            parts += part
        return bytes(parts)
