"""Does it reproduce? The claim against a re-run, and what each condition that it leaves open is worth.

The interval of re-run minus claim has level 1 - 2 alpha. Inside the tolerance: *yes*, which is two one-sided tests
at alpha. Outside: *no*. Otherwise undetermined. What counts as error depends on what is known:

- the same items, greedy on both sides: none, up to the claim's rounding;
- the same items, sampled answers or decoding undisclosed: the spread of answers, on both sides;
- other items, or unknown which: both samplings, the claim's own error included.

Items without an answer leave the re-run's mean open by their share of the benchmark: the interval widens by that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from fairtrial.audit.verdict import ALPHA
from fairtrial.core.canon import JSON
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Answer, Effect, Evidence, Finding
from fairtrial.core.record import Record, Score
from fairtrial.stats.clustered import Floats
from fairtrial.stats.combine import all_or_nothing
from fairtrial.stats.equivalence import check_margin
from fairtrial.stats.paired import difference_interval
from fairtrial.stats.reproduction import Reproduction, reproduced_other_items, reproduced_same_items

PROBE: Final = "re-run"
TOLERANCE: Final = 0.02
"""Of a claim that states none, a fraction."""
SETTING_LEVEL: Final = 0.95

EXACT: Final = "exact but for rounding"

SAME: Final = "the claim was measured on all items of the benchmark, which are the items of the re-run"
OTHER: Final = "the claim's items and the re-run's were drawn alike, from one population"
GREEDY: Final = "the most likely answer is the same at every call, for the claimant as here"
STABLE: Final = "the claimant's answers spread as the re-run's do"


@dataclass(frozen=True, slots=True)
class Answers:
    """A run as the comparison reads it. table: (items, epochs), scores in [0, 1]; names: of its rows; planned:
    items that were to be asked; missing: of those, how many lack an answer.

    Items aren't clustered: a claim is about this benchmark and these templates, not about some that might have
    been drawn in their place.
    """

    table: Floats
    names: tuple[str, ...]
    planned: int
    missing: int

    @property
    def means(self) -> dict[str, float]:
        return dict(zip(self.names, map(float, self.table.mean(axis=1)), strict=True))


def answers(records: Iterable[Record], *, planned: int, epochs: int = 1, reading: str = "") -> Answers:
    """reading: another way to read the same answers, by its name in `Score.others`; "" for the score itself.

    An item of which any answer is missing is left out whole. Raises UsageError where nothing is left.
    """
    scores: dict[str, dict[int, float]] = {}
    for record in records:
        value = _value(record, reading)
        if value is not None:
            scores.setdefault(record.sample_id, {})[record.epoch] = value
    kept = sorted(name for name, found in scores.items() if len(found) == epochs)
    if not kept:
        raise UsageError(
            "no item was answered" + (f" and read by {reading!r}" if reading else ""),
            "look at the run's failures, and resume it",
        )
    table = np.array([[scores[name][epoch] for epoch in sorted(scores[name])] for name in kept])
    return Answers(table, tuple(kept), planned, planned - len(kept))


def _value(record: Record, reading: str) -> float | None:
    if not isinstance(record.result, Score):
        return None
    return record.result.others.get(reading) if reading else record.result.value


def reproduces(
    claim: Claim,
    found: Answers,
    *,
    same_items: bool,
    greedy: bool,
    whole: int | None = None,
    access: str = "text",
    tolerance: float | None = None,
    alpha: float = ALPHA["reproduces"],
) -> Finding:
    """The finding. tolerance: None for the claim's own, and 2 points where it states none. greedy: that both the
    claim and the re-run took the most likely answer. whole: of a re-run of a part, how many items are
    the claim's: asked all, they leave no sampling error. access: as in `Evidence`. Raises UsageError for a claim
    without value or n."""
    if claim.value is None or claim.n is None:
        raise UsageError("the claim states no value, or not on how many items", "add value and n")
    margin = check_margin(tolerance or claim.tolerance or TOLERANCE)
    judged, fixed = _judged(claim, claim.value, claim.n, found, same_items, greedy, margin, alpha)
    evidence = _evidence(claim, found, judged, _assumptions(claim, same_items, fixed), alpha, access)
    if judged.answer == "undetermined" and whole is not None and judged.unit == "items":
        judged = replace(judged, needed=min(judged.needed or whole, whole))
    return Finding(
        "reproduces",
        judged.answer,
        _sentence(claim.value, found, judged, same_items),
        evidence,
        needed_n=judged.needed if judged.unit == "items" else None,
    )


def _judged(
    claim: Claim,
    value: float,
    n: int,
    found: Answers,
    same_items: bool,
    greedy: bool,
    margin: float,
    alpha: float,
) -> tuple[Reproduction, bool]:
    """The comparison, and whether answers were taken for fixed."""
    slack = min(0.499, claim.rounding + found.missing / found.planned)
    varied = bool((found.table != found.table[:, :1]).any())
    if same_items and greedy and not varied:
        return _fixed(float(found.table.mean()) - value, slack, margin, alpha), True
    if same_items:
        return reproduced_same_items(
            found.table,
            value,
            margin=margin,
            alpha=alpha,
            claim_epochs=claim.conditions.samples or 1,
            rounding=slack,
        ), False
    return reproduced_other_items(
        found.table.mean(axis=1),
        value,
        n,
        margin=margin,
        alpha=alpha,
        rounding=slack,
    ), False


def _fixed(difference: float, slack: float, margin: float, alpha: float) -> Reproduction:
    """Nothing is drawn at random: what was found again differs from the claim by this much, up to rounding."""
    low, high = max(-1.0, difference - slack), min(1.0, difference + slack)
    # Scores and claims are decimals in binary: a difference of exactly the margin must not turn on the last bit.
    small = 1e-12
    answer: Answer = "undetermined"
    if -margin + small < low and high < margin - small:
        answer = "yes"
    elif low > margin + small or high < -margin - small:
        answer = "no"
    p = 0.0 if answer == "yes" else 1.0
    mde = min(1.0, margin + slack)
    return Reproduction(
        difference,
        low,
        high,
        1 - 2 * alpha,
        0.0,
        margin,
        answer,
        p,
        mde,
        None,
        "items",
        "exact but for rounding",
    )


def _evidence(
    claim: Claim,
    found: Answers,
    judged: Reproduction,
    assumptions: tuple[str, ...],
    alpha: float,
    access: str,
) -> Evidence:
    items, epochs = found.table.shape
    controls = []
    if epochs > 1:
        moved = int((found.table != found.table[:, :1]).any(axis=1).sum())
        controls.append(
            f"every item was answered {epochs} times: the score of {moved} of {items:,} items changed"
        )
    return Evidence(
        probe=PROBE,
        tier=None,
        question="reproduces",
        null=f"the score obtained again differs from the claim by {100 * judged.margin:g} points or more",
        access=access,
        n=items,
        statistic=judged.difference,
        p=judged.p,
        e=all_or_nothing(judged.p, alpha),
        alpha=alpha,
        effect=Effect(
            100 * judged.difference,
            100 * judged.low,
            100 * judged.high,
            "points",
            judged.level,
            judged.method,
        ),
        mde=100 * judged.mde,
        assumptions=assumptions,
        controls=tuple(controls),
        exclusions={"an answer is missing": found.missing} if found.missing else {},
    )


def _assumptions(claim: Claim, same_items: bool, fixed: bool) -> tuple[str, ...]:
    told = [SAME if same_items else OTHER]
    if same_items:
        told.append(GREEDY if fixed else STABLE)
    open_ = claim.conditions.undisclosed
    if open_:
        told.append(f"undisclosed, so as this benchmark is usually asked: {', '.join(open_)}")
    return tuple(told)


def _sentence(value: float, found: Answers, judged: Reproduction, same_items: bool) -> str:
    items = found.table.shape[0]
    which = f"the same {items:,} items" if same_items else f"{items:,} items"
    spread = f"{judged.level:.0%} interval {100 * judged.low:+.1f} to {100 * judged.high:+.1f}"
    if judged.method == EXACT:
        spread = EXACT
    told = (
        f"{judged.difference + value:.3f} on {which} against {value:.3f} claimed: "
        f"{100 * judged.difference:+.1f} points ({spread})"
    )
    within = f"{100 * judged.margin:g} points"
    if judged.answer == "yes":
        return f"{told}, the same within {within}"
    if judged.answer == "no":
        return f"{told}, off by more than {within}"
    return f"{told}; whether within {within} can't be told: {_remedy(judged)}"


def _remedy(judged: Reproduction) -> str:
    if judged.needed is not None and judged.unit == "items":
        return f"{judged.needed:,} items would settle it, were this the true difference"
    if judged.needed is not None:
        return f"{judged.needed:,} answers an item would settle it, were this the true difference"
    return "no re-run would settle it, as the claim's own error or rounding is too large"


@dataclass(frozen=True, slots=True)
class Setting:
    """A condition that the claim leaves open, and what another value of it does to the same items.

    used: in the re-run; tried: instead. effect: tried minus used, paired, each interval at its own level of 95 %.
    n: items in both. explains: whether the difference to the claim would be within the tolerance with it, and
    isn't without. why_not: why nothing was measured, and then effect is None.
    """

    condition: str
    used: str
    tried: str
    effect: Effect | None = None
    n: int = 0
    explains: bool = False
    why_not: str = ""

    def to_json(self) -> dict[str, JSON]:
        return {
            "condition": self.condition,
            "used": self.used,
            "tried": self.tried,
            "effect": self.effect.to_json() if self.effect else None,
            "n": self.n,
            "explains": self.explains,
            "why_not": self.why_not,
        }


def setting(
    condition: str,
    used: str,
    tried: str,
    *,
    base: Answers,
    other: Answers,
    gap: float,
    tolerance: float,
) -> Setting:
    """base, other: the same items under `used` and `tried`. gap: of the re-run to the claim, a fraction."""
    left, right = base.means, other.means
    shared = [name for name in base.names if name in right]
    if not shared:
        return Setting(condition, used, tried, why_not="no item was answered under both")
    before, after = [left[name] for name in shared], [right[name] for name in shared]
    low, high, method = difference_interval(after, before, level=SETTING_LEVEL)
    value = math.fsum(after) / len(shared) - math.fsum(before) / len(shared)
    effect = Effect(
        100 * value, 100 * min(low, value), 100 * max(high, value), "points", SETTING_LEVEL, method
    )
    explains = not low <= 0 <= high and abs(gap) > tolerance >= abs(gap + value)
    return Setting(condition, used, tried, effect, len(shared), explains)
