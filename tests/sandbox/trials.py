"""Programs on trial: the usual exam, and many trials at once, each test waiting for its own."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

from fairtrial.core.execution import Exam, Ruling, Trial
from fairtrial.sandbox.judge import Judge
from tests.sandbox.boxes import works

REFERENCE = "def add(a, b):\n    return a + b\n"
TEST = "def check(candidate):\n    assert candidate(2, 3) == 5\n    assert candidate([1], [2]) == [1, 2]\n"
ADD = Exam("add", REFERENCE, TEST)
CASES = Exam("add", REFERENCE, inputs=((1, 2), ("a", "b"), ([1], [2]), (1, "a")))

WIRE = """
import json, os, sys
def nonce():
    frame = sys._getframe()
    while type(frame.f_locals.get("nonce")) is not str:
        frame = frame.f_back
    return frame.f_locals["nonce"]
def raw(body):
    os.write(4, len(body).to_bytes(4, "big") + body)
def say(**message):
    raw(json.dumps({"n": nonce(), **message}).encode())
"""
"""What a program needs to write to the parent itself."""

SILENT = "import time; time.sleep(99)"


@cache
def bench() -> Judge:
    """The judge over bubblewrap; a skip where this machine has none."""
    return Judge(works("bubblewrap"))


def ruled(judge: Judge, program: str, exam: Exam = ADD) -> Ruling:
    return judge.judge(Trial(program, exam))


def body(*lines: str) -> str:
    return "def add(a, b):\n" + "".join(f"    {each}\n" for each in lines)


def wired(*lines: str) -> str:
    return WIRE + body(*lines)


def side_by_side(judge: Judge, programs: Mapping[str, str]) -> dict[str, Future[Ruling]]:
    """All on trial at once, two by two."""
    pool = ThreadPoolExecutor(2)
    found = {name: pool.submit(ruled, judge, program) for name, program in programs.items()}
    pool.shutdown(wait=False)
    return found
