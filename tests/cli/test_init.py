"""`fairtrial init`: three questions at a real terminal, or flags; never overwrites."""

from __future__ import annotations

import errno
import os
import pty
import select
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import yaml

from fairtrial.evals.config import load_config, schema
from tests.cli.test_main import fairtrial


class Terminal:
    """The real command on a pseudo-terminal, typed at as a person would."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            environ = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TERM": "xterm"}
            os.execve(sys.executable, [sys.executable, "-m", "fairtrial", *words], environ)
        self.shown = ""

    def expect(self, text: str, seconds: float = 30) -> None:
        """Read until `text` is shown; what stood before it is dropped."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < deadline and self._read(1.0), (
                f"never shown: {text!r}; seen: {self.shown!r}"
            )
        self.shown = self.shown.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def end(self, *, key: str = "", seconds: float = 60) -> int:
        """Everything shown is kept; the exit status. key: typed, and again where nothing comes of it, since a key
        typed while the line editor takes over the terminal is lost."""
        deadline = time.monotonic() + seconds
        before = self.shown
        self.type(key)
        while self._read(5.0):
            assert time.monotonic() < deadline, f"it does not end; seen: {self.shown!r}"
            if self.shown == before:
                self.type(key)
            before = self.shown
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, seconds: float) -> bool:
        try:
            if not select.select([self.terminal], [], [], seconds)[0]:
                return True
            data = os.read(self.terminal, 4096)
        except OSError as error:
            if error.errno == errno.EIO:  # the command has ended
                return False
            raise
        self.shown += data.decode()
        return bool(data)


def written(folder: Path) -> dict[str, object]:
    text = (folder / "fairtrial.yaml").read_text("utf-8")
    stated = yaml.safe_load(text)
    jsonschema.validate(stated, schema())
    load_config(folder / "fairtrial.yaml")
    assert text.count("\n#") > 20, "the file explains itself"
    found: dict[str, object] = stated
    return found


def test_three_questions(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text("input,target\na,b\n")
    terminal = Terminal(tmp_path, "init")
    terminal.expect("Your cases")
    terminal.type("tickets.csv\n")
    terminal.expect("Your candidates")
    terminal.type("openai/gpt-4o-mini, ollama/llama3.1\n")
    terminal.expect("How is an answer marked")
    terminal.type("includes\n")
    terminal.expect("next: fairtrial check && fairtrial run")
    assert terminal.end() == 0
    assert written(tmp_path) == {
        "cases": "tickets.csv",
        "models": ["openai/gpt-4o-mini", "ollama/llama3.1"],
        "scorer": "includes",
    }
    assert (tmp_path / "tickets.csv").read_text() == "input,target\na,b\n", (
        "cases that are there stay as they are"
    )


def test_return_takes_what_is_proposed(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init")
    for question in ("Your cases", "Your candidates", "How is an answer marked"):
        terminal.expect(question)
        terminal.type("\n")
    terminal.expect("wrote fairtrial.yaml")
    assert terminal.end() == 0
    assert written(tmp_path) == {"cases": "cases.jsonl", "models": ["openai/gpt-4o-mini"], "scorer": "exact"}
    assert len((tmp_path / "cases.jsonl").read_text().splitlines()) == 3
    assert fairtrial("check", cwd=tmp_path).returncode == 0


def test_a_wrong_answer_is_asked_again(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init")
    terminal.expect("Your cases")
    terminal.type("\n")
    terminal.expect("Your candidates")
    terminal.type("gpt-4o\n")
    terminal.expect("'gpt-4o' names no model")
    terminal.expect("Your candidates")
    terminal.type("openai/gpt-4o\n")
    terminal.expect("How is an answer marked")
    terminal.type("exakt\n")
    terminal.expect("no scorer is called 'exakt'")
    terminal.expect("How is an answer marked")
    terminal.type("exact\n")
    terminal.expect("wrote fairtrial.yaml")
    assert terminal.end() == 0
    assert written(tmp_path)["models"] == ["openai/gpt-4o"]


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_control_c_or_d_at_a_question_writes_nothing(key: str, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init")
    terminal.expect("Your cases")
    terminal.type("mine.jsonl\n")
    terminal.expect("Your candidates")
    status = terminal.end(key=key)
    assert status == 3 and "Traceback" not in terminal.shown
    assert list(tmp_path.iterdir()) == []


def test_flags_ask_nothing_even_at_a_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--cases", "gsm8k", "-m", "a/b", "-m", "c/d", "--scorer", "number")
    terminal.expect("wrote fairtrial.yaml")
    assert terminal.end() == 0
    assert written(tmp_path) == {"cases": "gsm8k", "models": ["a/b", "c/d"], "scorer": "number"}
    assert [each.name for each in tmp_path.iterdir()] == ["fairtrial.yaml"]


def test_without_a_terminal_flags_and_defaults(tmp_path: Path) -> None:
    done = fairtrial("init", "--cases", "my cases.jsonl", "--model", "python:m:f", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert written(tmp_path) == {"cases": "my cases.jsonl", "models": ["python:m:f"], "scorer": "exact"}
    assert "wrote my cases.jsonl with three sample rows" in done.stderr
    assert done.stdout == ""


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "fairtrial.yaml").write_text("cases: precious\n")
    done = fairtrial("init", cwd=tmp_path)
    assert done.returncode == 2 and "already here" in done.stderr and "--force" in done.stderr
    assert (tmp_path / "fairtrial.yaml").read_text() == "cases: precious\n"
    assert fairtrial("init", "--force", cwd=tmp_path).returncode == 0
    assert written(tmp_path)["cases"] == "cases.jsonl"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "gpt-4o"], "'gpt-4o' names no model"),
        (["--scorer", "exakt"], "no scorer is called 'exakt'"),
        (["--scorer", "regex:("], "regex"),
        (["--scorer", "python:nothing"], "names no function"),
        (["--cases", "rows.txt"], "rows.txt"),
        (["--cases", ""], "cases"),
        (["--modle", "a/b"], "--modle"),
    ],
)
def test_what_would_not_run_is_not_written(words: list[str], said: str, tmp_path: Path) -> None:
    done = fairtrial("init", *words, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_scorer_in_python_is_named_without_being_run(tmp_path: Path) -> None:
    (tmp_path / "marks.py").write_text("raise SystemError('imported')\n")
    done = fairtrial("init", "--scorer", "python:marks:mark", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert written(tmp_path)["scorer"] == "python:marks:mark"
