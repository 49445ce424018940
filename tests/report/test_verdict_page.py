"""The page and the words about a verdict: hostile names, every outcome, the figures that a reader needs."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from fairtrial.core.claim import Claim
from fairtrial.core.estimate import Estimate
from fairtrial.core.evidence import Effect, Evidence, Finding, Outcome, Verdict
from fairtrial.report.verdict_page import LEADS, p_words, verdict_page
from fairtrial.report.verdict_terminal import verdict_text

EVIDENCE = Evidence(
    "sibling-accuracy",
    "proof",
    "inflated",
    "the model does not depend on the draw",
    "text",
    600,
    600.0,
    3e-90,
    1e30,
    0.01,
    Effect(39.2, 35.1, 43.3, "points", 0.98, "paired t over 24 templates"),
    6.1,
    ("a secret draw",),
    (),
    "sha256:" + "ab" * 32,
    {"no answer came": 2},
)
SCORES = (
    Estimate("published form", 1.0, 0.99, 1.0, 0.95, 600, "wilson"),
    Estimate("fresh siblings", 0.608, 0.57, 0.65, 0.95, 600, "wilson"),
)


def verdict(outcome: Outcome = "refuted", model: str = "specimen/cheat", **changes: object) -> Verdict:
    answer = {"refuted": "yes", "supported": "no", "inconclusive": "undetermined"}[outcome]
    made = Verdict(
        Claim("it carries over within 10 points", model, "arithmetic-twin", 1.0, 0.1),
        outcome,
        (
            Finding("inflated", answer, "why it is so", EVIDENCE),  # type: ignore[arg-type]
            Finding("seen", "undetermined", "no log-probabilities"),
        ),
        f"{outcome.capitalize()}: the score of {model} is so. 100.0 % against 60.8 %.",
        SCORES,
        ("route: how it came to be",),
        ("runs/a",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("outcome", list(LEADS))
def test_the_page_says_the_outcome_first(outcome: Outcome) -> None:
    text = verdict_page(verdict(outcome), made="Fairtrial")
    plain = unescape(re.sub(r"<[^>]+>", " ", text)).replace("\xa0", " ")
    assert plain.index(LEADS[outcome]) < plain.index("In figures")
    for told in (
        "100.0 %",
        "60.8 %",
        "39.2 points",
        "6.1 points",
        "fewer than 1 in 1,000,000",
        "a secret draw",
    ):
        assert told in plain, told
    assert "2 items left out: no answer came" in plain


def test_nothing_hostile_becomes_markup_and_nothing_is_asked_of_anybody() -> None:
    name = '<script>alert(1)</script>"onload="x\u202e'
    text = verdict_page(verdict(model=name, not_covered=(name,), runs=(name,)), made=name)
    assert "<script" not in text and "\u202e" not in text and 'onload="x' not in text
    assert "default-src 'none'" in unescape(text)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)
    assert len(text) < 60_000


def test_a_verdict_without_evidence_or_scores_is_still_a_page() -> None:
    bare = verdict(findings=(Finding("inflated", "undetermined", "not asked"),), scores=())
    assert "not asked" in verdict_page(bare) and "not asked" in verdict_text(bare)


def test_the_terminal_shows_no_escape_of_a_name() -> None:
    text = verdict_text(verdict(model="a\x1b[31mb"), width=80)
    assert "\x1b" not in text
    assert "inflated     yes (proof)" in text and "seen         undetermined (not tested)" in text


@pytest.mark.parametrize(
    ("p", "words"),
    [(0.9, "likely"), (0.05, "1 in 20"), (0.0004, "1 in 2,500"), (0.0, "fewer than 1 in 1,000,000")],
)
def test_chances_in_words(p: float, words: str) -> None:
    assert p_words(p) == words
