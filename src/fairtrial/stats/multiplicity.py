"""Several tests at once."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.errors import UsageError


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm-adjusted p-values, in the order given: reject all that are at most alpha, and the chance of any
    false alarm among them is at most alpha, however the tests depend on each other.

    Source: Holm (1979), Scandinavian Journal of Statistics 6:65-70.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise UsageError(f"not all of {list(p_values)} are p-values")
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return tuple(adjusted)
