"""What `fairtrial run` promises beyond a good run: resuming, thresholds, and settings that take effect."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fairtrial.cli import order
from fairtrial.cli.order import PLAN_OPTIONS, TASK_OPTIONS, Order
from fairtrial.core.errors import UsageError
from fairtrial.evals.config_model import KNOWN
from tests.cli.test_main import fairtrial

COUNTING = """
def answer(prompt):
    with open("asked", "a") as file:
        file.write(prompt + "\\n")
    return "y" if int(prompt) % 4 else "n"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "echo.py").write_text(COUNTING)
    rows = "".join(json.dumps({"id": f"r{n}", "input": str(n), "target": "y"}) + "\n" for n in range(20))
    (tmp_path / "cases.jsonl").write_text(rows)
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return fairtrial(
        "run", "cases.jsonl", "-m", "python:echo:answer", "--json", "--no-report", *words, cwd=folder
    )


def entry(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)["runs"][0]
    return found


def asked(folder: Path) -> int:
    return len((folder / "asked").read_text().splitlines())


def test_resume_starts_continues_and_returns(folder: Path) -> None:
    first = run(folder, "--resume")
    assert first.returncode == 0 and asked(folder) == 20, "nothing to resume: it starts"
    again = run(folder, "--resume")
    assert again.returncode == 0 and asked(folder) == 20, "a complete run is returned, nothing is asked"
    assert entry(again)["run"] == entry(first)["run"]
    fresh = run(folder)
    assert asked(folder) == 40 and entry(fresh)["run"] != entry(first)["run"], (
        "without --resume it is a new run"
    )


def test_resume_takes_the_newest_unfinished_run_of_the_same_plan(folder: Path) -> None:
    older, newer = entry(run(folder))["run"], entry(run(folder))["run"]
    for name, kept in ((older, 5), (newer, 15)):
        journal = folder / name / "records.jsonl"
        journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:kept]))
    other_plan = run(folder, "--resume", "--max-tokens", "7")
    assert entry(other_plan)["run"] not in (older, newer)
    before = asked(folder)
    done = run(folder, "--resume")
    assert entry(done)["run"] == newer and asked(folder) - before == 5
    assert entry(done)["counts"]["right"] == 15 and entry(done)["status"] == "complete"
    assert len((folder / older / "records.jsonl").read_text().splitlines()) == 5, (
        "the older one is left alone"
    )


def test_fail_under_compares_the_lower_limit(folder: Path) -> None:
    found = entry(run(folder))["metrics"][0]
    assert found["low"] < 0.7 < found["value"] == 0.75
    missed = run(folder, "--fail-under", "0.7")
    assert missed.returncode == 1 and entry(missed)["status"] == "complete"
    assert "threshold missed: python:echo:answer on cases: the lower limit 0.5" in missed.stderr
    assert run(folder, "--fail-under", "0.5").returncode == 0


def test_every_key_of_the_file_goes_somewhere() -> None:
    """A setting that is read and not used would be a silent default."""
    used = {*TASK_OPTIONS, *PLAN_OPTIONS, *order.OF_MODELS, "cases", "models", "resume", "max_cost", "out"}
    used |= {
        "max_connections",
        "max_retries",
        "max_wait",
        "timeout",
        "fail_under",
        "price_table",
        "volume",
        "margin",
    }
    assert used - {"trust_code"} == set(KNOWN)


def test_what_is_typed_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    Path("fairtrial.yaml").write_text(
        "cases: cases.jsonl\nmodels: [openai-api/a]\nbase_url: http://file/v1\nlimit: 3\nstop: [END]\n"
        "margin: 0.02\nvolume: 1000\nseed: 5\n"
    )
    found = Order.of((), {"limit": 7, "base_url": "http://typed/v1"})
    assert found.tasks == ("cases.jsonl",) and found.plan_options() == {"limit": 7, "seed": 5}
    assert found.models[0].options["base_url"] == "http://typed/v1"
    assert found.task_options() == {"stop": ("END",), "sampling_seed": 5}
    step = found.next_step([Path("runs/a"), Path("runs/b c")])
    assert step == "fairtrial compare runs/a 'runs/b c' --margin 0.02 --volume 1000 -o report.html"
    assert Order.of((), {"model": ("openai/b",)}).models[0].name == "b"


def test_a_comma_in_a_file_s_name_is_no_list(folder: Path) -> None:
    (folder / "cases.jsonl").rename(folder / "a, b.jsonl")
    done = fairtrial("check", "a, b.jsonl", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    both = fairtrial("check", "--tasks", "gsm8k,hellaswag", "--limit", "1", cwd=folder)
    assert "hellaswag" in both.stdout + both.stderr


def test_volume_reaches_the_report(folder: Path) -> None:
    done = fairtrial("run", "cases.jsonl", "-m", "python:echo:answer", "--volume", "123456", cwd=folder)
    assert done.returncode == 0, done.stderr
    page = next(folder.glob("runs/*/report.html")).read_text("utf-8")
    assert "123,456" in page


def test_one_model_s_trouble_does_not_lose_the_other_s_run(folder: Path) -> None:
    done = run(folder, "-m", "python:echo:nobody")
    found = json.loads(done.stdout)
    assert done.returncode == 2 and found["error"]["kind"] and len(found["runs"]) == 1
    assert found["runs"][0]["status"] == "complete" and done.stdout.count("\n") == 1


def test_a_file_sends_nothing_to_a_host_that_nobody_typed_or_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cases.jsonl").write_text('{"id": "1", "input": "x", "target": "y"}\n', encoding="utf-8")
    config = Path("fairtrial.yaml")
    config.write_text(
        "cases: cases.jsonl\nmodels:\n  - {model: openai-api/a, base_url: http://elsewhere/v1}\n",
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match="elsewhere") as raised:
        Order.of((), {})
    assert "--allow-host elsewhere" in raised.value.remedy
    with pytest.raises(UsageError, match="elsewhere"):
        Order.of((), {"allow_host": ("other",)})
    assert Order.of((), {"allow_host": ("elsewhere",)}).models[0].options["base_url"] == "http://elsewhere/v1"
    assert Order.of((), {"base_url": "http://typed/v1"}).models[0].options["base_url"] == "http://typed/v1"
    for near in ("http://localhost:8000/v1", "http://127.0.0.1/v1", "http://[::1]:1/v1"):
        config.write_text(
            f"cases: cases.jsonl\nmodels: [openai-api/a]\nbase_url: '{near}'\n", encoding="utf-8"
        )
        assert Order.of((), {}).models[0].options["base_url"] == near
