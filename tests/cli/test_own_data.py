"""The everyday job as the documentation says it: two candidates on fifty support tickets, then the comparison.

    fairtrial run cases.jsonl --model A --model B && fairtrial compare …

The figures are computed anew here, from the rules and with scipy, and the JSON is held to the contract.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from fairtrial.core.canon import digest_bytes
from tests.cli.test_main import fairtrial

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "support-tickets"
A, B = "python:rules:long_list", "python:rules:short_list"
STATES = ("right", "wrong", "partial", "unparsed", "truncated", "refused", "failed")


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "tickets"))


def one_object(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Exactly one JSON object on standard output, and nothing else there."""
    assert done.stdout.endswith("\n") and done.stdout.count("\n") == 1, done.stdout
    found = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} in the JSON"))
    assert isinstance(found, dict)
    return found


def expected() -> dict[str, list[bool]]:
    """Which tickets each sorter gets right, without Fairtrial."""
    spec = importlib.util.spec_from_file_location("ticket_rules", EXAMPLE / "rules.py")
    assert spec and spec.loader
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    rows = [json.loads(line) for line in (EXAMPLE / "cases.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 50
    return {
        name: [getattr(rules, name)(row["input"]) == row["target"] for row in rows]
        for name in ("long_list", "short_list", "other_order")
    }


def wilson(right: int, n: int) -> tuple[float, float]:
    found = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return found.low, found.high


def test_run_and_compare_as_the_docs_say(tickets: Path) -> None:
    done = fairtrial(
        "run", "cases.jsonl", "--model", A, "--model", B, "--scorer", "exact", "--json", cwd=tickets
    )
    assert done.returncode == 0, done.stderr
    runs = one_object(done)["runs"]
    assert [entry["model"] for entry in runs] == [A, B]
    right = {A: expected()["long_list"], B: expected()["short_list"]}
    for entry in runs:
        hold_run(entry, right[entry["model"]], tickets)

    folders = [entry["run"] for entry in runs]
    compared = fairtrial("compare", *folders, "-o", "report.html", "--json", cwd=tickets)
    assert compared.returncode == 0, compared.stderr
    hold_comparison(one_object(compared), right, folders)

    said = fairtrial("compare", *folders, cwd=tickets)
    assert said.returncode == 0 and said.stderr == ""
    assert re.sub(r"\s+", " ", said.stdout).startswith(one_object(compared)["sentence"])
    page = (tickets / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and "is better than" in page
    assert len(page.encode()) < 300_000 and "http-equiv" in page


def hold_run(entry: dict[str, Any], right: list[bool], folder: Path) -> None:
    """One entry of `run --json`, key by key as the contract names them."""
    contract = {"run": str, "model": str, "task": str, "status": str, "metrics": list, "counts": dict}
    contract |= {"usage": dict, "latency_s": dict, "plan": str}
    for key, kind in contract.items():
        assert type(entry[key]) is kind, key
    assert entry["task"] == "cases" and entry["status"] == "complete"
    assert entry["cost_usd"] is None, "a price that is unknown is null, never zero"
    assert list(entry["counts"]) == list(STATES)
    assert all(type(count) is int for count in entry["counts"].values())
    assert sum(entry["counts"].values()) == 50 and entry["counts"]["right"] == sum(right)
    assert {"input_tokens", "output_tokens"} <= set(entry["usage"])
    assert entry["usage"]["input_tokens"] is None, "nobody told a usage"
    assert {"p50", "p95"} <= set(entry["latency_s"])
    assert type(entry["latency_s"]["p50"]) is float and entry["latency_s"]["p95"] is None, (
        "50 don't support p95"
    )
    low, high = wilson(sum(right), 50)
    assert entry["metrics"][0] == {
        "metric": "accuracy",
        "value": sum(right) / 50,
        "low": pytest.approx(low, abs=1e-9),
        "high": pytest.approx(high, abs=1e-9),
        "level": 0.95,
        "n": 50,
        "method": "wilson",
    }
    run = folder / entry["run"]
    assert {each.name for each in run.iterdir()} == {
        "plan.json",
        "records.jsonl",
        "summary.json",
        "report.html",
    }
    assert digest_bytes((run / "plan.json").read_bytes()) == entry["plan"]
    assert json.loads((run / "summary.json").read_bytes()) == entry
    records = [json.loads(line) for line in (run / "records.jsonl").read_text("utf-8").splitlines()]
    by_id = {record["id"]: record["score"]["value"] for record in records}
    assert [by_id[f"t{number:02}"] for number in range(1, 51)] == [float(each) for each in right]
    assert str(folder) not in (run / "plan.json").read_text(), "a path of this machine stands in the plan"


def hold_comparison(found: dict[str, Any], right: dict[str, list[bool]], folders: list[str]) -> None:
    """`compare --json` for one pair: flat, and the verdict that McNemar's exact test gives."""
    contract = {
        "task": str,
        "a": str,
        "b": str,
        "difference": float,
        "low": float,
        "high": float,
        "level": float,
    }
    contract |= {"p": float, "method": str, "n": int, "verdict": str, "sentence": str}
    for key, kind in contract.items():
        assert type(found[key]) is kind, key
    only_a = sum(a and not b for a, b in zip(right[A], right[B], strict=True))
    only_b = sum(b and not a for a, b in zip(right[A], right[B], strict=True))
    assert (found["task"], found["a"], found["b"], found["n"], found["level"]) == ("cases", A, B, 50, 0.95)
    assert found["difference"] == pytest.approx((only_a - only_b) / 50)
    assert found["p"] == pytest.approx(binomtest(min(only_a, only_b), only_a + only_b).pvalue)
    assert found["low"] < found["difference"] < found["high"] and found["low"] > 0
    assert found["verdict"] == "a" and found["needed_n"] is None
    assert found["sentence"].startswith(f"{A} is better than {B} on cases: 78.0 % against 50.0 %")
    assert found["runs"] in (folders, {"a": folders[0], "b": folders[1]})
    assert found["not_covered"], "silence must not be read as clearance"


def test_a_close_race_is_undetermined_with_10_and_says_how_many_more(tickets: Path) -> None:
    models = ["--model", A, "--model", "python:rules:other_order"]
    done = fairtrial("run", "cases.jsonl", *models, "--scorer", "exact", "--json", "--no-report", cwd=tickets)
    folders = [entry["run"] for entry in one_object(done)["runs"]]
    compared = fairtrial("compare", *folders, "--json", cwd=tickets)
    assert compared.returncode == 10
    found = one_object(compared)
    assert found["verdict"] == "undetermined" and type(found["needed_n"]) is int and found["needed_n"] > 50
    assert found["sentence"].startswith("Undetermined on cases")
    assert "no difference" not in found["sentence"] and "equal" not in found["sentence"]


def test_three_runs_are_a_list_of_comparisons(tickets: Path) -> None:
    names = [A, B, "python:rules:other_order"]
    models = [word for name in names for word in ("--model", name)]
    done = fairtrial("run", "cases.jsonl", *models, "--scorer", "exact", "--json", "--no-report", cwd=tickets)
    folders = [entry["run"] for entry in one_object(done)["runs"]]
    found = one_object(fairtrial("compare", *folders, "--json", cwd=tickets))
    assert set(found) == {"comparisons"}
    pairs = [(each["a"], each["b"]) for each in found["comparisons"]]
    assert pairs == [(names[0], names[1]), (names[0], names[2]), (names[1], names[2])]
    ordered = sorted(found["comparisons"], key=lambda each: each["p"])
    assert [each["adjusted_p"] for each in ordered] == pytest.approx(holm([each["p"] for each in ordered]))


def holm(ordered: list[float]) -> list[float]:
    adjusted: list[float] = []
    for rank, p in enumerate(ordered):
        adjusted.append(max([min(1.0, p * (len(ordered) - rank)), *adjusted[-1:]]))
    return adjusted


def test_the_readme_s_commands(tickets: Path) -> None:
    """`fairtrial check`, `fairtrial run`, `fairtrial compare runs/*` in a copy of the folder."""
    assert fairtrial("check", cwd=tickets).returncode == 0
    refused = fairtrial("run", cwd=tickets)
    assert refused.returncode == 2 and "--trust-code" in refused.stderr, (
        "a file must not start code on its own"
    )
    assert not (tickets / "runs").exists()
    done = fairtrial("run", "--trust-code", cwd=tickets)
    assert done.returncode == 0 and "25 right, 4 wrong, 21 unparsed" in done.stdout
    assert "slice        channel" in done.stdout
    hint = next(line for line in done.stderr.splitlines() if line.startswith("next: fairtrial "))
    compared = fairtrial(*hint.removeprefix("next: fairtrial ").split(), cwd=tickets)
    assert compared.returncode == 0 and (tickets / "report.html").exists()


def test_the_example_speaks_of_nobody_and_holds_no_path() -> None:
    for file in EXAMPLE.iterdir():
        if file.is_file():
            text = file.read_text("utf-8")
            assert not re.search(r"/(home|work|root|tmp)/", text), file.name
