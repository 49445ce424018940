"""The door: statuses, one JSON object, errors in two lines, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from fairtrial.cli import VERBS, main

HERE = Path(__file__).parent


def fairtrial(*words: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "fairtrial", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd or HERE), **environ},
        timeout=120,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_the_table_s_help_is_the_verb_s_own(verb: str) -> None:
    target, text = VERBS[verb]
    module, _, name = target.partition(":")
    command: click.Command = getattr(import_module(module), name)
    assert (command.help or "").splitlines()[0] == text
    assert command.name == verb


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert f"fairtrial {verb}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], "there is no verb 'rnu'"),
        (["run", "gsm8k"], "no model was named"),
        (["run", "--model", "openai/x"], "no task was named"),
        (["run", "gsm9k", "--model", "openai/x"], "the nearest: gsm8k"),
        (["run", "gsm8k", "--model", "gpt-4"], "names no model"),
        (["run", "gsm8k", "--model", "opnai/x"], "the nearest: openai"),
        (["run", "gsm8k", "--model", "openai/x"], "OPENAI_API_KEY is not set"),
        (["run", "gsm8k", "--model", "anthropic/x"], "ANTHROPIC_API_KEY is not set"),
        (["run", "gsm8k", "--model", "google/x"], "GOOGLE_API_KEY or GEMINI_API_KEY is not set"),
        (["run", "cases.jsonl", "--model", "openai/x"], "there is no file cases.jsonl"),
        (["run", "gsm8k", "--model", "openai/x", "--limit", "0"], "--limit"),
        (["run", "gsm8k", "--model", "openai/x", "--limit", "0.5"], "--limit"),
        (["run", "gsm8k", "--model", "openai/x", "--scorer", "exact"], "states its own"),
        (["run", "humaneval", "--model", "openai/x", "--num-fewshot", "3"], "no worked examples"),
        (["run", "gsm8k", "--model", "replay/nowhere"], "nowhere"),
        (["compare", "nowhere"], "no run folder"),
        (["report", "nowhere"], "no run folder"),
        (["power", "--difference", "2"], "--difference"),
        (["run", "gsm8k", "--model", "openai/x", "--colour"], "--colour"),
    ],
)
def test_wrong_use_ends_with_2_and_says_why(words: list[str], said: str, tmp_path: Path) -> None:
    done = fairtrial(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 4
    assert not (tmp_path / "runs").exists(), "wrong use must not leave a run folder behind"


def test_with_json_an_error_is_one_object_on_standard_output(tmp_path: Path) -> None:
    done = fairtrial("run", "gsm9k", "--model", "openai/x", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["kind"] == "UnknownName"


def test_underscores_are_hyphens(tmp_path: Path) -> None:
    done = fairtrial("check", "gsm8k", "--num_fewshot", "0", "--limit", "1", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tasks"][0]["samples"] == 1


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    command = f"{sys.executable} -m fairtrial check gsm8k | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stderr == "" and done.returncode in (0, 141)
