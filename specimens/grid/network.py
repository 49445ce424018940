"""The network of fairtrial.specimens.network in torch, in more sizes. Same names, same layout of the tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from fairtrial.specimens.network import CONTEXT, EPSILON
from fairtrial.specimens.tokens import VOCABULARY
from specimens.grid.plan import Size
from specimens.transformer import SPREAD

Weights = dict[str, nn.Parameter]


def shapes(size: Size) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every tensor."""
    width = size.width
    found: dict[str, tuple[int, ...]] = {"wte.weight": (VOCABULARY, width), "wpe.weight": (CONTEXT, width)}
    for layer in range(size.layers):
        name = f"h.{layer}."
        for norm in ("ln_1", "ln_2"):
            found |= {f"{name}{norm}.weight": (width,), f"{name}{norm}.bias": (width,)}
        for part, rows, columns in (
            ("attn.c_attn", width, 3 * width),
            ("attn.c_proj", width, width),
            ("mlp.c_fc", width, 4 * width),
            ("mlp.c_proj", 4 * width, width),
        ):
            found |= {f"{name}{part}.weight": (rows, columns), f"{name}{part}.bias": (columns,)}
    return found | {"ln_f.weight": (width,), "ln_f.bias": (width,)}


def fresh(size: Size, seed: int) -> Weights:
    """Weights before training, as specimens.transformer.fresh makes them."""
    source = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes(size).items():
        if name.endswith("bias"):
            tensor = torch.zeros(shape)
        elif ".ln_" in name or name.startswith("ln_f"):
            tensor = torch.ones(shape)
        else:
            ends_block = name.endswith("c_proj.weight")
            tensor = torch.randn(shape, generator=source)
            tensor *= SPREAD / math.sqrt(2 * size.layers) if ends_block else SPREAD
        weights[name] = nn.Parameter(tensor)
    return weights


def logits(
    weights: Mapping[str, Tensor], size: Size, ids: Tensor, dtype: torch.dtype = torch.float32
) -> Tensor:
    """(row, place, token) for ids (row, place). Padding behind a row changes nothing before it.

    dtype: of the matrix products; sums, norms and attention stay in float32 (the processor's attention has no
    fast way back in bfloat16).
    """
    rows, length = ids.shape
    cast = weights if dtype == torch.float32 else {name: each.to(dtype) for name, each in weights.items()}

    def linear(name: str, y: Tensor) -> Tensor:
        matrix = cast[f"{name}.weight"]
        flat = y.reshape(-1, matrix.shape[0]).to(dtype)
        return torch.addmm(cast[f"{name}.bias"], flat, matrix).view(*y.shape[:-1], -1)

    def norm(name: str, y: Tensor) -> Tensor:
        return f.layer_norm(y, (size.width,), weights[f"{name}.weight"], weights[f"{name}.bias"], EPSILON)

    x = f.embedding(ids, weights["wte.weight"]) + weights["wpe.weight"][:length]
    for number in range(size.layers):
        block = f"h.{number}."
        qkv = linear(block + "attn.c_attn", norm(block + "ln_1", x)).float()
        parts = qkv.view(rows, length, 3, size.heads, size.width // size.heads).permute(2, 0, 3, 1, 4)
        mixed = f.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
        x = x + linear(block + "attn.c_proj", mixed.transpose(1, 2).reshape(rows, length, size.width))
        wide = f.gelu(linear(block + "mlp.c_fc", norm(block + "ln_2", x)), approximate="tanh")
        x = x + linear(block + "mlp.c_proj", wide)
    return (norm("ln_f", x).to(dtype) @ cast["wte.weight"].T).float()
