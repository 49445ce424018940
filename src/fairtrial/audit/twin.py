"""The randomised twin: from two probes to a verdict on "the published score carries over to fresh siblings".

The rules, fixed before anything is asked:

- *inflated* is **no** where the upper limit of the inflation, at level 1 - alpha, is below the tolerance;
- otherwise **yes** where the exact p-value of sibling accuracy is at most alpha;
- otherwise undetermined, with the effect that would have been missed and the items that would settle it.

So "yes" is said falsely at most with chance alpha, by design; and an inflation that is proven but smaller than
the tolerance doesn't refute a claim that allows for it. *Seen* is yes where sibling rank reaches its own, far
stricter level, never no, and never decides a twin's verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from fairtrial.audit.outcomes import Floats, Outcomes
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.estimate import Estimate
from fairtrial.core.evidence import Answer, Evidence, Finding, Outcome, Verdict
from fairtrial.stats.means import mean_interval
from fairtrial.stats.siblings import FEW_TEMPLATES, POWER

NOT_COVERED = (
    "the generator: training on the rule that makes the items, or on all siblings of an item, is invisible here",
    "route: how a model came to do better on the published form (training, prompt or checkpoint chosen on it)",
    "other items: nothing is said about any other benchmark, nor about other kinds of item",
    "identity: the provider's word that this is the model it names; not tested",
)
NOTHING_RIGHT = "not one answer was right on either form: look at the answers before anything else"
DEMONSTRATION = (
    "the draw: this one is a demonstration whose siblings are public, so it accuses nobody; a claim about a real "
    "model needs a draw that stayed sealed"
)

OUTCOMES: Final[Mapping[Answer, Outcome]] = {
    "yes": "refuted",
    "no": "supported",
    "undetermined": "inconclusive",
}
"""Of a twin's claim, by the answer to *inflated*."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Fixed before the run. tolerance: the inflation, a fraction, that the claim still allows; inflated, seen:
    the levels at which those two are said."""

    tolerance: float = 0.10
    inflated: float = 0.01
    seen: float = 0.001

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < 1:
            raise UsageError(
                f"a tolerance of {self.tolerance} makes no sense", "give a fraction: 0.1 for 10 points"
            )
        for alpha in (self.inflated, self.seen):
            if not 0 < alpha < 0.5:
                raise UsageError(f"a level of {alpha} makes no sense", "give a fraction such as 0.01")


@dataclass(frozen=True, slots=True)
class Forms:
    """Scores of the two forms on the items judged: what a reader sees first."""

    published: Estimate
    fresh: Estimate

    @classmethod
    def of(cls, found: Outcomes) -> Forms:
        return cls(
            _score("published form", found.published, found.templates),
            _score("fresh siblings", found.fresh.mean(axis=1), found.templates),
        )


def _score(name: str, values: Floats, templates: Sequence[str]) -> Estimate:
    clusters = templates if len(set(templates)) >= FEW_TEMPLATES else None
    found = mean_interval(values, clusters=clusters, by="template")
    return Estimate(name, found.value, found.low, found.high, 0.95, values.size, found.method)


def twin_claim(model: str, task: str, value: float, tolerance: float) -> Claim:
    statement = (
        f"the score on the published form carries over to fresh siblings within {_points(tolerance)} points"
    )
    return Claim(statement, model, task, value, tolerance)


def judge(
    claim: Claim,
    forms: Forms,
    accuracy: Evidence,
    rank: Evidence | None,
    *,
    rules: Rules,
    no_rank: str = "",
    notes: Sequence[str] = (),
    runs: Sequence[str] = (),
) -> Verdict:
    """The verdict. rank: None where log-probabilities could not be had; `no_rank` then says why."""
    found = inflated(accuracy, rules)
    if forms.published.value == forms.fresh.value == 0:
        # Nothing carries over from nothing: a broken set-up must not read like a clearance.
        found = Finding("inflated", "undetermined", NOTHING_RIGHT, accuracy)
    outcome = OUTCOMES[found.answer]
    findings = (found, seen(rank, no_rank))
    return Verdict(
        claim,
        outcome,
        findings,
        _sentence(claim, forms, found, rules),
        (forms.published, forms.fresh),
        (*notes, *NOT_COVERED),
        tuple(runs),
    )


def inflated(evidence: Evidence, rules: Rules) -> Finding:
    """Question 2, by the rules above. Raises UsageError for evidence at another level than the rules'."""
    if evidence.alpha != rules.inflated:
        raise UsageError("the evidence was made at another level than the rules state")
    tolerance = 100 * rules.tolerance
    gap = evidence.effect
    told = f"{gap.value:+.1f} points [{gap.low:+.1f}, {gap.high:+.1f}], exact one-sided {p_text(evidence.p)}"
    if gap.high < tolerance:
        proven = evidence.rejects
        less = f"inflation of {tolerance:g} points or more is ruled out at level {evidence.alpha:g}: {told}"
        return Finding(
            "inflated",
            "no",
            less + ("; a smaller inflation is proven, within the tolerance" if proven else ""),
            evidence,
        )
    if evidence.rejects:
        return Finding(
            "inflated", "yes", f"the published form scores higher than fresh siblings: {told}", evidence
        )
    return Finding(
        "inflated", "undetermined", f"{_missed(evidence)}: {told}", evidence, _needed(evidence, rules)
    )


def seen(evidence: Evidence | None, why_not: str = "") -> Finding:
    """Question 3: yes, or undetermined. Never no: exposure can be forgotten."""
    if evidence is None:
        return Finding("seen", "undetermined", why_not or "log-probabilities were not asked for")
    share = 100 * (0.5 + evidence.effect.value)
    told = (
        f"the published sibling is likelier than {share:.1f} % of its siblings, where the draw explains 50 %, "
        f"exact one-sided {p_text(evidence.p)}"
    )
    if evidence.rejects:
        return Finding(
            "seen", "yes", f"the weights depend on which siblings were published: {told}", evidence
        )
    return Finding("seen", "undetermined", f"{_missed(evidence)}: {told}", evidence)


def p_text(p: float) -> str:
    """ "p = 0.004", "p = 3e-28"."""
    if p >= 0.0001:
        return f"p = {p:.4f}" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
    return f"p = {p:.0e}" if p > 0 else "p < 1e-300"


def _missed(evidence: Evidence) -> str:
    if evidence.mde is None:
        return "nothing could have been seen, since every item was answered alike on all its siblings"
    if evidence.effect.unit == "points":
        return f"an inflation of less than {evidence.mde:.1f} points would probably not have been seen"
    least = 100 * (0.5 + evidence.mde)
    return f"a share of less than {least:.1f} % would probably not have been seen"


def _needed(evidence: Evidence, rules: Rules) -> int | None:
    """Items for the upper limit to fall below the tolerance with probability 0.8, if there is no inflation; None
    where the spread is unknown."""
    half = (evidence.effect.high - evidence.effect.low) / 2
    normal = NormalDist()
    z = normal.inv_cdf(1 - evidence.alpha)
    per_item = half / z * math.sqrt(evidence.n)
    if per_item == 0:
        return None
    needed = ((z + normal.inv_cdf(POWER)) * per_item / (100 * rules.tolerance)) ** 2
    return max(evidence.n + 1, math.ceil(needed))


def _sentence(claim: Claim, forms: Forms, found: Finding, rules: Rules) -> str:
    assert found.evidence is not None
    gap = found.evidence.effect
    published, fresh = 100 * forms.published.value, 100 * forms.fresh.value
    scores = f"{published:.1f} % on the published form, {fresh:.1f} % on fresh siblings"
    span = f"{gap.value:.1f} points [{gap.low:.1f}, {gap.high:.1f}]"
    tail = f"exact {p_text(found.evidence.p)}, n = {found.evidence.n:,} items"
    tolerance = f"{_points(rules.tolerance)} points"
    told = f"{claim.model} on {claim.task}"
    if found.answer == "yes":
        return (
            f"Refuted: the score of {told} is inflated on the published form. {scores}: inflated by {span}, "
            f"{tail}. Not shown: how the model came to do better on the published items."
        )
    if found.answer == "no":
        return (
            f"Supported: the score of {told} carries over to fresh siblings within {tolerance}. {scores}: "
            f"a difference of {span}, {tail}; {_missed(found.evidence)}."
        )
    if found.sentence == NOTHING_RIGHT:
        return f"Inconclusive: of {told}, {NOTHING_RIGHT}."
    more = (
        f"; about {found.needed_n - found.evidence.n:,} more items would settle it" if found.needed_n else ""
    )
    return (
        f"Inconclusive: whether the score of {told} carries over within {tolerance} can't be told. {scores}: "
        f"a difference of {span}, {tail}; {_missed(found.evidence)}{more}."
    )


def _points(fraction: float) -> str:
    return f"{100 * fraction:g}"
