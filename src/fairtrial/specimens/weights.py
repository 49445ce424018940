"""Reads a weights file in the safetensors layout: no pickle, no code, nothing that isn't expected.

Layout: 8 bytes, the header's length (little-endian); the header, JSON: name -> dtype, shape, data_offsets;
then the tensors, end to end. Source: huggingface/safetensors, README, "Format". We take float16 alone, and
exactly the tensors of the network that the file belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairtrial.core.errors import IntegrityError
from fairtrial.core.strict_json import parse_strict

MAX_HEADER: Final = 64 * 1024
"""Bytes. The header of four layers takes 5,000."""

Half = NDArray[np.float16]


def read_weights(data: bytes, shapes: Mapping[str, tuple[int, ...]], where: str) -> dict[str, Half]:
    """The tensors named in `shapes`, all finite. Raises IntegrityError that names the file `where`."""
    header, body = _split(data, where)
    header.pop("__metadata__", None)
    if header.keys() != shapes.keys():
        odd = sorted(header.keys() ^ shapes.keys())
        raise _broken(where, f"has a tensor too many or too few: {odd[0][:60]!r}")
    places = {name: _place(name, header[name], shape, where) for name, shape in shapes.items()}
    end = 0
    for begin, stop in sorted(places.values()):
        # Overlaps and gaps: two readers of one file must not see two models.
        if begin != end:
            raise _broken(where, f"has tensors that don't lie end to end at byte {begin}")
        end = stop
    if end != len(body):
        raise _broken(where, f"has {len(body)} bytes of tensors where its header states {end}")
    found = {}
    for name, (begin, stop) in places.items():
        found[name] = np.frombuffer(body[begin:stop], dtype="<f2").reshape(shapes[name])
        if not np.isfinite(found[name]).all():
            raise _broken(where, f"holds a number that is not finite in {name}")
    return found


def _split(data: bytes, where: str) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or not 2 <= length <= min(MAX_HEADER, len(data) - 8):
        raise _broken(where, f"states a header of {length} bytes; it has {len(data)} in all")
    try:
        header = parse_strict(data[8 : 8 + length].decode("utf-8"))
    except ValueError as error:
        raise _broken(where, f"has a header that is not strict JSON: {error}") from error
    if not isinstance(header, dict):
        raise _broken(where, "has a header that is no JSON object")
    return header, data[8 + length :]


def _place(name: str, entry: object, shape: tuple[int, ...], where: str) -> tuple[int, int]:
    """(begin, end) in bytes of the body, as many bytes as `shape` takes."""
    if not isinstance(entry, dict) or entry.get("dtype") != "F16" or entry.get("shape") != list(shape):
        raise _broken(where, f"has {name} in another type or shape than float16 {list(shape)}")
    offsets = entry.get("data_offsets")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(type(each) is int for each in offsets)):
        raise _broken(where, f"does not say where {name} lies")
    begin, end = offsets
    if begin < 0 or end - begin != 2 * math.prod(shape):
        raise _broken(where, f"gives {name} {end - begin} bytes, not {2 * math.prod(shape)}")
    return begin, end


def _broken(where: str, what: str) -> IntegrityError:
    return IntegrityError(
        f"the weights file {where} {what}", "install the package again; nobody edits weights by hand"
    )
