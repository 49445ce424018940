"""Where the loop starts: errors come through a thread as they are, and an interrupt stops what is under way."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fairtrial.core.errors import ProviderError
from fairtrial.lab.loop import to_the_end
from tests.lab.cases import lines, write_rows

ROOT = Path(__file__).parents[2]


async def give(value: object) -> object:
    await asyncio.sleep(0)
    if isinstance(value, BaseException):
        raise value
    return value


@pytest.mark.parametrize(
    "error", [ProviderError("x", cause="timeout"), KeyError("a bug"), OSError("no room")]
)
def test_whatever_is_raised_comes_through_as_it_is(error: Exception) -> None:
    async def inside() -> None:
        to_the_end(lambda: give(error))

    for start in (lambda: to_the_end(lambda: give(error)), lambda: asyncio.run(inside())):
        with pytest.raises(type(error)) as told:
            start()
        assert told.value is error


def test_a_running_loop_gets_a_thread_and_none_is_left_behind() -> None:
    async def inside() -> object:
        return to_the_end(lambda: give(threading.current_thread()))

    before = threading.active_count()
    assert to_the_end(lambda: give(7)) == 7
    assert asyncio.run(inside()) is not None
    assert threading.active_count() == before


def test_an_interrupted_cell_stops_asking_and_keeps_what_came(tmp_path: Path) -> None:
    write_rows(tmp_path / "cases.jsonl", 400)
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.slow_model", "3"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (folder,) = (tmp_path / "runs").iterdir()
    assert told["status"] == "incomplete" and 0 < told["total"] == len(lines(folder)) < 400
    assert json.loads((folder / "summary.json").read_text())["provenance"]["stopped"] == "stopped at once"
