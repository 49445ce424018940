"""Receipts: the package that defines them takes ours, and we take its; in-toto's draft as it checks that."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import proofbundle
import pytest
from proofbundle.evalclaim import build_eval_claim, decode_eval_claim, emit_eval_receipt, verify_commitment
from proofbundle.intoto import EVAL_RESULT_V02_PREDICATE_TYPE, verify_eval_result_dsse

from fairtrial.adapters.formats.evaluation_result import check_draft_type, evaluation_result
from fairtrial.adapters.formats.receipts import Bar, Measured, claim_bytes, draft, read_receipt, receipt_bytes
from fairtrial.cli import main
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.statement import Statement, Subject
from tests.trust.signers import HASH, envelope, public, secret

SALTS = (b"0" * 16, b"1" * 16)
BAR = Bar(">=", "0.8")
MEASURED = Measured(
    suite="gsm8k",
    suite_version="1",
    metric="accuracy",
    value="0.85",
    low="0.81",
    high="0.88",
    level="0.95",
    n=1319,
    model="vendor/m",
    dataset="GSM8K test",
    at="2026-06-01T12:00:00Z",
    plan=HASH,
)


def receipt(measured: Measured = MEASURED, bar: Bar = BAR) -> bytes:
    payload = claim_bytes(measured, bar, public=public("lab").raw, salts=SALTS)
    return receipt_bytes(payload, secret("lab").sign(payload), public("lab").raw)


def theirs(**more: Any) -> dict[str, Any]:
    claim, _ = build_eval_claim(
        suite="gsm8k",
        suite_version="1",
        metric="accuracy",
        comparator=">=",
        threshold="0.80",
        score="0.85",
        n=1319,
        model_id="vendor/m",
        dataset_id="GSM8K test",
        issuer="",
        timestamp="2026-06-01T12:00:00Z",
        **more,
    )
    bundle: dict[str, Any] = emit_eval_receipt(claim, secret("lab"), prior_leaves=[b"a", b"b", b"c"])
    return bundle


def test_ours_is_taken_by_the_package() -> None:
    bundle = json.loads(receipt())
    assert proofbundle.verify_bundle(bundle).ok
    claim = decode_eval_claim(bundle)
    assert claim is not None
    assert (claim["passed"], claim["n"], claim["ci95"]) == (True, 1319, ["0.81", "0.88"])
    assert claim["prereg_sha256"] == HASH
    assert claim["assurance_level"] == "self_attested"
    assert verify_commitment("vendor/m", SALTS[0], claim["model_id_commit"])
    assert verify_commitment("GSM8K test", SALTS[1], claim["dataset_id_commit"])
    assert "vendor" not in base64.b64decode(bundle["payload_b64"]).decode()


def test_theirs_is_taken_here() -> None:
    read = read_receipt(json.dumps(theirs(ci95=["0.81", "0.88"]), indent=1).encode(), "a.json")
    assert read.key == public("lab")
    assert read.claim["passed"] is True
    assert read.unread == ()
    made = draft(read)
    assert made.given["benchmark"] == "gsm8k"
    assert (made.given["metric"], made.given["n"], made.given["date"]) == ("accuracy", 1319, "2026-06-01")
    assert "value" not in made.given
    assert made.notes["value"] == "not in the receipt, which says only: accuracy >= 0.80 was reached"
    assert "self_attested" in str(made.given["source"])
    assert {each.code for each in made.losses} >= {"value-unstated", "aggregate-only", "identity-hidden"}
    assert draft(read, model="vendor/m").given["model"] == "vendor/m"


def test_ours_comes_back() -> None:
    read = read_receipt(receipt(), "a.json")
    assert read.claim["suite"] == "gsm8k"
    assert read_receipt(receipt(replace(MEASURED, level="0.99", plan="")), "a.json").claim.keys() >= {
        "passed"
    }
    assert "ci95" not in read_receipt(receipt(replace(MEASURED, level="0.99")), "a.json").claim


@pytest.mark.parametrize(
    ("comparator", "threshold", "reached"),
    [
        (">=", "0.85", True),
        (">", "0.85", False),
        ("<=", "0.850", True),
        ("<", "0.85", False),
        (">=", "0.8501", False),
    ],
)
def test_the_verdict_is_exact(comparator: str, threshold: str, reached: bool) -> None:
    claim = read_receipt(receipt(bar=Bar(comparator, threshold)), "a.json").claim
    assert claim["passed"] is reached
    assert decode_eval_claim(json.loads(receipt(bar=Bar(comparator, threshold)))) == dict(claim)


@pytest.mark.parametrize("bundle", [json.loads(receipt()), theirs()], ids=["ours", "theirs"])
def test_a_changed_receipt_is_refused_by_both(bundle: dict[str, Any]) -> None:
    payload = base64.b64decode(bundle["payload_b64"])
    other = base64.b64encode(payload.replace(b'"passed":true', b'"passed":false')).decode()
    changes: list[dict[str, Any]] = [
        {"payload_b64": other},
        {
            "signature": bundle["signature"]
            | {"public_key_b64": base64.b64encode(public("owner").raw).decode()}
        },
        {"signature": bundle["signature"] | {"alg": "none"}},
        {"merkle": bundle["merkle"] | {"root_b64": base64.b64encode(bytes(32)).decode()}},
        {"merkle": bundle["merkle"] | {"tree_size": bundle["merkle"]["tree_size"] + 5}},
        {"merkle": bundle["merkle"] | {"hash_alg": "md5"}},
        {"extra": 1},
        {"schema": "proofbundle/v0.2"},
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match=r"a\.json|entry"):
            read_receipt(json.dumps(bundle | change).encode(), "a.json")
        assert decode_eval_claim(bundle | change) is None


def test_a_forger_can_make_the_tree_fit_but_not_the_signature() -> None:
    payload = claim_bytes(MEASURED, Bar(">=", "0.9"), public=public("lab").raw, salts=SALTS)
    forged = payload.replace(b'"passed":false', b'"passed":true')
    data = receipt_bytes(forged, secret("lab").sign(payload), public("lab").raw)
    with pytest.raises(IntegrityError, match="its signature doesn't hold"):
        read_receipt(data, "a.json")
    assert decode_eval_claim(json.loads(data)) is None


def signed(fields: dict[str, Any], who: str = "lab") -> bytes:
    payload = json.dumps(fields).encode()
    return receipt_bytes(payload, secret(who).sign(payload), public(who).raw)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"issuer": "ed25519:AAAA"}, "its issuer is another"),
        ({"passed": "false"}, "no true or false"),
        ({"n": -1}, "-1 is not a count"),
        ({"comparator": "=="}, "'==' is not one of"),
        ({"threshold": "inf"}, "is no decimal as text"),
        ({"ci95": ["0.1", "0.2", "0.3"]}, "is no pair"),
        ({"model_id_commit": "sha256:x"}, "is no salted hash"),
        ({"assurance_level": "verified\nCRYPTO: ok"}, "is not one of self_attested"),
        ({"extra": 1}, "the field 'extra' is not known"),
        ({"n": 1.5}, "1.5 is no whole number"),
    ],
)
def test_a_signed_claim_of_another_form_is_refused(change: dict[str, Any], told: str) -> None:
    claim = json.loads(claim_bytes(MEASURED, BAR, public=public("lab").raw, salts=SALTS))
    assert read_receipt(signed(claim), "a.json")
    with pytest.raises(IntegrityError, match=told):
        read_receipt(signed(claim | change), "a.json")


def test_what_no_receipt_can_say() -> None:
    with pytest.raises(UsageError, match="can be guessed"):
        claim_bytes(MEASURED, BAR, public=public("lab").raw, salts=(b"short", b"1" * 16))
    with pytest.raises(UsageError, match="is no bar"):
        Bar("==", "0.8")
    with pytest.raises(UsageError, match="is no bar"):
        Bar(">=", "1e-3")
    with pytest.raises(UsageError, match="composed form"):
        receipt(replace(MEASURED, suite="e\u0301"))


def test_what_was_not_looked_into_is_told() -> None:
    bundle = json.loads(receipt()) | {"anchors": [{"x": 1}], "sd_jwt_vc": None}
    read = read_receipt(json.dumps(bundle).encode(), "a.json")
    assert read.unread == ("anchors",)
    assert [each.field for each in draft(read).losses if each.note == "not looked into"] == ["anchors"]


def test_in_totos_draft_as_the_package_checks_it() -> None:
    predicate = evaluation_result(
        MEASURED, BAR, evaluator="https://example.org/lab", model_sha256=HASH, dataset_sha256=HASH
    )
    statement = Statement((Subject("bundle", HASH),), EVAL_RESULT_V02_PREDICATE_TYPE, predicate)
    told = verify_eval_result_dsse(
        json.loads(envelope(statement.bytes, "lab").bytes),
        public("lab").raw,
        expected_predicate_type=EVAL_RESULT_V02_PREDICATE_TYPE,
    )
    assert told["ok"], told
    assert told["predicate_shape_ok"]


def test_the_drafts_type_is_never_in_totos() -> None:
    assert check_draft_type("https://example.org/evaluation/v0") == "https://example.org/evaluation/v0"
    for uri in ("https://in-toto.io/attestation/eval-result/v0.1", "https://IN-TOTO.io/x", "urn:x", ""):
        with pytest.raises(UsageError, match="can't be the type of a draft"):
            check_draft_type(uri)
    with pytest.raises(UsageError, match="is no URI"):
        evaluation_result(MEASURED, BAR, evaluator="a lab", model_sha256=HASH, dataset_sha256=HASH)


def test_a_receipt_becomes_a_claims_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(receipt())
    assert main(["claim", "from", str(path), "--model", "vendor/m", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "benchmark: gsm8k" in told["claim"]
    assert "value-unstated" in {each["code"] for each in told["losses"]}
    path.write_bytes(receipt().replace(b'"tree_size":1', b'"tree_size":2'))
    assert main(["claim", "from", str(path)]) == 4
    assert main(["claim", "from", str(path), "--unit", "fraction"]) == 2
