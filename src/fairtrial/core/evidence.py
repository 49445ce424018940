"""What an audit says: evidence from one probe, the finding it feeds, the verdict on the claim.

Claim -> [Evidence] -> Finding -> Verdict
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from fairtrial.core.canon import JSON
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.estimate import Estimate

Asked: TypeAlias = Literal["reproduces", "inflated", "seen", "tuned", "same-model", "disclosed"]
Answer: TypeAlias = Literal["yes", "no", "undetermined"]
Tier: TypeAlias = Literal["proof", "strong", "weak"]
Outcome: TypeAlias = Literal["supported", "refuted", "inconclusive"]

EXIT_STATUS: Final[Mapping[Outcome, int]] = {"supported": 0, "refuted": 1, "inconclusive": 10}
"""What a command that ends in a verdict ends with."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How large, with its interval. unit "points": hundredths of a score; "fraction": of one."""

    value: float
    low: float
    high: float
    unit: Literal["points", "fraction"]
    level: float
    method: str

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise UsageError(f"an effect of {self.value} lies outside its interval [{self.low}, {self.high}]")

    def to_json(self) -> dict[str, JSON]:
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "level": self.level,
            "method": self.method,
        }


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one probe found.

    tier: None for *reproduces*, which is measured and proves no fault. null: the sentence that is tested;
    access: "text", "log-probabilities" or "corpus". n: items judged. p: one-sided unless `null` says otherwise;
    e: the e-process at its end, mean at most 1 under the null. mde: the smallest true effect, in the effect's
    unit, found with probability 0.8 at `alpha`; None where nothing could have been found. exclusions: reason ->
    items left out. draw: digest of the committed draw.
    """

    probe: str
    tier: Tier | None
    question: Asked
    null: str
    access: str
    n: int
    statistic: float
    p: float
    e: float
    alpha: float
    effect: Effect
    mde: float | None
    assumptions: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    draw: str = ""
    exclusions: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1 or not self.e >= 0:
            raise UsageError(f"{self.probe}: p = {self.p}, e = {self.e} are impossible")

    @property
    def rejects(self) -> bool:
        """Whether the null is rejected at the level fixed beforehand."""
        return self.p <= self.alpha

    def to_json(self) -> dict[str, JSON]:
        return {
            "probe": self.probe,
            "tier": self.tier,
            "question": self.question,
            "null": self.null,
            "access": self.access,
            "n": self.n,
            "statistic": self.statistic,
            "p": self.p,
            "e": finite(self.e),
            "alpha": self.alpha,
            "effect": self.effect.to_json(),
            "mde": self.mde,
            "assumptions": list(self.assumptions),
            "controls": list(self.controls),
            "draw": self.draw,
            "exclusions": dict(self.exclusions),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One of the six questions, answered. evidence: None where the question could not be put, and then
    `sentence` says why. needed_n: items that would settle an undetermined one, None where unknown. also: other
    evidence on the question."""

    question: Asked
    answer: Answer
    sentence: str
    evidence: Evidence | None = None
    needed_n: int | None = None
    also: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, JSON]:
        """An entry of `findings` in the contract of `audit --json`, with more keys than it promises."""
        told = self.evidence
        return {
            "question": self.question,
            "answer": self.answer,
            "tier": told.tier if told else None,
            "probe": told.probe if told else None,
            "effect": told.effect.to_json() if told else None,
            "p": told.p if told else None,
            "e": finite(told.e) if told else None,
            "mde": told.mde if told else None,
            "n": told.n if told else 0,
            "needed_n": self.needed_n,
            "sentence": self.sentence,
            "evidence": told.to_json() if told else None,
            "also": [each.to_json() for each in self.also],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """On the claim. scores: what was measured, the claimed thing first. not_covered: what nothing here speaks
    about. runs: folders of the runs it rests on."""

    claim: Claim
    outcome: Outcome
    findings: tuple[Finding, ...]
    sentence: str
    scores: tuple[Estimate, ...] = ()
    not_covered: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS[self.outcome]

    def finding(self, question: Asked) -> Finding | None:
        return next((each for each in self.findings if each.question == question), None)

    def to_json(self) -> dict[str, JSON]:
        """The contract's `audit --json`, with more keys than it promises."""
        return {
            "claim": self.claim.to_json(),
            "verdict": self.outcome,
            "findings": [each.to_json() for each in self.findings],
            "sentence": self.sentence,
            "scores": [each.to_json() for each in self.scores],
            "not_covered": list(self.not_covered),
            "runs": list(self.runs),
        }

    def __str__(self) -> str:
        return self.sentence


def finite(value: float) -> float | None:
    """For JSON, which has no infinity."""
    return value if math.isfinite(value) else None
