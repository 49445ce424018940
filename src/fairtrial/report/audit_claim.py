"""What was claimed and what was asked, as a page about an audit shows it."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from fairtrial.core.audited import Audited
from fairtrial.core.claim import Claim, Conditions
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.score_figure import estimate_row, score_figure
from fairtrial.report.tables import facts
from fairtrial.report.wording import percent, tied

WORDS: Final = 300
"""Characters of a line of a claim: it is somebody else's file."""
DEMONSTRATION: Final = "a demonstration: its siblings are public, so it accuses nobody"
CLAIMED: Final = "claimed"
NOTES: Final = {
    "asked again": "the same questions, asked of the served model",
    "published form": "questions that were published",
    "fresh siblings": "never published, otherwise alike",
}
"""Score -> what was asked for it."""
CONDITIONS: Final = {
    "shots": "Worked examples before a question",
    "prompt": "Words of the prompt",
    "system": "System text",
    "temperature": "Sampling temperature",
    "max_tokens": "Tokens an answer may take",
    "extraction": "How an answer is read",
    "samples": "Answers a question",
}


def score_words(claim: Claim) -> str:
    """ "85.5 % accuracy on gsm8k, n = 1,319", with the digits that were printed."""
    about = f"the published form of {claim.family}" if claim.family else claim.task
    if claim.value is None:
        return f"no value, on {shortened(about, WORDS)}"
    digits = 1 if claim.decimals is None else min(6, max(1, claim.decimals - 2))
    value = percent(claim.value, digits)
    count = "number of items not stated" if claim.n is None else f"n = {claim.n:,}"
    return f"{value} {shortened(claim.metric, 60)} on {shortened(about, WORDS)}, {count}"


def published_words(claim: Claim) -> str:
    """ "the vendor's card, 2026-09-02"."""
    where = shortened(claim.source, WORDS) or "source not stated"
    return f"{where}, {shortened(claim.date, 60) or 'date not stated'}"


def claim_facts(audited: Audited) -> Markup:
    """Who says what, where and when; and which model answered here."""
    claim = audited.verdict.claim
    told: list[tuple[str, Child]] = [
        ("Claimed", tied(score_words(claim))),
        ("Of the model", tag("code", shortened(claim.model, WORDS))),
        ("Published", published_words(claim)),
        ("Asked here", tag("code", shortened(audited.served, WORDS))),
    ]
    if audited.tested:
        told.append(
            ("Compared with", join((tag("code", shortened(audited.tested, WORDS)), ", the tested model")))
        )
    if claim.tolerance is not None:
        told.append(
            ("Tolerance", tied(f"{100 * claim.tolerance:g} points: a smaller difference still counts"))
        )
    if claim.family:
        draw = tag("code", shortened(claim.draw, WORDS)) if claim.draw else DEMONSTRATION
        told.append(("Draw", draw))
    return facts(told)


def scores(audited: Audited) -> Markup | None:
    """The claimed score beside what was measured. Its dot is hollow: nobody here measured it."""
    verdict = audited.verdict
    if not verdict.scores:
        return None
    rows = [
        estimate_row(each, NOTES.get(each.metric, ""), "is-open" if each.metric == CLAIMED else "")
        for each in verdict.scores
    ]
    how = "The dot is the score; the bar is its interval, the values that fit these answers."
    if verdict.claim.value is not None:
        how += f" The dotted line is the claimed score, {percent(verdict.claim.value)}."
    if any(each.metric == CLAIMED for each in verdict.scores):
        how += " A hollow dot was claimed, not measured here."
    return score_figure(
        "Claimed and measured", how, rows, verdict.scores, head="what", mark=verdict.claim.value
    )


def conditions(claim: Claim) -> Markup:
    """What the claim says about how the score was obtained, and what it leaves open."""
    return facts(
        (CONDITIONS[each.name], _condition(claim.conditions, each.name)) for each in fields(Conditions)
    )


def _condition(told: Conditions, name: str) -> Child:
    value = getattr(told, name)
    if value is None:
        return tag("b", "not stated")
    if value == "":
        return "none"
    return tag("code", shortened(value, WORDS)) if isinstance(value, str) else f"{value:g}"
