"""Weak scores by hand and by brute force; none of them is a p-value."""

from __future__ import annotations

import inspect
import math
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from fairtrial.core.errors import UsageError
from fairtrial.stats import weak
from fairtrial.stats.weak import (
    cdd,
    codec,
    edit_distance,
    loss,
    min_k,
    min_k_plus_plus,
    reference_ratio,
    token_moments,
    zlib_ratio,
)

LOGP = [-1.0, -0.5, -4.0, -0.1, -2.0, -0.3, -0.2, -3.0, -0.6, -0.7]


def test_by_hand() -> None:
    assert loss(LOGP) == pytest.approx(1.24)
    assert min_k(LOGP) == pytest.approx(-3.5) and min_k(LOGP, lowest=0.05) == -4
    assert min_k(LOGP, lowest=1) == pytest.approx(-1.24)
    text = b"the text " * 9
    assert zlib_ratio(LOGP, text) == pytest.approx(-12.4 / len(zlib.compress(text)))
    assert reference_ratio(LOGP, [-5.0, -12.0]) == pytest.approx((17 - 12.4) / 10)
    assert codec([-1, -2, -3, -4], [-2, -1, -3, -9]) == 0.5


def test_plus_plus_against_the_distribution_itself() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (10, 30)) + 1_000  # large offsets must not matter
    mean, sd = token_moments(logits)
    logp = log_softmax(logits, axis=1)
    for t in range(10):
        drawn = rng.choice(logp[t], 60_000, p=np.exp(logp[t]))
        assert mean[t] == pytest.approx(drawn.mean(), abs=0.03) and sd[t] == pytest.approx(
            drawn.std(), abs=0.03
        )
    chosen = logp[np.arange(10), rng.integers(0, 30, 10)]
    z = sorted((chosen - mean) / sd)
    assert min_k_plus_plus(chosen, mean, sd) == pytest.approx((z[0] + z[1]) / 2)
    assert min_k_plus_plus([0.0], [0.0], [0.0]) == 0
    certain = token_moments([[0.0, -1e9]])
    assert certain[0][0] == 0 and certain[1][0] == 0


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_edit_distance_by_the_recursion(a: str, b: str) -> None:
    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(
            distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (a[i - 1] != b[j - 1])
        )

    assert edit_distance(a, b) == distance(len(a), len(b))


def test_cdd_counts_near_copies() -> None:
    greedy = "the answer is forty-two, as always"
    samples = [greedy, greedy + ".", greedy[:-3], "no idea at all", ""]
    assert cdd(samples, greedy) == 0.4 and cdd(samples, greedy, near=0.1) == 0.6
    assert cdd([[1, 2, 3]], [1, 2, 4]) == 0 and cdd([[1, 2, 3]], [1, 2, 4], near=0.34) == 1
    assert cdd([""], "") == 1


def test_none_of_them_gives_a_p_value() -> None:
    for _, function in inspect.getmembers(weak, inspect.isfunction):
        if function.__module__ == weak.__name__ and not function.__name__.startswith("_"):
            assert function.__annotations__["return"] in ("float", "int", "tuple[Floats, Floats]")
    assert not any(name in vars(weak) for name in ("Exact", "Standing", "Evidence"))


def test_what_is_refused() -> None:
    for call, told in (
        (lambda: loss([]), "missing"),
        (lambda: loss([-1.0, -math.inf]), "not finite"),
        (lambda: min_k(LOGP, lowest=0), "no sense"),
        (lambda: min_k_plus_plus(LOGP, LOGP, [1.0]), "same tokens"),
        (lambda: token_moments([1.0]), "vocabulary"),
        (lambda: cdd([], "x"), "no share"),
        (lambda: codec([-1.0], [-1.0, -2.0]), "not the same"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
