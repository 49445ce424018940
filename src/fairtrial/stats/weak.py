"""Weak signals of membership: scores, never p-values (evidence of the weak tier).

Nobody has items that were not trained on and are otherwise like the ones in question, so none of these has a
null to be held against, and none has a level. They are shown apart and never counted. Their proper use is as
the score inside `sibling_rank`, where the committed draw makes any score valid. Log-probabilities are natural
logarithms.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from fairtrial.core.errors import UsageError
from fairtrial.stats.clustered import Floats

LOWEST = 0.2
"""Share of tokens that Min-K% looks at."""

NEAR = 0.05
"""CDD: edit distance, as a share of the longer answer, up to which a sample counts as the greedy answer."""

MOST_EDITED = 2_000
"""Tokens or characters of an answer that CDD compares; the rest is cut."""


def loss(logp: ArrayLike) -> float:
    """-(1/T) sum log p_t, nats a token; its exponential is the perplexity. logp: (T,). Measures difficulty."""
    return -float(_tokens(logp).mean())


def min_k(logp: ArrayLike, *, lowest: float = LOWEST) -> float:
    """Mean of the lowest share of log p_t; higher looks more like a member. Source: Shi et al. (2023),
    2310.16789."""
    return _mean_of_lowest(_tokens(logp), lowest)


def min_k_plus_plus(logp: ArrayLike, mean: ArrayLike, sd: ArrayLike, *, lowest: float = LOWEST) -> float:
    """Mean of the lowest share of (log p_t - mean_t) / sd_t. Source: Zhang et al. (2024), arXiv 2404.02936.

    mean, sd: (T,), of log p(v) for v drawn from the model's own next-token distribution at t; see
    `token_moments`. Where sd is 0 the model was certain of the token before, and the token counts 0.
    """
    values, centre, spread = _tokens(logp), _tokens(mean), np.asarray(sd, dtype=np.float64)
    if not values.shape == centre.shape == spread.shape or not (spread >= 0).all():
        raise UsageError("log-probabilities, means and deviations are not of the same tokens")
    gaps = values - centre
    return _mean_of_lowest(np.divide(gaps, spread, out=np.zeros_like(gaps), where=spread > 0), lowest)


def token_moments(logits: ArrayLike) -> tuple[Floats, Floats]:
    """(mean, sd) of log p(v), v ~ p, at each position; logits: (T, vocabulary)."""
    table = np.asarray(logits, dtype=np.float64)
    if table.ndim != 2 or table.size == 0 or not np.isfinite(table).all():
        raise UsageError(f"logits of shape {table.shape} are not finite and (tokens, vocabulary)")
    shifted = table - table.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    mean = (p * logp).sum(axis=1)
    return mean, np.sqrt(np.maximum((p * logp**2).sum(axis=1) - mean**2, 0.0))


def zlib_ratio(logp: ArrayLike, text: bytes) -> float:
    """sum log p_t / bytes of the text compressed by zlib; higher looks more like a member. Follows the text's
    style. Source: Carlini et al. (2021), arXiv 2012.07805."""
    return float(_tokens(logp).sum()) / len(zlib.compress(text))


def reference_ratio(logp: ArrayLike, reference: ArrayLike) -> float:
    """Mean log-probability less a reference model's, nats a token of the model's own tokenisation.

    logp: (T,), reference: (T',), of the same text: tokenisers may differ, so sums are compared, over T.
    The reference differs in more than exposure.
    """
    ours = _tokens(logp)
    return (float(ours.sum()) - float(_tokens(reference).sum())) / ours.size


def cdd(samples: Sequence[Sequence[Hashable]], greedy: Sequence[Hashable], *, near: float = NEAR) -> float:
    """Share of sampled answers within a small edit distance of the greedy one. Source: Dong et al. (2024),
    2402.15938.

    samples, greedy: answers as text or tokens; distance at most `near` times the longer of the two.
    """
    if not samples or not 0 <= near < 1:
        raise UsageError(f"{len(samples)} samples and a distance of {near} make no share")
    target = list(greedy[:MOST_EDITED])
    close = 0
    for sample in samples:
        answer = list(sample[:MOST_EDITED])
        close += edit_distance(answer, target) <= near * max(len(answer), len(target))
    return close / len(samples)


def edit_distance(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Fewest insertions, deletions and replacements that turn a into b. Source: Levenshtein (1966)."""
    codes: dict[Hashable, int] = {}
    left, right = (
        np.array([codes.setdefault(each, len(codes)) for each in side], dtype=np.int64) for side in (a, b)
    )
    places = np.arange(right.size + 1)
    row = places.copy()
    for index, code in enumerate(left, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (right != code))
        # Insertions run along the row: the running minimum of what is left once each step's cost is taken off.
        row = np.minimum.accumulate(np.concatenate([[index], best]) - places) + places
    return int(row[-1])


def codec(alone: ArrayLike, in_context: ArrayLike) -> float:
    """Share of items that grow less likely with other items of the set in context. Source: arXiv 2510.27055.

    alone, in_context: (n,), mean log-probability of each item. Thresholds on it are heuristic.
    """
    first, second = _tokens(alone), _tokens(in_context)
    if first.shape != second.shape:
        raise UsageError(f"{first.size} and {second.size} items are not the same")
    return float((second < first).mean())


def _mean_of_lowest(values: Floats, lowest: float) -> float:
    if not 0 < lowest <= 1:
        raise UsageError(f"a share of {lowest} of the tokens makes no sense", "give a fraction such as 0.2")
    count = max(1, math.floor(lowest * values.size + 1e-9))
    return float(np.sort(values)[:count].mean())


def _tokens(logp: ArrayLike) -> Floats:
    values = np.asarray(logp, dtype=np.float64)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise UsageError(
            "a log-probability is missing, or not finite", "leave the first token out if it has none"
        )
    return values
