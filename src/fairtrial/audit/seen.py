"""Were the items seen in training? Several committed draws, one answer: yes, or undetermined. Never no, for
exposure can be forgotten.

Which tests are made, and how they are put together, is fixed before anything is asked (`SeenPlan`):

- "holm": *yes* where a Holm-adjusted p-value is at most alpha. Needs nothing of the tests;
- "product": *yes* where the product of e-values reaches 1 / alpha. Each needs a draw of its own;
- "mean": *yes* where their plain mean does, under any dependence.

Strong evidence stands beside the answer and doesn't change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from fairtrial.audit.canary import EMISSION
from fairtrial.audit.keyed import PROBE as KEYED
from fairtrial.audit.twin import p_text
from fairtrial.audit.verdict import ALPHA
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Evidence, Finding
from fairtrial.stats.combine import hedged, product, rejects, weighted_mean
from fairtrial.stats.multiplicity import holm

Rule = Literal["holm", "product", "mean"]

FORGOTTEN: Final = (
    "that nothing was found doesn't show that the items were not seen: exposure can be forgotten"
)
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """planned: probes of the proof tier, each named once, whether or not they turn out to be possible. Raises
    UsageError."""

    planned: tuple[str, ...]
    rule: Rule = "holm"
    alpha: float = ALPHA["seen"]

    def __post_init__(self) -> None:
        if len(set(self.planned)) != len(self.planned):
            raise UsageError("a test of *seen* is planned twice", "name each once")
        if self.rule not in ("holm", "product", "mean"):
            raise UsageError(f"no rule is called {self.rule!r}", "give holm, product or mean")
        if not 0 < self.alpha < 0.5:
            raise UsageError(f"a level of {self.alpha} makes no sense", "give a fraction such as 0.001")

    @property
    def share(self) -> float:
        """The level that evidence is made at: Holm's first step, so that an MDE and an interval hold for a test
        that stands among others."""
        return self.alpha / max(1, len(self.planned)) if self.rule == "holm" else self.alpha


def seen_finding(
    plan: SeenPlan, proof: Sequence[Evidence], beside: Sequence[Evidence] = (), why_not: Sequence[str] = ()
) -> Finding:
    """The finding, with the strongest evidence of the best tier and the rest under `also`.

    proof: of tests in the plan, made at `plan.share`, not yet adjusted. beside: strong evidence. why_not: tests
    that were not possible. Raises UsageError for evidence that was not planned, or isn't proof.
    """
    _check(plan, proof)
    told = sorted(
        _adjusted(plan, proof) if plan.rule == "holm" else proof, key=lambda each: (each.p, -each.e)
    )
    everything = (*told, *sorted(beside, key=lambda each: each.p))
    if not everything:
        return Finding("seen", "undetermined", "; ".join(why_not) or "no test of *seen* was asked for")
    first, also = everything[0], everything[1:]
    if not told:
        sentence = "; ".join([f"no proof was sought; {_strong(beside)}", *why_not])
        return Finding("seen", "undetermined", sentence, first, also=also)
    figures = "; ".join(f"{each.probe} {p_text(each.p)}" for each in told)
    said, yes = _decided(plan, told)
    if yes:
        sentence = f"{_dependence(plan, told)}: {figures}{said}"
        return Finding("seen", "yes", "; ".join([sentence, *why_not]), first, also=also)
    missed = "; ".join(_missed(each) for each in told)
    parts = [f"nothing was found: {figures}{said}", missed, *([_strong(beside)] if beside else []), *why_not]
    return Finding("seen", "undetermined", "; ".join([*parts, FORGOTTEN]), first, also=also)


def _check(plan: SeenPlan, proof: Sequence[Evidence]) -> None:
    probes = [each.probe for each in proof]
    if strange := sorted(set(probes) - set(plan.planned)):
        raise UsageError(f"{strange[0]} was not planned", "a test is chosen before anything is asked")
    if len(set(probes)) != len(probes):
        raise UsageError(
            "a test of *seen* was made twice", "one result a test, or it is chosen among several"
        )
    if wrong := [each.probe for each in proof if each.tier != "proof" or each.question != "seen"]:
        raise UsageError(f"{wrong[0]} is no proof on *seen*", "show it beside the finding")
    draws = [each.draw for each in proof]
    if plan.rule == "product" and (len(set(draws)) != len(draws) or "" in draws):
        raise UsageError(
            "e-values are multiplied only where each test has a committed draw of its own",
            "plan the rule 'mean' or 'holm' for tests that share a draw",
        )


def _adjusted(plan: SeenPlan, proof: Sequence[Evidence]) -> list[Evidence]:
    """Holm's p-values; a planned test that was not possible counts as one that found nothing."""
    p_values = holm([each.p for each in proof] + [1.0] * (len(plan.planned) - len(proof)))
    names = ", ".join(plan.planned)
    return [
        replace(
            each,
            p=p,
            alpha=plan.alpha,
            controls=(
                *each.controls,
                f"Holm over {len(plan.planned)} planned ({names}); p before: {each.p:.4g}",
            ),
        )
        for each, p in zip(proof, p_values, strict=False)
    ]


def _decided(plan: SeenPlan, told: Sequence[Evidence]) -> tuple[str, bool]:
    """(what is said about the combination, whether it reaches the level)."""
    if plan.rule == "holm":
        said = f" (Holm over {len(plan.planned)})" if len(plan.planned) > 1 else ""
        return f"{said}, at level {plan.alpha:g}", any(each.rejects for each in told)
    missing = len(plan.planned) - len(told)
    # A planned test that gave nothing has an e-value of 1, which is what nothing is worth.
    e_values = [_positive(each) for each in told] + [1.0] * missing
    if plan.rule == "product":
        e = product(e_values)
    else:
        e = weighted_mean(e_values, [1 / len(e_values)] * len(e_values))
    return f"; {plan.rule} of {len(e_values)} e-values: {e:.3g}, against {1 / plan.alpha:g}", rejects(
        e, plan.alpha
    )


def _positive(each: Evidence) -> float:
    """Emission's e-value can be 0 and is hedged always; a process that ran far down may only be 0 by rounding."""
    return hedged(each.e) if each.probe == EMISSION else max(each.e, _TINY)


def _dependence(plan: SeenPlan, told: Sequence[Evidence]) -> str:
    """An answer in words comes from weights and prompt together; a likelihood from the weights."""
    words = [each.probe in (KEYED, EMISSION) for each in told if plan.rule != "holm" or each.rejects]
    if all(words) if plan.rule == "holm" else any(words):
        return "the model or its configuration depends on what a committed draw published"
    return "the weights depend on what a committed draw published"


def _missed(each: Evidence) -> str:
    if each.mde is None:
        return f"{each.probe} could have found nothing on {each.n} cases at this level"
    return f"{each.probe} would probably have missed an effect below {each.mde:.3f} ({each.effect.method})"


def _strong(beside: Sequence[Evidence]) -> str:
    figures = "; ".join(f"{each.probe} {p_text(each.p)}" for each in beside)
    return f"beside it, strong evidence that decides nothing here: {figures}"
