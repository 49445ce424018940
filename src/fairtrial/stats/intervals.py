"""The closed-form intervals and the exact paired test: standard library only, to be read in one sitting.

A verifier recomputes published figures with this file alone. All levels are two-sided coverages in (0, 1);
all proportions are fractions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

from fairtrial.core.errors import UsageError

_EXACT_UP_TO = 1_000
"""Discordant pairs up to which the leading binomial coefficient is an exact integer; lgamma beyond."""


def check_level(level: float) -> float:
    """`level` itself. Raises UsageError unless it lies strictly between 0 and 1."""
    if not 0 < level < 1:
        raise UsageError(f"a level of {level} is no coverage", "give a fraction such as 0.95")
    return level


def z_quantile(level: float) -> float:
    """The normal deviate that leaves (1 - level) / 2 above it: 1.95996 for 0.95."""
    return NormalDist().inv_cdf((1 + check_level(level)) / 2)


def wilson(successes: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Interval for a proportion that still behaves at 0 and at 1.

    successes, n: 0 <= successes <= n, n > 0; fractions are taken, so that an effective sample size fits.
    Returns (low, high), fractions in [0, 1]. Raises UsageError for impossible counts.
    Source: Wilson (1927), JASA 22:209-212.
    """
    if not 0 <= successes <= n or n <= 0:
        raise UsageError(f"{successes} out of {n} is not a proportion")
    # Not Wald: with every answer right its interval has width zero, and a benchmark at its ceiling is
    # exactly where a reader needs to see the width.
    z = z_quantile(level)
    centre = (successes + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(successes * (n - successes) / n + z * z / 4)
    # Rounding must not push an end that is 0 or 1 by algebra to the wrong side of the estimate.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def mean_and_se(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error, sqrt(sum (s_i - mean)^2 / (n (n - 1))).

    The error is infinite for a single value, which says nothing about spread. Raises UsageError for none.
    Source: Miller (2024), arXiv 2411.00640, section 2.
    """
    n = len(values)
    if n == 0:
        raise UsageError("no value, no mean")
    mean = math.fsum(values) / n
    if n == 1:
        return mean, math.inf
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n * (n - 1)))


def normal_interval(values: Sequence[float], *, level: float = 0.95) -> tuple[float, float]:
    """Mean plus and minus z standard errors: for many values (some hundreds) far from their limits."""
    mean, se = mean_and_se(values)
    half = z_quantile(level) * se
    return mean - half, mean + half


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Two-sided exact McNemar p-value: were the discordant pairs split by a fair coin?

    only_a, only_b: samples that only one side got right. Returns 2 P(X <= min), X ~ Binomial(n, 1/2),
    at most 1; 1 where nothing is discordant. Relative error below 1e-9 for n up to 100,000.
    Source: McNemar (1947), Psychometrika 12:153-157; the doubled tail as in statsmodels.
    """
    if only_a < 0 or only_b < 0:
        raise UsageError(f"{only_a} and {only_b} are not counts of pairs")
    n, k = only_a + only_b, min(only_a, only_b)
    # Sum the tail relative to its largest term, from there outward: nothing underflows, and the sum stops
    # once a term no longer moves it.
    term = total = 1.0
    for i in range(k, 0, -1):
        term *= i / (n - i + 1)
        total += term
        if term < total * 1e-17:
            break
    if n <= _EXACT_UP_TO:
        log_leading = math.log(math.comb(n, k)) - n * math.log(2)
    else:
        log_leading = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
    return min(1.0, 2 * math.exp(log_leading) * total)


def tango(only_a: int, only_b: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Score interval for the difference of two paired proportions, (only_a - only_b) / n.

    Keeps its width where few pairs or none are discordant: (-z^2/(n + z^2), z^2/(n + z^2)) for none.
    Returns (low, high) in [-1, 1]. Source: Tango (1998), Statistics in Medicine 17:891-908.
    """
    if min(only_a, only_b) < 0 or only_a + only_b > n or n < 1:
        raise UsageError(f"{only_a} and {only_b} discordant of {n} pairs is impossible")
    z = z_quantile(level)
    estimate = (only_a - only_b) / n
    high = _bisect(estimate, 1.0, lambda delta: _tango_z(only_a, only_b, n, delta) < -z)
    low = -_bisect(-estimate, 1.0, lambda delta: _tango_z(only_b, only_a, n, delta) < -z)
    return low, high


def _tango_z(b: int, c: int, n: int, delta: float) -> float:
    """The score statistic for H0: difference = delta, with the nuisance cell at its restricted maximum."""
    first = 2 * n
    second = -b - c + (2 * n - b + c) * delta
    third = -c * delta * (1 - delta)
    root = math.sqrt(max(0.0, second * second - 4 * first * third))
    cell = (root - second) / (2 * first)
    variance = n * (2 * cell + delta * (1 - delta))
    gap = b - c - n * delta
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _bisect(inside: float, outside: float, rejected: Callable[[float], bool]) -> float:
    """The edge between a value that is kept and the far end, to 1e-12; the far end if it is kept."""
    if not rejected(outside):
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        if rejected(middle):
            outside = middle
        else:
            inside = middle
    return (inside + outside) / 2
