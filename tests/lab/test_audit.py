"""An audit from end to end, with models whose truth is known; small, so that it takes seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairtrial import Lab
from fairtrial.audit.claim_verdict import NO_FRESH_FORM
from fairtrial.audit.tuned import Attempt, Ledger
from fairtrial.core.audited import Audited
from fairtrial.core.claim import Conditions
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.evidence import Finding
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.audit import PLAN, REPORT, RESULT, audit, opened, read_register
from fairtrial.lab.claims import open_claim
from fairtrial.lab.purse import SPENT, Purse
from fairtrial.lab.questions import NO_PROOF, NOT_TESTED
from fairtrial.lab.run import Pace
from fairtrial.lab.scope import Scope

FAIR = "python:tests.lab.audit_models:fair"
SMALL = Scope(items=60, setting_items=20, fresh=1, formats=4, format_items=10, weak_items=4)
CLAIM = open_claim("specimen/honest")
HONEST = ModelSpec.parse("specimen/honest")


def found(told: Audited, question: Any) -> Finding:
    finding = told.verdict.finding(question)
    assert finding is not None
    return finding


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Audited, Path]]:
    """A model without log-probabilities, a claim that leaves the temperature open, and no tested model."""
    claim = replace(CLAIM, conditions=replace(CLAIM.conditions, temperature=None))
    yield audit(Lab(tmp_path_factory.mktemp("runs")), claim, FAIR, SMALL)


def test_every_question_is_answered_or_says_why_not(plain: tuple[Audited, Path]) -> None:
    told, _ = plain
    questions = [each.question for each in told.verdict.findings]
    assert questions == ["reproduces", "inflated", "seen", "tuned", "same-model", "disclosed"]
    assert all(each.sentence for each in told.verdict.findings) and told.complete
    # A test that the model can't be asked is listed, and the audit goes on.
    assert any(each.startswith("sibling-rank is not possible") for each in told.impossible)
    assert found(told, "seen").answer == "undetermined" and found(told, "seen").evidence is None
    assert found(told, "same-model").sentence == NOT_TESTED
    disclosed = found(told, "disclosed")
    assert disclosed.answer == "no" and "sampling temperature" in disclosed.sentence


def test_what_the_claim_leaves_open_is_measured(plain: tuple[Audited, Path]) -> None:
    told, _ = plain
    settings, formats, weak = (told.table(name) for name in ("settings", "formats", "weak"))
    assert settings is not None and {row[0] for row in settings.rows} == {"temperature"}
    assert formats is not None and formats.title.startswith("4 formats on the same 10 items")
    assert weak is not None and weak.tier == "weak" and "never counted" in weak.title
    assert all(each["counts"] is False for each in weak.data)  # type: ignore[union-attr, index, call-overload]


def test_the_folder_keeps_everything_and_nothing_is_asked_twice(plain: tuple[Audited, Path]) -> None:
    told, folder = plain
    kept = json.loads((folder / RESULT).read_text("utf-8"))
    assert kept == json.loads(json.dumps(told.to_json())) and kept["served"] == FAIR
    assert json.loads((folder / PLAN).read_text("utf-8"))["model"]["provider"] == "python"
    assert "<script" not in (folder / REPORT).read_text("utf-8")
    runs = [each for each in folder.iterdir() if each.is_dir()]
    assert sorted(map(str, runs)) == sorted(told.verdict.runs)
    plans = [json.loads((each / "plan.json").read_text("utf-8"))["task"]["name"] for each in runs]
    assert plans.count("arithmetic-twin") == 1, "the twin is asked once, and read by two questions"
    before = {each: (each / "records.jsonl").stat().st_size for each in runs}
    claim = replace(CLAIM, conditions=replace(CLAIM.conditions, temperature=None))
    again, same = audit(Lab(folder.parent), claim, FAIR, SMALL, resume=True)
    assert same == folder and again.verdict.sentence == told.verdict.sentence
    assert before == {each: (each / "records.jsonl").stat().st_size for each in runs}
    other, fresh = audit(Lab(folder.parent), claim, FAIR, replace(SMALL, formats=0, weak_items=0))
    assert fresh != folder and other.table("formats") is None and other.table("weak") is None


def test_a_specimen_is_ranked_and_each_test_has_its_calibration(tmp_path: Path) -> None:
    small = replace(SMALL, items=40, formats=0, weak_items=0, tested=HONEST)
    told, _ = audit(Lab(tmp_path), CLAIM, HONEST, small)
    seen = found(told, "seen").evidence
    assert seen is not None and seen.probe == "sibling-rank" and seen.tier == "proof"
    row = told.calibration["sibling-rank"]
    assert row.startswith("Calibration at level 0.001: ") and " null audits of " in row
    same = found(told, "same-model")
    assert same.answer == "undetermined" and same.evidence is not None and same.evidence.tier == "proof"
    assert told.tested == "specimen/honest" and "text-two-sample" in told.calibration


def test_a_register_answers_tuned_and_is_shown(tmp_path: Path) -> None:
    rows = (Attempt("plain", 0.80), Attempt("with a system text", CLAIM.value))
    ledger = Ledger(2, False, (0.80, CLAIM.value or 0), False, rows)
    told, _ = audit(
        Lab(tmp_path), CLAIM, FAIR, Scope(items=20, formats=0, weak_items=0, setting_items=0, register=ledger)
    )
    assert found(told, "tuned").answer == "yes"
    attempts = told.table("attempts")
    assert attempts is not None and attempts.rows[0] == ("with a system text", "84.5")


def test_a_public_benchmark_has_no_fresh_form_and_says_so(tmp_path: Path) -> None:
    made = tmp_path / "claim.yaml"
    made.write_text(
        "model: somebody's model\nbenchmark: gsm8k\nmetric: accuracy\nvalue: 0.02\nn: 1319\ntolerance: 0.05\n"
        "source: a card\ndate: 2026-01-01\nconditions:\n  shots: 5\n  temperature: 0\n"
    )
    case = opened(str(made))
    assert case.served == case.tested == ""
    few = Scope(items=30, setting_items=5, formats=3, format_items=6, weak_items=2)
    told, _ = audit(Lab(tmp_path), case.claim, "python:tests.lab.claim_models:constant", few)
    assert found(told, "inflated").sentence == NO_FRESH_FORM
    assert found(told, "seen").sentence.startswith(NO_PROOF)
    assert found(told, "tuned").evidence is not None


def test_a_recording_is_not_asked_another_way(tmp_path: Path) -> None:
    """It would answer as before, and show an effect of nothing."""
    made = tmp_path / "claim.yaml"
    made.write_text(
        "model: a model of 2021\nbenchmark: gsm8k\nmetric: accuracy\nvalue: 0.563\nn: 1319\ntolerance: 0.05\n"
    )
    told, _ = audit(Lab(tmp_path), opened(str(made)).claim, "replay/gpt3-175b-verified")
    assert told.complete and found(told, "reproduces").answer == "yes" and len(told.verdict.runs) == 1
    settings = told.table("settings")
    assert settings is not None and {row[3] for row in settings.rows if row[0] != "extraction"} == {
        "not measured"
    }
    assert told.table("formats") is None and told.table("weak") is None and len(told.impossible) == 2
    assert "a recording holds" in found(told, "same-model").sentence


def test_a_stop_is_no_verdict_and_resume_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = Purse.run, []

    def cut(self: Purse, *args: Any, **settings: Any) -> Any:
        asked.append(args)
        if len(asked) > 1:
            raise ProviderError("the budget of $1 is spent", "raise it", cause=SPENT)
        return run(self, *args, **settings)

    small = Scope(items=20, formats=0, weak_items=0, setting_items=0)
    with monkeypatch.context() as patch:
        patch.setattr(Purse, "run", cut)
        told, folder = audit(Lab(tmp_path), CLAIM, FAIR, small)
    assert len(asked) == 2 and not told.complete and told.exit_status == 3
    assert "the budget of $1 is spent" in found(told, "inflated").sentence
    assert found(told, "seen").sentence == "not asked: the budget of $1 is spent"
    again, same = audit(Lab(tmp_path), CLAIM, FAIR, small, resume=True)
    assert same == folder and again.complete and found(again, "inflated").evidence is not None


def test_a_model_that_can_t_be_reached_is_no_verdict(tmp_path: Path) -> None:
    model = ModelSpec.parse("openai-api/nobody", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ProviderError, match="answered none of the claim's items"):
        audit(Lab(tmp_path, environ={}), CLAIM, model, SMALL, pace=Pace(max_retries=0))


def test_what_can_t_be_asked_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both named"):
        Scope(tested=HONEST, fingerprint=Path("f.json"))
    with pytest.raises(UsageError, match="max-cost 'much' is no amount"):
        Lab(tmp_path).audit(CLAIM, FAIR, max_cost="much")
    with pytest.raises(UsageError, match="two models at once"):
        Lab(tmp_path).audit("specimen/honest", max_cost="5")
    assert not list(tmp_path.iterdir()), "told before anything is asked or written"
    shots = replace(CLAIM, conditions=Conditions(shots=3))
    with pytest.raises(UsageError, match="worked examples"):
        audit(Lab(tmp_path), shots, FAIR, SMALL)
    (tmp_path / "r.yaml").write_text("attempts: []\n")
    with pytest.raises(UsageError, match="attempts"):
        read_register(tmp_path / "r.yaml")
