"""The specification of the runner: every fault in the right state, count and exit status.

Each case plants one fault on 6 of 40 tickets in a real server in another process, and runs the real command.
The other 34 answers must be right and kept, the counts add up, and standard error stays in plain words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import fairtrial
from tests.wire.faults import rows
from tests.wire.server import Server, start

N, HIT = 40, (3, 8, 14, 21, 30, 39)


@dataclass(frozen=True)
class Outcome:
    status: int
    entry: dict[str, Any]
    stderr: str
    stats: dict[str, Any]
    records: list[dict[str, Any]]

    @property
    def counts(self) -> dict[str, int]:
        return {state: count for state, count in self.entry["counts"].items() if count}


@pytest.fixture(scope="module")
def server():  # type: ignore[no-untyped-def]
    with start("tests.wire.faults", {}) as running:
        yield running


def run(server: Server, folder: Path, fault: dict[str, Any] | None, *words: str, **config: Any) -> Outcome:
    server.post("/config", {"faults": [] if fault is None else [fault], **config})
    cases = folder / "cases.jsonl"
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows(N)))
    command = [
        "run",
        "cases.jsonl",
        "--scorer",
        "number",
        "--model",
        "openai-api/stub",
        "--base-url",
        server.base_url,
    ]
    done = fairtrial(
        *command, "--json", "--max-connections", "8", *words, cwd=folder, OPENAI_API_KEY="sk-test-key-123456"
    )
    assert "Traceback" not in done.stderr, done.stderr
    entry = json.loads(done.stdout)["runs"][0]
    journal = folder / entry["run"] / "records.jsonl"
    assert "sk-test-key-123456" not in journal.read_text()
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    return Outcome(done.returncode, entry, done.stderr, server.get("/stats"), records)


ONCE = ["http-500", "rate-limited", "reset", "short-body", "malformed", "empty-choices", "error-object"]


@pytest.mark.parametrize("kind", ONCE)
def test_a_fault_that_passes_is_retried_and_leaves_no_trace_in_the_score(
    kind: str, server: Server, tmp_path: Path
) -> None:
    found = run(server, tmp_path, {"kind": kind, "ids": HIT, "when": "once"}, retry_after="1")
    assert found.status == 0
    assert found.counts == {"right": N}
    assert found.stats["requests"] == N + len(HIT) and found.stats["most_per_id"] == 2
    retried = [record for record in found.records if len(record["attempts"]) == 2]
    assert len(retried) == len(HIT)
    if kind == "rate-limited":
        assert all(record["attempts"][1]["waited_s"] >= 1 for record in retried)


ALWAYS = {
    "http-500": "http-500",
    "rate-limited": "rate-limited",
    "reset": "connection",
    "short-body": "short-body",
    "malformed": "bad-reply",
    "empty-choices": "bad-reply",
    "error-object": "provider-error",
    "html": "bad-reply",
}


@pytest.mark.parametrize(("kind", "cause"), ALWAYS.items())
def test_a_fault_that_stays_ends_as_a_failure_and_exit_3(
    kind: str, cause: str, server: Server, tmp_path: Path
) -> None:
    found = run(server, tmp_path, {"kind": kind, "ids": HIT}, "--max-retries", "1", retry_after="0.2")
    assert found.status == 3
    assert found.counts == {"right": N - len(HIT), "failed": len(HIT)}
    assert found.entry["status"] == "incomplete"
    assert [(each["cause"], each["count"]) for each in found.entry["failures"]] == [(cause, len(HIT))]
    assert found.stats["requests"] == N + len(HIT)
    score = found.entry["metrics"][0]
    assert score["value"] == 1.0 and score["n"] == N - len(HIT), "a failure must not be a zero"
    assert found.entry["bounds"] == [pytest.approx((N - len(HIT)) / N), 1.0]


def test_a_hang_once_is_cut_by_the_time_out_and_asked_again(server: Server, tmp_path: Path) -> None:
    found = run(server, tmp_path, {"kind": "hang", "ids": HIT, "when": "once"}, "--timeout", "1")
    assert (found.status, found.counts) == (0, {"right": N})


def test_a_hang_for_ever_fails_within_the_bound(server: Server, tmp_path: Path) -> None:
    found = run(server, tmp_path, {"kind": "hang", "ids": HIT}, "--timeout", "0.5", "--max-retries", "1")
    assert (found.status, found.counts) == (3, {"right": N - len(HIT), "failed": len(HIT)})
    assert found.entry["failures"][0]["cause"] == "timeout"
    assert found.stats["most_per_id"] == 2


NOT_RETRIED = {
    "context-length": ("failed", "context-length"),
    "bad-request": ("failed", "http-400"),
    "quota": ("failed", "quota"),
}


@pytest.mark.parametrize(("kind", "expected"), NOT_RETRIED.items())
def test_what_will_not_get_better_is_asked_once(
    kind: str, expected: tuple[str, str], server: Server, tmp_path: Path
) -> None:
    found = run(server, tmp_path, {"kind": kind, "ids": HIT})
    assert (found.status, found.counts) == (3, {"right": N - len(HIT), "failed": len(HIT)})
    assert found.entry["failures"][0]["cause"] == expected[1]
    assert found.stats["requests"] == N


POOR = {
    "content-null": "unparsed",
    "tool-call": "unparsed",
    "length": "truncated",
    "refusal": "refused",
    "content-filter": "refused",
}


@pytest.mark.parametrize(("kind", "state"), POOR.items())
def test_a_poor_answer_stays_in_the_score_without_credit_and_is_not_asked_again(
    kind: str, state: str, server: Server, tmp_path: Path
) -> None:
    found = run(server, tmp_path, {"kind": kind, "ids": HIT})
    assert (found.status, found.counts) == (0, {"right": N - len(HIT), state: len(HIT)})
    assert found.stats["requests"] == N
    assert found.entry["metrics"][0]["value"] == pytest.approx((N - len(HIT)) / N)
    assert found.entry["metrics"][0]["n"] == N


def test_a_wrong_key_costs_ten_requests_not_ten_thousand(server: Server, tmp_path: Path) -> None:
    found = run(server, tmp_path, None, key="another")
    assert found.status == 3
    assert found.entry["failures"][0]["cause"] == "wrong-key"
    assert found.stats["requests"] <= 10 + 8
    assert "OPENAI_API_KEY" in found.stderr or "key" in found.stderr


def test_usage_that_is_missing_is_unknown_not_zero(server: Server, tmp_path: Path) -> None:
    found = run(server, tmp_path, {"kind": "no-usage"})
    assert found.status == 0
    assert found.entry["usage"]["input_tokens"] is None and found.entry["cost_usd"] is None


def test_another_model_that_answers_is_recorded_and_reported(server: Server, tmp_path: Path) -> None:
    found = run(server, tmp_path, {"kind": "other-model"})
    assert found.status == 0
    assert len(found.entry["provenance"]["returned_models"]) >= 1
    assert any("model" in warning for warning in found.entry["warnings"])


def test_a_dead_host_is_a_provider_failure_that_names_the_host(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(json.dumps(rows(1)[0]) + "\n")
    words = [
        "run",
        "cases.jsonl",
        "--scorer",
        "number",
        "--model",
        "openai-api/x",
        "--base-url",
        "http://127.0.0.1:9/v1",
    ]
    done = fairtrial(*words, "--max-retries", "0", "--json", cwd=tmp_path)
    assert done.returncode == 3
    failure = json.loads(done.stdout)["runs"][0]["failures"][0]
    assert failure["cause"] == "connection" and "127.0.0.1" in failure["example"]
