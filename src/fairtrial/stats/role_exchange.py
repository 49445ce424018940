"""A suspect against reference models: difference in differences (S2) and agreement with wrong labels (S5).

The model of both, logit P(right) = a_model + u_item (+ v_template + g [published]) + tau [published, suspect],
is fitted with every item's difficulty conditioned away (`conditional`), so u, v and g need no distribution. p
comes from exchanging roles: each reference takes its turn as the suspect, among the same models, and p says
where the suspect's tau stands. If the suspect is exchangeable with its references, p is exact; it is never
below 1 / (J + 1).

Where this departs from a mixed model fitted by maximum likelihood: u, v and g are conditioned on, not
integrated out; the tau that roles exchange is one Newton step from the fit without tau, J + 1 times cheaper and
the same function in every role; and a weak ridge keeps models that are always right finite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, stdtrit

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats, Labels
from fairtrial.stats.conditional import RIDGE, Form, fit, form, moments
from fairtrial.stats.planted import Detectable, planted_mde

_GRID = np.linspace(-9.0, 9.0, 61)
_ROUNDS = 200
_TAUS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
_FAILED = 0.9
"""Share of bootstrap draws that must yield a fit."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """tau: the suspect's, in log-odds, by a full fit; taus: one Newton step for every model, the suspect first;
    p: where the suspect's stands, (1 + references as high) / (J + 1)."""

    tau: float
    taus: tuple[float, ...]
    p: float


@dataclass(frozen=True, slots=True)
class DifferenceInDifferences:
    """exchange: tau and p; inflation: mean over published items of P(right) with tau less without, a fraction,
    with a t interval whose error is a bootstrap's over templates; reference_taus are `exchange.taus[1:]`."""

    exchange: Exchange
    inflation: float
    low: float
    high: float
    level: float


def exchange_roles(published: ArrayLike, fresh: ArrayLike) -> Exchange:
    """tau and p alone: (1 + J, n) and (1 + J, n') outcomes, 1 right and 0 wrong, the suspect first, J >= 2."""
    old, new = _outcomes(published), _outcomes(fresh)
    if len(old) != len(new):
        raise UsageError(f"{len(old)} models on the published items and {len(new)} on the fresh ones")
    return _exchange(form(old, np.eye(len(old))), [form(new, np.eye(len(new)))])


def difference_in_differences(
    published: ArrayLike,
    fresh: ArrayLike,
    *,
    rng: np.random.Generator,
    published_templates: Labels | None = None,
    fresh_templates: Labels | None = None,
    draws: int = 400,
    level: float = 0.95,
) -> DifferenceInDifferences:
    """Is the suspect's advantage on the published items over the fresh ones larger than the references'?

    published: (1 + J, n), fresh: (1 + J, n'), 1 right and 0 wrong, the suspect first, J >= 2. Templates: labels
    of the items, whole templates are drawn in the bootstrap (published and fresh ones of one label together);
    None: every item is its own. Biased towards 0 where references were exposed too. After ConStat, arXiv
    2405.16281.
    """
    exchange, old, new = exchange_roles(published, fresh), _outcomes(published), _outcomes(fresh)
    if draws < 1:
        raise UsageError("no bootstrap draw, no interval", "give some hundreds, or call exchange_roles")
    value, start = _inflation(old, new, np.zeros(len(old) + 1), tolerance=1e-8)
    pools = _units(published_templates, old.shape[1], fresh_templates, new.shape[1])
    found = []
    for _ in range(draws):
        picks = rng.integers(0, len(pools), len(pools))
        left = np.concatenate([pools[pick][0] for pick in picks])
        right = np.concatenate([pools[pick][1] for pick in picks])
        if left.size and right.size:
            found.append(_inflation(old[:, left], new[:, right], start, tolerance=1e-3)[0])
    if len(found) < _FAILED * draws:
        raise UsageError("too few templates to draw from", "give more templates, or none")
    # Not percentiles: with some tens of templates they are too narrow, as a z interval would be.
    spread = float(np.std(found, ddof=1)) if len(found) > 1 else math.inf
    half = float(stdtrit(max(1, len(pools) - 1), (1 + level) / 2)) * spread
    return DifferenceInDifferences(exchange, value, max(-1.0, value - half), min(1.0, value + half), level)


def exchange_mde(
    published: ArrayLike,
    fresh: ArrayLike,
    *,
    alpha: float,
    rng: np.random.Generator,
    draws: int = 50,
    taus: tuple[float, ...] = _TAUS,
) -> Detectable:
    """Smallest inflation, a fraction, that the exchange of roles finds with probability 0.8 on these data.

    The suspect's published answers are drawn anew, from what it shows on the fresh items and what the
    references show on the published ones, with tau planted. The rates of the answer are inflations. Infinite
    where J is too small for alpha: 19 references for 0.05.
    """
    old, new = _outcomes(published), _outcomes(fresh)
    found = _full(old, new, np.zeros(len(old) + 1), 1e-8)
    honest = np.clip(_chances(old[1:], found[1:-1], found[:1])[0], 1e-6, 1 - 1e-6)
    gains = [float((expit(logit(honest) + tau) - honest).mean()) for tau in taus]
    by_gain = dict(zip(gains, taus, strict=True))
    whole, control = np.eye(len(old)), form(new, np.eye(len(new)))

    def trial(gain: float, rng: np.random.Generator) -> float:
        planted = old.copy()
        planted[0] = rng.random(honest.size) < expit(logit(honest) + by_gain[gain])
        return _exchange(form(planted, whole), [control]).p

    if 1 / len(old) > alpha:
        return Detectable(math.inf, (), 0)
    return planted_mde(trial, gains, alpha=alpha, draws=draws, rng=rng)


def wrong_label_agreement(agreed: ArrayLike, right: ArrayLike) -> Exchange:
    """Does the suspect repeat published wrong keys more often than peers of its ability?

    agreed: (1 + J, n), 1 where a model gave the wrong key of an item whose key is verified wrong; right: (1 +
    J, n'), right or wrong on correctly keyed items, from which ability comes (log-odds of the share right, one
    half added to both counts). Items whose wrong key is the natural mistake fool the peers as well, and so tell
    nothing. Source: logit P(agreed) = u_item + beta ability + tau [suspect].
    """
    wrong, ability = _outcomes(agreed), _outcomes(right)
    if len(wrong) != len(ability):
        raise UsageError(f"{len(wrong)} models on mislabelled items and {len(ability)} on the others")
    hits = ability.sum(axis=1)
    theta = np.log((hits + 0.5) / (ability.shape[1] - hits + 0.5))
    return _exchange(form(wrong, (theta - theta.mean())[:, None]), [])


def _exchange(planted: Form, control: list[Form]) -> Exchange:
    """planted: the form where a suspect may stand out, control: those where not; designs without tau."""
    null, information = fit([planted, *control], np.zeros(planted.design.shape[1]))
    odds = planted.design @ null
    _, mean, covariance = moments(odds - odds.mean(), planted.counts)
    crossed = covariance @ planted.design
    known = np.diag(covariance) - np.einsum("jp,pj->j", crossed, np.linalg.solve(information, crossed.T))
    taus = (planted.right - mean) / (known + RIDGE)
    suspect = np.zeros((len(taus), 1))
    suspect[0] = 1.0
    full = [Form(planted.right, planted.counts, np.hstack([planted.design, suspect]))]
    full += [Form(each.right, each.counts, np.hstack([each.design, 0 * suspect])) for each in control]
    tau = fit(full, np.append(null, 0.0))[0][-1]
    p = (1 + int(np.count_nonzero(taus[1:] >= taus[0] - 1e-9))) / taus.size
    return Exchange(float(tau), tuple(float(each) for each in taus), p)


def _inflation(old: Floats, new: Floats, start: Floats, *, tolerance: float) -> tuple[float, Floats]:
    """(inflation, parameters of the full fit)."""
    found = _full(old, new, start, tolerance)
    honest, inflated = _chances(old[1:], found[1:-1], found[0] + np.array([0.0, found[-1]]))
    return float((inflated - honest).mean()), found


def _full(old: Floats, new: Floats, start: Floats, tolerance: float) -> Floats:
    """(models + 1,): abilities, the suspect's first, and tau."""
    whole, suspect = np.eye(len(old)), np.zeros((len(old), 1))
    suspect[0] = 1.0
    forms = [form(old, np.hstack([whole, suspect])), form(new, np.hstack([whole, 0 * suspect]))]
    return fit(forms, start, tolerance=tolerance)[0]


def _chances(references: Floats, abilities: Floats, own: Floats) -> Floats:
    """(abilities in `own`, n): chance of a right answer for models of these abilities, given the references'
    answers.

    The items' difficulty has whatever distribution fits the references best, on a grid (expectation and
    maximisation): none is assumed.
    """
    right = references.sum(axis=0).astype(np.int64)
    totals, index, counts = np.unique(right, return_inverse=True, return_counts=True)
    # An item's likelihood depends on which models were right only by a factor without u: the total is enough.
    logs = totals[:, None] * _GRID - np.logaddexp(0, abilities[:, None] + _GRID).sum(axis=0)
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    weights = np.full(_GRID.size, 1 / _GRID.size)
    for _ in range(_ROUNDS):
        posterior = likely * weights
        posterior /= posterior.sum(axis=1, keepdims=True)
        weights = counts @ posterior / counts.sum()
    return np.asarray(expit(own[:, None] + _GRID) @ posterior.T)[:, index]


def _units(
    published: Labels | None, n: int, fresh: Labels | None, m: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """What the bootstrap draws: (published items, fresh items) of each template."""
    if published is None or fresh is None:
        none = np.zeros(0, dtype=np.int64)
        return [(np.array([i]), none) for i in range(n)] + [(none, np.array([i])) for i in range(m)]
    if len(published) != n or len(fresh) != m:
        raise UsageError(f"{n} and {m} items but {len(published)} and {len(fresh)} templates")
    labels = list(dict.fromkeys([*published, *fresh]))
    return [
        (
            np.array([i for i, each in enumerate(published) if each == label], dtype=np.int64),
            np.array([i for i, each in enumerate(fresh) if each == label], dtype=np.int64),
        )
        for label in labels
    ]


def _outcomes(outcomes: ArrayLike) -> Floats:
    table = np.asarray(outcomes, dtype=np.float64)
    if table.ndim != 2 or len(table) < 3 or table.shape[1] == 0 or not np.isin(table, (0.0, 1.0)).all():
        raise UsageError(
            f"outcomes of shape {table.shape} are not 0 and 1 of (suspect and two or more references, items)"
        )
    return table
