"""A language model made on the spot: bytes, in pure Python, the same floats wherever it runs.

An n-gram model of a few texts, tilted by a hash of the whole context, so that every byte of the prompt
decides what it answers and how likely it finds a choice. Nobody should admire its answers: they are there to
be scored twice. Imported by both sides of the comparison, so it uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

ORDER = 7
TILT = 4.0


class SmallModel:
    """texts: what it learns from."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._next: dict[bytes, Counter[int]] = defaultdict(Counter)
        for text in texts:
            data = text.encode()
            for end in range(1, len(data)):
                for length in range(1, min(ORDER, end + 1)):
                    self._next[data[end - length : end]][data[end]] += 1
        self._total = {key: sum(counts.values()) for key, counts in self._next.items()}

    def loglikelihood(self, context: str, continuation: str) -> float:
        """Nats, summed over the continuation's bytes; at most 0."""
        history, told = context.encode(), continuation.encode()
        seed, total = hashlib.sha256(history).digest(), 0.0
        for at, byte in enumerate(told):
            tail = (history[-ORDER:] + told[:at])[-ORDER:]
            total += math.log(self._probability(byte, tail)) - TILT * _uniform(seed, at, byte)
        return total

    def would_write(self, context: str, continuation: str) -> bool:
        """Whether it would have written the continuation of its own accord: one half of them, by a hash."""
        return _uniform(hashlib.sha256(context.encode()).digest(), len(continuation), 256) < 0.5

    def generate(self, prompt: str, stop: Sequence[str], limit: int) -> tuple[str, bool]:
        """Up to `limit` bytes, or to a stop string, which is left out: (text, was it cut by the limit?)."""
        history = prompt.encode()[-ORDER:]
        seed = hashlib.sha256(prompt.encode()).digest()
        written = bytearray()
        stops = [each.encode() for each in stop]
        while len(written) < limit:
            tail = (history + bytes(written[-ORDER:]))[-ORDER:]
            written.append(self._drawn(tail, _uniform(seed, len(written), 0)))
            for each in stops:
                if written.endswith(each):
                    return written[: -len(each)].decode("utf-8", "replace"), False
        return written.decode("utf-8", "replace"), True

    def _probability(self, byte: int, history: bytes) -> float:
        p = 1 / 256
        for length in range(1, min(ORDER, len(history) + 1)):
            key = history[-length:]
            total = self._total.get(key, 0)
            if total:
                p = (self._next[key].get(byte, 0) + 2.0 * p) / (total + 2.0)
        return p

    def _drawn(self, history: bytes, share: float) -> int:
        for length in range(ORDER - 1, 0, -1):
            counts = self._next.get(history[-length:])
            if counts:
                left = share * self._total[history[-length:]]
                for byte in sorted(counts):
                    left -= counts[byte]
                    if left < 0:
                        return byte
        return 10


def _uniform(seed: bytes, at: int, byte: int) -> float:
    """From 0 to 1, decided by the context, the position and the byte."""
    data = hashlib.blake2b(b"%d.%d" % (at, byte), key=seed, digest_size=6).digest()
    return int.from_bytes(data, "big") / 2**48
