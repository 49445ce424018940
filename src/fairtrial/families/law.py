"""The laws of parameters, and the only source of randomness they have: a seed of 32 bytes.

The stream is SHA-256(seed ‖ counter), the counter eight bytes, the highest first; each block gives four numbers
of 64 bits. No library's generator: the same seed must give the same sample on every machine and version.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Protocol

from fairtrial.core.errors import UsageError
from fairtrial.families.operations import Value

_WORD = 2**64


class Stream:
    """Uniform whole numbers from a seed."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise UsageError(f"a seed of {len(seed)} bytes", "a seed has 32 bytes")
        self._seed = seed
        self._counter = 0
        self._words: list[int] = []

    def below(self, bound: int) -> int:
        """Uniform on 0 to bound - 1, bound at most 2^32. What would favour small numbers is passed over."""
        limit = _WORD - _WORD % bound
        while True:
            if not self._words:
                block = hashlib.sha256(self._seed + self._counter.to_bytes(8, "big")).digest()
                self._words = [int.from_bytes(block[at : at + 8], "big") for at in (24, 16, 8, 0)]
                self._counter += 1
            word = self._words.pop()
            if word < limit:
                return word % bound


class Law(Protocol):
    """A distribution with finitely many values, all equally likely."""

    @property
    def size(self) -> int: ...

    def value(self, index: int) -> Value: ...


@dataclass(frozen=True, slots=True)
class Integer:
    """Whole numbers from low to high, both included."""

    low: int
    high: int

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    def value(self, index: int) -> Value:
        return Fraction(self.low + index)


@dataclass(frozen=True, slots=True)
class Decimal:
    """low, low + step, … up to high at most."""

    low: Fraction
    high: Fraction
    step: Fraction

    @property
    def size(self) -> int:
        return int((self.high - self.low) // self.step) + 1

    def value(self, index: int) -> Value:
        return self.low + index * self.step


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list, of words or of numbers."""

    values: tuple[Value, ...]

    @property
    def size(self) -> int:
        return len(self.values)

    def value(self, index: int) -> Value:
        return self.values[index]


@dataclass(frozen=True, slots=True)
class Day:
    """Days from first to last, both included."""

    first: date
    last: date

    @property
    def size(self) -> int:
        return (self.last - self.first).days + 1

    def value(self, index: int) -> Value:
        return self.first + timedelta(days=index)
