"""The cross-check of difference in differences: what references score on one set against what they score on
another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats


@dataclass(frozen=True, slots=True)
class CurveCheck:
    """delta: the suspect's published score less what the references' curve says at its fresh score, a fraction,
    with a bootstrap interval over items and references. inside: whether the suspect's fresh score lies among
    theirs; if not, the curve says nothing about it, and delta compares it with the nearest reference."""

    delta: float
    low: float
    high: float
    inside: bool
    level: float


def monotone_fit(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """(x sorted, fitted y): the rising curve nearest to the points in squares; equal x share one value.

    By pooling adjacent violators. Source: Barlow, Bartholomew, Bremner and Brunk (1972), Statistical Inference
    under Order Restrictions, section 1.2.
    """
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if left.shape != right.shape or left.ndim != 1 or left.size == 0:
        raise UsageError(f"{left.size} and {right.size} scores are no curve")
    places, index, counts = np.unique(left, return_inverse=True, return_counts=True)
    means = np.bincount(index, weights=right) / counts
    blocks: list[tuple[float, float, int]] = []  # (mean, weight, places)
    for mean, weight in zip(means, counts, strict=True):
        block = (float(mean), float(weight), 1)
        while blocks and blocks[-1][0] >= block[0]:
            last = blocks.pop()
            total = last[1] + block[1]
            block = ((last[0] * last[1] + block[0] * block[1]) / total, total, last[2] + block[2])
        blocks.append(block)
    return places, np.repeat([block[0] for block in blocks], [block[2] for block in blocks])


def curve_check(
    published: ArrayLike,
    fresh: ArrayLike,
    *,
    rng: np.random.Generator,
    draws: int = 999,
    level: float = 0.95,
) -> CurveCheck:
    """published: (1 + J, n), fresh: (1 + J, n') scores in [0, 1], the suspect first.

    After ConStat, arXiv 2405.16281, with a rising step-free curve (linear between the references) in place of
    its smoothing spline.
    """
    old, new = np.asarray(published, dtype=np.float64), np.asarray(fresh, dtype=np.float64)
    if old.ndim != 2 or new.ndim != 2 or len(old) != len(new) or len(old) < 3 or not old.size or not new.size:
        raise UsageError(f"scores {old.shape} and {new.shape} are not (suspect and references, items)")
    y, x = old.mean(axis=1), new.mean(axis=1)
    value = _delta(x, y, np.arange(1, len(y)))
    found = []
    for _ in range(draws):
        models = rng.integers(1, len(old), len(old) - 1)
        ours = old[:, rng.integers(0, old.shape[1], old.shape[1])].mean(axis=1)
        theirs = new[:, rng.integers(0, new.shape[1], new.shape[1])].mean(axis=1)
        found.append(_delta(theirs, ours, models))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    inside = bool(x[1:].min() <= x[0] <= x[1:].max())
    return CurveCheck(value, min(float(low), value), max(float(high), value), inside, level)


def above_curve(fresh: ArrayLike, published: ArrayLike) -> float:
    """The suspect's published score less what the references' curve says at its fresh one, a fraction. Outside
    their range the nearest reference speaks.

    fresh, published: (1 + J,) mean scores, the suspect first.
    """
    x, y = np.asarray(fresh, dtype=np.float64), np.asarray(published, dtype=np.float64)
    return float(y[0] - np.interp(x[0], *monotone_fit(x[1:], y[1:])))


def _delta(x: Floats, y: Floats, references: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
    picked = np.append(0, references)
    return above_curve(x[picked], y[picked])
