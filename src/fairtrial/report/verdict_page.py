"""One page about a twin's verdict: understood in ten seconds, and then everything it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.estimate import Estimate
from fairtrial.core.evidence import Finding, Outcome, Verdict
from fairtrial.report.evidence_facts import evidence_facts, span
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.page import document
from fairtrial.report.questions import ASKED
from fairtrial.report.score_figure import estimate_row, score_figure
from fairtrial.report.sections import section
from fairtrial.report.sections.closing import unspoken
from fairtrial.report.tables import bullets, facts, folded, table
from fairtrial.report.wording import plural, tied

LEADS: dict[Outcome, str] = {
    "refuted": "The published score does not carry over",
    "supported": "The published score carries over",
    "inconclusive": "Whether the published score carries over can’t be told yet",
}
ROWS = {
    "published form": "questions that were published",
    "fresh siblings": "never published, otherwise alike",
}


def verdict_page(verdict: Verdict, *, made: str = "") -> str:
    """One self-contained HTML file, like the report on runs: no script, no outside request."""
    model, task = shortened(verdict.claim.model, 90), shortened(verdict.claim.task, 60)
    content = (
        tag(
            "p",
            tag("b", "Fairtrial"),
            f" · the randomised twin · {task}{_asked(verdict)}",
            class_="ft-kicker",
        ),
        tag("h1", tag("strong", f"{LEADS[verdict.outcome]}: {model}"), tied(_rest(verdict.sentence))),
        _scores(verdict.scores),
        _panel(verdict),
        _findings(verdict.findings),
        _evidence(verdict.findings),
        unspoken(verdict.not_covered),
        section("Runs", tag("p", "What was asked and answered, word for word:"), bullets(verdict.runs))
        if verdict.runs
        else None,
        tag("p", shortened(made, 200), class_="ft-foot") if made else None,
    )
    return document(f"{LEADS[verdict.outcome]}: {model} on {task}", join(content))


def _rest(sentence: str) -> str:
    """The sentence without the word that the headline has said already."""
    rest = sentence.partition(": ")[2] or sentence
    return shortened(rest[:1].upper() + rest[1:], 1_200)


def _scores(scores: Sequence[Estimate]) -> Markup | None:
    if not scores:
        return None
    rows = [estimate_row(each, ROWS.get(each.metric, "")) for each in scores]
    how = (
        "Every question exists in several versions made by one rule, with other numbers. A random draw decided "
        "which version was published. A model that can do this kind of question does equally well on all of them."
    )
    return score_figure("The same questions, published and fresh", how, rows, scores, head="form")


def _panel(verdict: Verdict) -> Markup | None:
    found = verdict.finding("inflated")
    if found is None or found.evidence is None:
        return None
    told = found.evidence
    least = "nothing could be" if told.mde is None else f"{told.mde:.1f} points"
    figures = [
        (
            "Inflation",
            f"{told.effect.value:.1f} points",
            f"values from {span(told.effect)} fit these answers",
        ),
        ("If only the draw decided", p_words(told.p), "chance of a difference this large or larger, exact"),
        ("Smallest inflation to be seen", least, f"with probability 0.8, at level {told.alpha:g}"),
    ]
    if verdict.claim.tolerance is not None:
        allowed = f"{100 * verdict.claim.tolerance:g} points"
        figures.insert(
            1, ("Tolerance of the claim", allowed, "inflation below this still counts as carrying over")
        )
    panel = tag(
        "dl",
        [
            tag("div", tag("dt", name), tag("dd", tied(value), tag("small", tied(note))))
            for name, value, note in figures
        ],
        class_="ft-figures",
    )
    return section("In figures", panel)


def _findings(findings: Sequence[Finding]) -> Markup:
    rows: list[list[Child]] = [
        [
            ASKED[each.question],
            tag("b", each.answer),
            (each.evidence.tier if each.evidence else None) or "–",
            each.sentence,
        ]
        for each in findings
    ]
    note = (
        "Proof: the chance of a false alarm holds by design, whatever the model, since the draw was ours. "
        "An answer that is undetermined clears nobody and accuses nobody."
    )
    return section(
        "What was asked of the evidence", tag("p", note), table(["question", "answer", "tier", "why"], rows)
    )


def _evidence(findings: Sequence[Finding]) -> Markup | None:
    found = [each.evidence for each in findings if each.evidence is not None]
    parts = [
        folded(
            f"{each.probe}: {each.tier or 'measured'}",
            facts(evidence_facts(each, p_name="p, exact, one-sided")),
            open_=len(found) == 1,
        )
        for each in found
    ]
    return section("Evidence", *parts) if parts else None


def p_words(p: float) -> str:
    """ "1 in 20", "fewer than 1 in 1,000,000"."""
    if p > 0.5:
        return "likely"
    if p < 1e-6:
        return "fewer than 1 in 1,000,000"
    return f"1 in {1 / p:,.0f}"


def _asked(verdict: Verdict) -> str:
    found = verdict.finding("inflated")
    return f" · {plural(found.evidence.n, 'item')}" if found and found.evidence else ""
