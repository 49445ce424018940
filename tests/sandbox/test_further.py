"""Further inputs: reported beside the ruling, never in it, and never a way to gain or lose the pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairtrial.core.execution import Exam
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from tests.sandbox.trials import WIRE, bench, ruled

REFERENCE = "def clip(xs, top):\n    return [min(x, top) for x in xs]\n"
WEAK = """
def check(candidate):
    assert candidate([1, 5, 3], 4) == [1, 4, 3]
    assert candidate([9, 8], 2) == [2, 2]
    assert candidate([], 1) == []
"""
CLIP = Exam("clip", REFERENCE, WEAK, further=30, seed=3)
BY_HEART = """
def clip(xs, top):
    return {(1, 5, 3): [1, 4, 3], (9, 8): [2, 2], (): []}.get(tuple(xs), OTHERWISE)
"""


@pytest.fixture(scope="module")
def judge() -> Judge:
    return bench()


def test_a_right_program_agrees(judge: Judge) -> None:
    found = ruled(judge, "def clip(xs, top):\n    return [x if x < top else top for x in xs]\n", CLIP)
    assert (found.passed, found.calls, found.further) == (True, 3, True)


def test_none_where_they_are_not_asked_for_or_the_exam_is_failed(judge: Judge) -> None:
    assert ruled(judge, REFERENCE, replace(CLIP, further=0)).further is None
    found = ruled(judge, "def clip(xs, top):\n    return xs\n", CLIP)
    assert (found.passed, found.further) == (False, None)


OTHERWISE = {
    "answers by heart": "[0]",
    "raises": "1 / 0",
    "dies": "__import__('os')._exit(0)",
    "does not cross": "object()",
    "floods": "__import__('os').write(4, b'x' * 99)",
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_who_knows_only_the_test_passes_it_and_does_not_agree(judge: Judge, name: str) -> None:
    lazy = BY_HEART.replace("OTHERWISE)", "0) or " + OTHERWISE[name]).replace("(): []", "(): 0")
    lazy = lazy.replace("    return", "    if not xs: return []\n    return")
    found = ruled(judge, lazy, CLIP)
    assert (found.passed, found.cause, found.calls, found.further) == (True, "", 3, False), found


LATER = """
n = []
def clip(xs, top):
    n.append(1)
    if len(n) > 3:
        LATER
    return [min(x, top) for x in xs]
"""


def test_who_hangs_passes_and_does_not_agree(judge: Judge) -> None:
    found = ruled(Judge(judge.backend, Limits(wall_s=3.0)), LATER.replace("LATER", "while 1: pass"), CLIP)
    assert (found.passed, found.further) == (True, False)
    assert found.seconds < 9


def test_a_forged_reply_does_not_agree(judge: Judge) -> None:
    found = ruled(judge, WIRE + LATER.replace("LATER", "say(further=True)"), CLIP)
    assert (found.passed, found.further) == (True, False)


REFUSES = """
calls = []
def clip(xs, top):
    calls.append(1)
    if (xs, top) in [([1, 5, 3], 4), ([9, 8], 2), ([], 1)]:
        return [min(x, top) for x in xs]
    OTHERWISE
"""


@pytest.mark.parametrize(
    "otherwise", ["return len(calls)", "raise ValueError", "while 1: pass", "return map(str, xs)"]
)
def test_inputs_that_the_reference_can_not_answer_tell_nothing(judge: Judge, otherwise: str) -> None:
    """Reference and program differ everywhere but on the test, and there is nothing left to compare."""
    reference = REFUSES.replace("OTHERWISE", otherwise)
    found = ruled(judge, REFERENCE, replace(CLIP, reference=reference))
    assert (found.passed, found.further) == (True, None), found
    assert found.seconds < 5


def test_an_oracle_that_dies_before_it_asks_tells_nothing(judge: Judge) -> None:
    reference = "import os\ndef clip(xs, top):\n    os._exit(1)\n"
    found = ruled(judge, REFERENCE, replace(CLIP, reference=reference))
    assert (found.passed, found.further) == (True, None), found


def test_a_comparison_counts_there_too(judge: Judge) -> None:
    exam = Exam("half", "def half(x):\n    return x / 3\n", inputs=((1.5,), (2.25,), (7.0,)), further=20)
    nearly = "def half(x):\n    return x * 0.3333333333333333 + 1e-9\n"
    assert ruled(judge, nearly, replace(exam, compare="close", tolerance=1e-6)).further is True
    assert ruled(judge, nearly, replace(exam, compare="close", tolerance=1e-15)).passed is False


def test_no_arguments_no_further_inputs(judge: Judge) -> None:
    exam = Exam("one", "def one():\n    return 1\n", "def check(c):\n    assert c() == 1\n", further=5)
    assert ruled(judge, exam.reference, exam).further is None
