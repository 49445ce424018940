"""Two endpoints: statistics by brute force, p by listing every relabelling, the null, and planted
differences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import cramervonmises

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.planted import mixed, planted_mde
from fairtrial.stats.rank_uniformity import rank_uniformity
from fairtrial.stats.two_sample import (
    TwoSample,
    border_prompts,
    border_shift,
    call_table,
    mmd_hamming,
    padded,
    token_tracking,
)


def mmd_by_hand(x: np.ndarray, y: np.ndarray) -> float:
    """One prompt, in words: average kernel over pairs of different completions."""

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.mean(a == b))

    inner = [np.mean([k(s[i], s[j]) for i in range(len(s)) for j in range(len(s)) if i != j]) for s in (x, y)]
    return float(inner[0] + inner[1] - 2 * np.mean([k(a, b) for a in x for b in y]))


def test_mmd_by_hand() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 3, (4, 5, 7)), rng.integers(0, 3, (4, 3, 7))
    found = mmd_hamming(x, y, rng=rng, draws=99)
    assert found.statistic == pytest.approx(np.mean([mmd_by_hand(a, b) for a, b in zip(x, y, strict=True)]))
    assert found.effect == found.statistic and found.low <= found.effect <= found.high


def test_mmd_p_by_listing_every_relabelling() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 2, (2, 3, 4)), rng.integers(0, 3, (2, 3, 4))
    pooled = np.concatenate([x, y], axis=1)

    def of(prompt: int, chosen: tuple[int, ...]) -> float:
        rest = [i for i in range(6) if i not in chosen]
        return mmd_by_hand(pooled[prompt][list(chosen)], pooled[prompt][rest])

    options = [[of(q, chosen) for chosen in itertools.combinations(range(6), 3)] for q in (0, 1)]
    observed = (of(0, (0, 1, 2)) + of(1, (0, 1, 2))) / 2
    share = np.mean([(s + t) / 2 >= observed - 1e-12 for s in options[0] for t in options[1]])
    found = mmd_hamming(x, y, rng=rng, draws=19_999)
    assert found.p == pytest.approx(float(share), abs=4 * math.sqrt(share / 20_000))
    assert found.expected == pytest.approx(0, abs=0.02)


def test_border_shift_by_hand_and_by_listing() -> None:
    a, b = [["x", "x", "y"], ["u", "u", "u"]], [["y", "y", "y"], ["u", "v", "u"]]
    rng = np.random.default_rng(3)
    found = border_shift(a, b, rng=rng, draws=19_999)
    assert found.statistic == pytest.approx(2 / 3 + 1 / 3) and found.effect == pytest.approx(0.5)

    def totals(row: list[str]) -> list[float]:
        told = []
        for chosen in itertools.combinations(range(6), 3):
            ours = [row[i] for i in chosen]
            theirs = [row[i] for i in range(6) if i not in chosen]
            told.append(sum(abs(ours.count(t) - theirs.count(t)) for t in set(row)) / 6)
        return told

    first, second = totals(a[0] + b[0]), totals(a[1] + b[1])
    share = np.mean([s + t >= 1 - 1e-12 for s in first for t in second])
    assert found.p == pytest.approx(float(share), abs=0.01)
    uneven = border_shift([["x", "y"]], [["x", "x", "x", "y"]], rng=rng, draws=9)
    assert uneven.statistic == pytest.approx(0.25)
    assert border_prompts([["x", "x"], ["x", "y"], [" ", " "]]).tolist() == [1]


def test_token_tracking_by_hand_and_censoring() -> None:
    table = call_table([{"a": -1.0, "b": -2.0}, {"a": -1.5, "c": -3.0}, {"b": -0.5, "c": -4.0}])
    assert table.tolist() == [[-1, -2, -2], [-1.5, -3, -3], [-4, -0.5, -4]]
    found = token_tracking(table[:1], table[1:], rng=np.random.default_rng(4), draws=2_999)
    by_token = [-1 + 2.75, -2 + 1.75, -2 + 3.5]
    assert found.statistic == pytest.approx(np.mean(np.abs(by_token)))
    # Three relabellings in all, one call on the first side: the observed is not the smallest of them.
    others = [abs(table[i] - np.delete(table, i, axis=0).mean(axis=0)).mean() for i in range(3)]
    share = np.mean([each >= others[0] - 1e-12 for each in others])
    assert found.p == pytest.approx(float(share), abs=0.04)


def completions(rng: np.random.Generator, count: int) -> np.ndarray:
    """(6, count, 12): each prompt has its own favourite text, and slips."""
    favourite = np.random.default_rng(99).integers(0, 20, (6, 1, 12))
    slips = rng.random((6, count, 12)) < 0.3
    return np.where(slips, rng.integers(0, 20, (6, count, 12)), favourite)


def calls(rng: np.random.Generator, count: int) -> np.ndarray:
    return -np.arange(1, 9) + rng.normal(0, 0.05, (count, 8)) + rng.normal(0, 0.1, (count, 1))


def firsts(rng: np.random.Generator, count: int) -> np.ndarray:
    return (rng.random((12, count)) < np.linspace(0.1, 0.9, 12)[:, None]).astype(int)


def same_completions(rng: np.random.Generator, draws: int) -> TwoSample:
    return mmd_hamming(completions(rng, 6), completions(rng, 6), rng=rng, draws=draws)


def same_calls(rng: np.random.Generator, draws: int) -> TwoSample:
    return token_tracking(calls(rng, 20), calls(rng, 20), rng=rng, draws=draws)


def same_firsts(rng: np.random.Generator, draws: int) -> TwoSample:
    return border_shift(firsts(rng, 8), firsts(rng, 8), rng=rng, draws=draws)


@pytest.mark.parametrize("pair", [same_completions, same_calls, same_firsts])
def test_false_alarms_of_null_pairs(pair: Callable[[np.random.Generator, int], TwoSample]) -> None:
    rng, draws, hits, held = np.random.default_rng(5), 1_000, 0, 0
    for _ in range(draws):
        found = pair(rng, 199)
        hits += found.p <= 0.05
        held += found.low <= 0
    low, high = clopper_pearson(hits, draws, level=0.9999)
    assert low <= 0.05 <= high, "discrete statistics may be shy, but these are not"
    assert clopper_pearson(held, draws, level=0.999)[1] >= 0.98


def test_uniform_ranks_are_those_of_scipy_and_keep_the_level() -> None:
    rng, draws, hits = np.random.default_rng(6), 1_500, 0
    for _ in range(draws):
        scores = np.round(rng.normal(size=(40, 5)))
        hits += rank_uniformity(scores[:, 0], scores[:, 1:], rng=rng, draws=199).p <= 0.05
    low, high = clopper_pearson(hits, draws, level=0.9999)
    assert low <= 0.05 <= high
    local = np.tile(np.arange(4.0), (50, 1))
    own = rng.choice([-0.5, 0.5, 1.5, 2.5, 3.5], 50)
    found = rank_uniformity(own, local, rng=rng)
    expected = cramervonmises((own + 0.5 + 0.5) / 5, "uniform").statistic
    assert found.statistic == pytest.approx(expected)
    assert found.shift == pytest.approx(np.mean((own + 0.5) / 4) - 0.5)
    # An answer always in the middle is as foreign as one always on top, and only one of them shifts the mean.
    middle = rank_uniformity(np.full(50, 1.5), local, rng=rng)
    assert middle.p < 0.001 and middle.shift == 0
    assert rank_uniformity(np.full(50, 9.0), local, rng=rng).low > 0.4


def test_the_interval_of_a_difference_covers_it() -> None:
    """Token tracking: a shift of 0.1 nats in every token, of mean absolute size 0.1."""
    rng, draws, held = np.random.default_rng(7), 400, 0
    for _ in range(draws):
        found = token_tracking(calls(rng, 20), calls(rng, 20) + 0.1, rng=rng, draws=199, level=0.9)
        held += found.low <= 0.1 <= found.high
    assert clopper_pearson(held, draws, level=0.999)[1] >= 0.9


def test_planted_differences_are_found_and_the_smallest_is_told() -> None:
    rng = np.random.default_rng(8)
    pool, foreign = completions(rng, 40), rng.integers(0, 20, (6, 40, 12))

    def trial(rate: float, rng: np.random.Generator) -> float:
        return mmd_hamming(*mixed(pool, rate, 10, rng=rng, other=foreign), rng=rng, draws=199).p

    found = planted_mde(trial, (0.6, 0.02, 0.2), alpha=0.05, draws=60, rng=rng)
    assert [rate for rate, _ in found.powers] == sorted(rate for rate, _ in found.powers)
    assert found.rate in (0.2, 0.6) and found.powers[0][1] < 0.5 and found.powers[-1][1] >= 0.8
    none = planted_mde(trial, (0.0,), alpha=0.05, draws=60, rng=rng)
    assert none.rate == math.inf and none.powers[0][1] < 0.2


def test_mixing_keeps_sides_apart_and_dilutes_as_told() -> None:
    rng = np.random.default_rng(9)
    pool = np.arange(2 * 50 * 3).reshape(2, 50, 3)
    a, b = mixed(pool, 0.0, 25, rng=rng)
    for prompt in (0, 1):
        together = np.concatenate([a[prompt], b[prompt]])
        assert sorted(together.ravel()) == sorted(pool[prompt].ravel())
    _, b = mixed(pool, 0.4, 25, rng=rng)
    foreign = b[(b < 0).any(axis=2)]
    assert 8 <= len(foreign) <= 32 and len(np.unique(foreign)) == foreign.size and foreign.max() < -1
    assert len(pool) == 2 and pool.min() == 0, "the pool itself is left as it was"


def test_padding() -> None:
    table = padded([["ab", [97]], ["", "abc"]], 2)
    assert table.tolist() == [[[97, 98], [97, -1]], [[-1, -1], [97, 98]]]


def test_what_is_refused() -> None:
    rng = np.random.default_rng(0)
    one = np.zeros((1, 1, 2))
    for call, told in (
        (lambda: padded([["a"], ["b", "c"]], 3), "same number"),
        (lambda: padded([], 3), "same number"),
        (lambda: mmd_hamming(one, one, rng=rng), "no two sides"),
        (lambda: border_shift([["a"]], [["a"], ["b"]], rng=rng), "no two sides"),
        (lambda: call_table([{}]), "no log-probability"),
        (lambda: call_table([{"a": -math.inf}]), "not finite"),
        (lambda: token_tracking([[1.0]], [[1.0, 2.0]], rng=rng), "same tokens"),
        (lambda: token_tracking([[1.0]], [[1.0]], rng=rng, draws=0), "no permutation"),
        (lambda: rank_uniformity([1.0], [[]], rng=rng), "prompts"),
        (lambda: mixed(one, 0.1, 1, rng=rng), "record more"),
        (lambda: planted_mde(lambda r, g: 1.0, [], alpha=0.1, draws=5, rng=rng), "nothing is planted"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
