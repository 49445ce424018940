"""From logits to the next token: the likeliest, or one drawn, and how close the call was.

Float32 noise (about 1e-5 in a logit) depends on which questions share a batch. Each choice therefore comes
with its margin; where it is smaller than `CLOSE`, the caller asks again in float64 and alone, so that an
answer never depends on company or on the machine's matrix library.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairtrial.core.question import Decoding

CLOSE: Final = 1e-3
"""Nats, or probability, to a logit's noise: a hundred times more than was ever seen between batches."""

Array = NDArray[Any]


def likeliest(logits: Array) -> tuple[NDArray[np.intp], Array]:
    """(token, its lead over the second in nats) of each row."""
    top = logits.argmax(axis=-1)
    return top, -np.diff(np.partition(logits, -2, axis=-1)[:, :-3:-1], axis=-1)[:, 0]


def drawn(logits: Array, decoding: Decoding, chance: float) -> tuple[int, float]:
    """(token, margin) of one row; `chance` is uniform in [0, 1).

    Tokens stand in the order of their ids, so that noise can't reorder them. The margin is the distance of
    `chance` to the nearer end of the token's share, or of the nucleus' edge to its neighbours, scaled by what
    the temperature makes of a logit's noise.
    """
    temperature = float(decoding.temperature or 0)
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    shares = np.exp(scaled - scaled.max())
    shares /= shares.sum()
    margin = 1.0
    if decoding.top_p is not None and decoding.top_p < 1:
        shares, margin = _nucleus(shares, decoding.top_p)
    upto = np.cumsum(shares)
    token = min(int(np.searchsorted(upto, chance * upto[-1], side="right")), len(upto) - 1)
    low = upto[token - 1] if token else -1.0
    margin = min(margin, abs(chance - low), abs(upto[token] - chance))
    return token, margin * min(1.0, temperature)


def _nucleus(shares: Array, top_p: float) -> tuple[Array, float]:
    """The fewest likeliest tokens that hold `top_p` together, rescaled; and how clear their edge is."""
    order = np.argsort(-shares, kind="stable")
    upto = np.cumsum(shares[order])
    size = int(np.searchsorted(upto, top_p)) + 1
    inside, outside = shares[order[size - 1]], shares[order[size]] if size < len(order) else 0.0
    before = upto[size - 2] if size > 1 else 0.0
    margin = min(inside - outside, upto[size - 1] - top_p, top_p - before)
    kept = np.zeros_like(shares)
    kept[order[:size]] = shares[order[:size]] / upto[size - 1]
    return kept, float(margin)


def chances(prompt: Iterable[int], seed: int) -> random.Random:
    """The source of `chance` for one answer: it depends on seed and prompt, and on nothing else.

    The prompt is mixed in so that equal seeds don't draw alike on every item.
    """
    text = f"{seed}:{','.join(map(str, prompt))}"
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))
