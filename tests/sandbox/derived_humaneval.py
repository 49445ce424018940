"""Derived inputs on HumanEval, without a sandbox: the items' own code, from the package's data file.

python -m tests.sandbox.derived_humaneval      one JSON object: how many inputs, how many right answers fail
"""

from __future__ import annotations

import copy
import json
import math
import signal
import sys
from collections.abc import Callable
from random import Random
from typing import Any

from fairtrial.benchmarks.packaged import packaged_rows
from fairtrial.sandbox.guest.derive import derive
from tests.sandbox import right_answers

SECONDS = 60
COUNT = 40


def defined(source: str, name: str) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(source, space)
    found: Callable[..., Any] = space[name]
    return found


def recorded(row: dict[str, Any], reference: Callable[..., Any]) -> list[tuple[Any, ...]]:
    """What the item's tests call the program with."""
    calls: list[tuple[Any, ...]] = []

    def program(*arguments: Any) -> Any:
        calls.append(copy.deepcopy(arguments))
        return reference(*arguments)

    source = row["prompt"] + row["canonical_solution"] + "\n" + row["test"]
    defined(source, "check")(program)
    return calls


def same(a: Any, b: Any) -> bool:
    """Equal values of equal types; floats within a millionth."""
    if type(a) in (int, float) and type(b) in (int, float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return function(*copy.deepcopy(arguments))
    except Exception as error:  # noqa: BLE001  whatever the program raises is its outcome
        return error


def main() -> None:
    signal.alarm(SECONDS)
    found: dict[str, Any] = dict.fromkeys(
        ("items", "derived", "raised", "twenty_or_more", "ten_or_more", "answers"), 0
    )
    failed: dict[str, int] = {}
    written = right_answers.numbers()
    for row in packaged_rows("humaneval_test.jsonl.gz"):
        reference = defined(row["prompt"] + row["canonical_solution"], row["entry_point"])
        inputs = list(derive(recorded(row, reference), COUNT, Random(0)))
        wanted = [(each, outcome(reference, each)) for each in inputs]
        good = [(each, result) for each, result in wanted if not isinstance(result, Exception)]
        found["items"] += 1
        found["derived"] += len(inputs)
        found["raised"] += len(inputs) - len(good)
        found["twenty_or_more"] += len(good) >= 20
        found["ten_or_more"] += len(good) >= 10
        number = int(row["task_id"].partition("/")[2])
        if number in written:
            answer = defined(right_answers.program(number, row["entry_point"]), row["entry_point"])
            defined(row["prompt"] + row["canonical_solution"] + "\n" + row["test"], "check")(answer)
            found["answers"] += 1
            if wrong := sum(not same(result, outcome(answer, each)) for each, result in good):
                failed[row["task_id"]] = wrong
    json.dump({**found, "failed_right_answers": failed}, sys.stdout)


if __name__ == "__main__":
    main()
