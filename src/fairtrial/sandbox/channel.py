"""The parent's end of one guest: whole messages over non-blocking pipes, every read and write against one clock.

Whatever the guest does (silence, floods, death, bytes that nobody asked for) ends in a Breach in time. Nothing is
believed: a message is JSON within the limits, or there is none.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from fairtrial.sandbox.frames import HEAD, BadFrame, pack, parse

Side = Literal["program", "oracle"]
CHUNK = 1 << 16
REAP_S = 10.0


class Breach(Exception):
    """A guest broke the protocol or a limit.

    plain: it was seen in what the guest itself sent, so no other is to blame; a death or a silence may have other
    reasons. late: the trial's time was up.
    """

    def __init__(
        self, side: Side, cause: str, detail: str, *, plain: bool = False, late: bool = False
    ) -> None:
        super().__init__(f"the {side}: {cause}, {detail}")
        self.side, self.cause, self.detail = side, cause, detail
        self.plain, self.late = plain, late


@dataclass(slots=True)
class Deadline:
    """A moment of the monotonic clock, shared by both channels of a trial."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def left_ms(self) -> int:
        return max(0, int((self.at - time.monotonic()) * 1000))


class Channel:
    """Owns the process: `close` kills it, reaps it and closes its pipes."""

    def __init__(
        self, side: Side, process: subprocess.Popen[bytes], deadline: Deadline, frame_bytes: int
    ) -> None:
        assert process.stdin is not None and process.stdout is not None, "a backend gives pipes"
        self.side, self.deadline = side, deadline
        self._process, self._frame_bytes = process, frame_bytes
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._held = bytearray()

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """Raises subprocess.TimeoutExpired where the kernel doesn't let go of it."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # nothing is buffered, so nothing can be lost
                    pipe.close()
        self._process.wait(REAP_S)

    def send(self, data: bytes) -> None:
        """All of it. A guest that talks meanwhile breaks the protocol, so neither side can wait for the other."""
        rest = memoryview(data)
        poll = select.poll()
        poll.register(self._in, select.POLLOUT)
        poll.register(self._out, select.POLLIN)
        while rest:
            ready = poll.poll(self._left())
            if any(descriptor == self._out for descriptor, _ in ready):
                self.quiet()
            try:
                rest = rest[os.write(self._in, rest[:CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._death() from None

    def say(self, message: object) -> None:
        self.send(pack(message))

    def hear(self) -> Any:
        """The next message; nothing may follow it yet."""
        size = self._frame_bytes + 1
        while len(self._held) < HEAD + size:
            self._read()
            if len(self._held) >= HEAD:
                size = int.from_bytes(self._held[:HEAD], "big")
                if size > self._frame_bytes:
                    raise Breach(self.side, "flood", "a reply over the limit on its size", plain=True)
        if len(self._held) > HEAD + size:
            raise Breach(self.side, "bad-reply", "bytes that no request asked for", plain=True)
        body, self._held = bytes(self._held[HEAD:]), bytearray()
        try:
            return parse(body)
        except BadFrame as error:
            raise Breach(self.side, "bad-reply", str(error), plain=True) from None

    def quiet(self) -> None:
        """Raises Breach where the guest said something unasked, or has died."""
        try:
            part = os.read(self._out, CHUNK)
        except BlockingIOError:
            return
        if not part:
            raise self._death()
        raise Breach(self.side, "bad-reply", "bytes that no request asked for", plain=True)

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        poll.poll(self._left())
        try:
            part = os.read(self._out, CHUNK)
        except BlockingIOError:
            return
        if not part:
            raise self._death()
        self._held += part

    def _left(self) -> int:
        left = self.deadline.left_ms()
        if not left:
            raise Breach(self.side, "timeout", "no answer within the time of the trial", late=True)
        return left

    def _death(self) -> Breach:
        """Its exit status is hearsay, good for a word to a person and for nothing else."""
        try:
            status = self._process.wait(0.05)
        except subprocess.TimeoutExpired:
            return Breach(self.side, "crashed", "it closed its end of the pipe")
        number = -status if status < 0 else status - 128
        if number == signal.SIGXCPU:
            return Breach(self.side, "timeout", "over its limit of processor time")
        try:
            return Breach(self.side, "crashed", f"it was ended by {signal.Signals(number).name}")
        except ValueError:
            return Breach(self.side, "crashed", f"it ended with status {status}")
