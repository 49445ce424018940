"""What the two-sample test is said to find, held against the test itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from fairtrial.core.errors import UsageError
from fairtrial.stats.two_sample import Ints, border_shift, mmd_hamming
from fairtrial.stats.two_sample_power import (
    least_flipped,
    least_mixed,
    least_shift,
    null_p_values,
    pair_p_values,
)

PROMPTS, LENGTH, ALPHA = 10, 20, 0.05


def texts(rng: np.random.Generator, number: int, *, shift: int = 0) -> Ints:
    """(prompts, number, LENGTH): each prompt has letters of its own, each position one of three of them."""
    first = 5 * np.arange(PROMPTS)[:, None, None] + shift
    return np.asarray(first + rng.integers(0, 3, (PROMPTS, number, LENGTH)), dtype=np.int64)


def test_the_stated_share_is_found_with_about_the_stated_probability() -> None:
    rng = np.random.default_rng(1)
    least = least_mixed(texts(rng, 6), texts(rng, 6), alpha=ALPHA, rng=rng, draws=400)
    assert least is not None and 0.05 < least.share < 0.6

    def found(share: float, sets: int = 120) -> float:
        hits = 0
        for _ in range(sets):
            a, b = texts(rng, 6), texts(rng, 6)
            strangers = np.roll(texts(rng, 6), 1, axis=0)
            b = np.where((rng.random(b.shape[:2]) < share)[:, :, None], strangers, b)
            hits += mmd_hamming(a, b, rng=rng, draws=199).p <= ALPHA
        return hits / sets

    assert 0.65 < found(least.share) < 0.97
    assert found(least.share / 3) < 0.5


def test_the_effect_of_a_planted_share_is_the_test_s_own() -> None:
    rng = np.random.default_rng(2)
    least = least_mixed(texts(rng, 6), texts(rng, 6), alpha=ALPHA, rng=rng, draws=400)
    assert least is not None
    # Of two answers to one prompt a third of the letters agree, of answers to two prompts none:
    # E k(x, x') + E k(y, y') - 2 E k(x, y), by hand.
    kept, gone = 1 - least.share, least.share
    expected = 1 / 3 + (kept**2 + gone**2) / 3 - 2 * kept / 3
    assert least.effect == pytest.approx(expected, rel=0.15)


def test_too_few_answers_find_nothing() -> None:
    rng = np.random.default_rng(3)
    assert least_mixed(texts(rng, 2)[:2], texts(rng, 2)[:2], alpha=0.001, rng=rng) is None
    with pytest.raises(UsageError, match="another prompt"):
        least_mixed(texts(rng, 2)[:1], texts(rng, 2)[:1], alpha=0.05, rng=rng)


def test_null_pairs_keep_the_level_and_another_model_is_found() -> None:
    rng = np.random.default_rng(4)
    ours = texts(rng, 16)
    nulls = null_p_values(ours, each=4, pairs=300, rng=rng, draws=199)
    for level in (0.05, 0.2):
        hits = int(np.count_nonzero(nulls <= level))
        assert binom.sf(hits - 1, 300, level) > 0.001, hits
    assert np.count_nonzero(nulls <= 0.5) > 100
    other = pair_p_values(ours, texts(rng, 16, shift=1), each=4, pairs=20, rng=rng, draws=199)
    assert (other <= 0.01).mean() > 0.9
    with pytest.raises(UsageError, match="too few"):
        null_p_values(ours, each=9, pairs=1, rng=rng)


def test_the_least_shift_follows_the_noise() -> None:
    rng = np.random.default_rng(5)

    def least(noise: float) -> float | None:
        a, b = (-3 + noise * rng.normal(size=(10, 5)) for _ in range(2))
        return least_shift(a, b, alpha=0.05, floor=1e-4, rng=rng, sets=20)

    still, loud = least(0.0), least(0.1)
    assert still is not None and loud is not None
    assert still <= 2e-4 and 0.03 < loud < 0.3
    few = -np.ones((2, 3))
    assert least_shift(few, few, alpha=0.01, floor=1e-4, rng=rng, sets=5) is None


def test_the_least_flipped_share_is_found_about_as_often_as_stated() -> None:
    rng = np.random.default_rng(43)
    each, prompts, alpha = 10, 6, 0.01
    first = (rng.random((prompts, 2 * each)) < 0.3).astype(str)
    least = least_flipped(first[:, :each], first[:, each:], alpha=alpha, rng=rng)
    assert least is not None and 0.05 < least < 0.9
    found = 0
    for _ in range(100):
        sides = (rng.random((prompts, 2 * each)) < 0.3).astype(object)
        sides[:, each:][rng.random((prompts, each)) < least] = "another"
        found += (
            border_shift(sides[:, :each].astype(str), sides[:, each:].astype(str), rng=rng, draws=999).p
            <= alpha
        )
    assert 0.6 <= found / 100 <= 0.97
    assert least_flipped(first[:1, :2], first[:1, 10:12], alpha=alpha, rng=rng) is None
