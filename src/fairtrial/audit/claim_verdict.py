"""Six findings on one claim, put into one verdict and one sentence. The rule is that of `audit.verdict`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fairtrial.audit.twin import NOTHING_RIGHT, p_text
from fairtrial.audit.verdict import outcome
from fairtrial.core.claim import Claim
from fairtrial.core.estimate import Estimate
from fairtrial.core.evidence import Asked, Finding, Outcome, Verdict

ORDER: Final[tuple[Asked, ...]] = ("reproduces", "inflated", "seen", "tuned", "same-model", "disclosed")
"""In which the six questions are told."""

NO_FRESH_FORM: Final = (
    "no fresh form of these items exists here: whether their score carries over to others was not asked"
)
OPENINGS: Final[Mapping[Outcome, str]] = {
    "refuted": "Refuted",
    "supported": "Supported",
    "inconclusive": "Inconclusive",
}
NOT_COVERED: Final = (
    "ability: whether the benchmark measures what it is taken for",
    "the generator: training on the rule that makes the items, or on all siblings of an item, is invisible here",
    "route: how a score came to be what it is (training, prompt or checkpoint chosen on the items)",
    "other times: what was asked today may be served by another model tomorrow",
)


def conclude(
    claim: Claim,
    served: str,
    findings: Sequence[Finding],
    *,
    fresh_form: bool,
    scores: Sequence[Estimate] = (),
    notes: Sequence[str] = (),
    runs: Sequence[str] = (),
) -> Verdict:
    """The verdict. served: the model that was asked. fresh_form: whether one exists, so that *inflated* could be
    put. notes: what isn't covered beside the usual. Raises UsageError where an answer lacks its evidence."""
    told = sorted(findings, key=lambda each: ORDER.index(each.question))
    decided = outcome(told, fresh_form=fresh_form)
    return Verdict(
        claim,
        decided,
        tuple(told),
        sentence(claim, served, told, decided, fresh_form=fresh_form),
        tuple(scores),
        (*notes, *NOT_COVERED),
        tuple(runs),
    )


def sentence(
    claim: Claim, served: str, findings: Sequence[Finding], decided: Outcome, *, fresh_form: bool
) -> str:
    """For people: what was decided, by which findings, and which are open."""
    told = {each.question: each for each in findings}
    reasons = [_REASONS[each.question](each) for each in findings if _decides(each, decided, fresh_form)]
    open_ = [
        each.question for each in findings if each.answer == "undetermined" and each.question != "disclosed"
    ]
    parts = [f"{OPENINGS[decided]}: {_subject(claim, served)}: {'; '.join(reasons)}"]
    if decided == "supported" and not fresh_form:
        parts.append(NO_FRESH_FORM)
    beside = [
        _REASONS[name](told[name])
        for name in ("seen", "tuned")
        if decided == "refuted" and name in told and told[name].answer == "yes"
    ]
    if beside:
        parts.append(f"besides, {'; '.join(beside)}")
    if open_:
        parts.append(f"not settled: {', '.join(open_)}")
    return ". ".join(part[:1].upper() + part[1:] for part in parts) + "."


def _subject(claim: Claim, served: str) -> str:
    value = "a score" if claim.value is None else f"{100 * claim.value:.1f} %"
    whose = "" if served == claim.model else f", asked of {served}"
    return f"{value} claimed for {claim.model} on {claim.task}{whose}"


def _decides(found: Finding, decided: Outcome, fresh_form: bool) -> bool:
    """Whether this finding is a reason of the verdict."""
    answer = found.answer
    if decided == "refuted":
        return (found.question, answer) in _REFUTES
    if decided == "supported":
        return (found.question, answer) in (("reproduces", "yes"), ("inflated", "no"))
    if found.question == "reproduces":
        return True
    if found.question == "inflated":
        return fresh_form
    return found.question in ("seen", "tuned") and answer == "yes"


_REFUTES: Final = (("reproduces", "no"), ("inflated", "yes"), ("same-model", "no"))


def _reproduces(found: Finding) -> str:
    if found.evidence is None:
        return f"it could not be asked again ({found.sentence})"
    effect = found.evidence.effect
    gap = f"{effect.value:+.1f} points [{effect.low:+.1f}, {effect.high:+.1f}]"
    told = {
        "yes": "it reproduces",
        "no": "it does not reproduce",
        "undetermined": "whether it reproduces is open",
    }
    return f"{told[found.answer]} ({gap} when asked again, n = {found.evidence.n:,})"


def _inflated(found: Finding) -> str:
    if found.evidence is None or found.sentence == NOTHING_RIGHT:
        return f"whether the published form is inflated is open ({found.sentence})"
    effect = found.evidence.effect
    gap = f"{effect.value:+.1f} points [{effect.low:+.1f}, {effect.high:+.1f}] against fresh siblings"
    tail = f"({gap}, exact {p_text(found.evidence.p)}, n = {found.evidence.n:,})"
    if found.answer == "yes":
        return f"the published form is inflated {tail}"
    if found.answer == "no":
        return f"it carries over to fresh siblings {tail}"
    return f"whether the published form is inflated is open {tail}"


def _seen(found: Finding) -> str:
    p = f" ({found.evidence.probe}, exact {p_text(found.evidence.p)})" if found.evidence else ""
    return f"the model depends on which items were published{p}"


def _tuned(found: Finding) -> str:
    return found.sentence.partition(";")[0]


def _same_model(found: Finding) -> str:
    p = f" ({found.evidence.probe}, {p_text(found.evidence.p)})" if found.evidence else ""
    return f"the served model answers differently from the one that was tested{p}"


_REASONS: Final[Mapping[Asked, Callable[[Finding], str]]] = {
    "reproduces": _reproduces,
    "inflated": _inflated,
    "seen": _seen,
    "tuned": _tuned,
    "same-model": _same_model,
}
