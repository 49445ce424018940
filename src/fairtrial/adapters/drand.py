"""The pairing check of a drand round's signature: the extra `[beacon]`, in the one place that needs it.

Scheme bls-unchained-g1-rfc9380: signature on G1, public key on G2, message hashed to G1 by RFC 9380. Valid if
e(signature, G2) = e(H(message), public key). Points outside the prime-order subgroup are no signatures.
"""

from __future__ import annotations

import hashlib
import sys
from importlib import import_module
from typing import Any, Final

from fairtrial.core.errors import UsageError

DST: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


def valid_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key's owner signed the message. Raises UsageError without the extra.

    public_key: 96 bytes, compressed; signature: 48 bytes, compressed. About a second of work.
    """
    curve, points, hashing = (
        _part("optimized_bls12_381"),
        _part("bls.point_compression"),
        _part("bls.hash_to_curve"),
    )
    if len(public_key) != 96 or len(signature) != 48:
        return False
    high, low = public_key[:48], public_key[48:]
    try:
        key = points.decompress_G2((int.from_bytes(high, "big"), int.from_bytes(low, "big")))
        signed = points.decompress_G1(int.from_bytes(signature, "big"))
    except ValueError:  # no point of the curve
        return False
    for point in (key, signed):
        if curve.is_inf(point) or not curve.is_inf(curve.multiply(point, curve.curve_order)):
            return False
    hashed = hashing.hash_to_G1(message, DST, hashlib.sha256)
    return bool(curve.pairing(curve.G2, signed) == curve.pairing(key, hashed))


def _part(name: str) -> Any:
    limit = sys.getrecursionlimit()
    try:
        return import_module(f"py_ecc.{name}")
    except ImportError as error:
        raise UsageError(
            "a beacon round can't be checked: py_ecc is not installed", "pip install 'fairtrial[beacon]'"
        ) from error
    finally:
        # It raises the limit of the whole process to 100,000 and needs 256: a reply of nested JSON would then
        # overflow the stack and kill the process, where it should be refused.
        sys.setrecursionlimit(limit)
