"""k of n by a seed that nobody could choose: which items an auditor asks again, which ones are asked at all."""

from __future__ import annotations

import hashlib
import hmac
from itertools import count
from typing import Final

from fairtrial.core.errors import UsageError

_LABEL: Final = b"audit-sample/v1\x00"
WORD_BYTES: Final = 8


def sample(seed: bytes, plan: bytes, n: int, k: int, *, word: int = WORD_BYTES) -> tuple[int, ...]:
    """k different numbers from 0 to n - 1, in the order in which they are drawn: fewer are the first of more.

    seed: 32 bytes, a beacon's randomness or a coin's. plan: digest, 32 bytes, of what is drawn from, so that one
    seed serves several draws. word: bytes of a draw; small only in tests. For j = 0, 1, …: x = the first `word`
    bytes of HMAC-SHA256(seed, label || plan || j); from floor(2^w / n)·n on it is skipped, since it would favour
    small numbers; x mod n is taken unless it was before.

    Raises UsageError unless 1 <= k <= n.
    """
    if not 1 <= k <= n:
        raise UsageError(f"{k} of {n} items can't be drawn", f"give 1 to {n}")
    if n > 256**word:
        raise UsageError(f"{n} items are more than can be drawn from", f"give at most {256**word}")
    limit = 256**word // n * n
    taken: dict[int, None] = {}
    for j in count():
        made = hmac.digest(seed, _LABEL + plan + j.to_bytes(8, "big"), hashlib.sha256)
        number = int.from_bytes(made[:word], "big")
        if number < limit:
            taken[number % n] = None
            if len(taken) == k:
                return tuple(taken)
    raise AssertionError("count() ends never")
