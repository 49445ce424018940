"""Six findings, one sentence: what decided, what stands beside it, what is open."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fairtrial.audit.claim_verdict import NO_FRESH_FORM, NOT_COVERED, ORDER, conclude
from fairtrial.audit.twin import NOTHING_RIGHT
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Answer, Asked, Effect, Evidence, Finding, Tier, Verdict

CLAIM = Claim("a claim", "lab/model", "arithmetic", 0.95, 0.05, n=600)
FORBIDDEN = ("cheat", "clean", "verified", "contaminat", "trust score", "no difference")


def evidence(question: Asked, value: float = 3.0, tier: Tier | None = "proof") -> Evidence:
    effect = Effect(value, value - 1, value + 1, "points", 0.98, "made up")
    return Evidence(
        f"{question}-probe", tier, question, "a null", "text", 600, 1.0, 0.004, 1.0, 0.01, effect, 2.0
    )


def finding(question: Asked, answer: Answer, **changes: Any) -> Finding:
    tier: Tier | None = None if question == "reproduces" else "proof"
    return Finding(question, answer, f"{question} sentence; more", evidence(question, tier=tier), **changes)


def verdict(fresh_form: bool = True, served: str = "lab/model", **answers: Answer) -> Verdict:
    told = {"reproduces": "yes", "inflated": "no", "seen": "undetermined", "tuned": "undetermined"}
    told |= {
        "same-model": "undetermined",
        "disclosed": "yes",
        **{key.replace("_", "-"): v for key, v in answers.items()},
    }
    findings = [finding(question, told[question]) for question in reversed(ORDER)]  # type: ignore[arg-type]
    return conclude(CLAIM, served, findings, fresh_form=fresh_form, notes=("a note",), runs=("a run",))


def test_supported_says_why_and_what_is_open() -> None:
    found = verdict()
    assert found.outcome == "supported" and [each.question for each in found.findings] == list(ORDER)
    assert found.sentence == (
        "Supported: 95.0 % claimed for lab/model on arithmetic: it reproduces (+3.0 points [+2.0, +4.0] when "
        "asked again, n = 600); it carries over to fresh siblings (+3.0 points [+2.0, +4.0] against fresh "
        "siblings, exact p = 0.004, n = 600). Not settled: seen, tuned, same-model."
    )
    assert found.not_covered == ("a note", *NOT_COVERED) and found.runs == ("a run",)


def test_refuted_names_every_reason_and_what_stands_beside_it() -> None:
    found = verdict(
        reproduces="no", inflated="yes", same_model="no", seen="yes", tuned="yes", served="lab/other"
    )
    assert found.outcome == "refuted" and found.exit_status == 1
    told = found.sentence
    assert "asked of lab/other" in told and "does not reproduce" in told
    assert "the published form is inflated" in told and "answers differently" in told
    besides = told.partition("Besides, ")[2]
    assert "depends on which items were published" in besides and "tuned sentence" in besides
    assert "more" not in besides and "Not settled" not in told


def test_a_reason_that_holds_the_claim_up_is_named() -> None:
    assert "the model depends on which items" in verdict(seen="yes").sentence
    assert verdict(seen="yes").outcome == verdict(tuned="yes").outcome == "inconclusive"
    assert "tuned sentence" in verdict(tuned="yes").sentence
    open_ = verdict(reproduces="undetermined", inflated="undetermined").sentence
    assert "whether it reproduces is open" in open_ and "inflated is open" in open_


def test_without_a_fresh_form_that_is_said() -> None:
    found = verdict(fresh_form=False, inflated="undetermined")
    assert found.outcome == "supported"
    assert NO_FRESH_FORM[1:] in found.sentence and "carries over to fresh siblings" not in found.sentence


def test_nothing_right_is_no_clearance() -> None:
    nothing = Finding("inflated", "undetermined", NOTHING_RIGHT, evidence("inflated"))
    found = conclude(CLAIM, "lab/model", [finding("reproduces", "yes"), nothing], fresh_form=True)
    assert found.outcome == "inconclusive" and NOTHING_RIGHT in found.sentence


def test_no_sentence_accuses() -> None:
    for answers in ({}, {"inflated": "yes"}, {"seen": "yes"}, {"same_model": "no"}, {"reproduces": "no"}):
        told = verdict(**answers).sentence.lower()  # type: ignore[arg-type]
        assert not re.search("|".join(FORBIDDEN), told)


def test_an_answer_without_its_proof_is_refused() -> None:
    strong = Finding("inflated", "yes", "because", evidence("inflated", tier="strong"))
    with pytest.raises(UsageError, match="strong evidence"):
        conclude(CLAIM, "lab/model", [finding("reproduces", "yes"), strong], fresh_form=True)
