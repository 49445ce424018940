"""Several attempts at one problem: does one succeed, do all?"""

from __future__ import annotations

import math

from fairtrial.core.errors import UsageError


def pass_at_k(n: int, successes: int, k: int) -> float:
    """Unbiased chance that at least one of k attempts succeeds, from `successes` of n attempts.

    1 - C(n - c, k) / C(n, k), 1 <= k <= n. Source: Chen et al. (2021), arXiv 2107.03374, equation 1.
    """
    _check(n, successes, k)
    return 1 - math.comb(n - successes, k) / math.comb(n, k)


def pass_hat_k(n: int, successes: int, k: int) -> float:
    """Unbiased chance that all k attempts succeed (pass^k): C(c, k) / C(n, k).

    Source: Yao et al. (2024), tau-bench, arXiv 2406.12045.
    """
    _check(n, successes, k)
    return math.comb(successes, k) / math.comb(n, k)


def _check(n: int, successes: int, k: int) -> None:
    if not 0 <= successes <= n or not 1 <= k <= n:
        raise UsageError(f"pass at {k} of {successes} successes in {n} attempts is undefined")
