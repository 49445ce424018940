"""What verifying costs: a bundle of 10,000 records, by the command and by the stand-alone verifier.

    .venv/bin/python -m perf.verify

Each record holds a question of about 1,000 characters, the request and the response as they went over the wire.
Time is CPU and wall seconds of the whole process, memory its peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.trust.chain import POLICY, Chain, plan, record
from tests.trust.logs import NOON
from verifier.build import build

RECORDS = 10_000
LENGTH = 1_000
MOST_S, MOST_MB = 3.0, 300


def bundled(folder: Path) -> None:
    """A bundle and its reader's policies."""
    rows = []
    for at in range(RECORDS):
        question = f"What is {at} + {at}? " + "Think of it step by step. " * (LENGTH // 27)
        answer = f"Let me see. {'Adding them. ' * 20} The answer is {2 * at + (at % 7 == 0)}."
        wire = {
            "request": json.dumps({"messages": [question]}),
            "response": json.dumps({"choices": [answer]}),
        }
        row = record(f"sum-{at:05d}", question, str(2 * at), answer, seconds=NOON + 70 + at % 100)
        assert row.output is not None
        rows.append(replace(row, output=replace(row.output, **wire)))
    chain = Chain(records=rows, plan=plan(RECORDS, rows))
    for name, data in {"a.bundle": chain.data, "trust.json": chain.trust, "log.policy": POLICY}.items():
        (folder / name).write_bytes(data)


def measured(command: list[str], folder: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, peak MB of one process. Its exit status must be 0."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "a.bundle", "--trust", "trust.json", "--log-policy", "log.policy"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    assert os.waitstatus_to_exitcode(status) == 0, "the bundle must verify"
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundled(folder)
        size = (folder / "a.bundle").stat().st_size
        print(f"{RECORDS:,} records, bundle of {size / 2**20:.1f} MB")
        command = str(Path(sys.executable).with_name("fairtrial"))
        good = True
        for what, words in (
            ("fairtrial verify", [command, "verify"]),
            ("fairtrial-verify.pyz", [sys.executable, str(build(folder))]),
        ):
            wall, cpu, memory = min(measured(words, folder) for _ in range(3))
            good &= wall <= MOST_S and memory <= MOST_MB
            print(f"{what:<22} {wall:5.2f} s, {cpu:5.2f} s CPU, {memory:4.0f} MB")
        print(f"goal: {MOST_S:g} s and {MOST_MB} MB: {'met' if good else 'MISSED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
