"""A run as it goes on: what is shown, how often, and what foreign words can do to the terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fairtrial.cli.progress import Live, Quiet, watcher
from fairtrial.core.record import State
from tests.report import specimens

MODEL = """
import time

def slow(prompt):
    time.sleep(0.002)
    return "4"
"""


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen:
    """Stands in for rich's live display and counts what is painted."""

    def __init__(self) -> None:
        self.painted: list[str] = []

    def update(self, text: object, *, refresh: bool) -> None:
        assert refresh
        self.painted.append(str(text))

    def stop(self) -> None: ...


def shown(
    bounds: Callable[[], tuple[float, float, float] | None] = lambda: None,
) -> tuple[Live, Clock, Screen]:
    clock, screen = Clock(), Screen()
    live = Live(bounds, clock)
    live.started("openai/small", "gsm8k", 1_000, 200)
    live.finished()
    live._display = screen
    return live, clock, screen


def test_at_most_five_paintings_a_second_however_many_answers() -> None:
    live, clock, screen = shown()
    for at in range(10_000):
        clock.now += 0.001
        live.advanced(specimens.record(at), 20)
    assert 40 <= len(screen.painted) <= 51  # ten seconds
    assert screen.painted == sorted(set(screen.painted), key=screen.painted.index), "nothing is painted twice"


def test_bounds_are_asked_for_only_when_something_is_painted() -> None:
    asked = []
    live, clock, screen = shown(lambda: asked.append(1))  # type: ignore[func-returns-value]
    asked.clear()
    for at in range(1_000):
        clock.now += 0.001
        live.advanced(specimens.record(at), 20)
    assert len(asked) == len(screen.painted) <= 6


def test_the_line_says_it_all() -> None:
    live, clock, _ = shown(lambda: (0.7, 0.61, 0.789))
    states: list[State] = ["right"] * 98 + ["failed"] * 2
    for at, state in enumerate(states):
        live.advanced(specimens.record(at, state), 17)
    clock.now += 10
    line = live.line()
    # 98 answers at 160 tokens in 10 s; 100 of the 800 that were left in 10 s, so 70 s for 700.
    for part in (
        "openai/small on gsm8k",
        "300/1,000",
        "70.0 % [61.0 to 78.9]",
        "$0.0421",
        "1,568 tokens/s",
        "2 failed",
        "17 in flight",
        "1:10 left",
    ):
        assert part in line, line


def test_one_unknown_price_makes_the_sum_unknown() -> None:
    live, clock, _ = shown()
    live.advanced(specimens.record(0), 1)
    live.advanced(specimens.record(1, cost_usd=None), 1)
    live.advanced(specimens.record(2), 1)
    clock.now += 1
    assert "price unknown" in live.line()
    assert "$" not in live.line()


def test_nothing_done_promises_no_time_and_no_bounds() -> None:
    live, _, _ = shown()
    assert "left" not in live.line()
    assert "%" not in live.line()
    assert "tokens" not in live.line()


def test_a_name_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    live = Live(lambda: None)
    live._title = ""
    live.started("m\x1b]0;owned\x07", "t\u202e\r", 10, 0)
    live.notice("HTTP 500: \x1b[2J\x1b[1;1Hall is well")
    live.finished()
    assert all(each.isprintable() for each in live.line().split("\n"))
    assert live.line().count("\n") == 1
    quiet = Quiet()
    quiet.started("m\x1b]0;owned\x07", "t", 10, 3)
    quiet.notice("HTTP 500: \x1b[2J")
    said = capsys.readouterr().err
    assert "\\x1b[2J" in said
    assert "\x1b]0;" not in said
    assert "\x1b[2J" not in said


def test_quiet_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = watcher()(lambda: None)  # pytest's standard error is no terminal
    assert isinstance(made, Quiet)
    made.started("m", "t", 10, 0)
    made.advanced(specimens.record(0), 1)
    made.finished()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(watcher()(lambda: None), Live)
    assert isinstance(watcher(quiet=True)(lambda: None), Quiet)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(watcher()(lambda: None), Quiet)


def test_a_real_run_on_a_real_terminal(tmp_path: Path) -> None:
    """The program on a pseudo-terminal: the line moves on, keeps to its row, and is gone at the end."""
    (tmp_path / "slow.py").write_text(MODEL, encoding="utf-8")
    rows = "".join(f'{{"id":"{at}","input":"2 + {at} =","target":"{2 + at}"}}\n' for at in range(900))
    (tmp_path / "cases.jsonl").write_text(rows, encoding="utf-8")
    leader, follower = pty.openpty()
    words = ["run", "cases.jsonl", "--model", "python:slow:slow", "--trust-code", "--max-connections", "1"]
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "30"}
    begun, seen = time.monotonic(), b""
    command = [sys.executable, "-m", "fairtrial", *words]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environ, stdin=follower, stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        while True:
            try:
                part = os.read(leader, 65_536)
            except OSError:  # Linux: the program has let go of the terminal
                break
            if not part:
                break
            seen += part
    took = time.monotonic() - begun
    os.close(leader)
    assert process.returncode == 0, seen.decode()
    lines = re.findall(r"(\d+)/900[^\n\r]*", seen.decode())
    assert 3 <= len(lines) <= 5 * took + 3
    counts = [int(each) for each in lines]
    assert counts == sorted(counts)
    figures = r"/900  \d+:\d\d left  \d+\.\d % \[\d+\.\d to \d+\.\d\]  price unknown  \d+ in flight"
    assert re.search(figures, seen.decode())
