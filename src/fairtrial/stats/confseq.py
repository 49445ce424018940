"""A confidence sequence: bounds on a mean that hold at every look, however often one looks.

The live bounds of a run. Scores lie in [0, 1] and arrive one by one, in an order that has nothing to do with
their values: if all the hard items come last, no interval on the first half can know it.

Source: Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables by betting", JRSS B
86:1-27; the hedged capital process with predictable plug-in bets (their sections 4.2 to 4.4).
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

from fairtrial.core.errors import UsageError
from fairtrial.stats.intervals import check_level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
else:
    from fairtrial.stats import arrays as np

_WAITING = 65_536
"""Scores that may wait to be folded: nobody pays for bounds that nobody looks at."""

_BATCH = 64
"""Scores folded into the capital at once. The product of 64 factors lies within 2^-64 and 500^64: no
overflow, and one logarithm a batch in place of one a score."""


class BettingSequence:
    """Bounds on the mean of scores in [0, 1], valid at all times together with probability `level`.

    `add` costs about 0.1 µs and keeps the score; the capital over the grid is brought up to date in batches
    of 64, or by `bounds`. Memory does not grow with the number of scores.
    """

    def __init__(self, *, level: float = 0.95, grid: int = 1_000) -> None:
        if grid < 10:
            raise UsageError(f"a grid of {grid} points is too coarse", "give at least 10")
        self._alpha = 1 - check_level(level)
        self._step = 1 / grid
        self._points = grid
        self._pending: list[float] = []
        self._count = 0
        self._sum = 0.0
        self._squares = 0.0

    # Arrays are made at the first look, so that a run nobody watches does without numpy.

    @cached_property
    def _grid(self) -> NDArray[np.float64]:
        """Midpoints: 0 and 1 themselves would need infinite bets; the ends are put back by `bounds`."""
        return np.asarray((np.arange(self._points) + 0.5) / self._points)

    @cached_property
    def _up(self) -> NDArray[np.float64]:
        return np.zeros(self._points)

    @cached_property
    def _down(self) -> NDArray[np.float64]:
        return np.zeros(self._points)

    def __len__(self) -> int:
        return self._count + len(self._pending)

    @property
    def mean(self) -> float | None:
        """Mean of the scores so far, None before the first."""
        seen = len(self)
        return (self._sum + math.fsum(self._pending)) / seen if seen else None

    def add(self, score: float) -> None:
        """One more score. Raises UsageError outside [0, 1]."""
        if not 0 <= score <= 1:
            raise UsageError(f"a score of {score} lies outside [0, 1]")
        self._pending.append(score)
        if len(self._pending) >= _WAITING:
            self._fold()

    def extend(self, scores: ArrayLike) -> None:
        """Many scores, in order."""
        for score in np.asarray(scores, dtype=np.float64).tolist():
            self.add(score)

    def bounds(self) -> tuple[float, float]:
        """(low, high), fractions; (0, 1) before the first score.

        Rounded outward to the grid. Should the data contradict every mean at once, as they can when their
        order follows their difficulty, nothing is claimed: (0, 1).
        """
        self._fold()
        capital = np.logaddexp(self._up, self._down) - math.log(2)
        kept = np.flatnonzero(capital < -math.log(self._alpha))
        if kept.size == 0:
            return self._between()
        low = self._grid[kept[0]] - self._step if kept[0] > 0 else 0.0
        high = self._grid[kept[-1]] + self._step if kept[-1] < self._grid.size - 1 else 1.0
        return float(max(0.0, low)), float(min(1.0, high))

    def _between(self) -> tuple[float, float]:
        """Where no mean on the grid is left, the one between two of its points, or beyond the last.

        After thousands of right answers and no wrong one, say. Each side by itself rejects what lies beyond
        its bound at half of alpha: its capital is monotonous in the mean.
        """
        enough = math.log(2 / self._alpha)
        low = float(max(self._grid[self._up >= enough], default=0.0))
        high = float(min(self._grid[self._down >= enough], default=1.0))
        return (low, high) if low < high else (0.0, 1.0)

    def _fold(self) -> None:
        """Bet on each pending score with the stake fixed by those before it; log capital over the grid."""
        waiting = np.array(self._pending)
        self._pending.clear()
        for start in range(0, waiting.size, _BATCH):
            self._fold_batch(waiting[start : start + _BATCH])

    def _fold_batch(self, scores: NDArray[np.float64]) -> None:
        """At most _BATCH scores."""
        stakes = self._stakes(scores)[:, None]
        gap = scores[:, None] - self._grid[None, :]
        if stakes.max() > 0.5:
            up = 1 + np.minimum(stakes, 0.5 / self._grid) * gap
            down = 1 - np.minimum(stakes, 0.5 / (1 - self._grid)) * gap
        else:
            # Below one half no cap binds (0.5 / m is at least 0.5), and one product serves both sides.
            move = stakes * gap
            up, down = 1 + move, 1 - move
        self._up += np.log(up.prod(axis=0))
        self._down += np.log(down.prod(axis=0))

    def _stakes(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """lambda_t = sqrt(2 ln(2/alpha) / (v_{t-1} t ln(1 + t))) for the coming scores, and the new state."""
        times = self._count + 1 + np.arange(scores.size)
        means = (0.5 + self._sum + np.cumsum(scores)) / (times + 1)
        squares = self._squares + np.cumsum((scores - means) ** 2)
        before = np.concatenate(([self._squares], squares[:-1]))
        variance = (0.25 + before) / times
        self._count += scores.size
        self._sum += float(scores.sum())
        self._squares = float(squares[-1])
        return np.asarray(np.sqrt(2 * math.log(2 / self._alpha) / (variance * times * np.log1p(times))))
