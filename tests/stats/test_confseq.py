"""The betting sequence against its definition, score by score and mean by mean, and its promise at every look."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.stats.confseq import BettingSequence


def by_definition(scores: list[float], alpha: float, grid: int) -> tuple[float, float]:
    """Waudby-Smith and Ramdas (2024), hedged capital, in plain loops; rounded outward to the grid. Where no point
    of the grid is left, between the last that bets upward rule out and the first that bets downward do."""
    kept, too_low, too_high = [], [0.0], [1.0]
    for index in range(grid):
        m = (index + 0.5) / grid
        up = down = 1.0
        total, squares = 0.0, 0.0
        for t, x in enumerate(scores, 1):
            variance = (0.25 + squares) / t
            stake = math.sqrt(2 * math.log(2 / alpha) / (variance * t * math.log(1 + t)))
            up *= 1 + min(stake, 0.5 / m) * (x - m)
            down *= 1 - min(stake, 0.5 / (1 - m)) * (x - m)
            total += x
            squares += (x - (0.5 + total) / (t + 1)) ** 2
        if 0.5 * up + 0.5 * down < 1 / alpha:
            kept.append(index)
        if 0.5 * up >= 1 / alpha:
            too_low.append(m)
        if 0.5 * down >= 1 / alpha:
            too_high.append(m)
    if not kept:
        low, high = max(too_low), min(too_high)
        return (low, high) if low < high else (0.0, 1.0)
    low = 0.0 if kept[0] == 0 else (kept[0] - 0.5) / grid
    high = 1.0 if kept[-1] == grid - 1 else (kept[-1] + 1.5) / grid
    return low, high


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=150), st.sampled_from([0.9, 0.95, 0.999]))
def test_bounds_are_those_of_the_definition(scores: list[float], level: float) -> None:
    sequence = BettingSequence(level=level, grid=40)
    sequence.extend(scores)
    assert sequence.bounds() == pytest.approx(by_definition(scores, 1 - level, 40), abs=1e-12)
    assert len(sequence) == len(scores)
    assert sequence.mean == (pytest.approx(np.mean(scores)) if scores else None)


@given(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=1, max_size=200), st.integers(1, 50))
def test_looking_changes_nothing(scores: list[float], often: int) -> None:
    looked, silent = BettingSequence(grid=50), BettingSequence(grid=50)
    for index, score in enumerate(scores):
        looked.add(score)
        if index % often == 0:
            looked.bounds()
    silent.extend(scores)
    assert looked.bounds() == silent.bounds()
    assert looked.mean == pytest.approx(silent.mean)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.95])
def test_held_at_every_single_look(p: float) -> None:
    """100 runs of 300 scores, looked at after each: the truth may be lost in 5 %; 12 of 100 has p < 0.005."""
    random = np.random.default_rng(int(100 * p))
    lost = 0
    for _ in range(100):
        sequence = BettingSequence(grid=100)
        held = True
        for score in (random.random(300) < p).astype(float).tolist():
            sequence.add(score)
            low, high = sequence.bounds()
            held = held and low <= p <= high
        lost += not held
    assert lost < 12


def test_it_narrows_and_starts_with_everything() -> None:
    sequence = BettingSequence()
    assert sequence.bounds() == (0.0, 1.0) and sequence.mean is None and len(sequence) == 0
    widths = []
    scores = np.random.default_rng(2).random(4_000) < 0.7
    for part in np.split(scores.astype(float), [40, 400]):
        sequence.extend(part)
        low, high = sequence.bounds()
        widths.append(high - low)
    assert widths[0] > widths[1] > widths[2]
    assert widths[2] < 0.08 and low < 0.7 < high


def test_all_right_never_reaches_certainty_and_never_overflows() -> None:
    sequence = BettingSequence()
    sequence.extend([1.0] * 20_000)
    low, high = sequence.bounds()
    assert high == 1.0 and 0.99 < low < 1.0


def test_a_mean_between_two_points_of_the_grid_is_not_lost() -> None:
    """Every point of the grid is ruled out by then, the truth is not."""
    sequence = BettingSequence(grid=10)
    scores = [0.0, 1.0] * 3_000
    sequence.extend(scores)
    assert sequence.bounds() == (0.45, 0.55) == pytest.approx(by_definition(scores, 0.05, 10))


def test_an_order_that_follows_difficulty_can_contradict_every_mean_and_then_nothing_is_claimed() -> None:
    scores = [1.0] * 20 + [0.0] * 371
    assert by_definition(scores, 0.05, 40) == (0.0, 1.0)
    sequence = BettingSequence(grid=40)
    sequence.extend(scores)
    assert sequence.bounds() == (0.0, 1.0)


@pytest.mark.parametrize("score", [-0.01, 1.01, math.nan, math.inf])
def test_scores_out_of_range(score: float) -> None:
    sequence = BettingSequence()
    with pytest.raises(UsageError, match="outside"):
        sequence.add(score)
    assert len(sequence) == 0


def test_bad_settings() -> None:
    with pytest.raises(UsageError, match="too coarse"):
        BettingSequence(grid=9)
    with pytest.raises(UsageError, match="no coverage"):
        BettingSequence(level=1)
