"""Signatures that are none: wrong key, wrong curve point, point outside the subgroup, no point, wrong length."""

from __future__ import annotations

import subprocess
import sys

import pytest
from py_ecc.bls.point_compression import compress_G1, decompress_G1
from py_ecc.optimized_bls12_381 import FQ, b, curve_order, is_inf, is_on_curve, multiply

from fairtrial.adapters import drand
from fairtrial.core.errors import UsageError
from fairtrial.trust.beacon import QUICKNET, BeaconRound
from tests.trust.worlds import SIGNATURE

KEY = bytes.fromhex(QUICKNET.public_key)
MESSAGE = BeaconRound(QUICKNET.digest, 1000).message
REAL = bytes.fromhex(SIGNATURE)
INFINITY = bytes([0xC0]) + bytes(47)


def _doubled() -> bytes:
    point = multiply(decompress_G1(int.from_bytes(REAL, "big")), 2)
    return int(compress_G1(point)).to_bytes(48, "big")


def _outside_the_subgroup() -> bytes:
    """The point of the curve with the least x, whose order is not the group's."""
    x = 0
    while True:
        x += 1
        y = pow(x**3 + 4, (FQ.field_modulus + 1) // 4, FQ.field_modulus)
        point = (FQ(x), FQ(y), FQ(1))
        if is_on_curve(point, b) and not is_inf(multiply(point, curve_order)):
            return int(compress_G1(point)).to_bytes(48, "big")


def test_the_real_signature_is_valid() -> None:
    assert drand.valid_signature(KEY, MESSAGE, REAL)


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (KEY, _doubled()),
        (KEY, INFINITY),
        (KEY, _outside_the_subgroup()),
        (KEY, bytes(48)),
        (KEY, REAL[:-1]),
        (KEY, b"\xff" * 48),
        (KEY, bytes([REAL[0] ^ 0x20]) + REAL[1:]),
        (bytes([0xC0]) + bytes(95), REAL),
        (bytes([0xC0]) + bytes(95), INFINITY),
        (KEY[:-1], REAL),
    ],
)
def test_what_is_no_signature_is_refused(key: bytes, signature: bytes) -> None:
    assert not drand.valid_signature(key, MESSAGE, signature)


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(drand, "import_module", missing)
    with pytest.raises(UsageError, match=r"fairtrial\[beacon\]"):
        drand.valid_signature(KEY, MESSAGE, REAL)


def test_the_check_leaves_the_process_s_recursion_limit_alone() -> None:
    """py_ecc raises it to 100,000, where nested JSON from outside kills the process instead of being refused."""
    told = "import sys, json; from fairtrial.adapters import drand; before = sys.getrecursionlimit(); "
    told += f"assert drand.valid_signature(bytes.fromhex({KEY.hex()!r}), bytes.fromhex({MESSAGE.hex()!r}), "
    told += f"bytes.fromhex({REAL.hex()!r})); assert sys.getrecursionlimit() == before\n"
    told += "try: json.loads('[' * 200_000)\nexcept RecursionError: print('refused')"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr
