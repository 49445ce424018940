"""How long answers took."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fairtrial.metrics.tally import Tally

LEAST = {0.5: 5, 0.95: 60}
"""Replies from which a quantile is stated: the number with which the largest of them exceeds the true
quantile with probability 0.95, 1 - q^n >= 0.95 (5 for the median, 59 for p95, rounded up). Below it, the
sample need not contain the quantile at all."""


def quantile(values: Sequence[float], q: float) -> float | None:
    """Linear interpolation between order statistics (R's type 7); None below the n that supports it."""
    if len(values) < LEAST[q]:
        return None
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def latency(tally: Tally) -> dict[str, float | None]:
    """ "p50" and "p95" of whole answers in seconds; "ttft_p50", "ttft_p95" too where replies were streamed.

    Of scored replies only: a failed one took as long as its time-out, which says nothing about answers.
    """
    whole: list[float] = []
    first: list[float] = []
    for duration, first_token in tally.times():
        if not math.isnan(duration):
            whole.append(duration)
        if not math.isnan(first_token):
            first.append(first_token)
    found = {"p50": quantile(whole, 0.5), "p95": quantile(whole, 0.95)}
    if first:
        found |= {"ttft_p50": quantile(first, 0.5), "ttft_p95": quantile(first, 0.95)}
    return found
