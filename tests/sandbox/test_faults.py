"""Whose fault it was, and that nothing is left behind, whatever happened."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from fairtrial.core.errors import ProviderError
from fairtrial.core.execution import Trial
from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from tests.sandbox.trials import ADD, REFERENCE, SILENT, bench, body, ruled, wired

QUICK = Limits(wall_s=3.0)


@pytest.fixture(scope="module")
def judge() -> Judge:
    return bench()


# --- whose fault ---


def test_a_fault_of_the_exam_is_no_ruling(judge: Judge) -> None:
    for exam in (
        replace(ADD, test="import nowhere"),
        replace(ADD, test="import os\ndef check(c): os._exit(0)\n"),
    ):
        with pytest.raises(ProviderError) as caught:
            ruled(judge, REFERENCE, exam)
        assert caught.value.cause == "sandbox"


def test_a_death_where_the_reference_dies_too_is_no_ruling(judge: Judge) -> None:
    """Dies only in the program's sandbox: there the module is called program."""
    reference = "import os\n" + body("if __name__ == 'program': os._exit(1)", "return a + b")
    with pytest.raises(ProviderError) as caught:
        ruled(judge, "import os\n" + body("os._exit(1)"), replace(ADD, reference=reference))
    assert caught.value.retryable


def test_a_death_before_a_reference_that_fails_its_own_exam_is_no_ruling(judge: Judge) -> None:
    with pytest.raises(ProviderError, match="fails its own exam") as caught:
        ruled(judge, "import os; os._exit(1)", replace(ADD, reference=body("return 0")))
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "answer, cause",
    [
        ("10**4000", "crashed"),
        ("-1", "timeout"),
        ("'x' * 700000", "wrong-answer"),
        ("'huge'", "wrong-answer"),
    ],
)
def test_an_answer_that_breaks_the_oracle_is_the_programs_fault(
    judge: Judge, answer: str, cause: str
) -> None:
    test = """
import os
def check(candidate):
    got = candidate(2, 3)
    if type(got) is str:
        candidate(got, got)
    while got < 0: pass
    if got > 99: os.kill(os.getpid(), 11)
    assert got == 5
"""
    program = body(f"return {answer}")
    found = ruled(Judge(judge.backend, QUICK), program, replace(ADD, test=test))
    assert (found.passed, found.cause) == (False, cause), found


@dataclass(frozen=True)
class Broken:
    """A real sandbox in which some starts fail, as on a machine that has run out of something."""

    inner: Backend
    failing: list[bool]
    name: str = "broken"
    version: str = "1"

    @property
    def python(self) -> str:
        return self.inner.python

    @property
    def packages(self) -> str:
        return self.inner.packages

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        if self.failing.pop(0):
            raise OSError(11, "Resource temporarily unavailable")
        return self.inner.start(program, limits)


@pytest.mark.parametrize("failing", [[True], [False, True]])
def test_a_sandbox_that_does_not_start_is_our_fault(judge: Judge, failing: list[bool]) -> None:
    before = descriptors()
    with pytest.raises(ProviderError) as caught:
        ruled(Judge(Broken(judge.backend, failing)), REFERENCE)
    assert caught.value.retryable
    assert descriptors() == before


@dataclass(frozen=True)
class Dying(Broken):
    """Some of its sandboxes die as soon as they are there."""

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        dead = [self.python, "-I", "-S", "-c", ""]
        return self.inner.start(dead if self.failing.pop(0) else program, limits)


def test_an_oracle_that_dies_before_it_asked_is_held_against_nobody(judge: Judge) -> None:
    with pytest.raises(ProviderError) as caught:
        ruled(Judge(Dying(judge.backend, [True, False, False, False])), REFERENCE)
    assert caught.value.retryable


@dataclass(frozen=True)
class Silent(Broken):
    """Its sandboxes hang from the start."""

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        return self.inner.start([self.python, "-I", "-S", "-c", "import time; time.sleep(99)"], limits)


def test_a_sandbox_that_hangs_is_our_fault(judge: Judge) -> None:
    silent = Judge(Silent(judge.backend, []), Limits(wall_s=0.5))
    for act in (lambda: ruled(silent, body("return 5")), lambda: silent.try_exam(ADD)):
        with pytest.raises(ProviderError):
            act()


# --- nothing is left behind ---


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def children() -> list[str]:
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return file.read().split()


PROGRAMS = {
    "": REFERENCE,
    "wrong-answer": body("return 0"),
    "no-function": "",
    "raised": body("raise ValueError"),
    "flood": wired("os.write(4, b'junk!')", SILENT),
    "bad-reply": wired("os.write(4, b'\\0\\0\\0\\0')", SILENT),
    "crashed": "import os; os._exit(0)",
}


@dataclass(frozen=True)
class Bare(Broken):
    """No sandbox at all, for programs of our own: what is counted is what the judge itself lets go of."""

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        command = [sys.executable, *program[1:]]
        return subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize("rounds, bare", [(28, True), (4, False)], ids=["bare", "in bubblewrap"])
def test_hundreds_of_trials_leave_nothing_behind(judge: Judge, rounds: int, bare: bool) -> None:
    if bare:
        judge = Judge(Bare(judge.backend, []))
    ruled(judge, REFERENCE)
    before = descriptors(), children()
    with ThreadPoolExecutor(4) as pool:
        rulings = list(pool.map(judge.judge, [Trial(each, ADD) for each in PROGRAMS.values()] * rounds))
    assert [ruling.cause for ruling in rulings] == list(PROGRAMS) * rounds
    assert (descriptors(), children()) == before
