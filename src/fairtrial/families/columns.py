"""Have the columns of a table one law? An exact test by permuting within rows, over many features at once.

Rows are items, columns siblings. If siblings are exchangeable, every order of a row is as likely as any other,
whatever the laws are and however the features hang together. So the smallest of all the features' p-values,
compared with the smallest under random orders, has a false-alarm rate that holds for the family of features
(Westfall and Young 1993, Resampling-Based Multiple Testing, chapter 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Order = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Feature:
    """rows: which rows of the table it speaks of. scores: (rows, columns, c), each row centred; c is 1 for a
    number's ranks, one per word for words. weights: (c,), that make the statistic nearly chi-squared.
    means: (columns,), of the plain value, for people; empty for words."""

    name: str
    rows: Order
    scores: Floats
    weights: Floats
    means: tuple[float, ...] = ()

    @property
    def kinds(self) -> int:
        """Degrees of freedom a column."""
        return int(max(self.scores.shape[2] - 1, 1))


@dataclass(frozen=True, slots=True)
class Difference:
    """p: the chance, if siblings are exchangeable, that any of the features differs as much as this one."""

    feature: str
    p: float
    means: tuple[float, ...]


def numeric(name: str, rows: Sequence[int], values: Floats) -> Feature:
    """By ranks within each row (Friedman's test). values: (rows, columns)."""
    ranks = rankdata(values, axis=1)
    scores = (ranks - ranks.mean(axis=1, keepdims=True))[:, :, None]
    return Feature(name, np.array(rows), scores, np.ones(1), tuple(map(float, values.mean(axis=0))))


def words(name: str, rows: Sequence[int], values: Sequence[Sequence[str]]) -> Feature:
    """By counts of every word in every column (Pearson's test)."""
    known, codes = np.unique(np.array(values), return_inverse=True)
    ones = np.eye(len(known))[codes.reshape(len(values), -1)]
    share = ones.mean(axis=(0, 1))
    return Feature(name, np.array(rows), ones - ones.mean(axis=1, keepdims=True), 1 - share)


def differences(
    features: Sequence[Feature], columns: int, *, first: bool, permutations: int, rng: np.random.Generator
) -> tuple[Difference, ...]:
    """The features by p, the smallest first. first: hold the first column against all others, instead of
    every column against every other. Features that vary in no row are left out."""
    varying = [each for each in features if np.any(each.scores)]
    if not varying:
        return ()
    rows = 1 + max(int(each.rows.max()) for each in varying)
    plain = np.tile(np.arange(columns), (rows, 1))
    groups = _groups(varying)

    def tails(order: Order) -> Floats:
        statistics = np.concatenate([each.statistics(order, first) for each in groups])
        return np.asarray(chdtrc(freedom, statistics), dtype=np.float64)

    varying = [feature for group in groups for feature in group.features]
    freedom = np.array([each.kinds * (1 if first else columns - 1) for each in varying])
    observed = tails(plain)
    least = np.array([tails(rng.permuted(plain, axis=1)).min() for _ in range(permutations)])
    found = [
        Difference(each.name, float((1 + np.sum(least <= p)) / (permutations + 1)), each.means)
        for each, p in zip(varying, observed, strict=True)
    ]
    return tuple(found[at] for at in np.argsort(observed, kind="stable"))


@dataclass(frozen=True, slots=True)
class _Group:
    """Features of the same rows, side by side in one array: permuted in one go."""

    features: tuple[Feature, ...]
    scores: Floats
    weights: Floats
    starts: Order

    def statistics(self, order: Order, first: bool) -> Floats:
        """Squared column sums in units of their variance, one sum a feature."""
        rows, columns = self.features[0].rows, self.scores.shape[1]
        sums = self.scores[np.arange(len(rows))[:, None], order[rows]].sum(axis=0)
        squares = sums[0] ** 2 if first else (sums**2).sum(axis=0) * (columns - 1) / columns
        return np.asarray(np.add.reduceat(squares * self.weights, self.starts), dtype=np.float64)


def _groups(features: Sequence[Feature]) -> list[_Group]:
    found: dict[bytes, list[Feature]] = {}
    for each in features:
        found.setdefault(each.rows.tobytes(), []).append(each)
    return [_group(tuple(members)) for members in found.values()]


def _group(members: tuple[Feature, ...]) -> _Group:
    scores = np.concatenate([each.scores for each in members], axis=2)
    variance = np.maximum((scores**2).sum(axis=(0, 1)) / scores.shape[1], 1e-12)
    weights = np.concatenate([each.weights for each in members]) / variance
    starts = np.cumsum([0, *(each.scores.shape[2] for each in members[:-1])])
    return _Group(members, scores, weights, starts)
