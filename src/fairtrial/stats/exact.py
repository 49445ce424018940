"""Intervals for a proportion by the Beta distribution: Clopper-Pearson and the Jeffreys posterior."""

from __future__ import annotations

from scipy.special import betaincinv

from fairtrial.core.errors import UsageError
from fairtrial.stats.intervals import check_level


def clopper_pearson(successes: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Never covers less than `level`: for false-alarm rates, where too narrow would be a false claim.

    successes, n: counts, 0 <= successes <= n, n > 0. Returns (low, high), fractions in [0, 1].
    Source: Clopper and Pearson (1934), Biometrika 26:404-413.
    """
    _check(successes, n)
    alpha = 1 - check_level(level)
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, alpha / 2))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - alpha / 2))
    return low, high


def jeffreys(successes: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Equal-tailed interval of the posterior Beta(x + 1/2, n - x + 1/2); 0 and 1 are kept where x is 0 or n.

    Returns (low, high), fractions in [0, 1]. Source: Brown, Cai and DasGupta (2001), Statistical Science
    16:101-133, section 4; recommended for language-model evaluations by arXiv 2503.01747.
    """
    _check(successes, n)
    alpha = 1 - check_level(level)
    low = 0.0 if successes == 0 else float(betaincinv(successes + 0.5, n - successes + 0.5, alpha / 2))
    high = 1.0 if successes == n else float(betaincinv(successes + 0.5, n - successes + 0.5, 1 - alpha / 2))
    return low, high


def _check(successes: int, n: int) -> None:
    if not 0 <= successes <= n or n <= 0:
        raise UsageError(f"{successes} out of {n} is not a proportion")
