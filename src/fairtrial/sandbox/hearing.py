"""One trial: two guests, each in a fresh sandbox of its own, and everything that passes between them.

The parent relays one question and one answer at a time. It gives each question a nonce, which the oracle never
sees; it vets each answer before the oracle sees it; and it takes the verdict from the oracle alone.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields
from typing import Any

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Exam, Ruling
from fairtrial.sandbox import guest
from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.channel import Breach, Channel, Deadline, Side
from fairtrial.sandbox.frames import pack
from fairtrial.sandbox.guest.candidate import NAME
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.values import Malformed, encode, vet

DETAIL = 200
EXAM_BYTES = 16 << 20
CAUSES = ("wrong-answer", "raised")


class Unfit(Exception):
    """The oracle says that its exam can't be held."""


class Answered(Exception):
    """The program's own answer ends the trial: it raised, or what it gave can't cross."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(cause)
        self.cause, self.detail = cause, detail


class Hearing:
    """calls: answers that the oracle was given. Use as a context: whatever happens, both guests end with it."""

    def __init__(self, backend: Backend, limits: Limits, exam: Exam) -> None:
        self.backend, self.limits, self.exam = backend, limits, exam
        self.calls = 0
        self.deadline = Deadline.after(limits.wall_s)
        self._stack = ExitStack()

    def __enter__(self) -> Hearing:
        with ExitStack() as stack:
            self._parts = guest.FURTHER if self.exam.further else guest.ORACLE
            self.oracle = self._guest(stack, "oracle", self._parts)
            self.program = self._guest(stack, "program", guest.CANDIDATE)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.oracle.kill()
        self.program.kill()
        self._stack.close()

    def _guest(self, stack: ExitStack, side: Side, parts: tuple[str, ...]) -> Channel:
        process = self.backend.start(guest.command(self.backend.python, parts), self.limits)
        channel = Channel(side, process, self.deadline, self.limits.frame_bytes)
        stack.callback(channel.close)
        return channel

    def run(self, program: str, *, rehearse: bool = False) -> Ruling:
        """Raises Breach, or Unfit; an Answered program is ruled against here. `seconds` is left to the judge."""
        exam = pack({"exam": exam_fields(self.exam), "most": self.limits.frame_bytes, "rehearse": rehearse})
        if len(exam) > EXAM_BYTES:
            raise UsageError(
                f"the exam of {self.exam.entry_point} takes {len(exam):,} bytes of {EXAM_BYTES:,}"
            )
        self.oracle.send(guest.sources(self._parts) + exam)
        self.program.send(guest.sources(guest.CANDIDATE))
        try:
            self._load(program)
            ruling = self._examine()
        except Answered as answer:
            return Ruling(False, answer.cause, line(answer.detail), self.calls)
        if not (ruling.passed and self.exam.further):
            return ruling
        return Ruling(True, calls=ruling.calls, further=self._go_further())

    def _load(self, program: str) -> None:
        what = [program, self.exam.entry_point, self.backend.packages, self.limits.frame_bytes]
        reply = self._ask({"load": what})
        if "exc" in reply:
            if reply["exc"] == "NoFunction":
                raise Answered("no-function", f"it defines no function {self.exam.entry_point}")
            raise raised(reply, "while it was loaded")

    def _examine(self) -> Ruling:
        while True:
            message = self._told("call", "passed", "unfit")
            if "call" in message:
                reply = self._ask({"call": message["call"]})
                if "exc" in reply and self.exam.test:
                    # Never into a test: a StopIteration would end its loop early, and pass it.
                    raise raised(reply, f"at call {self.calls + 1}")
                self.calls += 1
                self._answer(reply)
            else:
                return self._ruling(message)

    def _ruling(self, message: Mapping[str, Any]) -> Ruling:
        passed, cause, why = (message.get(key) for key in ("passed", "cause", "why"))
        if passed is True and not self.calls:
            return Ruling(False, "no-call", "the exam ended without a call")
        if passed is True:
            self.program.quiet()
            return Ruling(True, calls=self.calls)
        if passed is not False or cause not in CAUSES or type(why) is not str:
            raise Breach("oracle", "bad-reply", "no verdict", plain=True)
        return Ruling(False, cause, line(why), self.calls)

    def _go_further(self) -> bool | None:
        """A clock of its own, and no fault here changes that the program passed.

        None where the oracle gave up before it had asked anything; a program that dies, or an oracle that dies of
        its answer, doesn't agree.
        """
        self.deadline.at = time.monotonic() + self.limits.wall_s
        asked = False
        try:
            self.oracle.say({})
            while True:
                message = self._told("call", "further", "unfit")
                if "call" not in message:
                    agreed = message.get("further")
                    return agreed if type(agreed) is bool and asked else None
                asked = True
                self._answer(self._ask({"call": message["call"]}))
        except Answered:
            return False
        except Breach:
            return False if asked else None

    def _told(self, *kinds: str) -> Mapping[str, Any]:
        message = self.oracle.hear()
        if type(message) is not dict or sum(kind in message for kind in kinds) != 1:
            raise Breach("oracle", "bad-reply", "a message of no known kind", plain=True)
        if "unfit" in message:
            raise Unfit(line(str(message["unfit"])))
        if "call" in message:
            try:
                vet(message["call"])
            except Malformed as error:
                raise Breach("oracle", "bad-reply", str(error), plain=True) from None
        return message

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The program's one reply to this request: {"v": vetted} or {"exc": class, "why": text}."""
        nonce = secrets.token_hex(8)
        self.program.quiet()
        self.program.say({"n": nonce, **request})
        reply = self.program.hear()
        if type(reply) is not dict or reply.pop("n", None) != nonce:
            raise Breach("program", "bad-reply", "not a reply to what was asked", plain=True)
        if reply.keys() == {"v"}:
            try:
                vet(reply["v"])
            except Malformed as error:
                raise Answered("bad-reply", str(error)) from None
        elif reply.keys() == {"bad"}:
            raise Answered("bad-reply", str(reply["bad"]))
        elif (
            reply.keys() != {"exc", "why"}
            or type(reply["exc"]) is not str
            or not NAME.fullmatch(reply["exc"])
        ):
            raise Breach("program", "bad-reply", "not a reply", plain=True)
        return reply

    def _answer(self, reply: dict[str, Any]) -> None:
        self.oracle.say({"exc": reply["exc"]} if "exc" in reply else {"v": reply["v"]})


def raised(reply: Mapping[str, Any], when: str) -> Answered:
    cause = "memory" if reply["exc"] == "MemoryError" else "raised"
    return Answered(cause, f"{reply['exc']} {when}: {reply['why']!s}")


def exam_fields(exam: Exam) -> Any:
    """The exam as one coded value. Raises UsageError for what can't be coded (half a surrogate pair, say)."""
    try:
        return encode({field.name: _plain(getattr(exam, field.name)) for field in fields(exam)})
    except Malformed as error:
        raise UsageError(f"the exam of {exam.entry_point} holds {error}") from None


def _plain(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def line(text: str) -> str:
    """One line for a person, of text that nobody vouches for."""
    text = " ".join(text[: 4 * DETAIL].split())[:DETAIL]
    return text.encode("utf-8", "replace").decode("utf-8")
