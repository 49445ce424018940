"""What scripts rely on: one JSON object on standard output, its keys and types, and every exit status for real."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import fairtrial
from tests.lab.cases import lines, write_answers, write_rows

ESTIMATE = {
    "metric": str,
    "value": float,
    "low": float,
    "high": float,
    "level": float,
    "n": int,
    "method": str,
}
COUNTS = dict.fromkeys(("right", "wrong", "partial", "unparsed", "truncated", "refused", "failed"), int)
RUN = {
    "run": str,
    "model": str,
    "task": str,
    "status": str,
    "metrics": [ESTIMATE],
    "counts": COUNTS,
    "usage": {"input_tokens": (int, None), "output_tokens": (int, None)},
    "cost_usd": (str, None),
    "latency_s": {"p50": (float, None), "p95": (float, None)},
    "plan": str,
}
COMPARE = {
    "task": str,
    "a": str,
    "b": str,
    "difference": float,
    "low": float,
    "high": float,
    "level": float,
    "p": float,
    "method": str,
    "n": int,
    "verdict": str,
    "needed_n": (int, None),
    "sentence": str,
}
ERROR = {"error": {"kind": str, "message": str, "remedy": str, "exit": int}}


def check(value: Any, shape: Any, at: str = "") -> None:
    """Every promised key with its type; more keys are allowed."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), at
        for key, inner in shape.items():
            assert key in value, f"{at}.{key} is missing"
            check(value[key], inner, f"{at}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), at
        for each in value:
            check(each, shape[0], f"{at}[]")
    else:
        kinds = shape if isinstance(shape, tuple) else (shape,)
        allowed = tuple(type(None) if kind is None else kind for kind in kinds)
        assert type(value) in allowed, f"{at} is {value!r}"


def one_object(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one object on standard output; nothing before it, nothing behind it, no traceback anywhere."""
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stdout.endswith("\n") and done.stdout.count("\n") == 1, done.stdout
    assert "NaN" not in done.stdout and "Infinity" not in done.stdout
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows, three recordings, and a run of each."""
    folder = tmp_path_factory.mktemp("json")
    write_rows(folder / "cases.jsonl", 60)
    write_answers(folder / "good.jsonl", n=60, model="m-1", input_tokens=7, output_tokens=2, duration_s=0.5)
    write_answers(folder / "near.jsonl", wrong=[1, 2], n=60)
    write_answers(folder / "poor.jsonl", wrong=range(0, 60, 2), n=60)
    done = run(folder, "replay/good.jsonl", "--model", "replay/near.jsonl", "--model", "replay/poor.jsonl")
    assert done.returncode == 0, done.stderr
    for name, each in zip(("good", "near", "poor"), json.loads(done.stdout)["runs"], strict=True):
        (folder / each["run"]).rename(folder / name)
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    model, *rest = words
    return fairtrial(
        "run",
        "cases.jsonl",
        "--scorer",
        "exact",
        "--model",
        model,
        "--no-report",
        "--json",
        *rest,
        cwd=folder,
    )


def compare(folder: Path, *runs: str) -> subprocess.CompletedProcess[str]:
    return fairtrial("compare", *runs, "--json", cwd=folder)


def test_run_keeps_its_contract(here: Path, tmp_path: Path) -> None:
    done = run(
        here, "replay/good.jsonl", "--model", "replay/poor.jsonl", "--out", str(tmp_path), "--epochs", "1"
    )
    found = one_object(done)
    assert done.returncode == 0 and list(found) == ["runs"] and len(found["runs"]) == 2
    for each in found["runs"]:
        check(each, RUN)
        assert each["status"] == "complete"
        assert sum(each["counts"].values()) == 60 and each["metrics"][0]["n"] == 60
        assert re.fullmatch("sha256:[0-9a-f]{64}", each["plan"])
        assert json.loads((here / each["run"] / "summary.json").read_text()) == each
        assert (
            0 <= each["metrics"][0]["low"] <= each["metrics"][0]["value"] <= each["metrics"][0]["high"] <= 1
        )
    good, poor = found["runs"]
    assert (good["model"], poor["model"]) == ("replay/good.jsonl", "replay/poor.jsonl"), "in the order asked"
    assert good["usage"]["input_tokens"] == 420 and good["usage"]["output_tokens"] == 120
    assert poor["usage"]["input_tokens"] is None and poor["cost_usd"] is None, "unknown, not zero"
    assert good["latency_s"] == {"p50": 0.5, "p95": 0.5}
    assert poor["latency_s"] == {"p50": None, "p95": None}
    assert good["metrics"][0]["value"] == 1.0 and poor["metrics"][0]["value"] == 0.5


def test_compare_is_flat_for_one_pair(here: Path) -> None:
    done = compare(here, "good", "poor")
    found = one_object(done)
    check(found, COMPARE)
    assert done.returncode == 0 and found["verdict"] == "a" and found["needed_n"] is None
    assert found["difference"] == 0.5 and found["n"] == 60 and found["p"] == pytest.approx(2 * 0.5**30)
    assert found["sentence"].startswith("replay/good.jsonl is better than replay/poor.jsonl on cases")
    assert found["not_covered"], "silence is never clearance"
    swapped = one_object(compare(here, "poor", "good"))
    assert swapped["verdict"] == "b" and swapped["difference"] == -0.5


def test_compare_of_more_is_a_list_of_the_same(here: Path) -> None:
    done = compare(here, "good", "near", "poor")
    found = one_object(done)
    assert list(found) == ["comparisons"] and len(found["comparisons"]) == 3
    for each in found["comparisons"]:
        check(each, COMPARE)
        assert each["adjusted_p"] >= each["p"]
    assert done.returncode == 10, "good against near is not settled"


def test_power_keeps_its_contract(tmp_path: Path) -> None:
    done = fairtrial("power", "--difference", "0.05", "--discordant", "0.15", "--json", cwd=tmp_path)
    found = one_object(done)
    check(
        found, {"needed_n": int, "sentence": str, "table": [{"difference": float, "n": int, "unpaired": int}]}
    )
    assert done.returncode == 0 and 464 <= found["needed_n"] <= 500


def broken(folder: Path, here: Path) -> Path:
    """A copy of a run in which a wrong answer was made right by hand."""
    copy = folder / "broken"
    shutil.copytree(here / "poor", copy)
    (copy / "records.jsonl").write_text("".join(lines(copy)).replace('"state":"wrong"', '"state":"right"'))
    return copy


def status_0(here: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return run(here, "replay/near.jsonl", "--out", str(tmp_path), "--fail-under", "0.85")


def status_1(here: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """58 of 60 is 0.967; its lower limit is not."""
    return run(here, "replay/near.jsonl", "--out", str(tmp_path), "--fail-under", "0.95")


def status_2(here: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return run(here, "replay/nowhere.jsonl", "--out", str(tmp_path))


def status_3(here: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    write_answers(tmp_path / "half.jsonl", n=30)
    return run(here, f"replay/{tmp_path}/half.jsonl", "--out", str(tmp_path / "runs"), "--fail-under", "0.99")


def status_4(here: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return compare(here, str(broken(tmp_path, here)), "good")


def status_5(here: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "file").write_text("in the way")
    return run(here, "replay/good.jsonl", "--out", str(tmp_path / "file" / "runs"))


def status_10(here: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return compare(here, "good", "near")


STATUSES = [
    (0, status_0),
    (1, status_1),
    (2, status_2),
    (3, status_3),
    (4, status_4),
    (5, status_5),
    (10, status_10),
]


@pytest.mark.parametrize(("status", "make"), STATUSES, ids=lambda each: each if isinstance(each, int) else "")
def test_every_exit_status_is_produced_by_a_command(
    status: int, make: Any, here: Path, tmp_path: Path
) -> None:
    done = make(here, tmp_path)
    found = one_object(done)
    assert done.returncode == status, done.stderr
    if status in (2, 4, 5):
        check(found, ERROR)
        assert found["error"]["exit"] == status and found["error"]["message"] in done.stderr
        assert list(found) == ["error"]
    else:
        assert "error" not in found
    if status == 1:
        assert "threshold missed" in done.stderr
    if status == 3:
        (entry,) = found["runs"]
        assert entry["status"] == "incomplete" and entry["counts"]["failed"] == 30
        assert sum(entry["counts"].values()) == 60 and entry["bounds"] == [0.5, 1.0]
        assert entry["metrics"][0]["n"] == 30, "failed ones are not in the score"
    if status == 10:
        assert found["verdict"] == "undetermined" and found["needed_n"] > 60


def test_one_bad_model_of_two_costs_the_other_nothing(here: Path, tmp_path: Path) -> None:
    done = run(here, "replay/nowhere.jsonl", "--model", "replay/good.jsonl", "--out", str(tmp_path))
    found = one_object(done)
    assert done.returncode == 2
    assert [each["model"] for each in found["runs"]] == ["replay/good.jsonl"]
    check(found["error"], {"kind": str, "message": str, "remedy": str})


def test_without_json_prose_is_the_result_and_the_statuses_are_the_same(here: Path) -> None:
    done = fairtrial("compare", "good", "near", cwd=here)
    assert done.returncode == 10
    assert "Undetermined on cases" in " ".join(done.stdout.split()) and "{" not in done.stdout
    assert "\x1b" not in done.stdout, "no colour where it is no terminal"
