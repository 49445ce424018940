"""Waits: jittered, bounded, never below what the provider asked for."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.evals.retry import RetryPolicy


def error(retry_after: float | None = None, retryable: bool = True) -> ProviderError:
    return ProviderError("x", cause="http-500", retryable=retryable, retry_after=retry_after)


@given(st.integers(1, 5), st.integers(0, 2**32))
def test_waits_are_within_the_doubling_cap(attempt: int, seed: int) -> None:
    wait = RetryPolicy().wait(error(), attempt, random.Random(seed))
    assert wait is not None and 0 <= wait <= min(30, 2 ** (attempt - 1))


@given(st.floats(0, 120), st.integers(0, 2**32))
def test_retry_after_is_a_lower_bound(seconds: float, seed: int) -> None:
    wait = RetryPolicy().wait(error(seconds), 1, random.Random(seed))
    assert wait is not None and wait >= seconds


def test_no_more_attempts_than_allowed() -> None:
    policy, rng = RetryPolicy(max_retries=2), random.Random(0)
    assert policy.wait(error(), 2, rng) is not None
    assert policy.wait(error(), 3, rng) is None
    assert policy.wait(error(retryable=False), 1, rng) is None
    assert policy.wait(error(121.0), 1, rng) is None


def test_jitter_really_spreads() -> None:
    rng = random.Random(1)
    waits = {RetryPolicy().wait(error(), 4, rng) for _ in range(100)}
    assert len(waits) == 100 and max(w for w in waits if w is not None) > 6


def test_negative_patience_is_refused() -> None:
    with pytest.raises(UsageError):
        RetryPolicy(max_retries=-1)
