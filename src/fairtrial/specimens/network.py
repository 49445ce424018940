"""A GPT-2 in numpy: 4 layers, 4 heads, width 128, context 256, the head tied to the token embedding.

Names and layout of the tensors are those of Hugging Face's GPT2LMHeadModel, so that a specimen's folder
opens there as well. Source of the network: Radford et al. (2019), "Language Models are Unsupervised Multitask
Learners"; the activation is their tanh form of GELU.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairtrial.specimens.tokens import PAD, VOCABULARY

LAYERS: Final = 4
HEADS: Final = 4
WIDTH: Final = 128
CONTEXT: Final = 256
EPSILON: Final = 1e-5
"""Added to a variance before its root, as GPT-2 does."""

Array = NDArray[Any]


def shapes() -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor."""
    found: dict[str, tuple[int, ...]] = {"wte.weight": (VOCABULARY, WIDTH), "wpe.weight": (CONTEXT, WIDTH)}
    for layer in range(LAYERS):
        name = f"h.{layer}."
        for norm in ("ln_1", "ln_2"):
            found |= {f"{name}{norm}.weight": (WIDTH,), f"{name}{norm}.bias": (WIDTH,)}
        for part, rows, columns in (
            ("attn.c_attn", WIDTH, 3 * WIDTH),
            ("attn.c_proj", WIDTH, WIDTH),
            ("mlp.c_fc", WIDTH, 4 * WIDTH),
            ("mlp.c_proj", 4 * WIDTH, WIDTH),
        ):
            found |= {f"{name}{part}.weight": (rows, columns), f"{name}{part}.bias": (columns,)}
    return found | {"ln_f.weight": (WIDTH,), "ln_f.bias": (WIDTH,)}


@dataclass(frozen=True, slots=True)
class Linear:
    """x @ matrix + bias."""

    matrix: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        y: Array = x @ self.matrix
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class Layer:
    """One block; both layer norms' gains and biases are folded into the matrices that read them."""

    attention: Linear
    merge: Linear
    widen: Linear
    narrow: Linear


@dataclass(slots=True)
class Cache:
    """Keys and values of rows under way: a layer's array is (row, head, place, WIDTH // HEADS).

    lengths: tokens seen, a row. What lies behind a row's length is never read.
    """

    keys: list[Array]
    values: list[Array]
    lengths: NDArray[np.intp]

    def drop(self, row: int) -> None:
        """Forget a row; the last one takes its place, so that one row is moved and not all behind it."""
        for kept in (*self.keys, *self.values, self.lengths):
            kept[row] = kept[-1]
        self.keys = [each[:-1] for each in self.keys]
        self.values = [each[:-1] for each in self.values]
        self.lengths = self.lengths[:-1]


class Network:
    """The forward pass, in `dtype`: float32 for speed, float64 to settle what float32 leaves open."""

    def __init__(self, weights: Mapping[str, Array], dtype: type[np.floating[Any]] = np.float32) -> None:
        exact = {name: np.asarray(each, dtype=np.float64) for name, each in weights.items()}
        self.dtype = dtype
        self._tokens = exact["wte.weight"].astype(dtype)
        self._places = exact["wpe.weight"].astype(dtype)
        self._layers = [_layer(exact, f"h.{number}.", dtype) for number in range(LAYERS)]
        head = _folded(exact["wte.weight"].T, np.zeros(VOCABULARY), exact, "ln_f", dtype)
        # One matrix of rows in memory order: the head is the widest product of a decoding step.
        self._head = Linear(np.ascontiguousarray(head.matrix), head.bias)

    def logits(self, rows: Sequence[Sequence[int]]) -> tuple[Array, NDArray[np.intp]]:
        """(logits, lengths): logits[r, t] are those of the token after rows[r][: t + 1]; behind a row's length
        they mean nothing. Rows hold 1 to CONTEXT tokens."""
        ids, lengths = _padded(rows)
        return self._head(_norm(self._body(ids, None))), lengths

    def begin(self, rows: Sequence[Sequence[int]], room: int) -> tuple[Array, Cache]:
        """Read prompts: (logits of each row's next token, a cache with `room` for that many tokens more)."""
        ids, lengths = _padded(rows)
        most = min(CONTEXT, ids.shape[1] + room)
        size = (len(rows), HEADS, most, WIDTH // HEADS)
        cache = Cache(
            [np.zeros(size, self.dtype) for _ in range(LAYERS)],
            [np.zeros(size, self.dtype) for _ in range(LAYERS)],
            lengths,
        )
        last = self._body(ids, cache)[np.arange(len(rows)), lengths - 1]
        return self._head(_norm(last)), cache

    def step(self, tokens: NDArray[np.intp], cache: Cache) -> Array:
        """Give each row one token more: the logits of the one after it. No row may be at CONTEXT yet."""
        rows = np.arange(len(tokens))
        x = self._tokens[tokens] + self._places[cache.lengths]
        seen = int(cache.lengths.max()) + 1
        hidden = np.where(np.arange(seen) > cache.lengths[:, None], -np.inf, 0.0).astype(self.dtype)
        for layer, keys, values in zip(self._layers, cache.keys, cache.values, strict=True):
            qkv = layer.attention(_norm(x)).reshape(len(tokens), 3, HEADS, WIDTH // HEADS)
            keys[rows, :, cache.lengths] = qkv[:, 1]
            values[rows, :, cache.lengths] = qkv[:, 2]
            scores = qkv[:, 0, :, None] @ keys[:, :, :seen].swapaxes(2, 3)
            scores += hidden[:, None, None]
            mixed = _softmax(scores) @ values[:, :, :seen]
            x += layer.merge(mixed.reshape(len(tokens), WIDTH))
            x += layer.narrow(_gelu(layer.widen(_norm(x))))
        cache.lengths = cache.lengths + 1
        return self._head(_norm(x))

    def _body(self, ids: NDArray[np.intp], cache: Cache | None) -> Array:
        """The residual stream behind the last layer, (row, place, WIDTH)."""
        n, length = ids.shape
        x = self._tokens[ids] + self._places[:length]
        future = np.triu(np.full((length, length), -np.inf, self.dtype), 1)
        for number, layer in enumerate(self._layers):
            qkv = layer.attention(_norm(x)).reshape(n, length, 3, HEADS, WIDTH // HEADS)
            query, key, value = qkv.transpose(2, 0, 3, 1, 4)
            if cache is not None:
                cache.keys[number][:, :, :length] = key
                cache.values[number][:, :, :length] = value
            scores = query @ key.swapaxes(2, 3)
            scores += future
            mixed = (_softmax(scores) @ value).transpose(0, 2, 1, 3).reshape(n, length, WIDTH)
            x += layer.merge(mixed)
            x += layer.narrow(_gelu(layer.widen(_norm(x))))
        return x


def _layer(weights: Mapping[str, Array], name: str, dtype: type[np.floating[Any]]) -> Layer:
    def linear(part: str, norm: str | None = None) -> Linear:
        matrix, bias = weights[f"{name}{part}.weight"], weights[f"{name}{part}.bias"]
        if norm is not None:
            return _folded(matrix, bias, weights, f"{name}{norm}", dtype)
        return Linear(matrix.astype(dtype), bias.astype(dtype))

    attention = linear("attn.c_attn", "ln_1")
    # Attention divides by the root of a head's width; the query's columns carry that division from here on.
    for part in (attention.matrix, attention.bias):
        part[..., :WIDTH] /= math.sqrt(WIDTH // HEADS)
    return Layer(attention, linear("attn.c_proj"), linear("mlp.c_fc", "ln_2"), linear("mlp.c_proj"))


def _folded(
    matrix: Array, bias: Array, weights: Mapping[str, Array], norm: str, dtype: type[np.floating[Any]]
) -> Linear:
    gain, shift = weights[f"{norm}.weight"], weights[f"{norm}.bias"]
    return Linear((gain[:, None] * matrix).astype(dtype), (shift @ matrix + bias).astype(dtype))


def _padded(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    lengths = np.array([len(row) for row in rows], dtype=np.intp)
    ids = np.full((len(rows), int(lengths.max())), PAD, dtype=np.intp)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return ids, lengths


def _norm(x: Array) -> Array:
    """To mean 0 and variance 1 over the width."""
    y: Array = x - x.mean(axis=-1, keepdims=True)
    variance = np.einsum("...i,...i->...", y, y) / WIDTH
    y /= np.sqrt(variance + EPSILON)[..., None]
    return y


def _softmax(scores: Array) -> Array:
    """Over the last axis, in place."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


def _gelu(x: Array) -> Array:
    inner = x * x
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= math.sqrt(2 / math.pi)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= 0.5
    return inner
