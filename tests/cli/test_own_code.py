"""Own programming tasks on the command line: the example as its page says, bad rows before anything is asked, and
nothing of a row on this machine itself. The sandbox is the real one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import fairtrial

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "code-tasks"
ROW: dict[str, Any] = {
    "prompt": "Write double(x).",
    "entry_point": "double",
    "reference": "def double(x):\n    return 2 * x\n",
    "inputs": [[1], [-3], [2.5]],
}
NOBODY = ("--model", "openai-api/nobody", "--base-url", "http://127.0.0.1:9/v1", "--max-retries", "0")


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "code"))


def states(folder: Path) -> dict[str, str]:
    (journal,) = folder.glob("runs/*/records.jsonl")
    records = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    return {record["id"]: record["state"] for record in records if record["state"] != "failed"}


def test_the_example_as_its_page_says(example: Path) -> None:
    checked = fairtrial("check", "tasks.yaml", cwd=example)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("tasks: 6 samples, 6 questions")
    assert "5 on inputs" in checked.stdout and "holds the whole Python function `minutes`" in checked.stdout
    done = fairtrial("run", "tasks.yaml", "--model", "replay/answers.jsonl", "--json", cwd=example)
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    counts = {name: n for name, n in run["counts"].items() if n}
    assert counts == {"right": 4, "wrong": 1, "unparsed": 1} and run["metrics"][0]["metric"] == "pass@1"
    right = dict.fromkeys(("minutes", "gross", "labels", "pair"), "right")
    assert states(example) == {**right, "merge": "wrong", "slug": "unparsed"}


@pytest.mark.parametrize("body", ["return None", "return []", "return args[0]"])
def test_answers_that_ignore_the_task_pass_none_of_it(example: Path, body: str) -> None:
    names = ("minutes", "gross", "merge", "labels", "pair", "slug")
    answers = [
        {"id": name, "output": f"```python\ndef {name}(*args):\n    {body}\n```", "stop": "stop"}
        for name in names
    ]
    jsonl(example / "constant.jsonl", *answers)
    done = fairtrial("run", "tasks.yaml", "--model", "replay/constant.jsonl", "--no-report", cwd=example)
    assert done.returncode == 0, done.stderr
    assert states(example) == dict.fromkeys(names, "wrong")


BAD = {
    "fails its own test": (
        {"inputs": None, "test": "def check(candidate):\n    assert candidate(2) == 5\n"},
        "its reference fails it",
    ),
    "a constant passes": ({"reference": "def double(x):\n    return None\n"}, "always answers None passes"),
    "tests nothing": ({"inputs": None, "test": "def check(candidate):\n    pass\n"}, "calls nothing"),
    "no such function": ({"reference": "def twice(x):\n    return 2 * x\n"}, "double"),
    "no Python": ({"reference": "Twice the number, of course."}, "SyntaxError"),
    "generator raises": (
        {"inputs": None, "generator": "def generate(random):\n    yield 1 / 0\n", "count": 3},
        "ZeroDivisionError",
    ),
    "generator gives too few": (
        {"inputs": None, "generator": "def generate(random):\n    yield (1,)\n", "count": 3},
        "1 inputs of 3",
    ),
    "generator never ends": (
        {"inputs": None, "generator": "def generate(random):\n    while True:\n        pass\n", "count": 3},
        "oracle",
    ),
    "answers no plain value": (
        {"reference": "def double(x):\n    return (2 * x for _ in range(3))\n"},
        "generator",
    ),
}


def test_every_bad_row_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    rows = [
        {"id": name, **{key: value for key, value in {**ROW, **changed}.items() if value is not None}}
        for name, (changed, _) in BAD.items()
    ]
    jsonl(tmp_path / "code.jsonl", {"id": "good", **ROW}, *rows)
    done = fairtrial("check", "code.jsonl", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert f"code.jsonl has {len(BAD)} bad rows" in done.stderr
    for line, (_, said) in enumerate(BAD.values(), 2):
        (told,) = [each for each in done.stderr.splitlines() if each.strip().startswith(f"line {line}: ")]
        assert said in told, told
    assert "mend the row" in done.stderr and "Traceback" not in done.stderr


def test_a_run_tries_its_rows_before_it_asks(tmp_path: Path) -> None:
    bad = {"id": "bad", **ROW, "reference": "def double(x):\n    return None\n"}
    jsonl(tmp_path / "code.jsonl", {"id": "good", **ROW}, bad)
    done = fairtrial("run", "code.jsonl", *NOBODY, cwd=tmp_path)
    assert done.returncode == 2 and "code.jsonl, line 2: " in done.stderr, done.stderr
    assert not (tmp_path / "runs").exists()


def test_only_rows_that_will_be_asked_are_tried(tmp_path: Path) -> None:
    bad = {"id": "bad", **ROW, "reference": "def double(x):\n    return None\n"}
    jsonl(tmp_path / "code.jsonl", {"id": "good", **ROW}, bad)
    assert fairtrial("check", "code.jsonl", cwd=tmp_path).returncode == 2
    assert fairtrial("check", "code.jsonl", "--limit", "1", cwd=tmp_path).returncode == 0


def test_a_row_s_code_never_runs_on_the_host(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    harm = f"try:\n    open({str(mark)!r}, 'w').close()\nexcept OSError:\n    pass\n"
    row = {
        "id": "harm",
        **ROW,
        "reference": harm + ROW["reference"],
        "generator": harm + "def generate(random):\n    while True:\n        yield (random.random(),)\n",
        "count": 3,
        "comparison": harm + "def same(expected, got, x):\n    return expected == got\n",
    }
    jsonl(tmp_path / "code.jsonl", row)
    answer = {"id": "harm", "output": f"```python\n{harm}{ROW['reference']}```", "stop": "stop"}
    jsonl(tmp_path / "answers.jsonl", answer)
    done = fairtrial("run", "code.jsonl", "--model", "replay/answers.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert states(tmp_path) == {"harm": "right"} and not mark.exists()


def test_wrong_use(tmp_path: Path) -> None:
    jsonl(tmp_path / "code.jsonl", ROW)
    for words, said in (
        (("--scorer", "exact"), "bring their own tests"),
        (("--tolerance", "0.1"), "bring their own tests"),
        (("--slice", "topic"), "topic"),
        (("--template", "{{ nothing }}"), "nothing"),
    ):
        done = fairtrial("check", "code.jsonl", *words, cwd=tmp_path)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    jsonl(tmp_path / "empty.jsonl", {**ROW, "inputs": []})
    done = fairtrial("check", "empty.jsonl", cwd=tmp_path)
    assert done.returncode == 2 and "empty.jsonl, line 1: inputs is []" in done.stderr


def test_init_writes_rows_that_hold(tmp_path: Path) -> None:
    assert fairtrial("init", "--scorer", "tests", cwd=tmp_path).returncode == 0
    done = fairtrial("check", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("cases: 3 samples"), done.stderr
