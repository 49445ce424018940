"""When to ask again after a fault, and how long to wait first."""

from __future__ import annotations

import random
from dataclasses import dataclass

from fairtrial.core.errors import ProviderError, UsageError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `max_retries` more attempts; waits double from `first_s` to `cap_s` with full jitter.

    What the provider states in Retry-After is a lower bound; above `max_wait_s` the item fails instead of
    sleeping for hours. Full jitter: Brooker, "Exponential Backoff and Jitter" (2015).
    """

    max_retries: int = 5
    max_wait_s: float = 120.0
    first_s: float = 1.0
    cap_s: float = 30.0

    def __post_init__(self) -> None:
        if self.max_retries < 0 or self.max_wait_s < 0:
            raise UsageError(
                "retries and waits can't be negative", "give --max-retries 0 for one attempt only"
            )

    def wait(self, error: ProviderError, attempt: int, rng: random.Random) -> float | None:
        """Seconds to wait before the next attempt, None for no next attempt. `attempt` counts from 1."""
        if not error.retryable or attempt > self.max_retries:
            return None
        backoff = rng.uniform(0.0, min(self.cap_s, self.first_s * 2.0 ** (attempt - 1)))
        if error.retry_after is None:
            return backoff
        if error.retry_after > self.max_wait_s:
            return None
        # A little more than told, so that all workers don't come back in the same millisecond.
        return error.retry_after + backoff * 0.1


STANDARD = RetryPolicy()
"""Five more attempts, no wait above two minutes."""
