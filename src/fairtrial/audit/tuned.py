"""Was the configuration tuned, or the best of many runs picked? Question 4 (finding F3 of the handbook).

The rules, fixed before anything is asked:

- **yes** where a register shows several attempts on the published form and the best of them is claimed
  uncorrected: a fact, no test. Or, of tier strong, where the published form is inflated more under the claimed
  configuration than under the default one, on the same items, and the control offers no other reason.
- **no** only where a complete register shows one attempt, and fresh siblings score the same within the tolerance.
- otherwise **undetermined**, with what would have been missed.

Where the claimed configuration falls in a family of formats answers nothing: high up it was "selected, or lucky".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from fairtrial.audit.format_task import FormatScores
from fairtrial.audit.outcomes import Outcomes
from fairtrial.audit.tuning import (
    Corrected,
    Pair,
    Spread,
    corrected,
    family_evidence,
    pair_evidence,
    spread_of,
)
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Evidence, Finding
from fairtrial.stats.equivalence import equivalent
from fairtrial.stats.siblings import inflation

SUPPOSED: Final = 10
"""Attempts supposed for an illustration where their number is unknown."""

ROUNDING: Final = 0.0005
"""How far a claim may lie below the best attempt and still be that attempt, rounded to a tenth of a point."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that is registered. label: what was tried; value: its score, a fraction, None where the register doesn't
    say; date: as written there; run: the digest of its plan. "" where it doesn't say."""

    label: str = ""
    value: float | None = None
    date: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a register of attempts on the published form shows. scores: of each attempt, () where it doesn't say.

    complete: witnessed to hold every attempt; corrected: whether the claim corrects for the choice. rows: the
    attempts one by one, for a reader; () where only their number is known.
    """

    attempts: int
    complete: bool = False
    scores: tuple[float, ...] = ()
    corrected: bool = False
    rows: tuple[Attempt, ...] = ()

    def __post_init__(self) -> None:
        if self.attempts < 1 or (self.scores and len(self.scores) != self.attempts):
            raise UsageError(f"a register of {self.attempts} attempts with {len(self.scores)} scores")

    def best_claimed(self, value: float | None) -> bool:
        """Whether several attempts are registered and the best of them is what is claimed, uncorrected."""
        if self.attempts == 1 or self.corrected or not self.scores or value is None:
            return False
        return value >= max(self.scores) - ROUNDING


@dataclass(frozen=True, slots=True)
class Tuned:
    """The finding, and all it rests on: evidence in the order in which it was weighed. luck: what the best of the
    registered attempts, or of SUPPOSED ones, gains; None where the claim states too little."""

    finding: Finding
    evidence: tuple[Evidence, ...]
    spread: Spread | None
    luck: Corrected | None


def judge_tuned(
    claim: Claim,
    *,
    formats: FormatScores | None = None,
    ledger: Ledger | None = None,
    claimed: Outcomes | None = None,
    default: Outcomes | None = None,
    draw: str = "",
    alpha: float = 0.01,
    seed: int = 0,
) -> Tuned:
    """Question 4. formats: the claimed configuration among them; ledger: None where no register exists, and then
    the number of attempts is unknown; claimed, default: published and fresh siblings under the claimed and under
    the default configuration, claimed None where there is no fresh form, default None where it is the claimed one;
    draw: its commitment. seed: of resampling."""
    spread = None if formats is None else spread_of(formats, seed=seed)
    pair = None
    if claimed is not None and default is not None:
        pair = pair_evidence(claimed, default, alpha=alpha, draw=draw, seed=seed)
    evidence = [] if pair is None else [pair.evidence]
    if formats is not None and spread is not None:
        evidence.append(family_evidence(formats, spread, alpha=alpha))
    luck = corrected(claim, SUPPOSED if ledger is None else ledger.attempts, spread)
    near = "" if claimed is None else _near(claim, claimed, alpha)
    found = _answer(claim, ledger, pair, near, evidence)
    told = "; ".join([found.sentence, *_told(ledger, luck, spread)])
    finding = Finding("tuned", found.answer, told, found.evidence, found.needed_n)
    return Tuned(finding, tuple(evidence), spread, luck)


def _answer(
    claim: Claim, ledger: Ledger | None, pair: Pair | None, near: str, evidence: list[Evidence]
) -> Finding:
    if ledger is not None and ledger.best_claimed(claim.value):
        return Finding("tuned", "yes", "the best of several registered attempts is claimed, uncorrected")
    if pair is not None and pair.shows:
        gain = pair.evidence.effect
        told = f"{gain.value:.1f} points [{gain.low:.1f}, {gain.high:.1f}] more than the default one"
        sentence = f"the published form gains from the claimed configuration {told} (strong, not proof)"
        return Finding("tuned", "yes", sentence, pair.evidence)
    if ledger is not None and ledger.complete and ledger.attempts == 1 and near:
        sentence = f"a complete register shows one attempt, and {near}"
        return Finding("tuned", "no", sentence, evidence[0] if evidence else None)
    first = evidence[0] if evidence else None
    return Finding("tuned", "undetermined", _missed(first, pair), first, _needed(claim, pair))


def _near(claim: Claim, claimed: Outcomes, alpha: float) -> str:
    """Says that fresh siblings score like the published form under the claimed configuration; "" where that is not
    shown within the tolerance, or there is none."""
    if claim.tolerance is None:
        return ""
    gap = inflation(claimed.published, claimed.fresh, templates=claimed.templates, level=1 - 2 * alpha)
    if not equivalent(gap.low, gap.high, claim.tolerance):
        return ""
    return f"fresh siblings score the same within {100 * claim.tolerance:g} points"


def _missed(evidence: Evidence | None, pair: Pair | None) -> str:
    if evidence is None:
        return "nothing was asked that could have shown a choice"
    if pair is not None and pair.evidence.rejects and not pair.shows:
        return (
            "the published form gains more from the claimed configuration, but it gains under the default one "
            "too, which nobody chose: a choice is not the only reason"
        )
    if evidence.mde is None:
        return "nothing could have been seen with so few formats or items"
    if pair is None:
        return (
            f"a configuration less than {evidence.mde:.1f} points above the median of formats would not have "
            "stood out, and standing out would prove no choice"
        )
    return f"a gain of less than {evidence.mde:.1f} points by the choice would probably not have been seen"


def _needed(claim: Claim, pair: Pair | None) -> int | None:
    """Items for a gain as large as the tolerance to be found with probability 0.8."""
    if claim.tolerance is None or pair is None or pair.evidence.mde is None:
        return None
    told = pair.evidence
    needed = told.n * (pair.evidence.mde / (100 * claim.tolerance)) ** 2
    return max(told.n + 1, math.ceil(needed))


def _told(ledger: Ledger | None, luck: Corrected | None, spread: Spread | None) -> list[str]:
    """What is known of attempts, of luck, and of the family."""
    if ledger is None:
        parts = ["how many attempts were made is not known"]
    else:
        what = "attempt" if ledger.attempts == 1 else "attempts"
        parts = [f"{ledger.attempts} registered {what}" + ("" if ledger.complete else ", perhaps not all")]
    if luck is not None and luck.attempts > 1:
        supposed = f"had there been {luck.attempts}, " if ledger is None else ""
        parts.append(
            f"{supposed}luck alone would lift the best of {luck.attempts} equally good ones by "
            f"{100 * luck.gain:.1f} points, so that {100 * luck.value:.1f} would be left of the claim"
        )
    if spread is not None:
        at = spread.placed
        parts.append(
            f"on {spread.items} items the claimed configuration scores {100 * spread.claimed:.1f}, above "
            f"{100 * at.percentile:.1f} % [{100 * at.low:.1f}, {100 * at.high:.1f}] of {spread.formats} formats "
            f"(median {100 * spread.median.value:.1f})" + (": selected, or lucky" if at.high_up else "")
        )
    return parts
