"""A notebook's cell that is interrupted: run in a process of its own by `test_loop.py`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time

from fairtrial.lab import Lab, Pace


def answer(prompt: str) -> str:
    time.sleep(0.1)
    return prompt


async def cell() -> dict[str, object]:
    threading.Timer(float(sys.argv[1]), os.kill, (os.getpid(), signal.SIGINT)).start()
    run = Lab("runs").run(
        "cases.jsonl", "python:tests.lab.slow_model:answer", scorer="exact", pace=Pace(connections=2)
    )
    return {"status": run.summary.status, "total": run.summary.counts.total}


if __name__ == "__main__":
    print(json.dumps(asyncio.new_event_loop().run_until_complete(cell())))
