"""One page about an audit: the verdict for everybody, then the evidence for whoever wants to weigh it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fairtrial.core.audited import Audited, Table
from fairtrial.core.evidence import Outcome
from fairtrial.report import audit_claim, audit_evidence
from fairtrial.report.audit_tables import drawn, table_section
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.page import MOST_BYTES, document
from fairtrial.report.sections import MOST, section
from fairtrial.report.sections.closing import WORDS, unspoken
from fairtrial.report.tables import bullets, folded
from fairtrial.report.wording import plural, tied

LEADS: Final[Mapping[Outcome, str]] = MappingProxyType(
    {
        "refuted": "The claim is refuted",
        "supported": "The claim is supported",
        "inconclusive": "The claim is neither supported nor refuted",
    }
)
UNFINISHED: Final = "No verdict yet"
LEGEND: Final = (
    "In brackets: the true values that fit these answers. p: how often chance alone would give a result this far "
    "off, if nothing were wrong."
)
RUNS_OPEN: Final = 6


def audit_page(audited: Audited, *, made: str = "") -> str:
    """One self-contained HTML file, like the report on runs: no script, no outside request.

    made: who made the page and when. Parts that would make it too heavy are named and left to the JSON.
    """
    before = (*_head(audited), _claim(audited), audit_evidence.answers(audited.verdict.findings))
    after = (*_closing(audited), tag("p", shortened(made, 200), class_="ft-foot") if made else None)
    title = f"{_lead(audited)}: {shortened(audited.verdict.claim.model, 60)}"
    used = len(document(title, join((before, after))).encode("utf-8", "replace"))
    between = _fitting(list(_long(audited)), MOST_BYTES - used)
    return document(title, join((before, between, after)))


def _lead(audited: Audited) -> str:
    return LEADS[audited.verdict.outcome] if audited.complete else UNFINISHED


def _head(audited: Audited) -> Iterator[Markup | None]:
    verdict = audited.verdict
    about = f" · audit of a claim · {shortened(verdict.claim.task, 60)}"
    yield tag("p", tag("b", "Fairtrial"), about, class_="ft-kicker")
    if not audited.complete:
        why = (
            " Some questions have no answer, and a verdict on part of the answers settles nothing. With --resume "
            "the audit goes on where it stopped."
        )
        loud = tag("p", tag("strong", "Incomplete audit."), why)
        yield tag("div", loud, class_="ft-loud", role="note")
    opening, _, rest = verdict.sentence.partition(": ")
    # The headline has said the verdict's own word already; of an unfinished audit it has not.
    told = rest if rest and audited.complete and opening.lower() == verdict.outcome else verdict.sentence
    if not audited.complete:
        told = f"On the answers so far: {told}"
    yield tag("h1", tag("strong", _lead(audited)), tied(shortened(told[:1].upper() + told[1:], 1_500)))
    yield tag("p", LEGEND, class_="ft-meta ft-legend")


def _claim(audited: Audited) -> Markup:
    return section("The claim", audit_claim.claim_facts(audited), audit_claim.scores(audited))


def _long(audited: Audited) -> Iterator[tuple[str, Markup]]:
    """The parts that may be long, each with the name under which it is missed."""
    parts = list(audit_evidence.evidence(audited))
    key = tag("p", audit_evidence.KEY)
    if parts:
        yield "Evidence", section("Evidence", key, parts)
    yield "Conditions", _conditions(audited)
    for each in _ordered(audited.tables):
        yield shortened(each.title, 120), table_section(each)


def _conditions(audited: Audited) -> Markup:
    claim = audited.verdict.claim
    note = (
        "What the claim says about how its score was obtained. A condition that is not stated is never filled in: "
        "the re-run asks as this benchmark is usually asked."
    )
    settings = audited.table("settings")
    measured: Child = None
    if settings is not None:
        measured = (
            tag("h3", shortened(settings.title, 120)),
            tag("p", shortened(settings.note, 900)),
            drawn(settings),
        )
    return section("Conditions", tag("p", note), audit_claim.conditions(claim), measured)


def _ordered(tables: Sequence[Table]) -> list[Table]:
    """Weak signals last, so that nobody meets them before what counts."""
    shown = [each for each in tables if each.name != "settings"][:MOST]
    return sorted(shown, key=lambda each: each.tier == "weak")


def _fitting(parts: Sequence[tuple[str, Markup]], room: int) -> list[Markup]:
    kept = []
    for name, part in parts:
        weight = len(part.encode("utf-8", "replace"))
        if weight > room:
            part = section(name, tag("p", "Too long for a page: it stands in the JSON."))
            weight = 0
        kept.append(part)
        room -= weight
    return kept


def _closing(audited: Audited) -> Iterator[Markup | None]:
    verdict = audited.verdict
    if audited.impossible:
        note = "They could not be made, so nothing here rests on them, for or against."
        yield section("Tests that were not possible", tag("p", note), _listed(audited.impossible))
    if audited.facts:
        note = "Found and no test: they have no chance of error attached, and decide nothing by themselves."
        yield section("Facts", tag("p", note), _listed(audited.facts))
    yield unspoken(verdict.not_covered)
    if verdict.runs:
        listed = bullets(tag("code", shortened(each, 200)) for each in verdict.runs[: 2 * MOST])
        asked = tag("p", "What was asked and answered, word for word:")
        few = len(verdict.runs) <= RUNS_OPEN
        yield section(
            "Runs", asked, listed if few else folded(plural(len(verdict.runs), "run folder"), listed)
        )


def _listed(sentences: Sequence[str]) -> Markup:
    return bullets(tied(shortened(each, WORDS)) for each in sentences[:MOST])
