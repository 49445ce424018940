"""Runs inside the oracle's sandbox: holds an exam and puts questions to a program that it never meets.

    told   {"exam": coded fields, "most": bytes a frame, "rehearse": bool}, then one answer a question
    asks   {"call": coded [args, kwargs]}, answered {"v": coded value} or {"exc": class}
    ends   {"unfit": why}, or {"passed": bool, "cause", "why"}; after a pass, where the exam asks for further
           inputs, {} tells it to go on, and it ends with {"further": true, false or null}

Every name that a test uses is the reference's; only the argument of `check` is the program. Arguments and answers
are copies, so neither side can reach the other's objects.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sys
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import ModuleType
from typing import Any, NamedTuple

from fairtrial.sandbox.frames import HEAD, Pipe, pack
from fairtrial.sandbox.guest.compare import chosen
from fairtrial.sandbox.values import Malformed, decode, encode, plain

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
CONSTANTS: tuple[Any, ...] = (None, True, False, 0, 1, -1, 0.0, float("nan"), "", [], (), {})
REHEARSAL_S = 0.3  # a constant answer may send a test round for ever


class Unfit(BaseException):
    """This exam can't be held, whatever the program. A test that catches every Exception doesn't catch it."""


class OutOfTime(BaseException):
    """Not an Exception: a reference that catches those must not catch this."""


class Outcome(NamedTuple):
    """What a call came to: a value, or the class of an exception."""

    value: Any
    exc: str = ""

    def __str__(self) -> str:
        try:
            return self.exc or f"{self.value!r:.60}"
        except ValueError:  # an integer in it has more digits than Python writes in decimal
            return "a very large integer"


Ask = Callable[[Any], Outcome]


def main(further: Callable[[Exam, Desk], bool | None] | None = None) -> None:
    """Holds the exam; then `further`, where the parent says go on."""
    pipe = Pipe()
    told = pipe.receive()
    desk = Desk(pipe, told["most"])
    try:
        exam = Exam(decode(told["exam"]))
        if told["rehearse"]:
            rehearse(exam)
        cause, why = exam.hold(desk.ask)
        desk.tell({"passed": not cause, "cause": cause, "why": legible(why)})
        pipe.receive()
        if further is not None:
            desk.tell({"further": further(exam, desk)})
    except Unfit as error:
        desk.unfit(str(error))


class Desk:
    """The oracle's side of the pipe. seen: the coded arguments of every question so far."""

    def __init__(self, pipe: Pipe, most: int) -> None:
        self.pipe, self.most = pipe, most
        self.seen: list[Any] = []
        self.turn = allocate_lock()

    def ask(self, coded: Any) -> Outcome:
        """One question, [args, kwargs] coded: an Outcome of the program."""
        with self.turn:
            self.tell({"call": coded})
            self.seen.append(coded)
            answer = self.pipe.receive()
        return Outcome(None, answer["exc"]) if "exc" in answer else Outcome(decode(answer["v"]))

    def tell(self, message: dict[str, Any]) -> None:
        frame = pack(message)
        if len(frame) - HEAD > self.most:
            self.unfit(f"it passes {len(frame)} bytes of arguments")
        self.pipe.send(frame)

    def unfit(self, why: str) -> None:
        """Ends here and now: no `except` of a test is asked."""
        self.pipe.send(pack({"unfit": legible(why)}))
        os._exit(0)


class Exam:
    """The exam's code, loaded. Raises Unfit where it doesn't load."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        random.seed(fields["seed"])
        self.names = run(fields["reference"], "reference", {})
        self.reference = callable_in(self.names, fields["entry_point"], "reference")
        same = None
        if fields["comparison"]:
            same = callable_in(run(fields["comparison"], "comparison", self.names), "same", "comparison")
        self.agree = chosen(fields["compare"], fields["tolerance"], same)
        self._cases: list[tuple[Any, Outcome]] | None = None

    def hold(self, ask: Ask) -> tuple[str, str]:
        """Cause and detail of the first fault, or two empty texts."""
        if self.fields["test"]:
            return self.check(stub(ask))
        for number, (coded, expected) in enumerate(self.cases(), 1):
            got = ask(coded)
            if not self.agrees(coded, expected, got):
                where = f"answer {number} of {len(self.cases())}"
                return ("raised" if got.exc else "wrong-answer"), f"{where}: {got}, expected {expected}"
        return "", ""

    def check(self, candidate: Callable[..., Any]) -> tuple[str, str]:
        """The test, fresh, so that no earlier run of it has left anything behind."""
        check = callable_in(run(self.fields["test"], "test", self.names), "check", "test")
        try:
            check(candidate)
        except (OutOfTime, Unfit):
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit in a test is no pass
            return "wrong-answer", f"{line_of(error, self.fields['test'])}{described(error)}"
        return "", ""

    def cases(self) -> list[tuple[Any, Outcome]]:
        """Coded [args, kwargs] and what the reference makes of them, all before the first question."""
        if self._cases is None:
            self._cases = [(coded, self.expected(coded)) for coded in self.inputs()]
        return self._cases

    def inputs(self) -> Iterator[Any]:
        for arguments in self.fields["inputs"]:
            yield coded_call(arguments)
        if not self.fields["count"]:
            return
        generate = callable_in(
            run(self.fields["generator"], "generator", self.names), "generate", "generator"
        )
        made = 0
        try:
            for arguments in islice(generate(random.Random(self.fields["seed"])), self.fields["count"]):
                made += 1
                yield coded_call(arguments)
        except Exception as error:  # noqa: BLE001 - the author's code
            raise Unfit(f"its generator raises {described(error)}") from None
        if made < self.fields["count"]:
            raise Unfit(f"its generator gives {made} inputs of {self.fields['count']}")

    def expected(self, coded: Any) -> Outcome:
        arguments, _ = decode(coded)
        try:
            value = self.reference(*arguments)
        except Exception as error:  # noqa: BLE001 - the author's code
            return Outcome(None, class_of(error))
        try:
            return Outcome(decode(encode(plain(value))))
        except Malformed as error:
            raise Unfit(f"its reference answers {error}") from None

    def agrees(self, coded: Any, expected: Outcome, got: Outcome) -> bool:
        if expected.exc or got.exc:
            return expected.exc == got.exc
        try:
            return self.agree(expected.value, got.value, decode(coded)[0])
        except Exception:  # noqa: BLE001 - a custom comparison that can't digest the answer doesn't hold
            return False


def stub(ask: Ask) -> Callable[..., Any]:
    """What a test sees of the program. Its exceptions never arrive here: the parent has ruled by then."""

    def candidate(*arguments: Any, **named: Any) -> Any:
        return ask(coded_call(arguments, named)).value

    return candidate


def rehearse(exam: Exam) -> None:
    """Raises Unfit where an answer that ignores its input passes: such an exam tells nothing."""
    if not exam.fields["test"]:
        exam.cases()  # outside the alarm: the reference has the whole trial's time
    for constant in CONSTANTS:
        calls: list[Any] = []

        def ask(coded: Any, constant: Any = constant, calls: list[Any] = calls) -> Outcome:
            calls.append(coded)
            return Outcome(decode(encode(constant)))

        try:
            with within(REHEARSAL_S):
                cause, _ = exam.hold(ask)
        except OutOfTime:
            continue
        if not calls:
            raise Unfit("its test calls nothing")
        if not cause:
            raise Unfit(f"a program that always answers {constant!r} passes")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise OutOfTime

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(source: str, name: str, names: dict[str, Any]) -> dict[str, Any]:
    """The names that a part of the exam defines, besides those it is given."""
    module = sys.modules[name] = ModuleType(name)
    module.__dict__.update({key: value for key, value in names.items() if not key.startswith("__")})
    try:
        exec(compile(source, f"<{name}>", "exec", dont_inherit=True), module.__dict__)
    except OutOfTime:
        raise
    except BaseException as error:  # noqa: BLE001 - the author's code
        raise Unfit(f"its {name} doesn't load: {described(error)}") from None
    return module.__dict__


def callable_in(names: dict[str, Any], name: str, part: str) -> Callable[..., Any]:
    found = names.get(name)
    if not callable(found):
        raise Unfit(f"its {part} defines no function {name}")
    return found  # type: ignore[no-any-return]


def coded_call(arguments: Any, named: dict[str, Any] | None = None) -> Any:
    if not isinstance(arguments, (list, tuple)):
        raise Unfit("an input is not a list of arguments")
    try:
        return encode([plain(list(arguments)), plain(named or {})])
    except Malformed as error:
        raise Unfit(f"it passes {error}") from None


def line_of(error: BaseException, test: str) -> str:
    """The line of the test that failed, for a person."""
    line, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<test>":
            line = test.splitlines()[trace.tb_lineno - 1].strip() + ": "
        trace = trace.tb_next
    return line


def class_of(error: BaseException) -> str:
    name = type(error).__name__
    return name if NAME.fullmatch(name) else "Exception"


def described(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - its own __str__ may raise
        text = ""
    return f"{class_of(error)}: {text}" if text else class_of(error)


def legible(text: str) -> str:
    return text[:300].encode("utf-8", "backslashreplace").decode("utf-8")
