"""The order of a file (P5 on a committed shuffle, S1 on legacy files), and the control that a compressor is.

A model trained on the file in its order finds that order likelier than others. On a file shuffled by a
committed draw nothing else can. On a legacy file something else can: items that follow one another by subject
or by style. A compressor has seen no file; where it prefers the published order, the order speaks for itself
and the test says nothing about the model.
"""

from __future__ import annotations

import lzma
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairtrial.core.errors import UsageError
from fairtrial.stats.siblings import Floats, Ints
from fairtrial.stats.standing import Standing, standing

CONTROL_LEVEL: Final = 0.05
"""A negative control at or below it, or a positive one above, forbids the order test."""

Compressor = Literal["zlib", "lzma"]
_ENUMERATED = 9
_WINDOW = 1 << 24


@dataclass(frozen=True, slots=True)
class OrderControl:
    """size: compressed bytes of the published order; z: standard deviations by which drawn orders need more;
    p = (1 + drawn orders that need no more) / (draws + 1)."""

    compressor: str
    size: int
    z: float
    p: float
    draws: int


def drawn_orders(width: int, draws: int, *, rng: np.random.Generator) -> Ints:
    """(orders, width): orders in which to score a shard, the published one (0, 1, …) first.

    All width! of them where these are at most `draws` + 1, and otherwise `draws` drawn uniformly, which may
    repeat. Drawn orders are for one shard: call it anew for each, or their ranks depend on one another.
    """
    if width < 2 or draws < 1:
        raise UsageError(f"a shard of {width} items in {draws} other orders shows nothing", "give 2 or more")
    if width <= _ENUMERATED and math.factorial(width) <= draws + 1:
        return np.array(list(permutations(range(width))), dtype=np.int64)
    others = rng.permuted(np.tile(np.arange(width), (draws, 1)), axis=1)
    return np.vstack([np.arange(width), others])


def shards(items: int, width: int) -> Ints:
    """(items // width, width): indices of consecutive shards; a shorter rest at the end is left out."""
    if not 2 <= width <= items:
        raise UsageError(f"{items} items can't be cut into shards of {width}")
    return np.arange(items // width * width).reshape(-1, width)


def order_test(scores: ArrayLike, *, level: float = 0.98) -> Standing:
    """Is the published order of each shard scored higher than other orders of the same items?

    scores: (shards, 1 + m), the published order first, as in `drawn_orders`, drawn anew for each shard. Under
    the null the published order's rank is uniform on 0 … m, independently over shards. Not a t test over shards:
    with 10 of them it rejects up to 1.5 times too often. Source: Oren et al. (2023), arXiv 2310.17623, with ranks
    in place of its t test.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise UsageError(f"scores of shape {table.shape} are not (shards, published and other orders)")
    return standing(table[:, 0], table[:, 1:], level=level)


def compressor_control(
    items: Sequence[bytes], *, draws: int, rng: np.random.Generator, compressor: Compressor = "zlib"
) -> OrderControl:
    """Does the published order compress better than drawn ones?

    items: in the published order, each as it would be read, its separator included. "zlib" looks back 32 KiB,
    "lzma" 16 MiB. Not bz2: it sorts contexts within blocks of 900 kB, so order hardly moves it, and it lets
    HumanEval pass.
    """
    if len(items) < 2 or draws < 1:
        raise UsageError(f"{len(items)} items in {draws} drawn orders control nothing")
    size = _COMPRESSORS[compressor]
    published = size(b"".join(items))
    drawn = np.array([size(b"".join([items[i] for i in rng.permutation(len(items))])) for _ in range(draws)])
    return OrderControl(
        compressor,
        published,
        _deviations(published, drawn),
        (1 + int(np.count_nonzero(drawn <= published))) / (draws + 1),
        draws,
    )


def failed_controls(negative: Mapping[str, float], positive: Mapping[str, float]) -> tuple[str, ...]:
    """Names of the controls that forbid the order test on a legacy file; empty where it may run.

    negative: name -> p of readers that can't have seen the file: each must be above 0.05. positive: name -> p
    of models with the file planted in order: each must be at most 0.05, and there must be one.
    """
    if not positive:
        return ("no positive control",)
    return (
        *(name for name, p in negative.items() if p <= CONTROL_LEVEL),
        *(name for name, p in positive.items() if p > CONTROL_LEVEL),
    )


def _deviations(published: int, drawn: Floats) -> float:
    spread = float(drawn.std(ddof=1)) if drawn.size > 1 else 0.0
    return float(drawn.mean() - published) / spread if spread > 0 else 0.0


def _zlib(data: bytes) -> int:
    return len(zlib.compress(data, 6))


def _lzma(data: bytes) -> int:
    # Raw, with the quickest matcher: headers and search depth cost time and say nothing about order.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": _WINDOW}]
    return len(lzma.compress(data, format=lzma.FORMAT_RAW, filters=filters))


_COMPRESSORS: Mapping[Compressor, Callable[[bytes], int]] = {"zlib": _zlib, "lzma": _lzma}
