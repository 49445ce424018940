"""Right or wrong of many models on the same items, each item's difficulty conditioned away.

Given how many of the models got an item right, which of them did doesn't depend on how hard it is. So any
effect of an item, of its template, and of the form it belongs to drops out, and nothing is assumed about how
they are distributed; what is left is how models differ. Items that all models or none got right tell nothing.
Source: Andersen (1970), J. Royal Statistical Society B 32:283-301, with models in the place of Rasch's items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats

RIDGE = 0.01
"""Precision of a normal prior on every parameter: keeps them finite where a model gets everything right."""

_STEPS = 50


@dataclass(frozen=True, slots=True)
class Form:
    """What is needed of a set of items. right: (models,), items each got right; counts: (models + 1,), items by
    how many models got them right; design: (models, parameters), so that a model's log-odds, but for what all
    models share on an item, are design @ parameters."""

    right: Floats
    counts: Floats
    design: Floats


def form(outcomes: Floats, design: Floats) -> Form:
    """outcomes: (models, items), 1 and 0."""
    totals = outcomes.sum(axis=0).astype(np.int64)
    counts = np.bincount(totals, minlength=len(outcomes) + 1).astype(np.float64)
    return Form(outcomes.sum(axis=1), counts, design)


def moments(odds: Floats, counts: Floats) -> tuple[float, Floats, Floats]:
    """(sum of log gamma_s, mean, covariance) of the models' numbers of right answers, given each item's total.

    odds: (models,), log-odds; counts: as in `Form`. gamma_s, the elementary symmetric functions of exp(odds),
    come as the distribution of a sum of independent coins, all terms positive: nothing cancels.
    """
    chance = expit(odds)
    size = odds.size
    whole = _sums(chance, np.ones((1, size), dtype=bool))[0]
    seen = np.flatnonzero(counts)
    log_gamma = np.log(whole[seen]) + np.log1p(np.exp(odds)).sum()
    one, other = np.triu_indices(size)
    used = np.ones((one.size, size), dtype=bool)
    used[np.arange(one.size), one] = used[np.arange(one.size), other] = False
    without = np.zeros((size, size, size + 1))
    without[one, other] = without[other, one] = _sums(chance, used)
    inner = seen[(seen > 0) & (seen < size)]
    # Of two models both right, the others sum to s - 2; of one (the diagonal leaves out only itself), to s - 1.
    both = np.zeros((size, size, inner.size))
    deep = inner >= 2
    both[:, :, deep] = chance[:, None, None] * chance[None, :, None] * without[:, :, inner[deep] - 2]
    alone = np.diagonal(without, axis1=0, axis2=1)[inner - 1].T * chance[:, None]
    both[np.arange(size), np.arange(size)] = alone
    both, mean = both / whole[inner], alone / whole[inner]
    weights = counts[inner]
    covariance = both @ weights - (mean * weights) @ mean.T
    return float(counts[seen] @ log_gamma), mean @ weights + counts[size], covariance


def fit(forms: Sequence[Form], start: ArrayLike, *, tolerance: float = 1e-8) -> tuple[Floats, Floats]:
    """(parameters, information) at the conditional maximum likelihood with a ridge, by Newton's method;
    tolerance: of the last step. Raises UsageError where it doesn't settle."""
    found = np.array(start, dtype=np.float64)
    value, slope, information = _value(forms, found)
    for _ in range(_STEPS):
        step = np.linalg.solve(information, slope)
        if float(np.abs(step).max()) < tolerance:
            return found, information
        for _halving in range(30):
            new = _value(forms, found + step)
            if new[0] >= value - 1e-10:
                break
            step = step / 2
        found, (value, slope, information) = found + step, new
    raise UsageError("the models' answers could not be fitted", "are there two items on which models differ?")


def _value(forms: Sequence[Form], parameters: Floats) -> tuple[float, Floats, Floats]:
    """(log-likelihood, its slope, minus its curvature), penalised."""
    value = -RIDGE / 2 * float(parameters @ parameters)
    slope, information = -RIDGE * parameters, RIDGE * np.eye(parameters.size)
    for each in forms:
        odds = each.design @ parameters
        odds = odds - odds.mean()
        log_gamma, mean, covariance = moments(odds, each.counts)
        value += float(odds @ each.right) - log_gamma
        slope = slope + each.design.T @ (each.right - mean)
        information = information + each.design.T @ covariance @ each.design
    return value, slope, information


def _sums(chance: Floats, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """(rows, models + 1): distribution of the sum of the coins that each row of `used` names."""
    found = np.zeros((len(used), chance.size + 1))
    found[:, 0] = 1
    for index, p in enumerate(chance):
        q = np.where(used[:, index], p, 0.0)[:, None]
        found[:, 1:] = found[:, 1:] * (1 - q) + found[:, :-1] * q
        found[:, :1] *= 1 - q
    return found
