"""`fairtrial run humaneval` with a real sandbox: solutions pass, constants don't, nothing answered is lost, and
where there is no sandbox nothing is run and nothing is asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fairtrial.benchmarks import load
from fairtrial.core.record import UNMARKED
from fairtrial.core.sample import Sample
from fairtrial.sandbox.probe import backend
from tests.cli.test_main import HERE, fairtrial

ENVIRON = {"PATH": "/usr/bin:/bin", "HOME": str(HERE)}
SAMPLES = load("humaneval").samples


@pytest.fixture(scope="module", autouse=True)
def _a_sandbox_works_here() -> None:
    """Raises where none does: on such a machine these tests say nothing, and must not look as if they did."""
    backend(ENVIRON)


def recording(folder: Path, answer: Callable[[Sample], object], name: str = "answers.jsonl") -> str:
    """A file of answers to replay. answer: the reply, or a whole row."""
    rows = []
    for sample in SAMPLES:
        told = answer(sample)
        rows.append({"id": sample.id, **(told if isinstance(told, Mapping) else {"output": told})})
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"replay/{name}"


def solved(sample: Sample) -> str:
    return sample.target[0]


def run(folder: Path, *words: str, **environ: str) -> tuple[int, dict[str, Any], str]:
    done = fairtrial("run", *words, "--json", "--no-report", cwd=folder, **environ)
    return done.returncode, json.loads(done.stdout), done.stderr


def records(folder: Path) -> list[dict[str, Any]]:
    """Every whole line of the one journal there is."""
    files = list(folder.glob("runs/*/records.jsonl"))
    lines = files[0].read_bytes().split(b"\n")[:-1] if files else []
    return [json.loads(line) for line in lines]


def final(folder: Path) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in records(folder)}


def test_the_reference_solutions_pass_as_completions(tmp_path: Path) -> None:
    words = (
        "humaneval",
        "--form",
        "completion",
        "-m",
        recording(tmp_path, lambda s: solved(s) + "\n\nprint(1)"),
    )
    status, found, _ = run(tmp_path, *words, "--limit", "40")
    assert status == 0 and found["runs"][0]["counts"]["right"] == 40
    assert found["runs"][0]["task"] == "humaneval_completion"


def test_all_reference_solutions_pass(tmp_path: Path) -> None:
    words = ("humaneval", "-m", recording(tmp_path, solved))
    status, found, _ = run(tmp_path, *words)
    entry = found["runs"][0]
    assert status == 0 and entry["counts"]["right"] == 164 == entry["metrics"][0]["n"]
    assert entry["metrics"][0]["metric"] == "pass@1" and entry["metrics"][0]["value"] == 1.0
    assert {each["value"] for each in entry["others"]} == {1.0}, (
        "derived inputs change no reference's verdict"
    )
    assert entry["derived"]["value"] == 0.0 and entry["derived"]["n"] == 164
    judged = entry["judged"]
    assert judged["programs"] == 164 and judged["causes"] == {}
    # Other work on this machine is not the sandbox's fault.
    busy = max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
    assert 0 < judged["wall_s"] <= 30 * busy and judged["wall_s"] <= judged["seconds"]
    for each in final(tmp_path).values():
        assert each["execution"]["sandbox"]["backend"] and each["execution"]["sandbox"]["limits"]
        assert each["execution"]["calls"] >= 1 and each["execution"]["seconds"] > 0
    shown = fairtrial("run", *words, "--resume", "--no-report", cwd=tmp_path)
    told = " ".join(shown.stdout.split())
    assert "judged 164 programs; " in told and " on the clock; " in told


@pytest.mark.parametrize("constant", ["return None", "return True", "return 0"])
def test_a_constant_passes_nothing(tmp_path: Path, constant: str) -> None:
    status, found, _ = run(
        tmp_path, "humaneval", "-m", recording(tmp_path, lambda sample: f"    {constant}\n")
    )
    entry = found["runs"][0]
    assert status == 0, "wrong answers are answers"
    assert entry["counts"] == {**dict.fromkeys(entry["counts"], 0), "wrong": 164}
    assert sum(entry["judged"]["causes"].values()) == 164 and entry["derived"] is None


def test_each_way_to_answer_has_its_state(tmp_path: Path) -> None:
    def answer(sample: Sample) -> object:
        whole = f"```python\n{sample.text}{sample.target[0]}```"
        return {
            "HumanEval/0": f"Of course:\n\n{whole}\n\nIt compares all pairs.",
            "HumanEval/1": "I would use a stack.",
            "HumanEval/2": {"output": whole, "stop": "length"},
            "HumanEval/3": {"output": None, "refusal": "I can't."},
            "HumanEval/4": f"```python\n{sample.text}```",
            "HumanEval/5": "```python\ndef intersperse(numbers, delimeter):\n    while True: pass\n```",
            "HumanEval/6": f"```python\ndef parse_nested_parens(s):\n    return []\n```\nBetter:\n{whole}",
            "HumanEval/7": "```python\nimport os\nos._exit(0)\ndef filter_by_substring(strings, s): ...\n```",
        }.get(sample.id, whole)

    status, found, told = run(tmp_path, "humaneval", "-m", recording(tmp_path, answer), "--limit", "9")
    entry = found["runs"][0]
    assert status == 0
    assert entry["counts"] == {
        "right": 3,
        "wrong": 3,
        "partial": 0,
        "unparsed": 1,
        "truncated": 1,
        "refused": 1,
        "failed": 0,
    }
    states = {key: each["state"] for key, each in final(tmp_path).items()}
    assert Counter(states.values()) == {key: n for key, n in entry["counts"].items() if n}
    others = {each["metric"]: each["value"] * 9 for each in entry["others"]}
    assert others["cut answers as they stand"] == pytest.approx(4), "the cut one was whole"
    assert others["first code block"] == pytest.approx(2), "the draft is wrong"
    causes = {
        key: each["execution"]["cause"] for key, each in final(tmp_path).items() if each.get("execution")
    }
    assert causes["HumanEval/5"] == "timeout" and causes["HumanEval/0"] == ""
    assert causes["HumanEval/7"] and causes["HumanEval/4"]
    assert "1 of 9 unparsed" in told


def test_several_answers_give_pass_at_k(tmp_path: Path) -> None:
    rows = [
        {"id": sample.id, "epoch": epoch, "output": solved(sample) if epoch <= at else "    return None\n"}
        for at, sample in enumerate(SAMPLES[:3])
        for epoch in (1, 2)
    ]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = (
        "humaneval",
        "-m",
        "replay/answers.jsonl",
        "--limit",
        "3",
        "--epochs",
        "2",
        "--temperature",
        "0.8",
    )
    status, found, _ = run(tmp_path, *words)
    entry = found["runs"][0]
    assert status == 0 and sum(entry["counts"].values()) == 6
    assert {each["metric"]: each["value"] for each in entry["metrics"]} == {
        "pass@1": pytest.approx(0.5),
        "pass@2": pytest.approx(2 / 3),
        "pass^2": pytest.approx(1 / 3),
    }
    assert entry["drawn"].startswith("2 answers a question, temperature 0.8, pass@k and pass^k are unbiased")


COUNTING = """
import json
answers = {row["prompt"]: row["output"] for row in map(json.loads, open("book.jsonl"))}

def answer(prompt):
    with open("asked", "a") as file:
        file.write("x\\n")
    return next(output for head, output in answers.items() if head in prompt)
"""


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    """A folder with a model that knows the solutions and counts how often it is asked."""
    (tmp_path / "model.py").write_text(COUNTING)
    rows = [{"prompt": sample.text, "output": solved(sample)} for sample in SAMPLES]
    (tmp_path / "book.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def asked(folder: Path) -> int:
    return len((folder / "asked").read_text().splitlines()) if (folder / "asked").exists() else 0


WORDS = ("humaneval", "-m", "python:model:answer", "--limit", "60")


@pytest.fixture
def begun(counting: Path) -> Iterator[subprocess.Popen[str]]:
    """A run in a process group of its own, as a terminal's, with some answers judged and more that wait."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fairtrial", "run", *WORDS, "--json", "--no-report"],
        cwd=counting,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and sum(each["state"] == "right" for each in records(counting)) < 6:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()[1]
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_sigkill_loses_no_answer_and_resume_judges_without_asking(
    counting: Path, begun: subprocess.Popen[str]
) -> None:
    begun.kill()
    begun.communicate()
    kept = final(counting)
    waiting = [each for each in kept.values() if each["state"] == "failed"]
    assert waiting and all(
        each["failure"]["cause"] == UNMARKED and each["output"]["text"] for each in waiting
    )
    before = asked(counting)
    status, found, _ = run(counting, *WORDS, "--resume")
    assert status == 0 and found["runs"][0]["counts"]["right"] == 60
    assert asked(counting) - before == 60 - len(kept), "only what had no answer is asked"
    times = Counter(each["id"] for each in records(counting) if each["state"] == "right")
    assert set(times.values()) == {1} and len(times) == 60


def test_ctrl_c_at_a_terminal_is_no_verdict_on_a_program(
    counting: Path, begun: subprocess.Popen[str]
) -> None:
    """The terminal sends it to every process of the group: the sandboxes must not hear it."""
    os.killpg(begun.pid, signal.SIGINT)
    out, told = begun.communicate(timeout=60)
    assert begun.returncode == 3 and "Traceback" not in told
    entry = json.loads(out)["runs"][0]
    counts = entry["counts"]
    assert counts["wrong"] == 0, entry["judged"]
    assert counts["right"] + counts["failed"] == sum(counts.values())
    assert entry["status"] == "incomplete" and [each["cause"] for each in entry["failures"]] == [UNMARKED]
    before = asked(counting)
    status, found, _ = run(counting, *WORDS, "--resume")
    assert status == 0 and found["runs"][0]["counts"]["right"] == 60
    assert asked(counting) - before == 60 - sum(counts.values())


def test_the_second_ctrl_c_ends_at_once(counting: Path, begun: subprocess.Popen[str]) -> None:
    os.kill(begun.pid, signal.SIGINT)
    time.sleep(0.05)
    began = time.monotonic()
    os.kill(begun.pid, signal.SIGINT)
    begun.communicate(timeout=60)
    assert begun.returncode == 3 and time.monotonic() - began < 5
    assert not [each for each in records(counting) if each["state"] == "wrong"]


NOWHERE = {"PATH": "/nowhere"}


def test_without_a_sandbox_nothing_is_asked_and_nothing_is_run(counting: Path) -> None:
    done = fairtrial("run", *WORDS, cwd=counting, **NOWHERE)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert (
        "no sandbox works here" in done.stderr and "bubblewrap" in done.stderr and "what now" in done.stderr
    )
    assert asked(counting) == 0 and not (counting / "runs").exists()


def test_without_a_sandbox_the_rest_of_a_command_still_runs(counting: Path) -> None:
    (counting / "cases.jsonl").write_text(
        "".join(
            json.dumps({"input": sample.text, "target": sample.target[0]}) + "\n" for sample in SAMPLES[:4]
        )
    )
    words = ("humaneval", "cases.jsonl", "-m", "python:model:answer")
    status, found, told = run(counting, *words, "--limit", "4", **NOWHERE)
    assert status == 3 and asked(counting) == 4
    assert [(each["task"], each["status"]) for each in found["runs"]] == [("cases", "complete")]
    assert found["error"]["kind"] == "UsageError" and "no sandbox works here" in found["error"]["message"]
    assert "humaneval is left out" in told


def test_check_needs_no_sandbox_and_says_what_is_lacking(tmp_path: Path) -> None:
    done = fairtrial("check", "humaneval", cwd=tmp_path, **NOWHERE)
    assert done.returncode == 0 and "humaneval: 164 samples" in done.stdout
    assert "lacks     no sandbox works here" in done.stdout and "what now  " in done.stdout
    bare = json.loads(fairtrial("check", "humaneval", "--json", cwd=tmp_path, **NOWHERE).stdout)["tasks"][0]
    assert "no sandbox works here" in bare["lacks"]["message"]
    full = json.loads(fairtrial("check", "humaneval", "--json", cwd=tmp_path).stdout)["tasks"][0]
    assert full["lacks"] is None and full["scorer"] == bare["scorer"]
