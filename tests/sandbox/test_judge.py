"""Rulings on real programs in real sandboxes: what passes, what doesn't, and by which cause."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from fairtrial.core.execution import Exam, Ruling, Sandbox
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from tests.sandbox.trials import (
    ADD,
    CASES,
    REFERENCE,
    SILENT,
    TEST,
    WIRE,
    bench,
    body,
    ruled,
    side_by_side,
    wired,
)

Rulings = dict[str, Future[Ruling]]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return bench()


def test_it_is_the_port(judge: Judge) -> None:
    port: Sandbox = judge
    assert port.form["backend"] == "bubblewrap"
    assert port.form["limits"] == Limits().form


def test_right_programs_pass(judge: Judge) -> None:
    for exam, calls in ((ADD, 2), (CASES, 4)):
        found = ruled(judge, REFERENCE, exam)
        assert (found.passed, found.cause, found.calls, found.further) == (True, "", calls, None)
        assert 0 < found.seconds < 6


WRONG = {
    "wrong answer": (body("return a - b if a == 2 else a + b"), "wrong-answer"),
    "wrong later": (body("return 5"), "wrong-answer"),
    "raises": (body("raise KeyError(a)"), "raised"),
    "raises StopIteration": (body("raise StopIteration"), "raised"),
    "exits": (body("raise SystemExit(0)"), "raised"),
    "exits on loading": ("raise SystemExit(0)", "raised"),
    "is interrupted": (body("raise KeyboardInterrupt"), "raised"),
    "an exception that raises when shown": (
        "class E(Exception):\n    def __str__(self): raise self\n" + body("raise E"),
        "raised",
    ),
    "an exception with another alphabet": (
        "class Ошибка(Exception): pass\n" + body("raise Ошибка('\\ud800')"),
        "raised",
    ),
    "an exception group": (body("raise BaseExceptionGroup('x', [SystemExit(0)])"), "raised"),
    "does not parse": ("def add(a, b:\n", "raised"),
    "nul bytes": ("def add(a, b): return a + b\0", "raised"),
    "half a surrogate pair": ("x = '\ud800'\n" + REFERENCE, "no-function"),
    "empty": ("", "no-function"),
    "another name": ("def sub(a, b): return a - b\n", "no-function"),
    "not callable": ("add = 5\n", "no-function"),
    "asynchronous": ("async def add(a, b): return a + b\n", "bad-reply"),
    "generator": (body("yield a + b"), "bad-reply"),
    "object": (body("return object()"), "bad-reply"),
    "complex": (body("return a + 0j"), "bad-reply"),
    "itself": (body("x = []; x.append(x); return x"), "bad-reply"),
    "deep": (body("x = 0", "for _ in range(100000): x = [x]", "return x"), "bad-reply"),
    "long": (body("return 'x' * (1 << 20)"), "bad-reply"),
    "huge": (body("return 'x' * 30_000_000"), "bad-reply"),
    "half a pair in the reply": (body("return '\\ud800'"), "bad-reply"),
    "huge integer": (body("return 1 << 70000"), "bad-reply"),
    "large integer": (body("return 1 << 60000"), "wrong-answer"),
    "memory": (body("return len(bytearray(1 << 31))"), "memory"),
    "too deep a recursion": (body("return add(a, b)"), "raised"),
    "dies": ("import os\n" + body("os._exit(0)"), "crashed"),
    "dies by a fault": ("import ctypes\n" + body("ctypes.string_at(0)"), "crashed"),
    "kills its group": ("import os\n" + body("os.kill(0, 9)"), "crashed"),
    "dies on loading": ("import os; os._exit(0)", "crashed"),
    "closes everything": ("import os\n" + body("os.closerange(0, 64)", "return a + b"), "crashed"),
    "stack overflow": (
        "import sys\nsys.setrecursionlimit(10**9)\n"
        + body("return repr(add.__wrapped__) if 0 else eval('['*10**5)"),
        "raised",
    ),
}


QUICK = Limits(wall_s=3.0)

HANGING = {
    "loops": body("while True: pass"),
    "sleeps": body("import time; time.sleep(99)"),
    "loops on loading": "while True: pass",
    "loops with signals blocked": "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\n"
    + body("while True: pass"),
    "answers itself, then loops": wired("say(v=a + b if a == 2 else [1, 2])", "while True: pass"),
}

FORGED = {
    "wrong nonce": wired("say(n='0' * 16, v=5)", SILENT),
    "no nonce": wired("raw(b'{\"v\":5}')", SILENT),
    "nonce as a list": wired("say(n=[nonce()], v=5)", SILENT),
    "nonce in capitals": wired("say(n=nonce().upper() + 'A', v=5)", SILENT),
    "two replies": wired("say(v=5)", "return a + b"),
    "two replies in one": wired("x = json.dumps({'n': nonce(), 'v': 5}).encode()", "raw(x + x)", SILENT),
    "a reply and a byte": wired("say(v=5); os.write(4, b'x')", SILENT),
    "value and exception": wired("say(v=5, exc='E', why='')", SILENT),
    "more than a value": wired("say(v=5, passed=True)", SILENT),
    "a verdict": wired('raw(b\'{"passed":true,"cause":"","why":""}\')', SILENT),
    "an exception of no class": wired("say(exc='a b', why='')", SILENT),
    "an exception of a huge class": wired("say(exc='E' * 101, why='')", SILENT),
    "not an object": wired("raw(b'5')", SILENT),
    "a list": wired("raw(json.dumps([nonce(), 5]).encode())", SILENT),
    "not json": wired("raw(b'{')", SILENT),
    "a float": wired("say(v=5.0)", SILENT),
    "not a number": wired("say(v=float('nan'))", SILENT),
    "a key twice": wired('raw((\'{"n":"%s","v":4,"v":5}\' % nonce()).encode())', SILENT),
    "a second tag": wired("say(v={'t': [], 'd': []})", SILENT),
    "equal keys": wired("say(v={'s': [1, True]})", SILENT),
    "deep": wired("raw(b'[' * 100000 + b']' * 100000)", SILENT),
    "before the first call": WIRE + "say(v=None)\n" + REFERENCE,
}


@pytest.fixture(scope="module")
def rulings(judge: Judge) -> Rulings:
    """Every wrong program on trial at once; each test waits for its own."""
    quick = Judge(judge.backend, QUICK)
    return side_by_side(quick, HANGING) | side_by_side(
        judge, {name: row[0] for name, row in WRONG.items()} | FORGED
    )


@pytest.mark.parametrize("name", WRONG)
def test_what_the_program_causes_is_wrong(rulings: Rulings, name: str) -> None:
    found = rulings[name].result()
    assert (found.passed, found.cause) == (False, WRONG[name][1]), found
    assert len(found.detail) <= 200 and "\n" not in found.detail
    found.detail.encode("utf-8")


@pytest.mark.parametrize("name", HANGING)
def test_a_hang_is_out_of_time(rulings: Rulings, name: str) -> None:
    found = rulings[name].result()
    assert found.cause == "timeout"
    assert QUICK.wall_s <= found.seconds < 4 * QUICK.wall_s


@pytest.mark.parametrize("name", FORGED)
def test_replies_that_break_the_protocol(rulings: Rulings, name: str) -> None:
    found = rulings[name].result()
    assert (found.passed, found.cause) == (False, "bad-reply"), found


def test_source_over_the_limit(judge: Judge) -> None:
    assert ruled(judge, REFERENCE + "#" * (1 << 20)).cause == "too-large"
    assert ruled(judge, "#" + "é" * 600_000 + "\n" + REFERENCE).cause == "too-large"
    assert ruled(judge, "#" * ((1 << 20) - len(REFERENCE) - 1) + "\n" + REFERENCE).passed


@pytest.mark.parametrize(
    "line",
    ["os.write(4, b'\\xff\\xff\\xff\\xff')", "os.write(4, b'\\0\\x10\\0\\x01')"],
    ids=["4 GiB", "1 MiB and 1"],
)
def test_a_reply_over_the_limit_is_a_flood(judge: Judge, line: str) -> None:
    assert ruled(judge, wired(line, SILENT)).cause == "flood"


def test_bytes_at_any_time_are_never_a_pass(judge: Judge) -> None:
    late = "import os, threading, time\n" + body(
        "threading.Thread(target=lambda: (time.sleep(.02), os.write(4, b'x'))).start()",
        "if a != 2: time.sleep(.1)",
        "return a + b",
    )
    assert ruled(judge, late).cause in ("bad-reply", "flood")


def test_bytes_after_the_last_reply_are_no_pass(judge: Judge) -> None:
    late = "import os, threading, time\n" + body(
        "if a != 2: threading.Thread(target=lambda: (time.sleep(.1), os.write(4, b' '))).start()",
        "return a + b",
    )
    slow = replace(ADD, test=TEST + "    import time\n    time.sleep(0.5)\n")
    assert ruled(judge, REFERENCE, slow).passed
    assert ruled(judge, late, slow).cause == "bad-reply"


def test_prints_and_input_reach_nobody(judge: Judge) -> None:
    loud = (
        "import os, sys\nfor _ in range(5000): print('x' * 1000)\n"
        "sys.stderr.write('x' * 1000000)\nos.write(1, b'x' * 100000)\n"
    )
    assert ruled(judge, loud + REFERENCE).passed
    assert ruled(judge, "x = input()\n" + REFERENCE).cause == "raised"


def test_programs_that_are_written_as_people_write_them(judge: Judge) -> None:
    for head in (
        "from __future__ import annotations\nfrom dataclasses import *\n@dataclass\nclass P:\n    x: int\n",
        "import numpy as np\n",
        "def f(x: int): pass\nassert f.__annotations__['x'] is int\n",
        "import threading\nthreading.Thread(target=lambda: None).start()\n",
        "import sys\nsys.setrecursionlimit(10**6)\n",
        "abs = len = tuple = None\n",
        "if __name__ == '__main__':\n    raise SystemExit('it was run')\n",
        "import pickle, enum\nclass C(enum.Enum):\n    A = 1\nassert pickle.loads(pickle.dumps(C.A)) is C.A\n",
    ):
        found = ruled(judge, head + REFERENCE)
        assert found.passed, (head, found)
    wrapped = "import numpy as np\n" + body("return np.int64(a + b) if a == 2 else np.array(a + b)")
    assert ruled(judge, wrapped).passed
    assert ruled(judge, "add = lambda *a: sum(a) if a[0] == 2 else a[0] + a[1]").passed


def test_arguments_are_copies_each_time(judge: Judge) -> None:
    test = """
def check(candidate):
    x = [1]
    for _ in range(3):
        assert candidate(x, [2]) == [1, 2]
    assert x == [1]
"""
    assert ruled(judge, body("a.extend(b); return a"), replace(ADD, test=test)).passed
    hoarder = "kept = []\n" + body("kept.append(a); kept[0] += b; return kept[0]")
    assert not ruled(judge, hoarder, replace(ADD, test=test)).passed


def test_keyword_arguments_and_all_plain_types_cross(judge: Judge) -> None:
    reference = "def same(*a, **k):\n    return [list(a), k]\n"
    test = """
def check(candidate):
    v = (1, 2.5, 'é', None, True, b'x', {1, 2}, frozenset({3}), {(1, 'a'): [float('inf')]}, 2**100)
    got = candidate(v, key=v)
    assert got == [[v], {'key': v}]
    assert str(got) == str([[v], {'key': v}])
"""
    assert ruled(judge, reference, Exam("same", reference, test)).passed


def test_helpers_and_the_entry_point_are_the_references_in_the_test(judge: Judge) -> None:
    reference = "def twice(x):\n    return 2 * x\ndef four(x):\n    return twice(twice(x))\n"
    test = "def check(candidate):\n    assert candidate(3) == four(3) == twice(6)\n"
    liar = "def twice(x): return 0\ndef four(x): return 0\n"
    exam = Exam("four", reference, test)
    assert ruled(judge, reference, exam).passed
    assert ruled(judge, liar, exam).cause == "wrong-answer"


def test_a_test_that_hides_assertions_does_not_hide_an_exception(judge: Judge) -> None:
    test = """
def check(candidate):
    try:
        assert candidate(2, 3) == 5
    except BaseException:
        pass
"""
    assert ruled(judge, body("raise ValueError"), replace(ADD, test=test)).cause == "raised"
    looped = """
def check(candidate):
    for got in map(candidate, [1, 2], [3, 4]):
        assert got in (4, 6)
"""
    assert ruled(judge, body("raise StopIteration"), replace(ADD, test=looped)).cause == "raised"


def test_a_test_that_calls_nothing_passes_nobody(judge: Judge) -> None:
    assert ruled(judge, REFERENCE, replace(ADD, test="def check(candidate):\n    pass\n")).cause == "no-call"


def test_the_detail_shows_the_line_that_failed(judge: Judge) -> None:
    assert "candidate([1], [2]) == [1, 2]" in ruled(judge, body("return 5")).detail
    assert "answer 2 of 4: 'ba', expected 'ab'" in ruled(judge, body("return b + a"), CASES).detail


# --- results against the reference's ---


def cases(judge: Judge, program: str, **changes: Any) -> Ruling:
    return ruled(judge, program, replace(CASES, **changes))


def test_exceptions_agree_by_class(judge: Judge) -> None:
    assert cases(judge, body("return a + b")).passed
    other = body("if type(a) is not type(b): raise ValueError", "return a + b")
    assert cases(judge, other).cause == "raised"
    assert cases(judge, body("return a + b if type(a) is type(b) else None")).cause == "wrong-answer"
    assert cases(judge, body("raise TypeError")).cause == "raised"


def test_comparisons(judge: Judge) -> None:
    reference = "def f(x):\n    return [x / 3, x]\n"
    exam = Exam("f", reference, inputs=((1,), (2,)), compare="close", tolerance=1e-6)
    nearly = "def f(x):\n    return [x / 3 + 1e-8, x]\n"
    assert ruled(judge, nearly, exam).passed
    assert not ruled(judge, nearly, replace(exam, compare="equal")).passed
    backwards = "def f(x):\n    return [x, x / 3, x]\n"
    assert ruled(judge, backwards, replace(exam, compare="set")).passed
    same = "def same(expected, got, x):\n    return sorted(got) == sorted(expected) and f(x) == expected\n"
    custom = replace(exam, compare="custom", comparison=same)
    assert ruled(judge, "def f(x):\n    return [x, x / 3]\n", custom).passed
    assert ruled(judge, "def f(x):\n    return None\n", custom).cause == "wrong-answer"
    assert ruled(judge, "def f(x):\n    return 10 ** 9000\n", exam).cause == "wrong-answer"


def test_a_generator_draws_the_same_inputs_each_time(judge: Judge) -> None:
    generator = (
        "def generate(random):\n    while True:\n        yield random.randint(0, 10**9), random.random()\n"
    )
    exam = Exam("add", REFERENCE, generator=generator, count=20, seed=5)
    noted = "import hashlib\nn = []\n" + body("n.append(a)", "return a + b if len(n) < 20 else str(n)")
    first, again, other = (ruled(judge, noted, replace(exam, seed=seed)) for seed in (5, 5, 6))
    assert first.detail == again.detail != other.detail
    assert ruled(judge, REFERENCE, exam).calls == 20
