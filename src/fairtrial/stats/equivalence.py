"""Showing that two things are the same within a margin. Failing to see a difference shows nothing."""

from __future__ import annotations

import math

from fairtrial.core.errors import UsageError
from fairtrial.stats import special


def tost(difference: float, se: float, margin: float, *, df: float = math.inf) -> float:
    """p-value of two one-sided tests of "the true difference is at least `margin`, either way".

    difference, se, margin in one unit, margin > 0; df: degrees of freedom of t, infinity for the normal.
    Where se is 0 the spread is unknown, not absent: 1 is returned.
    Source: Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15:657-680.
    """
    check_margin(margin)
    if not se > 0 or not math.isfinite(se):
        return 1.0
    upper = (difference - margin) / se
    lower = (-margin - difference) / se
    if math.isinf(df):
        return max(_normal(upper), _normal(lower))
    return float(max(special.stdtr(df, upper), special.stdtr(df, lower)))


def equivalent(low: float, high: float, margin: float) -> bool:
    """Does the interval lie inside (-margin, margin)?

    With an interval of level 1 - 2 alpha this is TOST at alpha, for any kind of interval.
    """
    check_margin(margin)
    return -margin < low and high < margin


def check_margin(margin: float) -> float:
    """`margin` itself. Raises UsageError unless it is in (0, 1)."""
    if not 0 < margin < 1:
        raise UsageError(f"a margin of {margin} makes no sense", "give a fraction: 0.02 for 2 points")
    return margin


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
