"""Public keys: named as securesystemslib names them, and weak ones refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import SSlibKey

from fairtrial.core.errors import IntegrityError
from fairtrial.trust import keys
from fairtrial.trust.keys import PublicKey
from tests.trust.signers import public, secret

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P

# RFC 8032, section 7.1, tests 1 and 2.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032(key: str, message: str, signature: str) -> None:
    made = bytes.fromhex(signature)
    assert PublicKey.from_hex(key).made(made, bytes.fromhex(message))
    assert not PublicKey.from_hex(key).made(made, bytes.fromhex(message) + b"\0")
    assert not PublicKey.from_hex(key).made(made[:-1], bytes.fromhex(message))


@given(st.binary(min_size=1, max_size=8))
def test_key_ids_are_those_of_securesystemslib(seed: bytes) -> None:
    other = SSlibKey.from_crypto(secret(seed.hex()).public_key())
    assert public(seed.hex()).keyid == other.keyid
    assert public(seed.hex()).hex == other.keyval["public"]


def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """On the curve of RFC 8032: -x² + y² = 1 + d x² y²."""
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    return x % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def small_order() -> set[int]:
    """y of every point whose order divides 8, found by multiplying points with the order of the large subgroup."""
    large = 2**252 + 27742317777372353535851937790883648493
    found: set[int] = set()
    y = 2
    while len(found) < 5:  # 8 points, in pairs of one y but for two
        y += 1
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
        if x * x % P != square:
            continue
        total, point, rest = (0, 1), (x, y), large
        while rest:
            total = add(total, point) if rest & 1 else total
            point, rest = add(point, point), rest >> 1
        found.add(total[1])
    return found


def test_every_point_of_small_order_is_refused() -> None:
    assert small_order() == keys._SMALL_ORDER
    for y in small_order():
        for sign in (0, 1):
            raw = (y | sign << 255).to_bytes(32, "little")
            with pytest.raises(IntegrityError, match="anybody can sign for it"):
                PublicKey(raw)


def test_a_key_has_one_form() -> None:
    """Some readers take y and y + p for the same key; then one key would be two signers."""
    for y in range(P, 2**255):
        with pytest.raises(IntegrityError, match="not written in its one form"):
            PublicKey(y.to_bytes(32, "little"))
    assert PublicKey((P - 2).to_bytes(32, "little"))


def test_why_they_are_refused() -> None:
    """Under the neutral element, S = 0 and R = the neutral element is a signature of every message."""
    neutral = (1).to_bytes(32, "little")
    key = Ed25519PublicKey.from_public_bytes(neutral)
    key.verify(neutral + bytes(32), b"anything")
    key.verify(neutral + bytes(32), b"and anything else")


@pytest.mark.parametrize(
    "text", ["", "00", "AB" * 32, "zz" * 32, "ab" * 31, "ab" * 33, " " + "ab" * 31 + "a"]
)
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(IntegrityError, match="is no public key"):
        PublicKey.from_hex(text)
    with pytest.raises(IntegrityError, match="has 32 bytes, not 31"):
        PublicKey(bytes(31))


@given(st.binary(min_size=31, max_size=31), st.binary(max_size=70))
def test_bytes_that_are_no_point_sign_nothing(raw: bytes, signature: bytes) -> None:
    try:
        key = PublicKey(raw + b"\x07")
    except IntegrityError:
        return
    assert not key.made(signature, b"anything")
