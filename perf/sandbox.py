"""What judging costs: a trial in two fresh sandboxes beside the same in plain processes, and all of HumanEval.

    .venv/bin/python perf/sandbox.py [--rounds 40] [--threads 2]

Prints one page; exit status 0 where both goals of the design are met, 1 where one isn't, 2 where no sandbox works.
The plain processes run two lines of our own; outside perf and tests nothing is judged without a sandbox.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles

from fairtrial.benchmarks.packaged import packaged_rows
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Exam, Trial
from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.probe import backend
from machine import machine_line

OVERHEAD_MS, HUMANEVAL_S = 120.0, 30.0
PROGRAM = "def add(a, b):\n    return a + b\n"
ADD = Trial(PROGRAM, Exam("add", PROGRAM, "def check(candidate):\n    assert candidate(2, 3) == 5\n"))
CALLS = "def check(candidate):\n    for n in range(2000):\n        assert candidate(n, 1) == n + 1\n"


@dataclass(frozen=True, slots=True)
class Plain:
    """The same interpreter with the same limits on nothing: what a trial costs without isolation."""

    python: str = sys.executable
    packages: str = ""
    name: str = "plain processes"
    version: str = ""

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        return subprocess.Popen(program, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def side_by_side(acts: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each, interleaved, so that whatever else runs here weighs on all of them."""
    found: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            found[name].append(timed(act))
    return found


def humaneval() -> list[Trial]:
    rows = packaged_rows("humaneval_test.jsonl.gz")
    programs = [(row, row["prompt"] + row["canonical_solution"]) for row in rows]
    return [Trial(each, Exam(row["entry_point"], each, row["test"])) for row, each in programs]


def passing(judge: Judge, trial: Trial) -> None:
    ruling = judge.judge(trial)
    assert ruling.passed, ruling


def overhead(box: Backend, rounds: int) -> float:
    """Milliseconds that two fresh sandboxes add to a trial."""
    plain = [sys.executable, "-I", "-S", "-c", "pass"]
    names = ("python -I -S -c pass", "trial in plain processes", f"trial in {box.name}")
    acts: dict[str, Callable[[], object]] = {
        names[0]: lambda: subprocess.run(plain, check=True),
        names[1]: lambda: passing(Judge(Plain()), ADD),
        names[2]: lambda: passing(Judge(box), ADD),
    }
    found = side_by_side(acts, rounds)
    bare = median(found[names[0]])
    print(f"\n{'':28}{'median ms':>12}{'p90 ms':>10}{'x python':>10}   {rounds} rounds, interleaved")
    for name, seconds in found.items():
        p90 = quantiles(seconds, n=10)[-1]
        print(f"{name:28}{median(seconds) * 1000:12.1f}{p90 * 1000:10.1f}{median(seconds) / bare:10.1f}")
    added = median(a - b for a, b in zip(found[names[2]], found[names[1]], strict=True)) * 1000
    print(f"two fresh sandboxes add      {added:11.1f}   goal: at most {OVERHEAD_MS:.0f}")
    return added


def per_call(box: Backend) -> None:
    judge = Judge(box)
    many = Trial(PROGRAM, Exam("add", PROGRAM, CALLS))
    extra = median(timed(lambda: passing(judge, many)) - timed(lambda: passing(judge, ADD)) for _ in range(5))
    print(f"one call, there and back     {extra / 1999 * 1e6:11.0f} microseconds")


def whole(box: Backend, threads: int) -> float:
    """Wall seconds for every canonical solution."""
    judge, trials = Judge(box), humaneval()

    def every() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda trial: passing(judge, trial), trials))

    seconds = timed(every)
    print(f"\nHumanEval, {len(trials)} of {len(trials)} canonical solutions pass, {threads} threads:")
    print(
        f"{seconds:.1f} s, {seconds / len(trials) * 1000:.0f} ms a task   goal: at most {HUMANEVAL_S:.0f} s"
    )
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    settings = parser.parse_args()
    try:
        box = backend(os.environ)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    print(machine_line())
    print(f"{box.name} {box.version}; load of the last minute when this began: {os.getloadavg()[0]:.1f}")
    added = overhead(box, settings.rounds)
    per_call(box)
    seconds = whole(box, settings.threads)
    return 0 if added <= OVERHEAD_MS and seconds <= HUMANEVAL_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
