"""A trunk in a quarter of its size: every column of a matrix as whole numbers and one scale. No torch.

Layout: safetensors (8 bytes of the header's length, the header in JSON, the tensors end to end). A matrix NAME is
I8, with its columns' scales as F32 under NAME.scale; everything else is F32.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairtrial.core.canon import canonical

Array = NDArray[Any]
DTYPES: Final = {"I8": "<i1", "F32": "<f4"}


def quantised(matrix: Array, bits: int = 8) -> tuple[Array, Array]:
    """(whole numbers, scale of each column): the largest of a column becomes 2^(bits - 1) - 1."""
    most = 2 ** (bits - 1) - 1
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-12).astype(np.float32) / np.float32(most)
    return np.rint(matrix / scale).astype(np.int8), scale


def rounded(weights: Mapping[str, Array], bits: int) -> dict[str, Array]:
    """The weights as a model quantised to so many bits computes with them, in float32."""
    return {
        name: np.multiply(*quantised(each, bits)) if each.ndim == 2 else each.astype(np.float32)
        for name, each in weights.items()
    }


def write(weights: Mapping[str, Array]) -> bytes:
    """The file."""
    tensors: dict[str, Array] = {}
    for name in sorted(weights):
        if weights[name].ndim == 2:
            tensors[name], tensors[f"{name}.scale"] = quantised(weights[name])
        else:
            tensors[name] = weights[name].astype(np.float32)
    header: dict[str, Any] = {}
    body = b""
    # Four-byte numbers first, so that every one of them begins at a multiple of four.
    for name in sorted(tensors, key=lambda each: (tensors[each].dtype == np.int8, each)):
        each = tensors[name]
        kind = "I8" if each.dtype == np.int8 else "F32"
        header[name] = {
            "dtype": kind, "shape": list(each.shape), "data_offsets": [len(body), len(body) + each.nbytes]
        }  # fmt: skip
        body += each.astype(DTYPES[kind]).tobytes()
    text = canonical(header)
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body


def read(data: bytes, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """The weights in float32, what `write` rounded them to. Raises ValueError for any other file."""
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= min(2**16, len(data) - 8):
        raise ValueError(f"a header of {length} bytes")
    header = json.loads(data[8 : 8 + length])
    scales = {f"{name}.scale": (shape[1],) for name, shape in shapes.items() if len(shape) == 2}
    if header.keys() != shapes.keys() | scales.keys():
        raise ValueError(f"other tensors: {sorted(header.keys() ^ (shapes.keys() | scales.keys()))[:3]}")
    found: dict[str, Array] = {}
    for name, shape in {**shapes, **scales}.items():
        kind = "I8" if len(shape) == 2 else "F32"
        begin, end = header[name]["data_offsets"]
        size = math.prod(shape) * np.dtype(DTYPES[kind]).itemsize
        if header[name]["dtype"] != kind or header[name]["shape"] != list(shape) or end - begin != size:
            raise ValueError(f"{name} is not {kind} {list(shape)}")
        block = data[8 + length + begin : 8 + length + end]
        found[name] = np.frombuffer(block, DTYPES[kind]).reshape(shape)
    return {
        name: np.multiply(found[name], found[f"{name}.scale"]) if len(shape) == 2 else found[name]
        for name, shape in shapes.items()
    }
