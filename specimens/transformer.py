"""The network of fairtrial.specimens.network, in torch, to be trained. Same names, same layout, same numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from fairtrial.specimens.network import CONTEXT, EPSILON, HEADS, LAYERS, WIDTH, shapes

SPREAD = 0.02
"""Standard deviation of fresh weights, as in GPT-2; what ends a block is divided by the root of 2 LAYERS."""


def fresh(seed: int) -> dict[str, nn.Parameter]:
    """Weights before training."""
    source = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes().items():
        if name.endswith("bias"):
            tensor = torch.zeros(shape)
        elif ".ln_" in name or name.startswith("ln_f"):
            tensor = torch.ones(shape)
        else:
            ends_block = name.endswith("c_proj.weight")
            spread = SPREAD / math.sqrt(2 * LAYERS) if ends_block else SPREAD
            tensor = torch.randn(shape, generator=source) * spread
        weights[name] = nn.Parameter(tensor)
    return weights


def logits(weights: Mapping[str, Tensor], ids: Tensor) -> Tensor:
    """(row, place, token) for ids (row, place), up to CONTEXT places. Padding behind a row changes nothing."""
    rows, length = ids.shape
    if length > CONTEXT:
        raise ValueError(f"{length} tokens; the network sees {CONTEXT}")
    x = weights["wte.weight"][ids] + weights["wpe.weight"][:length]
    for number in range(LAYERS):
        block = f"h.{number}."
        qkv = _linear(weights, block + "attn.c_attn", _norm(weights, block + "ln_1", x))
        query, key, value = qkv.view(rows, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = f.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + _linear(weights, block + "attn.c_proj", mixed.transpose(1, 2).reshape(rows, length, WIDTH))
        wide = f.gelu(
            _linear(weights, block + "mlp.c_fc", _norm(weights, block + "ln_2", x)), approximate="tanh"
        )
        x = x + _linear(weights, block + "mlp.c_proj", wide)
    return _norm(weights, "ln_f", x) @ weights["wte.weight"].T


def _linear(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _norm(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return f.layer_norm(x, (WIDTH,), weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON)
