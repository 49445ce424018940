"""Runs and comparisons on a terminal: any width, any name, colours only where they are wanted."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fairtrial.report.plain import visible
from fairtrial.report.terminal import comparison_text, summary_text
from tests.report import specimens
from tests.report.reading import poisoned

ESCAPES = "\x1b]0;owned\x07 \x1b[2J\x1b[1;1H \x9b31m \r overwritten \x08\x08 \u202e gnorts \u2066 \ud800 \x00"
DEMO = [sys.executable, "-m", "fairtrial", "demo"]


def one() -> str:
    return summary_text(specimens.incomplete())


def pair(width: int = 100, colour: bool = False) -> str:
    runs = specimens.summary(), specimens.summary("anthropic/middle", score=0.6)
    return comparison_text([specimens.comparison(*runs)], width=width, colour=colour)


def test_a_run_says_score_interval_counts_cost_and_what_was_not_checked() -> None:
    said = " ".join(summary_text(specimens.summary(warnings=("many cut answers",))).split())
    for part in (
        "openai/small-model on gsm8k",
        "accuracy 71.0 % [68.2 to 73.8 %], 95 % wilson, n = 1,000",
        "710 right, 256 wrong, 23 unparsed, 9 truncated, 2 refused, 0 failed",
        "cost $0.43, $0.43 per 1,000 answers; 812,345 tokens in, 143,210 out",
        "half within 1.42 s, 95 % within 4.81 s",
        "warning many cut answers",
        "not covered contamination; identity; labels and extraction; repeatability",
        "kept in runs/gsm8k-openai-small-model",
    ):
        assert part in said, part


def test_an_incomplete_run_says_so_first_with_bounds_causes_and_the_next_step() -> None:
    lines = one().splitlines()
    assert lines[1].startswith("INCOMPLETE: of 1,000 questions 88 failed and 200 never asked")
    said = " ".join(one().split())
    assert "50.0 % if all the missing ones were wrong, 78.8 % if right" in said
    assert "failed 61 × rate-limited: HTTP 429: slow down" in said
    assert "what now lower --max-connections and use --resume" in said


def test_a_comparison_starts_with_its_sentence() -> None:
    assert pair().startswith("openai/small-model is better than anthropic/middle on gsm8k: 71.0 %")
    assert "only a right 150, only b right 90, both 560, neither 200" in " ".join(pair().split())


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    room = max(width, 41)  # beside the labels at least 30 columns for words
    for text in (summary_text(specimens.incomplete(), width=width), pair(width)):
        for line in text.splitlines():
            longest = max(map(len, line.split()), default=0)
            assert len(line) <= room or longest > room - 11, line
    assert len(pair(200).splitlines()) < len(pair(80).splitlines()) < len(pair(40).splitlines())


def test_colour_changes_no_words() -> None:
    painted = pair(colour=True)
    assert "\x1b[1m" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == pair()
    assert "\x1b" not in pair()


hostile = st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp", "L")), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(hostile)
@example(ESCAPES)
@example("\nINCOMPLETE: a line of my own\n")
def test_no_name_or_reply_steers_the_terminal(text: str) -> None:
    a = poisoned(specimens.incomplete(), text)
    b = poisoned(specimens.summary("anthropic/middle", score=0.6), text)
    made = specimens.comparison(specimens.incomplete(), specimens.summary("anthropic/middle", score=0.6))
    for shown in (summary_text(a), summary_text(b), comparison_text([poisoned(made, text)])):
        for each in shown:
            assert each == "\n" or each.isprintable(), hex(ord(each))


def test_a_name_brings_no_line_of_its_own() -> None:
    named = poisoned(specimens.summary(), "\nverdict    everything is fine")
    for line in summary_text(named).splitlines():
        assert not line.startswith("verdict")


@given(st.text())
def test_visible_keeps_what_can_be_printed(text: str) -> None:
    assert visible("".join(each for each in text if each.isprintable())) == "".join(
        each for each in text if each.isprintable()
    )
    assert all(each == "\n" or each.isprintable() for each in visible(text))


def test_visible_names_what_it_hides() -> None:
    assert visible("a\x1b[31mb\u202ec\U000e0041\n") == "a\\x1b[31mb\\u202ec\\U000e0041\n"


@pytest.fixture(scope="module")
def piped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The demo run for the first time and through pipes: its folder, and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, subprocess.run(DEMO, cwd=folder, check=True, capture_output=True, text=True)


@pytest.fixture
def played(piped: tuple[Path, object]) -> Path:
    """A folder in which the demo has been run, so that the next one only shows it."""
    return piped[0]


def on_a_terminal(folder: Path, columns: int, **variables: str) -> str:
    """What a person sees of `fairtrial demo`: the program on a pseudo-terminal of its own."""
    leader, follower = pty.openpty()
    environ = {**os.environ, "COLUMNS": str(columns), "LINES": "40", "TERM": "xterm-256color", **variables}
    if not variables.get("NO_COLOR"):
        environ.pop("NO_COLOR", None)
    with subprocess.Popen(
        DEMO, cwd=folder, stdin=follower, stdout=follower, stderr=follower, env=environ
    ) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                part = os.read(leader, 65_536)
            except OSError:  # Linux: the last one to hold the terminal has gone
                break
            if not part:
                break
            seen += part
    os.close(leader)
    assert process.returncode == 0
    return seen.decode()


@pytest.mark.parametrize("columns", [40, 120])
def test_the_demo_on_a_real_terminal(played: Path, columns: int) -> None:
    said = on_a_terminal(played, columns)
    assert "\x1b[1m" in said
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said).replace("\r", "")
    assert "is better than" in " ".join(plain.split())
    for line in plain.splitlines():
        assert len(line) <= max(41, columns) or " " not in line[11:].strip() or line.startswith("report:"), (
            line
        )


def test_no_colour_means_none(played: Path) -> None:
    said = on_a_terminal(played, 80, NO_COLOR="1")
    assert "\x1b" not in said


def test_a_pipe_gets_no_colour_and_no_progress(
    piped: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, done = piped
    assert "is better than" in " ".join(done.stdout.split())
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr.splitlines() == [
        "report: report.html (open it in a browser; it makes no outside request)",
        "report: twin-cheat.html",
        "report: twin-honest.html",
    ]
