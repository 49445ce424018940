"""One plain sentence for a comparison: who, by how much, how sure, at what price, or what would settle it.

It never says that there is no difference, for no data can show that; and "significant" says nothing that
the interval and the p-value don't.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fairtrial.core.comparison import Difference, Preference
from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Summary
from fairtrial.stats.paired import PairedResult


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentence is made of; a, b: the names to use."""

    a: str
    b: str
    summary_a: Summary
    summary_b: Summary
    difference: Estimate
    score_a: Estimate
    score_b: Estimate
    result: PairedResult
    adjusted_p: float
    family: int
    verdict: Preference
    margin: float | None
    needed_n: int | None
    detectable: float
    left_out: int
    differences: tuple[Difference, ...]


def sentence(facts: Facts) -> str:
    """The verdict in words, with what limits it."""
    if facts.verdict in ("a", "b"):
        head = _winner(facts)
    elif facts.verdict == "tie":
        head = _tie(facts)
    else:
        head = _undetermined(facts)
    return f"{head}; {_price(facts)}.{_limits(facts)}"


def percent(fraction: float) -> str:
    """0.71 as "71.0 %"."""
    return f"{100 * fraction:.1f} %"


def points(fraction: float) -> str:
    """0.042 as "4.2"; two digits where one would read 0.0."""
    value = 100 * fraction
    return f"{value:.2f}" if 0 < abs(value) < 0.1 else f"{value + 0.0:.1f}"


def p_text(p: float) -> str:
    """ "p = 0.004", "p < 0.0001"."""
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.4f}" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _winner(facts: Facts) -> str:
    first = facts.verdict == "a"
    better, worse = (facts.a, facts.b) if first else (facts.b, facts.a)
    high, low = (facts.score_a, facts.score_b) if first else (facts.score_b, facts.score_a)
    text = (
        f"{better} is better than {worse} on {facts.summary_a.task}: {percent(high.value)} against "
        f"{percent(low.value)}, a difference of {_gap(facts, flip=not first)}"
    )
    if facts.margin is not None and max(abs(facts.difference.low), abs(facts.difference.high)) < facts.margin:
        text += f", all of it within the margin of {points(facts.margin)} points"
    return text


def _tie(facts: Facts) -> str:
    margin = points(facts.margin or 0.0)
    return (
        f"Tie on {facts.summary_a.task} within a margin of {margin} points: "
        f"{facts.a} {percent(facts.score_a.value)}, {facts.b} {percent(facts.score_b.value)}, "
        f"a difference of {_gap(facts)}"
    )


def _undetermined(facts: Facts) -> str:
    text = (
        f"Undetermined on {facts.summary_a.task}: {facts.a} {percent(facts.score_a.value)}, {facts.b} "
        f"{percent(facts.score_b.value)}, a difference of {_gap(facts)}; a difference below "
        f"{points(facts.detectable)} points would probably not have been seen"
    )
    if facts.needed_n is None:
        return text + "; how many more items would settle it cannot be told from these"
    more = _rounded(facts.needed_n - facts.difference.n)
    if facts.needed_n > 10_000_000:
        return text + "; no practical number of items would settle a difference this small"
    return text + f"; about {more:,} more items would settle it if the true difference is the one seen"


def _gap(facts: Facts, *, flip: bool = False) -> str:
    """ "13.0 points [4.1, 21.9], p = 0.004, n = 100", from the winner's point of view."""
    each = facts.difference
    value, low, high = (-each.value, -each.high, -each.low) if flip else (each.value, each.low, each.high)
    corrected = f" (corrected for {facts.family} comparisons)" if facts.family > 1 else ""
    unit = f", {facts.result.clusters:,} clusters" if facts.result.clustered else ""
    return (
        f"{points(value)} points [{points(low)}, {points(high)}], {p_text(facts.adjusted_p)}{corrected}, "
        f"n = {each.n:,}{unit}"
    )


def _price(facts: Facts) -> str:
    """How the two prices compare per 1,000 answers. An unknown price is said to be unknown, never 0."""
    cost_a, cost_b = _unit_cost(facts.summary_a), _unit_cost(facts.summary_b)
    unknown = [name for name, cost in ((facts.a, cost_a), (facts.b, cost_b)) if cost is None]
    if cost_a is None or cost_b is None:
        return "price unknown" if len(unknown) == 2 else f"price of {unknown[0]} unknown"
    dear, cheap = (facts.a, facts.b) if cost_a >= cost_b else (facts.b, facts.a)
    most, least = max(cost_a, cost_b), min(cost_a, cost_b)
    if most == 0:
        return "neither cost anything"
    if least == 0:
        return f"{dear} costs ${most:.2f} per 1,000 answers and {cheap} nothing"
    ratio = most / least
    if ratio < Decimal("1.05"):
        return f"both cost about ${most:.2f} per 1,000 answers"
    return f"{dear} costs {ratio:.1f} times as much per 1,000 answers"


def _unit_cost(summary: Summary) -> Decimal | None:
    """Dollars per 1,000 scored answers."""
    if summary.cost_usd is None or not summary.counts.scored:
        return None
    return Decimal(summary.cost_usd) * 1000 / summary.counts.scored


def _limits(facts: Facts) -> str:
    """What a reader must know before quoting the sentence."""
    found = []
    for name, summary in ((facts.a, facts.summary_a), (facts.b, facts.summary_b)):
        if summary.status == "incomplete":
            found.append(
                f"The run of {name} is incomplete ({summary.counts.scored:,} of {summary.planned:,} scored)."
            )
    if facts.left_out:
        what = "sample was" if facts.left_out == 1 else "samples were"
        found.append(f"{facts.left_out:,} {what} not scored, or not the same, on both sides and left out.")
    if facts.differences:
        found.append(
            "The runs differ in " + ", ".join(each.name for each in facts.differences) + ", as allowed."
        )
    return "".join(" " + each for each in found)


def _rounded(count: int) -> int:
    """Two leading digits: a forecast deserves no more."""
    if count < 100:
        return count
    scale = int(10 ** (len(str(count)) - 2))
    return -(-count // scale) * scale
