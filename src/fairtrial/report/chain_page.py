"""One page about a verified bundle: the label and its reason, the chain as a picture, every check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.page import document
from fairtrial.report.sections import section
from fairtrial.report.svg import across, dot, line, svg
from fairtrial.report.tables import bullets, facts, table
from fairtrial.trust.telling import ABOUT, attempt_text, counts_text, score_text
from fairtrial.trust.verification import Saying, Verification

_MOST: Final = 40
_WORDS: Final = 400
_NAME: Final = 160

_ABOUT: Final = ("model", *ABOUT, "campaign")
LEADS: Final[Mapping[str, str]] = {
    "self-reported": "Self-reported",
    "witnessed-self-run": "A self-run under witnesses",
    "independent-blind": "Run blind by independent people",
}
BROKEN: Final = "This bundle does not hold"
MARKS: Final[Mapping[str, str]] = {
    "ok": "holds",
    "failed": "FAILED",
    "missing": "missing",
    "unknown": "not checked",
}


def chain_page(found: Verification, *, made: str = "") -> str:
    """One self-contained HTML file: no script, no outside request. made: who made the page and when."""
    parts = (
        tuple(_head(found)),
        section("The score", _scores(found), _attempts(found)),
        section("Who said what, and who saw it", _legend(found), picture(found.chain)),
        section("Every check", _checks(found)),
        section("This bundle does not establish", bullets(found.limits)),
        tag("p", shortened(made, 200), class_="ft-foot") if made else None,
    )
    return document(f"{_lead(found)}: {shortened(_about(found, 'model'), 60)}", join(parts))


def picture(chain: Sequence[Saying]) -> Markup:
    """The statements from the first entry of the log to the last: a step to the right is a later entry."""
    shown = list(chain[:_MOST])
    rows = [_row(each, at, len(shown)) for at, each in enumerate(shown)]
    return tag(
        "div", rows, class_="ft-rows", role="group", aria_label=f"{len(shown)} signed statements in order"
    )


def _row(each: Saying, at: int, count: int) -> Child:
    place = "not in the log" if each.index is None else f"entry {each.index}"
    who = "; ".join(each.who) or "nobody whose word counts here"
    seen = f"seen by {', '.join(each.witnesses)}" if each.seen else "no quorum had seen it by itself"
    label = (
        shortened(each.what, _NAME),
        tag("small", f"signed by {shortened(who, _NAME)}"),
        tag("small", shortened(seen, _NAME)),
    )
    return (
        tag("div", label, class_="ft-label"),
        tag("div", _step(at, count, bool(each.seen), f"{place}, {each.seen}"), class_="ft-plot"),
        tag("div", tag("b", place), tag("small", _day(each.seen)), class_="ft-value"),
    )


def _step(at: int, count: int, seen: bool, title: str) -> Markup:
    """One row: from where the last one stood to here. Full where a quorum had seen it."""
    before, here = across(max(0.0, (at - 0.5) / count)), across((at + 0.5) / count)
    drawn = (
        line(before, "0%", before, "50%", "zero") if at else None,
        line(before, "50%", here, "50%", "bar" if seen else "missing") if at else None,
        line(here, "50%", here, "100%", "zero") if at + 1 < count else None,
        dot(here, "50%", 6),
    )
    return svg(tag("g", drawn, class_=None if seen else "is-open"), title=title)


def _day(seen: str) -> str:
    return seen.replace("T", " ").removesuffix("Z") + " UTC" if seen else "not witnessed"


def _head(found: Verification) -> Iterator[Markup]:
    about = f" · what a bundle proves · {shortened(_about(found, 'task'), 60)}"
    yield tag("p", tag("b", "Fairtrial"), about, class_="ft-kicker")
    if not found.ok:
        loud = tag("p", tag("strong", "Don't rely on this score."), " ", shortened(found.reason, _WORDS))
        yield tag("div", loud, class_="ft-loud", role="note")
    because = shortened(found.reason[:1].upper() + found.reason[1:], _WORDS)
    yield tag("h1", tag("strong", _lead(found)), f"{because}." if found.ok else None)
    if found.next_label:
        yield tag("p", f"Not {found.next_label}: {shortened(found.lacks, _WORDS)}.", class_="ft-meta")
    named = [(key, _about(found, key)) for key in _ABOUT]
    yield facts((key.capitalize(), shortened(value, _WORDS)) for key, value in named if value)


def _scores(found: Verification) -> Child:
    rows = [_score(each) for each in found.scores]
    counts = tag("p", f"Answers: {counts_text(found.counts)}.") if found.counts is not None else None
    return rows, counts


def _score(each: Mapping[str, Any]) -> Markup:
    return tag("p", tag("strong", shortened(score_text(each), 200)), f" ({shortened(each['note'], 200)})")


def _attempts(found: Verification) -> Child:
    if not found.attempts:
        return tag("p", "No attempt is told.")
    return tag("p", "Every attempt of the campaign:"), bullets(
        attempt_text(each) for each in found.attempts[:_MOST]
    )


def _legend(found: Verification) -> Markup:
    more = f" The first {_MOST} of {len(found.chain)} are drawn." if len(found.chain) > _MOST else ""
    told = "Full: a quorum of witnesses had seen it by then. Hollow: none had, as far as this file shows."
    return tag("p", told, more, class_="ft-meta")


def _checks(found: Verification) -> Markup:
    rows = [
        (each.check, tag("b", MARKS[each.outcome]), shortened(each.detail, _WORDS)) for each in found.checks
    ]
    return table(("Check", "Outcome", "What was found"), rows)


def _lead(found: Verification) -> str:
    return LEADS[found.label] if found.label else BROKEN


def _about(found: Verification, key: str) -> str:
    return (found.about or {}).get(key, "")
