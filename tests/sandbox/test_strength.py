"""The measurement of derived inputs, on two items: each slip is a slip, and each count what it says."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from random import Random

from fairtrial.core.execution import Exam
from fairtrial.sandbox import find
from tests.sandbox import strength
from tests.sandbox.mutants import mutants

CLAMP = '''
def clamp(x, low, high):
    """At least low, at most high."""
    if x < low:
        return low
    if x > high:
        x = high
    return x
'''


def defined(source: str) -> object:
    space: dict[str, object] = {}
    exec(source, space)
    return space["clamp"]


def test_mutants_differ_from_the_program_and_each_other() -> None:
    found = mutants(CLAMP, "clamp", 50, Random(1))
    assert found == mutants(CLAMP, "clamp", 50, Random(1))
    assert found != mutants(CLAMP, "clamp", 50, Random(2))
    whole = ast.unparse(ast.parse(CLAMP)) + "\n"
    assert len(set(found)) == len(found) >= 7 and whole not in found
    for each in found:
        assert callable(defined(each)) and '"""At least low, at most high."""' in each
    assert len(mutants(CLAMP, "clamp", 3, Random(1))) == 3
    # Independent of ours: most slips in six lines of branches can be seen on a grid of small numbers.
    grid = [(x, low, high) for x in range(-3, 4) for low in range(-2, 1) for high in range(3)]
    seen = sum(any(defined(each)(*row) != min(max(row[0], row[1]), row[2]) for row in grid) for each in found)  # type: ignore[operator]
    assert seen >= len(found) // 2


def test_counts_are_what_the_sandbox_says() -> None:
    """A weak test, so that derived inputs have something to find."""
    check = "def check(candidate):\n    assert candidate(5, 0, 9) == 5\n    assert candidate(-4, 0, 9) == 0\n"
    check += "    assert candidate(9, 1, 9) == 9\n    assert candidate(7, 3, 8) == 7\n"
    held = {"clamp": Exam("clamp", CLAMP, check, further=30)}
    programs = {
        "right": CLAMP,
        "fails the test": CLAMP.replace("return low", "return high"),
        "fails what is derived": CLAMP.replace("return low", "return 0"),
    }
    cases = strength.judged((("clamp", each) for each in programs.values()), held, find(os.environ))
    assert [case.ruling.passed for case in cases] == [True, False, True]
    assert [case.program for case in strength.changed(cases)] == [programs["fails what is derived"]]
    text = strength.page(cases[:1], cases[:1], cases)
    for line in (
        "| wrong answers: fail HumanEval's own tests | 1 of 3 | 33.3% |",
        "verdict changed** | 1 of 2 | 50.0% |",
        "| canonical solutions that fail a derived input | 0 of 1 |",
    ):
        assert line in text


def test_the_page_is_about_these_answers() -> None:
    """`make strength` takes minutes; that the page is not of another set of answers can be seen at once."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "humaneval-strength.md").read_text("utf-8")
    held = strength.exams()
    wrong = list(strength.wrong_programs(held))
    items = len({item for item, _ in wrong})
    right = len(held) + len(list(strength.other_right_programs(held)))
    told = " ".join(page.split())
    assert f"on {len(wrong)} wrong answers to {items} items" in told and f"on {right} right ones" in told
