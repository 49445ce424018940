"""How many samples, and what would have gone unseen. All differences and half-widths are fractions."""

from __future__ import annotations

import math
from itertools import islice
from statistics import NormalDist

from fairtrial.core.errors import UsageError
from fairtrial.stats.intervals import check_level, wilson, z_quantile
from fairtrial.stats.rejection import rejections

CORRELATION = 0.5
"""Assumed between two models' scores on the same items, where only one model is known: the middle of
what Miller (2024, section 4.2) reports for popular benchmarks (0.3 to 0.7)."""

_MOST = 10**9
_ENUMERATED = 5_000
"""Expected discordant items up to which the exact test is enumerated; beyond, the normal formula is as good."""


def deviates(level: float, power: float) -> float:
    """z_{1 - alpha/2} + z_power: 2.8016 at 0.95 and 0.8."""
    return z_quantile(level) + NormalDist().inv_cdf(check_level(power))


def needed_n(
    delta: float,
    *,
    variance: float,
    noise_a: float = 0.0,
    noise_b: float = 0.0,
    samples_a: int = 1,
    samples_b: int = 1,
    level: float = 0.95,
    power: float = 0.8,
) -> int:
    """Shared items for a paired comparison to find a difference of `delta`.

    variance: of the true per-item differences (w^2); noise_a, noise_b: variance of one answer around its
    item's true score; samples_a, samples_b: answers a sample. Source: Miller (2024), equation 9:
    n = (z_{1-alpha/2} + z_power)^2 (w^2 + noise_a / samples_a + noise_b / samples_b) / delta^2.
    """
    _check_delta(delta)
    if min(variance, noise_a, noise_b) < 0 or min(samples_a, samples_b) < 1:
        raise UsageError("a variance is negative, or no answer is asked of a sample")
    spread = variance + noise_a / samples_a + noise_b / samples_b
    return max(2, _ceil(deviates(level, power) ** 2 * spread / delta**2))


def needed_n_discordant(delta: float, *, discordant: float, level: float = 0.95, power: float = 0.8) -> int:
    """The same for right/wrong scores: `discordant` is the share of items that one side alone gets right.

    The variance of the per-item difference is then discordant - delta^2. Raises UsageError where
    abs(delta) > discordant, which cannot be.
    """
    _check_delta(delta)
    if not abs(delta) <= discordant <= 1:
        raise UsageError(
            f"a difference of {abs(delta):.4f} cannot come from a discordant share of {discordant}"
        )
    return needed_n(delta, variance=discordant - delta**2, level=level, power=power)


def needed_n_unpaired(delta: float, *, baseline: float, level: float = 0.95, power: float = 0.8) -> int:
    """Items a side where the two sides answer different items: baseline against baseline - delta."""
    _check_delta(delta)
    other = baseline - delta
    if not (0 <= baseline <= 1 and 0 <= other <= 1):
        raise UsageError(f"{baseline} and {other} are not both proportions")
    spread = baseline * (1 - baseline) + other * (1 - other)
    return max(2, _ceil(deviates(level, power) ** 2 * spread / delta**2))


def needed_n_proportion(half_width: float, *, expected: float = 0.5, level: float = 0.95) -> int:
    """Samples for a single score to be known to plus or minus `half_width` (Wilson), if it is `expected`."""
    if not 0 < half_width < 0.5 or not 0 <= expected <= 1:
        raise UsageError(f"a half-width of {half_width} around {expected} makes no sense")
    low, high = 1, 2
    while _wilson_half(high, expected, level) > half_width:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _wilson_half(middle, expected, level) > half_width else (low, middle)
    return high


def mcnemar_power(n: int, *, delta: float, discordant: float, level: float = 0.95) -> float:
    """Chance that the exact two-sided McNemar test on n items rejects, by enumeration.

    delta: true difference; discordant: true share of items on which the sides differ, >= abs(delta).
    """
    if n < 1 or not abs(delta) <= discordant <= 1:
        raise UsageError(f"{n} items, difference {delta}, discordant share {discordant} do not go together")
    if discordant == 0:
        return 0.0
    alpha = 1 - check_level(level)
    spread = 10 * math.sqrt(n * discordant * (1 - discordant)) + 10
    first, last = max(1, int(n * discordant - spread)), min(n, int(n * discordant + spread))
    rejects = islice(rejections((discordant + delta) / 2 / discordant, alpha), first - 1, last)
    chances = (_binomial(count, n, discordant) * chance for count, chance in enumerate(rejects, first))
    return min(1.0, math.fsum(chances))


def detectable(se: float, *, level: float = 0.95, power: float = 0.8) -> float:
    """Smallest true difference found with probability `power`, given the standard error of a difference."""
    if not se >= 0:
        raise UsageError(f"{se} is no standard error")
    return min(1.0, deviates(level, power) * se)


def detectable_discordant(n: float, *, discordant: float, level: float = 0.95, power: float = 0.8) -> float:
    """The same for right/wrong scores: the smallest difference that the exact McNemar test finds that often.

    discordant: share of items on which the sides differ, raised to the difference where that is larger. By
    enumeration; where thousands of items are discordant, by n delta^2 = z^2 (discordant - delta^2). 1 where no
    difference would be found that often.
    """
    if n < 1 or not 0 <= discordant <= 1:
        raise UsageError(f"{n} items with a discordant share of {discordant} make no sense")
    z = deviates(level, power)
    high = min(1.0, max(z * math.sqrt(discordant / (n + z * z)), 1 / n))
    if n * discordant > _ENUMERATED:
        return high
    low = 0.0
    while high < 1 and not _found(high, n, discordant, level, power):
        low, high = high, min(1.0, high * 1.2)
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if _found(middle, n, discordant, level, power) else (middle, high)
    return high


def _found(delta: float, n: float, discordant: float, level: float, power: float) -> bool:
    return mcnemar_power(int(n), delta=delta, discordant=max(discordant, delta), level=level) >= power


def detectable_next(
    se: float, *, correlation: float = CORRELATION, level: float = 0.95, power: float = 0.8
) -> float:
    """Smallest difference a later comparison with a similar model on the same items would find.

    se: standard error of this model's score. Two scores of equal error and the stated correlation differ
    with variance 2 se^2 (1 - correlation).
    """
    if not -1 <= correlation <= 1:
        raise UsageError(f"{correlation} is no correlation")
    return detectable(se * math.sqrt(2 * (1 - correlation)), level=level, power=power)


def discordant_share(a: float, b: float, *, correlation: float = CORRELATION) -> float:
    """Share of items that one side alone gets right, for accuracies a and b and the given correlation.

    Kept between what a and b allow: abs(a - b) and min(a + b, 2 - a - b).
    """
    if not (0 <= a <= 1 and 0 <= b <= 1 and -1 <= correlation <= 1):
        raise UsageError(f"accuracies {a} and {b} with correlation {correlation} make no sense")
    both = a * b + correlation * math.sqrt(a * (1 - a) * b * (1 - b))
    return min(max(a + b - 2 * both, abs(a - b)), min(a + b, 2 - a - b))


def _binomial(k: int, n: int, p: float) -> float:
    """P(Binomial(n, p) = k), 0 < p <= 1."""
    if p == 1:
        return float(k == n)
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(choose + k * math.log(p) + (n - k) * math.log1p(-p))


def _wilson_half(n: int, expected: float, level: float) -> float:
    low, high = wilson(expected * n, n, level=level)
    return (high - low) / 2


def _check_delta(delta: float) -> None:
    if not 0 < abs(delta) <= 1:
        raise UsageError(
            f"a difference of {delta} cannot be planned for", "give a fraction: 0.02 for 2 points"
        )


def _ceil(n: float) -> int:
    return min(_MOST, math.ceil(n - 1e-9))
