"""The specification of the runner: every fault in the right state, count and exit status.

The table of `docs/reference/faults.md` is TABLE here. All faults of one sort are planted in one run of the real
command against a real server in another process, six tickets each; what became of every ticket is then looked
up in the journal. All other answers must be right and kept, the counts add up, and standard error stays in
plain words, a line a cause. Every run is done twice, with whole replies and with streams.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any

import pytest

from tests.cli.test_main import fairtrial
from tests.wire import openai_stub as gpt
from tests.wire.faults import rows
from tests.wire.server import Server, start

N, SIX = 200, 6
KEY = "sk-test-key-123456"
DOCS = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"


@dataclass(frozen=True)
class Fault:
    """One line of the table: its number there, what is planted, what becomes of it if it stays."""

    row: int
    kind: str
    state: str
    cause: str = ""
    passes: bool = True
    """Whether it is asked again, and so may pass."""


TABLE = (
    Fault(1, "http-500", "failed", "http-500"),
    Fault(2, "server-busy", "failed", "http-503"),
    Fault(5, "reset", "failed", "connection"),
    Fault(6, "disconnect", "failed", "connection"),
    Fault(7, "short-body", "failed", "short-body"),
    Fault(8, "malformed", "failed", "bad-reply"),
    Fault(9, "hang", "failed", "timeout"),
    Fault(10, "context-length", "failed", "context-length", passes=False),
    Fault(11, "content-null", "unparsed", passes=False),
    Fault(11, "tool-call", "unparsed", passes=False),
    Fault(12, "empty-choices", "failed", "bad-reply"),
    Fault(13, "error-object", "failed", "provider-error"),
    Fault(14, "length", "truncated", passes=False),
    # Beyond the table, 4.4.
    Fault(0, "html", "failed", "bad-reply"),
    Fault(0, "bad-request", "failed", "http-400", passes=False),
    Fault(0, "quota", "failed", "quota", passes=False),
    Fault(0, "refusal", "refused", passes=False),
    Fault(0, "content-filter", "refused", passes=False),
    # Last, because it takes connections away from whatever comes after it.
    Fault(3, "rate-limited", "failed", "rate-limited"),
)
BOTH_WAYS = {1: {2}, 2: {1}, 3: {4}, 5: {6}, 6: {5}}
"""Rows that are the once and the always of one fault."""


def tickets(kind: str) -> list[int]:
    """The six tickets that a kind strikes."""
    place = [fault.kind for fault in TABLE].index(kind)
    return list(range(place * SIX, place * SIX + SIX))


@dataclass(frozen=True)
class Outcome:
    status: int
    entry: dict[str, Any]
    stderr: str
    stats: dict[str, Any]
    records: dict[int, dict[str, Any]]
    folder: Path

    @property
    def counts(self) -> dict[str, int]:
        return {state: count for state, count in self.entry["counts"].items() if count}

    @property
    def causes(self) -> dict[str, int]:
        return {each["cause"]: each["count"] for each in self.entry["failures"]}


def run(
    server: Server, folder: Path, faults: list[dict[str, Any]], *words: str, n: int = 40, **config: Any
) -> Outcome:
    server.post("/config", {"faults": faults, **config})
    (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(n)))
    command = ["run", "cases.jsonl", "--scorer", "number", "--json"]
    command += ["--model", "openai-api/stub", "--base-url", server.base_url, "--max-connections", "16"]
    done = fairtrial(*command, *words, cwd=folder, OPENAI_API_KEY=KEY)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stdout.startswith("{"), done.stderr
    entry = json.loads(done.stdout)["runs"][0]
    kept = folder / entry["run"]
    for file in kept.iterdir():
        assert KEY.encode() not in file.read_bytes(), f"the key stands in {file.name}"
    assert KEY not in done.stdout + done.stderr
    lines = [json.loads(line) for line in (kept / "records.jsonl").read_text().splitlines()]
    records = {int(line["id"][1:]): line for line in lines}
    assert sum(entry["counts"].values()) == len(records)
    return Outcome(done.returncode, entry, done.stderr, server.get("/stats"), records, kept)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start("tests.wire.faults") as running:
        yield running


@pytest.fixture(scope="module", params=["whole", "streamed"])
def words(request: pytest.FixtureRequest) -> list[str]:
    return ["--stream"] if request.param == "streamed" else []


@pytest.fixture(scope="module")
def once(server: Server, words: list[str], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    faults = [
        {"kind": fault.kind, "ids": tickets(fault.kind), "when": "once"} for fault in TABLE if fault.passes
    ]
    folder = tmp_path_factory.mktemp("once")
    return run(server, folder, faults, "--timeout", "3", *words, n=N, retry_after="1")


@pytest.fixture(scope="module")
def always(server: Server, words: list[str], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    faults = [{"kind": fault.kind, "ids": tickets(fault.kind)} for fault in TABLE]
    folder = tmp_path_factory.mktemp("always")
    more = ("--timeout", "1.5", "--max-retries", "1", *words)
    return run(server, folder, faults, *more, n=N, retry_after="0.2")


def test_every_row_of_the_documented_table_is_planted_here() -> None:
    table = DOCS.read_text().partition("## More cases")[0]
    documented = {int(number) for number in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    planted = {fault.row for fault in TABLE} - {0}
    planted |= {other for row in planted for other in BOTH_WAYS.get(row, ())}
    assert documented == planted == set(range(1, 15))
    for fault in TABLE:
        if fault.cause and fault.row:
            assert f"`{fault.cause}`" in table or fault.cause == "http-503"


@pytest.mark.parametrize("fault", [fault for fault in TABLE if fault.passes], ids=lambda fault: fault.kind)
def test_a_fault_that_passes_is_asked_again_and_leaves_no_trace_in_the_score(
    fault: Fault, once: Outcome
) -> None:
    for ticket in tickets(fault.kind):
        record = once.records[ticket]
        assert record["state"] == "right"
        assert [each["cause"] for each in record["attempts"]] == [fault.cause, None]
        assert once.stats["per_id"][str(ticket)] == 2
        if fault.kind == "rate-limited":
            assert record["attempts"][1]["waited_s"] >= 1


def test_when_all_faults_pass_the_run_is_in_order(once: Outcome) -> None:
    assert once.status == 0, once.stderr
    assert once.counts == {"right": N} and once.entry["status"] == "complete"
    struck = SIX * sum(fault.passes for fault in TABLE)
    assert once.stats["requests"] == N + struck, "an answered question was asked again, or a fault not"
    assert once.entry["metrics"][0]["value"] == 1.0 and once.entry["bounds"] is None
    assert once.stderr == ""


@pytest.mark.parametrize("fault", TABLE, ids=lambda fault: fault.kind)
def test_a_fault_that_stays(fault: Fault, always: Outcome) -> None:
    asked = 2 if fault.passes else 1
    for ticket in tickets(fault.kind):
        record = always.records[ticket]
        assert record["state"] == fault.state
        assert always.stats["per_id"][str(ticket)] == asked == len(record["attempts"])
        if fault.cause:
            assert record["failure"]["cause"] == fault.cause
            assert record["score"] is None, "a failure must never be a zero"
            assert [each["cause"] for each in record["attempts"]] == [fault.cause] * asked
            assert '"messages"' in record["output"]["request"]
        else:
            assert record["score"]["value"] == 0 and record["output"]["response"]


def test_when_faults_stay_the_rest_is_kept_and_the_counts_add_up(always: Outcome) -> None:
    states = Counter({fault.state: 0 for fault in TABLE})
    for fault in TABLE:
        states[fault.state] += SIX
    good = N - states.total()
    assert always.status == 3
    assert always.counts == {"right": good, **states}
    assert always.entry["status"] == "incomplete"
    expected = Counter()
    for fault in TABLE:
        if fault.cause:
            expected[fault.cause] += SIX
    assert always.causes == expected
    score = always.entry["metrics"][0]
    scored = N - states["failed"]
    assert score["n"] == scored and score["value"] == pytest.approx(good / scored)
    low, high = good / N, (good + states["failed"]) / N
    assert always.entry["bounds"] == [pytest.approx(low), pytest.approx(high)]


def test_standard_error_has_one_line_a_cause_with_its_number_and_what_to_do(always: Outcome) -> None:
    lines = always.stderr.splitlines()
    told = {**always.causes, "unparsed": 12, "truncated": 6, "refused": 12}
    assert len(lines) == len(told)
    for cause, count in told.items():
        (line,) = [line for line in lines if re.search(rf" {count} of {N} (failed, )?{cause}: ", line)]
        assert re.search(r"; now: \w.{10,}", line)


def test_resume_asks_the_failed_ones_again_and_nothing_else(server: Server, tmp_path: Path) -> None:
    first = run(server, tmp_path, [{"kind": "http-500", "ids": [1, 2]}], "--max-retries", "0")
    assert (first.status, first.counts) == (3, {"right": 38, "failed": 2})
    second = run(server, tmp_path, [], "--resume")
    assert second.folder == first.folder
    assert (second.status, second.counts) == (0, {"right": 40})
    assert second.stats["per_id"] == {"1": 1, "2": 1}


# Waiting as told.


def test_a_429_pauses_the_whole_provider_and_halves_the_connections(server: Server, tmp_path: Path) -> None:
    found = run(
        server,
        tmp_path,
        [{"kind": "rate-limited", "ids": [0], "when": "once"}],
        n=120,
        latency_s=0.1,
        retry_after="1.5",
    )
    assert (found.status, found.counts) == (0, {"right": 120})
    arrivals = found.stats["arrivals"]
    begun = min(when for ticket, when, _ in arrivals if ticket == 0)
    refused = begun + 0.1
    early = [when - refused for _, when, _ in arrivals if refused + 0.3 < when < refused + 1.45]
    assert early == [], "somebody went on while the provider was paused"
    after = [flying for _, when, flying in arrivals if when >= refused + 1.45]
    assert len(after) > 90 and max(after[:20]) <= 8 + 2, "16 connections were not halved"
    assert max(flying for _, _, flying in arrivals) == 16


def test_retry_after_may_be_a_date(server: Server, tmp_path: Path) -> None:
    told = formatdate(time() + 6, usegmt=True)
    found = run(server, tmp_path, [{"kind": "rate-limited", "ids": [0], "when": "once"}], retry_after=told)
    assert (found.status, found.counts) == (0, {"right": 40})
    assert 0.5 < found.records[0]["attempts"][1]["waited_s"] < 8


def test_a_wait_above_max_wait_fails_the_question_instead_of_sleeping(server: Server, tmp_path: Path) -> None:
    found = run(
        server, tmp_path, [{"kind": "rate-limited", "ids": [5, 6]}], "--max-wait", "10", retry_after="11"
    )
    assert (found.status, found.counts) == (3, {"right": 38, "failed": 2})
    assert found.causes == {"rate-limited": 2} and found.stats["most_per_id"] == 1


def test_max_retries_0_asks_once(server: Server, tmp_path: Path) -> None:
    found = run(server, tmp_path, [{"kind": "http-500", "ids": [5]}], "--max-retries", "0")
    assert found.causes == {"http-500": 1} and found.stats["most_per_id"] == 1


# The circuit breaker.


@pytest.mark.parametrize("cause", ["wrong-key", "quota", "unknown-model"])
def test_what_fails_for_everybody_costs_ten_requests_not_ten_thousand(
    cause: str, server: Server, tmp_path: Path
) -> None:
    found = run(server, tmp_path, [{"kind": cause}], "--max-connections", "1")
    assert found.status == 3 and found.causes == {cause: 10}
    assert found.stats["requests"] == 10
    assert found.entry["metrics"] == [] and found.entry["cost_usd"] is None
    failed, missing = found.stderr.splitlines()
    assert f"10 of 40 failed, {cause}: " in failed
    assert "30 of 40 never asked: the first 10 requests all failed with " + cause in missing
    expected = {"wrong-key": "OPENAI_API_KEY", "quota": "credit", "unknown-model": "the nearest: stub-model"}
    assert expected[cause] in failed


def test_one_answer_among_the_first_ten_keeps_the_circuit_closed(server: Server, tmp_path: Path) -> None:
    struck = [ticket for ticket in range(40) if ticket != 7]
    found = run(server, tmp_path, [{"kind": "wrong-key", "ids": struck}], "--max-connections", "1")
    assert found.counts == {"right": 1, "failed": 39} and found.stats["requests"] == 40


def test_faults_that_may_pass_do_not_break_the_circuit(server: Server, tmp_path: Path) -> None:
    found = run(
        server, tmp_path, [{"kind": "http-500"}], "--max-connections", "1", "--max-retries", "0"
    )  # fmt: skip
    assert found.counts == {"failed": 40} and found.stats["requests"] == 40


# What is told beside the score.


def test_usage_that_is_missing_is_unknown_not_zero(server: Server, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("openai-api/stub: {input: 1, output: 1}\n")
    faults = [{"kind": "no-usage", "ids": [3]}]
    found = run(server, tmp_path, faults, "--price-table", str(prices))
    assert found.status == 0 and found.entry["cost_usd"] is None
    assert found.records[3]["output"]["usage"] is None and found.records[3]["cost_usd"] is None
    assert found.records[4]["cost_usd"] == "0.000046"
    assert any("did not state their tokens" in warning for warning in found.entry["warnings"])
    none = run(server, tmp_path, [{"kind": "no-usage"}])
    assert none.entry["usage"]["input_tokens"] is None and none.entry["usage"]["output_tokens"] is None


def test_another_model_that_answers_is_recorded_and_reported(server: Server, tmp_path: Path) -> None:
    found = run(server, tmp_path, [{"kind": "other-model", "ids": [1, 2]}])
    assert found.status == 0
    assert found.entry["provenance"]["returned_models"] == {"stub": 38, "another-model-2": 2}
    assert found.records[1]["output"]["model"] == "another-model-2"
    assert any("another-model-2" in warning for warning in found.entry["warnings"])
    assert found.entry["provenance"]["fingerprints"] == {"fp_stub": 40}


# Endpoints that are not what they should be.


def elsewhere(folder: Path, *words: str, **environ: str) -> tuple[int, str, dict[str, Any]]:
    """(status, standard error, what --json printed) of a run of two rows at some other endpoint."""
    (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(2)))
    command = ["run", "cases.jsonl", "--scorer", "number", "--max-retries", "0", "--json", *words]
    done = fairtrial(*command, cwd=folder, **environ)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:9/v1", "127.0.0.1:9 can't be reached"),
        ("http://no-such-host.invalid/v1", "the name no-such-host.invalid can't be resolved"),
    ],
)
def test_a_dead_host_is_a_provider_failure_that_names_the_host(
    address: str, said: str, tmp_path: Path
) -> None:
    status, stderr, data = elsewhere(tmp_path, "--model", "openai-api/x", "--base-url", address)
    assert status == 3 and said in stderr and "check the address" in stderr
    failure = data["runs"][0]["failures"][0]
    assert (failure["cause"], failure["count"]) == ("connection", 2)


@pytest.mark.parametrize(
    "address", ["http://me:hunter22@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?key=hunter22", "127.0.0.1:9"]
)
def test_an_address_with_a_secret_in_it_is_wrong_use_and_leaves_nothing_behind(
    address: str, tmp_path: Path
) -> None:
    status, stderr, data = elsewhere(tmp_path, "--model", "openai-api/x", "--base-url", address)
    assert status == 2 and data["error"]["kind"] == "UsageError"
    assert "hunter22" not in stderr + json.dumps(data)
    assert not (tmp_path / "runs").exists()


def test_a_key_that_the_server_echoes_stands_nowhere(tmp_path: Path, openai_stub: Server) -> None:
    wrong = "sk-wrong/key+7777777"
    told = {"OPENAI_API_KEY": wrong, "OPENAI_BASE_URL": openai_stub.base_url}
    status, stderr, data = elsewhere(tmp_path, "--model", "openai/gpt-4o-mini", **told)
    assert status == 3 and data["runs"][0]["failures"][0]["cause"] == "wrong-key"
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"plan.json", "records.jsonl", "summary.json", "report.html"}
    for text in (stderr, json.dumps(data), *(path.read_text() for path in files)):
        assert wrong not in text and "sk-wrong" not in text
    assert any("[key]" in path.read_text() for path in files), "the stub did not echo the key"


def test_an_endpoint_whose_likelihoods_are_made_up_is_refused_before_the_first_question(
    tmp_path: Path, openai_stub: Server
) -> None:
    words = ["run", "mmlu/virology", "--limit", "3", "--model", "openai-api/ngram-constant", "--json"]
    done = fairtrial(*words, "--base-url", openai_stub.base_url, cwd=tmp_path, OPENAI_API_KEY=gpt.KEY)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert "its log-probabilities fail the" in done.stderr
    assert json.loads(done.stdout)["error"]["kind"] == "ProviderError"
    assert not (tmp_path / "runs").exists()


def test_the_environment_s_address_is_part_of_the_plan(server: Server, tmp_path: Path) -> None:
    """Otherwise --resume would take answers of one server for those of another."""
    server.post("/config", {"faults": []})
    plans = set()
    for address in (server.base_url, server.base_url.replace("127.0.0.1", "localhost")):
        told = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": KEY}
        status, stderr, data = elsewhere(tmp_path, "--model", "openai/stub", "--resume", **told)
        assert status == 0, stderr
        plans.add(data["runs"][0]["plan"])
        plan = json.loads((tmp_path / data["runs"][0]["run"] / "plan.json").read_text())
        assert plan["model"]["options"]["base_url"] == address
    assert len(plans) == 2 and server.get("/stats")["requests"] == 4
