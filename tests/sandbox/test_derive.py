"""Derived inputs: new, plain, of the kind seen, and inside what was seen to hold.

The contracts here are predicates of their own, written from what the tests of such a function would show. On
HumanEval the judges are the canonical solutions and answers written here another way (`right_answers`).
"""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.benchmarks.humaneval import UNDECIDED
from fairtrial.sandbox.guest import derive as derive_module
from fairtrial.sandbox.guest import leaves as leaves_module
from fairtrial.sandbox.guest.derive import SIZE, derive

ROOT = Path(__file__).parents[2]
SOURCES = [Path(module.__file__) for module in (derive_module, leaves_module)]

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4)
)
keys = st.integers(-9, 9) | st.text(max_size=3)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=3).map(tuple)
        | st.sets(keys, max_size=4)
        | st.frozensets(keys, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)
rows = st.integers(0, 3).flatmap(
    lambda n: st.lists(st.lists(values, min_size=n, max_size=n).map(tuple), max_size=8)
)


def taken(seen: list[tuple[Any, ...]], count: int = 40, seed: int = 0) -> list[tuple[Any, ...]]:
    return list(derive(seen, count, Random(seed)))


def name(value: Any) -> str:
    """The value in words, whatever the order of a set."""
    if isinstance(value, (set, frozenset)):
        return str(sorted(map(name, value)))
    if isinstance(value, (list, tuple)):
        return str(list(map(name, value)))
    if isinstance(value, dict):
        return str({name(key): name(each) for key, each in value.items()})
    return repr(value)


def leaves(value: Any, kind: type) -> list[Any]:
    if type(value) is dict:
        return [leaf for pair in value.items() for each in pair for leaf in leaves(each, kind)]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [leaf for each in value for leaf in leaves(each, kind)]
    return [value] if type(value) is kind else []


@given(rows, st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_whatever_was_seen(seen: list[tuple[Any, ...]], seed: int) -> None:
    before = repr(seen)
    got = taken(seen, 12, seed)
    assert repr(seen) == before
    assert len(got) <= 12
    names = [repr(row) for row in got]
    assert len(set(names)) == len(names)
    for row in got:
        assert type(row) is tuple and len(row) in {len(each) for each in seen}
        for at, value in enumerate(row):
            assert type(value) in {type(each[at]) for each in seen if len(each) == len(row)}
        for number in leaves(row, int):
            assert min(leaves(seen, int)) <= number <= max(leaves(seen, int))
        for text in leaves(row, str):
            assert set(text) <= set("".join(leaves(seen, str)))
            assert len(text) <= max(map(len, leaves(seen, str)))
        for kind in (type(None), bool, bytes):
            assert {repr(leaf) for leaf in leaves(row, kind)} <= {repr(leaf) for leaf in leaves(seen, kind)}


@given(rows)
@settings(max_examples=60, deadline=None)
def test_the_same_again_whatever_is_done_to_them(seen: list[tuple[Any, ...]]) -> None:
    calm = [name(row) for row in derive(copy.deepcopy(seen), 12, Random(5))]
    names = []
    for row in derive(seen, 12, Random(5)):
        names.append(name(row))
        for value in (*row, *(each for old in seen for each in old)):
            if isinstance(value, (list, set, dict)):
                value.clear()
    assert names == calm


def test_no_hash_seed_decides() -> None:
    seen = [
        ({"b", "a", "xyz"}, {"k": 1, "a": 2}),
        ({"q"}, {"k": 5}),
        (set("hello"), {"z": 3, "k": 0, "y": 9}),
    ]
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from fairtrial.sandbox.guest.derive import derive; from random import Random\n"
        f"for a, b in derive({seen!r}, 30, Random(3)): print(sorted(a), sorted(b.items()))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "12345"
    }
    assert len(told) == 1 and len(told.pop().splitlines()) == 30


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_source_is_for_python_3_9_and_needs_nothing(path: Path) -> None:
    source = path.read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 9))
    found = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    found |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    found -= {"fairtrial.sandbox.guest.leaves"}
    assert {str(name).partition(".")[0] for name in found} <= set(sys.stdlib_module_names) | {"__future__"}
    # Later than 3.9, and no fault of syntax: they would fail inside the guest only.
    assert "strict=" not in source and "pairwise" not in source


def balanced(text: str) -> bool:
    while "()" in text:
        text = text.replace("()", "")
    return not text.strip()


def is_date(text: str) -> bool:
    day, month, year = text.split(".")
    return date(int(year), int(month), int(day)) is not None and len(text) == 10


def increasing(values: list[Any]) -> bool:
    return values == sorted(values) and len(set(values)) == len(values)


CONTRACTS: dict[str, tuple[list[tuple[Any, ...]], Callable[..., bool], int]] = {
    "sorted, distinct": ([([1, 5, 9],), ([2, 3],), ([0, 4, 20, 40],)], increasing, 20),
    "descending": ([([9, 5, 5],), ([3, 2],), ([7, 1, 0],)], lambda v: v == sorted(v, reverse=True), 20),
    "never empty": ([([3, 1, 2],), ([5],), ([8, 1],)], lambda v: len(v) > 0, 20),
    "equal lengths": (
        [([1, 2], [3, 4]), ([5], [0]), ([1, 2, 3], [4, 5, 6])],
        lambda a, b: len(a) == len(b),
        20,
    ),
    "one operand more": (
        [(["+", "*"], [2, 3, 4]), (["-"], [5, 1]), (["+", "//", "-"], [7, 2, 3, 4])],
        lambda marks, n: len(n) == len(marks) + 1 and set(marks) <= {"+", "*", "-", "//"},
        20,
    ),
    "no name more than twice": (
        [(["a", "b", "a"],), (["c", "c", "b", "a"],), (["b", "d"],)],
        lambda names: all(names.count(each) <= 2 for each in names),
        20,
    ),
    "k within the list": (
        [([4, 2, 9, 7], 2), ([1], 1), ([3, 8, 5], 3), ([6, 6, 1, 2, 3], 1)],
        lambda v, k: 1 <= k <= len(v),
        20,
    ),
    "low up to high": ([(1, 5), (0, 9), (3, 30), (7, 8)], lambda a, b: a < b, 20),
    "an interval in a tuple": (
        [((1, 5), (2, 9)), ((-3, 0), (0, 1)), ((4, 30), (-2, 7)), ((1, 2), (3, 4))],
        lambda a, b: a[0] < a[1] and b[0] < b[1],
        20,
    ),
    "balanced brackets": (
        [("(()())",), ("() (()) ()",), ("((()))",), ("()",)],
        balanced,
        10,
    ),
    "a grid of equal rows": (
        [([[0, 1], [1, 1]], 3), ([[0, 1, 0], [1, 1, 0]], 1), ([[1], [0], [1]], 2)],
        lambda grid, k: (
            len({len(row) for row in grid}) == 1 and all(c in (0, 1) for row in grid for c in row)
        ),
        20,
    ),
    "a permutation": (
        [([2, 1, 3],), ([4, 1, 2, 3],), ([1, 2],), ([3, 5, 4, 2, 1],)],
        lambda v: sorted(v) == list(range(1, len(v) + 1)),
        10,
    ),
    "dates": ([("03.11.2000",), ("15.01.2012",), ("28.12.1999",), ("07.06.2023",)], is_date, 20),
    "fractions": (
        [("1/5", "5/1"), ("7/10", "10/2"), ("2/3", "9/4"), ("12/7", "1/1")],
        lambda a, b: all(int(each.split("/")[1]) > 0 for each in (a, b)),
        20,
    ),
    "number words": (
        [("three one",), ("two two",), ("one three",), ("two one",), ("one two three",)],
        lambda text: set(text.split()) <= {"one", "two", "three"},
        8,
    ),
    "numerals": ([("10",), ("14.5",), ("-15.5",), ("15.3",)], lambda text: -15.5 <= float(text) <= 15.3, 20),
    "no zero divisor": ([(7, 2), (9, -3), (4, 5), (0, -1)], lambda a, b: b != 0, 20),
    "even numbers": ([(4,), (10,), (2,), (36,), (18,)], lambda n: n % 2 == 0 and 2 <= n <= 36, 8),
    "cents": ([(0.25, 2), (19.99, 1), (3.5, 4)], lambda price, n: round(price, 2) == price > 0, 20),
    "keys that all have": (
        [({"name": "Ann", "age": 30},), ({"name": "Bob", "age": 4},), ({"name": "Cy", "age": 71},)],
        lambda row: set(row) == {"name", "age"} and type(row["age"]) is int and 4 <= row["age"] <= 71,
        20,
    ),
    "None in the second alone": (
        [(5, None), (7, 3), (1, None), (2, 9)],
        lambda a, b: a is not None and (b is None or 3 <= b <= 9),
        10,
    ),
    "a needle from the hay": (
        [("banana", "nan"), ("mississippi", "ss"), ("abcabc", "bc"), ("nap", "a")],
        lambda hay, needle: needle in hay,
        10,
    ),
    "palindromes": ([("aba",), ("abcba",), ("aa",), ("bccb",)], lambda text: text == text[::-1], 3),
}


@pytest.mark.parametrize("which", CONTRACTS)
def test_stays_inside_the_contract(which: str) -> None:
    seen, contract, least = CONTRACTS[which]
    assert all(contract(*row) for row in seen)
    for seed in range(5):
        got = taken(seen, 40, seed)
        assert len(got) >= least
        assert [row for row in got if not contract(*row)] == []


def test_fewer_where_there_are_no_more() -> None:
    assert sorted(taken([(1,), (4,)])) == [(2,), (3,)]
    assert taken([(1,)]) == taken([()]) == taken([]) == taken([(True,), (False,)]) == []
    assert sorted(taken([(4, 0), (6, 0)])) == [(5, 0)]
    assert taken([(1,), (9,)], 0) == taken([(1,), (9,)], -1) == []


def test_what_is_not_plain_teaches_nothing() -> None:
    class Odd(int):
        pass

    assert taken([(Odd(3),), (object(),), (1j,), (Odd(9),)]) == []
    assert all(type(row[0]) is int for row in taken([(Odd(3),), (1,), (50,)]))


@pytest.mark.parametrize(
    "seen",
    [
        [("%9000000000d", 5), ("%9999999999s", 7), ("%d", 6)],
        [(10**15_000, 1), (10**15_001, 2)],
        [("9" * 5_000,), ("8" * 5_001,)],
        [([list(range(50)) for _ in range(30)],) for _ in range(9)],
        [(["w" * 20, "v"] * 900, n) for n in range(60)],
        [("ab (c) " * 8_000,), ("ba" * 9_000,)],
        [(float("inf"), 1.0), (float("nan"), 2.5), (1e308, -1e308)],
        [(n, -n, str(n)) for n in range(30_000)],
        [tuple(range(n, n + 200)) for n in range(300)],
    ],
    ids=["formats", "huge", "digits", "grid", "words", "long", "floats", "many", "wide"],
)
def test_hostile_rows_cost_little(seen: list[tuple[Any, ...]]) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from fairtrial.sandbox.guest.derive import derive; from random import Random; import json, resource\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (3, 3)); resource.setrlimit(resource.RLIMIT_AS, (1 << 30,) * 2)\n"
        "sys.set_int_max_str_digits(0)\n"
        "seen = eval(sys.stdin.read(), {'inf': float('inf'), 'nan': float('nan')})\n"
        "print(max([0, *(len(json.dumps(row)) for row in derive(seen, 40, Random(0)))]))"
    )
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        text = repr(seen)
    finally:
        sys.set_int_max_str_digits(limit)
    done = subprocess.run([sys.executable, "-c", script], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-500:]
    assert int(done.stdout) <= SIZE


def test_right_programs_hold_on_humaneval() -> None:
    """In a process of its own: the items' code is Python from a data file of ours."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.derived_humaneval"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["items"] == 164
    assert found["twenty_or_more"] >= 145
    assert found["raised"] <= 0.005 * found["derived"]
    assert found["answers"] >= 55
    assert set(found["failed_right_answers"]) <= set(UNDECIDED)
