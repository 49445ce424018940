"""A weights file is read to the letter or refused, and whatever is wrong with it, the error names the file."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import IntegrityError
from fairtrial.specimens.weights import MAX_HEADER, read_weights

SHAPES = {"a": (2, 3), "b": (4,)}
A = np.arange(6, dtype="<f2").reshape(2, 3)
B = np.array([1.5, -2, 0, 65504], dtype="<f2")
GOOD: dict[str, Any] = {
    "a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]},
    "b": {"dtype": "F16", "shape": [4], "data_offsets": [12, 20]},
}
BODY = A.tobytes() + B.tobytes()


def file(header: object = GOOD, body: bytes = BODY, *, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + body


def test_a_file_comes_back_as_it_was_written() -> None:
    found = read_weights(file({"__metadata__": {"format": "pt"}, **GOOD}), SHAPES, "w")
    assert found.keys() == SHAPES.keys()
    np.testing.assert_array_equal(found["a"], A)
    np.testing.assert_array_equal(found["b"], B)


def changed(name: str, key: str, value: object) -> dict[str, Any]:
    return {**GOOD, name: {**GOOD[name], key: value}}


BAD = {
    "empty": b"",
    "seven-bytes": b"1234567",
    "no-header": (0).to_bytes(8, "little") + BODY,
    "header-longer-than-the-file": file(length=10**6),
    "header-of-eight-exabytes": b"\xff" * 8 + BODY,
    "header-above-the-limit": file(json.dumps(GOOD).encode() + b" " * MAX_HEADER),
    "header-no-json": file(b"{'a': 1}"),
    "header-no-utf8": file(b"\xff\xfe{}"),
    "header-a-list": file([]),
    "header-nested-too-deep": file(b"[" * 20_000 + b"]" * 20_000),
    "header-with-a-name-twice": file(b'{"a": 1, "a": 2}'),
    "pickle": b"\x80\x04\x95" + BODY * 10,
    "tensor-missing": file({"a": GOOD["a"]}),
    "tensor-too-many": file({**GOOD, "c": GOOD["b"]}),
    "another-type": file(changed("a", "dtype", "F32")),
    "another-shape": file(changed("a", "shape", [3, 2])),
    "no-offsets": file({**GOOD, "a": {"dtype": "F16", "shape": [2, 3]}}),
    "offsets-no-numbers": file(changed("a", "data_offsets", ["0", "12"])),
    "offsets-true-and-false": file(changed("a", "data_offsets", [False, 12])),
    "offsets-below-zero": file(changed("a", "data_offsets", [-12, 0])),
    "offsets-too-short": file(changed("a", "data_offsets", [0, 8])),
    "tensors-overlap": file(changed("b", "data_offsets", [8, 16])),
    "gap-between-tensors": file(changed("b", "data_offsets", [16, 24]), A.tobytes() + bytes(4) + B.tobytes()),
    "bytes-behind-the-last-tensor": file(body=BODY + b"x"),
    "body-cut": file(body=BODY[:-2]),
    "entry-no-object": file({**GOOD, "a": 7}),
    "not-a-number": file(body=A.tobytes() + np.array([1, np.nan, 0, 0], dtype="<f2").tobytes()),
    "infinite": file(body=A.tobytes() + np.array([1, np.inf, 0, 0], dtype="<f2").tobytes()),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_broken_file_is_refused_by_name(fault: str) -> None:
    with pytest.raises(IntegrityError, match=r"cheat/model\.safetensors"):
        read_weights(BAD[fault], SHAPES, "cheat/model.safetensors")


@given(st.integers(0, len(file()) - 1), st.integers(1, 255))
@settings(max_examples=300)
def test_a_flipped_byte_is_refused_or_changes_a_number(at: int, by: int) -> None:
    data = bytearray(file())
    data[at] ^= by
    try:
        found = read_weights(bytes(data), SHAPES, "w")
    except IntegrityError:
        return
    assert {name: each.shape for name, each in found.items()} == SHAPES


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        read_weights(data, SHAPES, "w")
