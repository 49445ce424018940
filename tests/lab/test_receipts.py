"""A run as a receipt: the run's own figures, and a plan only where it was registered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairtrial.adapters.formats.receipts import Bar, read_receipt
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import UsageError
from fairtrial.lab import Lab
from fairtrial.lab.receipts import draft_result_of_run, receipt_of_run
from fairtrial.lab.run import Run
from fairtrial.trust.statement import Subject
from tests.trust.signers import HASH, secret

SALTS = (b"0" * 16, b"1" * 16)
KEY = SecretKey(secret("lab"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "\n".join(json.dumps({"input": f"What is {i} + 1?", "target": str(i + 1)}) for i in range(4))
    )
    return Lab(tmp_path / "runs").run(rows, model="specimen/honest", scorer="number")


def test_a_receipt_holds_the_runs_figures(run: Run) -> None:
    primary = run.summary.metrics[0]
    claim = read_receipt(receipt_of_run(run, Bar("<=", "1"), KEY, salts=SALTS), "a.json").claim
    assert (claim["n"], claim["metric"], claim["passed"]) == (4, primary.metric, True)
    assert [float(each) for each in claim["ci95"]] == [primary.low, primary.high]
    assert "prereg_sha256" not in claim
    registered = receipt_of_run(run, Bar("<=", "1"), KEY, salts=SALTS, registered=True)
    assert f"sha256:{read_receipt(registered, 'a.json').claim['prereg_sha256']}" == run.digest


def test_the_draft_result_has_a_type_of_ones_own(run: Run) -> None:
    def made(uri: str) -> str:
        return draft_result_of_run(
            run,
            Bar(">=", "0.5"),
            subject=[Subject("bundle", HASH)],
            predicate_type=uri,
            evaluator="https://example.org/lab",
            model_sha256=HASH,
        ).predicate_type

    assert made("https://example.org/result/v0") == "https://example.org/result/v0"
    with pytest.raises(UsageError, match="can't be the type"):
        made("https://in-toto.io/attestation/eval-result/v0.1")


def test_an_unfinished_run_gets_none(run: Run) -> None:
    (run.path / "records.jsonl").write_bytes(b"")
    with pytest.raises(UsageError, match="is unfinished"):
        receipt_of_run(Lab().load(run.path), Bar(">=", "0"), KEY, salts=SALTS)
