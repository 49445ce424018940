"""The same question asked several times: does one answer succeed, do all?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fairtrial.core.estimate import Estimate
from fairtrial.metrics.samples import Sampled, estimate
from fairtrial.stats.passk import pass_at_k, pass_hat_k


def consistency(
    samples: Mapping[str, Sampled], epochs: int, *, cluster: str = "", level: float = 0.95
) -> tuple[Estimate, ...]:
    """pass@k and pass^k for k = 2 and k = epochs, over samples with at least k scored replies.

    A reply succeeds if its score is 1. Empty for a single epoch.
    """
    found: list[Estimate | None] = []
    for k in sorted({2, epochs} if epochs > 1 else set()):
        for name, rule in ((f"pass@{k}", pass_at_k), (f"pass^{k}", pass_hat_k)):
            found.append(estimate(name, samples, cluster=cluster, level=level, value=_value(rule, k)))
    return tuple(each for each in found if each is not None)


def _value(rule: Callable[[int, int, int], float], k: int) -> Callable[[Sampled], float | None]:
    return lambda sample: rule(sample.count, sample.right, k) if sample.count >= k else None
