"""The six answers in plain words, and the evidence behind each with all its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fairtrial.core.audited import Audited
from fairtrial.core.evidence import Evidence, Finding
from fairtrial.report.evidence_facts import evidence_facts, p_shown, span
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.questions import (
    AGAINST,
    ASKED,
    PLAIN,
    PROBES,
    TIERS,
    amount,
    settled_by,
    standing,
)
from fairtrial.report.sections import MOST, section
from fairtrial.report.tables import facts
from fairtrial.report.wording import tied

WHY: Final = 700
"""Characters of a finding's own sentence."""
KEY: Final = (
    "p: how often chance alone would give a result at least this far off, if the null hypothesis were true; not "
    "the chance that it is true. e: evidence against the null; it averages at most 1 where the null is true, and "
    "may be looked at any time. Smallest effect to be seen: a true effect of this size would have been found with "
    "probability 0.8."
)
UNMEASURED: Final = "how often this test errs is not in the calibration that ships with this version"


def answers(findings: Sequence[Finding]) -> Markup:
    """Six questions: the answer, what it says, why; and what the tiers are."""
    tiers = [join((tag("b", name.capitalize()), f": {words}. ")) for name, words in TIERS]
    return section(
        "Six questions",
        tag("ol", [_answer(each) for each in findings[:MOST]], class_="ft-answers"),
        tag("p", tiers, class_="ft-meta"),
        tag(
            "p",
            tag("b", "Undetermined"),
            ": these answers don’t settle it. That clears nobody and accuses nobody.",
            class_="ft-meta",
        ),
    )


def _answer(found: Finding) -> Markup:
    against = (found.question, found.answer) in AGAINST
    plain = PLAIN.get((found.question, found.answer), "")
    if found.answer == "undetermined" and found.evidence is None:
        plain = "This could not be put to the test here."
    head = tag(
        "div",
        tag("b", found.answer.capitalize(), class_="is-against" if against else None),
        tag("small", standing(found)),
        class_="ft-answer",
    )
    return tag(
        "li",
        tag("h3", ASKED[found.question]),
        head,
        tag(
            "div",
            tag("p", plain),
            tag("p", _why(found.sentence), class_="ft-meta"),
            tag("p", tied(_open(found)), class_="ft-meta") if found.answer == "undetermined" else None,
        ),
    )


def _why(sentence: str) -> str:
    told = shortened(sentence, WHY)
    return tied(f"{told[:1].upper()}{told[1:]}." if told[-1:] not in (".", "") else told)


def _open(found: Finding) -> str:
    """What would have been missed, and what would settle it."""
    if found.evidence is None:
        return "Nothing was asked that could have answered it."
    told = found.evidence
    missed = "Nothing could have been seen, whatever the truth"
    if told.mde is not None:
        missed = f"Smallest effect to be seen: {amount(told.mde, told)}, with probability 0.8"
    return f"{missed}. Items that would settle it: {settled_by(found)}; {told.n:,} were judged."


def evidence(audited: Audited) -> Iterator[Markup]:
    """Each question that has evidence, one part each."""
    for found in audited.verdict.findings[:MOST]:
        told = [*([found.evidence] if found.evidence else []), *found.also][:MOST]
        if told:
            yield join(
                (tag("h3", ASKED[found.question]), [_record(each, audited.calibration) for each in told])
            )


def _record(each: Evidence, calibration: Mapping[str, str]) -> Markup:
    """One probe: its result in a line, everything else beneath."""
    effect = each.effect
    result = f"{amount(effect.value, each, signed=True)}, {span(effect)}; p {_p(each.p)}; n = {each.n:,}"
    row = calibration.get(each.probe)
    told: list[tuple[str, Child]] = [
        ("Tier", each.tier or "measured"),
        *[pair for pair in evidence_facts(each) if pair[0] != "Draw" or each.draw],
        ("Calibration", UNMEASURED if row is None else tied(shortened(row, 900))),
    ]
    name = PROBES.get(each.probe, "")
    title = tag("b", shortened(each.probe, 80)), f" · {each.tier or 'measured'}", f" · {name}" if name else ""
    return tag(
        "details",
        tag("summary", title, tag("small", tied(result), class_="ft-under")),
        facts(told),
        tag("p", tag("b", "No control stands beside it."), class_="ft-meta") if _bare(each) else None,
        class_="ft-record",
    )


def _p(p: float) -> str:
    return f"= {p_shown(p)}" if p else p_shown(p)


def _bare(each: Evidence) -> bool:
    """Strong evidence is only as good as its controls."""
    return each.tier == "strong" and not each.controls
