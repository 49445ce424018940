"""What attacks are aimed at: items of HumanEval, and small exams made for tricks that no item of it lets show.

`calls` are a few argument lists on which a program must give the reference's value to be right at all: they show
that an attack program is wrong when nobody is there to be deceived, and peers that compare values compare them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from fairtrial.benchmarks.packaged import packaged_rows
from fairtrial.core.execution import Exam

Calls = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """calls: argument lists, plain JSON. atol: the absolute tolerance a comparing peer is told."""

    name: str
    exam: Exam
    calls: Calls
    atol: float = 0.0


HUMANEVAL: dict[int, tuple[Calls, float]] = {
    0: ((([1.0, 2.0, 3.9, 4.0], 0.3), ([1.0, 2.0, 3.9, 4.0], 0.05), ([1.1, 2.2, 3.1], 1.0)), 0.0),
    2: (((3.5,), (1.33,), (123.456,)), 1e-6),
    4: ((([1.0, 2.0, 3.0],), ([1.0, 2.0, 3.0, 4.0],)), 1e-6),
    8: ((([],), ([1, 1, 1],), ([3, 5, 7],)), 0.0),
    10: ((("xyz",), ("jerry",), ("",)), 0.0),
    32: ((([1, 2],), ([-6, 11, -6, 1],)), 1e-4),
    33: ((([5, 6, 3, 4, 8, 9, 2],), ([5, 8, 3, 4, 6, 9, 2],), ([3, 2, 1, 0],)), 0.0),
    38: ((("bcaefd",), ("uzfekq",)), 0.0),
    42: ((([3, 2, 1],), ([5, 2, 5],)), 0.0),
    53: (((0, 1), (2, 3), (7, 5), (811, 13), (4, 900)), 0.0),
    60: (((1,), (6,), (30,), (100,)), 0.0),
}

VOWELS = """
def check(candidate):
    words = ["aeiou", "xyz", "banana", ""]
    for got, want in zip(map(candidate, words), [5, 0, 3, 0]):
        assert got == want
"""

ORDERED = """
def check(candidate):
    for items in ([3, 1, 2], [5, 4], [9, 8, 7, 7]):
        got = candidate(items)
        assert len(got) == len(items)
        assert all(a <= b for a, b in zip(got, got[1:]))
        assert all(item in got for item in items)
"""

TOTAL = """
def check(candidate):
    for items in ([3, 1, 2], [5, 4], [9]):
        assert candidate(items) == total(items)
"""

SAME_LIST = """
def check(candidate):
    for items in ([-1, 2], [3, -4]):
        assert candidate(items) == items
"""

AGREEMENT = """
def check(candidate):
    for n in range(1, 6):
        assert candidate(n) == agreement(n)
"""

INDEX = """
def check(candidate):
    assert candidate(["a", "b"]) == {"a": 0, "b": 1}
    assert candidate(["c"]) == {"c": 0}
"""

WIDTH = """
def check(candidate):
    for n in (2, 5):
        assert [0] * candidate(n) == [0] * n
"""

SLUG = """
def check(candidate):
    import re
    for title, want in (("Two Words", "two-words"), ("One", "one")):
        got = candidate(title)
        assert re.fullmatch(r"([a-z]+-?)+", got) and got == want
"""

FACTORS_AGREE = """
def same(expected, got, n):
    primes = all(factor % part for factor in got for part in range(2, factor))
    return primes and sorted(got) == sorted(expected)
"""

GAP_INPUTS = """
def generate(random):
    while True:
        yield random.randrange(1000), random.randrange(1000)
"""

OWN: tuple[tuple[Exam, Calls, float], ...] = (
    (
        Exam(
            "vowels", "def vowels(word):\n    return sum(word.count(letter) for letter in 'aeiou')\n", VOWELS
        ),
        (("aeiou",), ("xyz",), ("banana",)),
        0.0,
    ),
    (
        Exam("ordered", "def ordered(items):\n    return sorted(items)\n", ORDERED),
        (([3, 1, 2],), ([5, 4],)),
        0.0,
    ),
    (
        Exam("total", "def total(items):\n    return sum(items)\n", TOTAL),
        (([3, 1, 2],), ([5, 4],)),
        0.0,
    ),
    (
        Exam("same_list", "def same_list(items):\n    return list(items)\n", SAME_LIST),
        (([-1, 2],), ([3, -4],)),
        0.0,
    ),
    (
        Exam("agreement", "def agreement(n):\n    return n * 7 % 5 + 1\n", AGREEMENT),
        ((1,), (2,), (3,)),
        0.0,
    ),
    (Exam("width", "def width(n):\n    return n\n", WIDTH), ((2,), (5,)), 0.0),
    (
        Exam("slug", "def slug(title):\n    return title.lower().replace(' ', '-')\n", SLUG),
        (("Two Words",), ("One",)),
        0.0,
    ),
    (
        Exam(
            "halves",
            "def halves(numbers):\n    return [number / 2 for number in numbers]\n",
            inputs=(([1.0, 3.0],), ([2.5, 7.25, 0.5],)),
            compare="close",
            tolerance=1e-6,
        ),
        (([1.0, 3.0],), ([2.5, 7.25, 0.5],)),
        1e-6,
    ),
    (
        Exam(
            "letters",
            "def letters(words):\n    return sorted(set(''.join(words)))\n",
            inputs=((["ab", "bc"],), (["xyz"],)),
            compare="set",
        ),
        ((["ab", "bc"],), (["xyz"],)),
        0.0,
    ),
    (
        Exam(
            "factors",
            "def factors(n):\n    parts = [p for p in range(2, n + 1) if n % p == 0]\n"
            "    return [p for p in parts if all(p % q for q in range(2, p))]\n",
            inputs=((12,), (35,)),
            compare="custom",
            comparison=FACTORS_AGREE,
        ),
        ((12,), (35,)),
        0.0,
    ),
    (
        Exam("index", "def index(words):\n    return {word: at for at, word in enumerate(words)}\n", INDEX),
        ((["a", "b"],), (["c"],)),
        0.0,
    ),
    (
        Exam(
            "root",
            "def root(n):\n    if n < 0:\n        raise ValueError(n)\n    return int(n**0.5)\n",
            inputs=((4,), (-1,), (9,)),
        ),
        ((4,), (9,), (-1,)),
        0.0,
    ),
    (
        Exam("gap", "def gap(low, high):\n    return high - low\n", generator=GAP_INPUTS, count=10, seed=7),
        ((3, 10), (512, 90)),
        0.0,
    ),
    (
        Exam("long", "def long(text):\n    return len(text)\n", inputs=(("x" * 300_000,), ("yy",))),
        (("yy",),),
        0.0,
    ),
)


@cache
def targets() -> dict[str, Target]:
    """By name: `HumanEval/53`, `own/vowels`."""
    found = {}
    for row in packaged_rows("humaneval_test.jsonl.gz"):
        number = int(row["task_id"].partition("/")[2])
        if number in HUMANEVAL:
            calls, atol = HUMANEVAL[number]
            exam = Exam(row["entry_point"], row["prompt"] + row["canonical_solution"], row["test"])
            found[row["task_id"]] = Target(row["task_id"], exam, calls, atol)
    for exam, calls, atol in OWN:
        found[f"own/{exam.entry_point}"] = Target(f"own/{exam.entry_point}", exam, calls, atol)
    return found
