"""Exams that can't tell right from wrong, or can't be held at all, are refused before any program is judged."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Exam
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from tests.sandbox.trials import ADD, CASES, REFERENCE, TEST, bench, body, ruled


@pytest.fixture(scope="module")
def judge() -> Judge:
    return bench()


# --- exams that can't be used ---

UNFIT: dict[str, tuple[Exam, str]] = {
    "reference does not parse": (
        replace(ADD, reference="def add(:\n"),
        "reference fails it: raised, SyntaxError",
    ),
    "reference defines something else": (replace(ADD, reference="x = 1"), "no function add"),
    "reference exits": (
        replace(ADD, reference="raise SystemExit(0)"),
        "reference fails it: raised, SystemExit",
    ),
    "test does not load": (replace(ADD, test="import nowhere"), "test doesn't load: ModuleNotFoundError"),
    "test has no check": (replace(ADD, test="x = 1"), "no function check"),
    "test fails on its own reference": (
        replace(ADD, test="def check(candidate):\n    assert candidate(1, 1) == 3\n"),
        "reference fails it: wrong-answer",
    ),
    "test passes whatever it is told": (
        replace(ADD, test="def check(candidate):\n    candidate(1, 2)\n"),
        "always answers None passes",
    ),
    "test is content with true": (
        replace(ADD, test="def check(candidate):\n    assert candidate(1, 2)\n"),
        "always answers True passes",
    ),
    "test passes by a comparison that a nan escapes": (
        replace(ADD, test="def check(candidate):\n    assert not abs(candidate(1, 2) - 3) > 1e-6\n"),
        "always answers nan passes",
    ),
    "test passes objects": (
        replace(ADD, test="def check(candidate):\n    assert candidate(1, object()) == 3\n"),
        "passes a value of type object",
    ),
    "test passes too much": (
        replace(ADD, test="def check(candidate):\n    assert candidate('x' * 2000000, '') == 3\n"),
        "bytes of arguments",
    ),
    "test changes its arguments": (
        Exam(
            "put",
            "def put(x):\n    x.append(1)\n",
            "def check(candidate):\n    x = []\n    candidate(x)\n    assert x == [1]\n",
        ),
        "reference fails it: wrong-answer",
    ),
    "test wants an exception": (
        replace(
            ADD,
            test="def check(candidate):\n    try: candidate(1, '')\n    except TypeError: return\n    assert 0\n",
        ),
        "reference fails it: raised",
    ),
    "test leaves": (
        replace(ADD, test="import os\ndef check(candidate):\n    os._exit(0)\n"),
        "oracle: crashed",
    ),
    "all results are the same": (
        Exam("f", "def f(x):\n    return None\n", inputs=((1,), (2,))),
        "answers None passes",
    ),
    "reference answers a generator": (
        Exam("f", "def f(x):\n    yield x\n", inputs=((1,),)),
        "reference answers a value of type generator",
    ),
    "generator yields numbers": (
        Exam("add", REFERENCE, generator="def generate(random):\n    yield 5\n", count=1),
        "not a list of arguments",
    ),
    "generator ends early": (
        Exam("add", REFERENCE, generator="def generate(random):\n    yield 1, 2\n", count=9),
        "gives 1 inputs of 9",
    ),
    "generator raises": (
        Exam(
            "add",
            REFERENCE,
            generator="def generate(random):\n    yield 1, 2\n    raise ValueError('no')\n",
            count=9,
        ),
        "generator raises ValueError: no",
    ),
    "comparison without same": (replace(CASES, compare="custom", comparison="x = 1"), "no function same"),
    "comparison refuses its own": (
        replace(CASES, compare="custom", comparison="def same(a, b, *c):\n    raise KeyError\n"),
        "reference fails it: wrong-answer",
    ),
}


HANGING: dict[str, Exam] = {
    "reference hangs on loading": replace(ADD, reference="while True: pass"),
    "reference hangs": replace(CASES, reference=body("while True: pass")),
    "generator never yields": Exam(
        "add", REFERENCE, generator="def generate(random):\n    while True: pass\n    yield\n", count=1
    ),
    "test never ends": replace(ADD, test="def check(candidate):\n    while True: candidate(1, 2)\n"),
}


@pytest.fixture(scope="module")
def refusals(judge: Judge) -> dict[str, Future[str]]:
    """Every one tried at once; each test waits for its own."""

    def refusal(exam: Exam, wall_s: float) -> str:
        with pytest.raises(UsageError, match="can't be used") as caught:
            Judge(judge.backend, Limits(wall_s=wall_s)).try_exam(exam)
        return caught.value.message

    pool = ThreadPoolExecutor(2)
    found = {name: pool.submit(refusal, exam, 1.5) for name, exam in HANGING.items()}
    found |= {name: pool.submit(refusal, exam, 6.0) for name, (exam, _) in UNFIT.items()}
    pool.shutdown(wait=False)
    return found


@pytest.mark.parametrize("name", UNFIT)
def test_an_exam_that_can_not_be_used(refusals: dict[str, Future[str]], name: str) -> None:
    assert UNFIT[name][1] in refusals[name].result()


@pytest.mark.parametrize("name", HANGING)
def test_an_exam_that_never_ends(refusals: dict[str, Future[str]], name: str) -> None:
    assert "timeout" in refusals[name].result()


def test_a_test_that_calls_nothing(judge: Judge) -> None:
    with pytest.raises(UsageError, match="calls nothing"):
        judge.try_exam(replace(ADD, test="def check(candidate):\n    pass\n"))


def test_exams_that_can_be_used(judge: Judge) -> None:
    judge.try_exam(ADD)
    judge.try_exam(CASES)
    judge.try_exam(replace(ADD, further=10))
    endless = "def generate(random):\n    n = 0\n    while True:\n        n += 1\n        yield n, n\n"
    judge.try_exam(Exam("add", REFERENCE, generator=endless, count=30))


def test_an_exam_that_can_not_be_sent(judge: Judge) -> None:
    with pytest.raises(UsageError, match="half a surrogate"):
        ruled(judge, REFERENCE, replace(ADD, test=TEST + "# \ud800"))
    with pytest.raises(UsageError, match="bytes of"):
        ruled(judge, REFERENCE, replace(CASES, inputs=(("x" * (17 << 20), ""),)))
    big = replace(CASES, inputs=tuple(("x" * 500_000, str(n)) for n in range(8)))
    assert ruled(judge, REFERENCE, big).passed
