"""What a run tells for the method record by itself, and what only a person can."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import fairtrial
from fairtrial.core.errors import UsageError
from fairtrial.lab import Lab, method_facts
from fairtrial.lab.method import contradictions, draft, draft_json, merged, method_bytes, missing, read_method
from fairtrial.lab.method_facts import harness_digest, known, usual
from fairtrial.lab.run import Run
from fairtrial.trust.method import gaps, parse_method
from fairtrial.trust.method_table import fields
from tests.trust.methods import GOOD

PERSONS = """
claim.claim claim.construct claim.limitations registration.log_index registration.preregistered_at
registration.deviations people.evaluator people.relationship people.funding people.conflicts model.release
model.public data.licence data.split data.epoch data.exposure data.contamination environment.container
environment.hardware attempts.attempts attempts.quota attempts.sequence result.multiplicity result.baselines
records.access comparison.human_baseline comparison.audit comparison.auditor_signature
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("method")
    rows = folder / "rows.jsonl"
    rows.write_text(
        "\n".join(json.dumps({"input": f"What is {i} + 1?", "target": str(i + 1)}) for i in range(6))
    )
    return Lab(folder / "runs").run(rows, model="specimen/honest", scorer="number", limit=5)


def answers(told: dict[str, Any]) -> dict[str, Any]:
    """A person's part: what the run doesn't tell, from the complete example."""
    left = [(gap.group, gap.field) for gap in missing({}, told)]
    written: dict[str, Any] = {"fairtrial_method": 1}
    for group, field in left:
        written.setdefault(group, {})[field] = GOOD[group][field]
    return written


def test_what_is_left_is_a_persons_and_the_logs(run: Run) -> None:
    left = missing({}, known(run))
    assert [f"{gap.group}.{gap.field}" for gap in left] == PERSONS.split()
    assert {gap.fault for gap in left} == {"absent"}


def test_what_is_told_is_of_its_kind_and_true(run: Run) -> None:
    told = known(run)
    for group, each in fields():
        value = told.get(group, {}).get(each.name)
        assert value is None or str(value).startswith("not-applicable: ") or each.kind.problem(value) is None
    assert told["registration"]["plan"] == run.digest
    assert told["data"]["n"] == 5
    assert told["data"]["exclusions"].startswith("all but 5 items")
    raw = hashlib.sha256((run.path / "records.jsonl").read_bytes()).hexdigest()
    assert told["records"]["digest"] == f"sha256:{raw}"
    (score,) = told["result"]["scores"]
    estimate = run.summary.metrics[0]
    assert (float(score["value"]), float(score["low"]), score["n"]) == (estimate.value, estimate.low, 5)
    assert score["credit"] == str(run.summary.counts.right)
    assert told["prompting"]["decoding"]["max_tokens"] == 1024
    assert told["model"]["weights"].startswith("sha256:")


def test_local_weights_are_named_by_the_digest_of_their_files(run: Run) -> None:
    digest = "sha256:" + "0" * 64
    plan = {"model": {"provider": "hf", "name": "small", "options": {}}}

    def told(*fingerprints: str) -> dict[str, Any]:
        provenance = {"fingerprints": dict.fromkeys(fingerprints, 1)}
        return dict(method_facts._model(plan, {}, dataclasses.replace(run.summary, provenance=provenance)))

    assert told(digest)["weights"] == digest
    assert "weights" not in told() and "weights" not in told(digest, "sha256:" + "1" * 64)


def test_a_person_completes_it_and_it_is_a_bundles(run: Run) -> None:
    told = known(run)
    written = answers(told)
    assert missing(written, told) == ()
    whole = merged(written, told)
    assert gaps(whole) == ()
    assert parse_method(method_bytes(whole), "method.json") == whole
    with pytest.raises(UsageError, match=r"lacks claim\.claim"):
        method_bytes(merged({}, told))


def test_a_file_that_contradicts_the_run_is_told_so(run: Run) -> None:
    told = known(run)
    written = answers(told)
    written["data"] |= {"n": 6, "name": "rows"}
    written["failures"] = {"errors": 0, "refusals": 1}
    found = contradictions(written, told)
    assert [(gap.group, gap.field, gap.detail) for gap in found] == [
        ("data", "n", "the run says 5"),
        ("failures", "refusals", "the run says 0"),
    ]
    assert missing(written, told) == found


def test_part_of_a_field_may_come_from_each(run: Run) -> None:
    told = known(run)
    told["result"]["baselines"] = {"random": "0.25"}
    (gap,) = missing(answers(told) | {"result": {"multiplicity": "none"}}, told)
    assert (gap.field, gap.detail) == ("baselines", "the field 'trivial' is missing")
    more = answers(told) | {"result": {"multiplicity": "none", "baselines": {"trivial": "0.3"}}}
    assert missing(more, told) == ()
    other = answers(told) | {
        "result": {"multiplicity": "none", "baselines": {"random": "0.5", "trivial": "0.3"}}
    }
    assert [gap.fault for gap in missing(other, told)] == ["contradicts the run"]


@pytest.mark.parametrize("name", ["method.yaml", "method.json"])
def test_a_new_file_reads_back_and_asks_for_the_rest(run: Run, tmp_path: Path, name: str) -> None:
    told = known(run)
    path = tmp_path / name
    path.write_text((draft_json if name.endswith("json") else draft)(told, usual(run)))
    written = read_method(path)
    assert contradictions(written, told) == ()
    usually = {"data.epoch", "comparison.audit", "comparison.auditor_signature"}
    left = [f"{gap.group}.{gap.field}" for gap in missing(written, {})]
    assert left == [each for each in PERSONS.split() if each not in usually]


def test_other_kinds_of_run_tell_what_is_so(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    likelihood = known(lab.run("mmlu", model="specimen/honest", limit=4))
    assert set(map(str, likelihood["prompting"]["decoding"].values())) == {"None", "[]"}
    assert likelihood["result"]["baselines"] == {"random": "0.25"}
    assert "scores" not in likelihood["result"]  # every question was too long: there is no score
    assert likelihood["failures"]["errors"] == 4
    recorded = known(lab.run("gsm8k", model="replay/gpt3-6b-finetuned", limit=5))
    assert recorded["prompting"]["fewshot"][1] == "n: 5"
    assert not {"provider", "access", "revision", "tools", "scaffold"} & set(recorded["model"])
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"input": "What is 1 + 1?", "target": "2"}\n')
    several = known(lab.run(rows, model="specimen/honest", scorer="number", epochs=2, temperature=0.7))
    assert several["prompting"]["samples_per_item"] == 2
    assert several["prompting"]["aggregation"].startswith("2 answers an item: their mean")
    assert several["prompting"]["decoding"]["temperature"] == "0.7"


def test_decimals_are_taken_to_the_digit(tmp_path: Path) -> None:
    path = tmp_path / "method.yaml"
    path.write_text(
        "fairtrial_method: 1\npeople:\nprompting:\n  decoding: {temperature: 0.70}\ndata:\n  n: 4\n"
    )
    assert read_method(path) == {
        "fairtrial_method": 1,
        "people": {},
        "prompting": {"decoding": {"temperature": "0.70"}},
        "data": {"n": 4},
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "is no method record"),
        ("fairtrial_method: 2", "fairtrial_method is not 1"),
        ("fairtrial_method: 1\nmodle: {}", "the group 'modle' is not known"),
        ("fairtrial_method: 1\nmodel: {weihgts: x}", "the field 'weihgts' in 'model' is not known"),
        ("fairtrial_method: 1\nfairtrial_method: 1", "stands already on line 1"),
        ("fairtrial_method: !!python/name:os.system 1", "is not read"),
    ],
)
def test_files_that_are_no_record(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "method.yaml").write_text(text)
    with pytest.raises(UsageError, match=told):
        read_method(tmp_path / "method.yaml")


def test_the_harness_digest_is_what_sha256sum_says() -> None:
    package = Path(fairtrial.__file__).parent
    names = "find . -name '*.py' -not -path '*/__pycache__/*' -printf '%P\\n' | LC_ALL=C sort"
    script = f"{names} | xargs sha256sum | sha256sum"
    told = subprocess.run(["sh", "-c", script], cwd=package, capture_output=True, text=True, check=True)
    assert harness_digest() == f"sha256:{told.stdout.split()[0]}"
