"""Signed documents as bytes: read strictly, written one way, refused where two readers could see two things.

Python's own reader keeps the last of two equal keys and takes NaN, `1e999`, a byte order mark and half a
surrogate pair; `int()` takes `01`, `+1` and `1_0`; base64 takes stray bits. Each of these is a second form of
the same content, and a signature over one of them says nothing about the other. Source: RFC 8785, RFC 4648.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.strict_json import parse_strict

MAX_BYTES: Final[Mapping[str, int]] = {
    "envelope": 5 * 2**20,
    "statement": 3 * 2**20,
    "trust policy": 2**20,
    "method record": 2**20,
    "receipt": 2**20,
    "plan": 4 * 2**20,
    "scores": 4 * 2**20,
    "data set": 16 * 2**20,
    "digest of records": 2**16,
    "edge of a log": 2**16,
}
"""Most bytes a document may have, by kind: each is read whole."""

MAX_INTEGER: Final = 2**53 - 1
"""Beyond it, readers that keep numbers as doubles see another number; larger ones are written as text."""

GET_AGAIN: Final = "get the file as it was published; don't rely on this one"

_NUMBER = re.compile(r"0|[1-9][0-9]*")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DIGITS: Final = 16


def read_object(data: bytes, kind: str, name: str, *, decimals: bool = False) -> dict[str, Any]:
    """The JSON object in a document of a `kind` (of `MAX_BYTES`), read strictly but in any layout.

    name: of the file, for messages. decimals: whether they may stand in it, as in other people's documents, to be
    read to the digit. Raises IntegrityError for whatever two readers could take for two things.
    """
    try:
        if len(data) > MAX_BYTES[kind]:
            raise ValueError(f"{len(data):,} bytes; {MAX_BYTES[kind]:,} are allowed")
        if data.startswith(b"\xef\xbb\xbf"):
            raise ValueError("it begins with a byte order mark")
        value = parse_strict(data.decode("utf-8"))
        if not isinstance(value, dict):
            raise ValueError("it holds no JSON object")
        _check_values(value, decimals)
    except ValueError as error:
        raise IntegrityError(f"{name} is no {kind}: {error}".partition("\n")[0], GET_AGAIN) from error
    return value


def read_canonical(data: bytes, kind: str, name: str) -> dict[str, Any]:
    """As `read_object`, and the bytes are the canonical ones: the same content has no second form."""
    value = read_object(data, kind, name)
    if canonical(value) != data:
        raise IntegrityError(f"{name} is not written in canonical form (RFC 8785)", GET_AGAIN)
    return value


def signed_bytes(value: Mapping[str, JSON], kind: str = "statement") -> bytes:
    """The canonical bytes of something to be signed, of a `kind` as in `read_object`. Raises UsageError for floats
    and whatever else a strict reader would refuse."""
    try:
        _check_values(value)
    except ValueError as error:
        raise UsageError(
            f"this can't be signed: {error}", 'write decimals as text, such as "0.25"'
        ) from error
    data = canonical(value)
    if len(data) > MAX_BYTES[kind]:
        raise UsageError(
            f"a {kind} of {len(data):,} bytes; {MAX_BYTES[kind]:,} are read", "sign digests of what is large"
        )
    return data


def strict_base64(text: str) -> bytes:
    """Bytes of base64 in the standard alphabet, padded, without line breaks or stray bits (RFC 4648, section 4).
    Raises ValueError for any other spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError(f"{text[:40]!r} is not base64") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError(f"{text[:40]!r} is not base64 as it is written canonically")
    return data


def strict_number(text: str) -> int:
    """A whole number from 0 in ASCII digits without sign or leading zero. Raises ValueError for anything else."""
    if len(text) > _DIGITS or not _NUMBER.fullmatch(text) or int(text) > MAX_INTEGER:
        raise ValueError(f"{text[:40]!r} is not a whole number as it is written canonically")
    return int(text)


def is_decimal(text: str) -> bool:
    """A decimal as signed documents write it: "0.25", "-3", never "-0", ".5", "1e3" or "+1"."""
    return bool(_DECIMAL.fullmatch(text)) and not (text.startswith("-") and not text.strip("-0."))


def decimal_text(value: float | Decimal) -> str:
    """A finite number as signed documents write it: all its digits, no exponent. A float gives the shortest text
    that reads back as the same float, so that whoever recomputes a figure compares texts."""
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite():
        raise UsageError(f"{value} is no figure that can be signed")
    text = format(number, "f")
    return text if number else text.lstrip("-")


def _check_values(value: Any, decimals: bool = False) -> None:
    """Layer by layer, so that no depth exhausts the stack. Depth, keys and constants of what was read are the
    parser's affair; of what is to be written, they are checked here too."""
    layer: list[Any] = [value]
    for _ in range(64):
        inner: list[Any] = []
        for each in layer:
            if isinstance(each, Mapping):
                inner.extend(each.keys())
                inner.extend(each.values())
            elif isinstance(each, (list, tuple)):
                inner.extend(each)
            else:
                _check_scalar(each, decimals)
        if not inner:
            return
        layer = inner
    raise ValueError("nested more than 64 deep")


def _check_scalar(value: Any, decimals: bool) -> None:
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError("half a surrogate pair is no text")
    elif isinstance(value, Decimal) and decimals:
        return
    elif isinstance(value, (float, Decimal)):
        raise ValueError(f"{value!s:.40} is no whole number; a decimal is written as text")
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("a whole number beyond 2^53 - 1; it is written as text")
    elif value is not None:
        raise ValueError(f"a {type(value).__name__} is no JSON")
