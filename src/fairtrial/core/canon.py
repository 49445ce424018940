"""One function turns a noun into bytes (RFC 8785, JSON Canonicalization Scheme).

Digest, signature and file all go through here: a second way to serialise would be a second truth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import rfc8785

from fairtrial.core.errors import UsageError

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
JSONObject: TypeAlias = "Mapping[str, JSON]"


def canonical(value: JSON) -> bytes:
    """The canonical bytes of plain JSON data. Raises UsageError for NaN, infinities and non-JSON types."""
    try:
        return rfc8785.dumps(_plain(value))
    except (rfc8785.CanonicalizationError, TypeError, ValueError) as error:
        raise UsageError(f"this value has no canonical JSON form: {error}") from error


def digest(value: JSON) -> str:
    """`sha256:…` of the canonical bytes."""
    return digest_bytes(canonical(value))


def digest_bytes(data: bytes) -> str:
    """`sha256:…` of raw bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _plain(value: JSON) -> Any:
    """Mappings to dict and sequences to list, so that a tuple and a list have the same bytes."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
