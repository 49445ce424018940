"""Two runs held against each other, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fairtrial.core.canon import JSON
from fairtrial.core.estimate import Estimate

Preference = Literal["a", "b", "tie", "undetermined"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is not the same in both plans. `allowed` by --allow-difference NAME."""

    name: str
    a: str
    b: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who is better, by how much, how sure, at what price.

    a, b: the models. difference: mean of a minus b over paired samples, a fraction. p: exact McNemar for
    right/wrong scores, otherwise the stated method; `adjusted_p` after Holm over all comparisons made
    together. both_right, only_a, only_b, neither: the paired table (None where scores are not binary).
    needed_n: samples that would settle it at 80 % power if the observed difference were the true one, None
    where it is settled or no n helps. detectable: the smallest difference this n would have found with
    probability 0.8. cost_a_usd, cost_b_usd: of these runs, decimal text, None where unknown.
    """

    task: str
    a: str
    b: str
    difference: Estimate
    score_a: Estimate
    score_b: Estimate
    p: float
    adjusted_p: float
    test: str
    verdict: Preference
    sentence: str
    needed_n: int | None
    detectable: float
    margin: float | None = None
    both_right: int | None = None
    only_a: int | None = None
    only_b: int | None = None
    neither: int | None = None
    left_out: int = 0
    cost_a_usd: str | None = None
    cost_b_usd: str | None = None
    differences: tuple[Difference, ...] = ()
    not_covered: tuple[str, ...] = ()
    run_a: str = ""
    run_b: str = ""

    def to_json(self) -> dict[str, JSON]:
        """The contract's `compare --json` for one pair, with more keys than it promises."""
        return {
            "task": self.task,
            "a": self.a,
            "b": self.b,
            "difference": self.difference.value,
            "low": self.difference.low,
            "high": self.difference.high,
            "level": self.difference.level,
            "p": self.p,
            "adjusted_p": self.adjusted_p,
            "test": self.test,
            "method": self.difference.method,
            "n": self.difference.n,
            "verdict": self.verdict,
            "needed_n": self.needed_n,
            "sentence": self.sentence,
            "margin": self.margin,
            "detectable": self.detectable,
            "scores": {"a": self.score_a.to_json(), "b": self.score_b.to_json()},
            "pairs": {
                "both_right": self.both_right,
                "only_a": self.only_a,
                "only_b": self.only_b,
                "neither": self.neither,
                "left_out": self.left_out,
            },
            "cost_usd": {"a": self.cost_a_usd, "b": self.cost_b_usd},
            "differences": [
                {"name": each.name, "a": each.a, "b": each.b, "allowed": each.allowed}
                for each in self.differences
            ],
            "not_covered": list(self.not_covered),
            "runs": {"a": self.run_a, "b": self.run_b},
        }

    def __str__(self) -> str:
        return self.sentence
