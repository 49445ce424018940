"""The stream that a seed gives, by hand; laws by enumeration."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from fractions import Fraction

import pytest
from scipy.stats import chisquare

from fairtrial.core.errors import UsageError
from fairtrial.families.law import Choice, Day, Decimal, Integer, Law, Stream

SEED = bytes(range(32))


def test_the_stream_is_sha256_of_seed_and_counter() -> None:
    """Four numbers of 64 bits a block, in the order they stand there."""
    stream = Stream(SEED)
    found = [stream.below(2**32) for _ in range(6)]
    blocks = b"".join(hashlib.sha256(SEED + bytes(7) + bytes([block])).digest() for block in range(2))
    assert found == [int.from_bytes(blocks[at : at + 8], "big") % 2**32 for at in range(0, 48, 8)]


def test_a_word_that_would_favour_small_numbers_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """With words of 3 bits, 0 to 7, and a bound of 3, the words 6 and 7 don't count."""
    from fairtrial.families import law

    monkeypatch.setattr(law, "_WORD", 8)
    stream = Stream(SEED)
    stream._words = [5, 6, 7, 1]
    assert [stream.below(3), stream.below(3)] == [1, 5 % 3]


@pytest.mark.parametrize("bound", [2, 7, 24])
def test_numbers_are_uniform(bound: int) -> None:
    stream = Stream(SEED)
    counts = Counter(stream.below(bound) for _ in range(12_000))
    assert chisquare([counts[each] for each in range(bound)]).pvalue > 0.001


@pytest.mark.parametrize("seed", [b"", b"x" * 31, b"x" * 33])
def test_a_seed_has_32_bytes(seed: bytes) -> None:
    with pytest.raises(UsageError, match="32 bytes"):
        Stream(seed)


@pytest.mark.parametrize(
    ("law", "values"),
    [
        (Integer(-1, 2), [-1, 0, 1, 2]),
        (Decimal(Fraction(1, 2), Fraction(5, 4), Fraction(1, 4)), [Fraction(n, 4) for n in (2, 3, 4, 5)]),
        (Decimal(Fraction(0), Fraction(1), Fraction(3, 10)), [Fraction(n, 10) for n in (0, 3, 6, 9)]),
        (Choice(("a", "b")), ["a", "b"]),
        (Day(date(2024, 2, 28), date(2024, 3, 1)), [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]),
    ],
)
def test_laws_by_enumeration(law: Law, values: list[object]) -> None:
    assert [law.value(index) for index in range(law.size)] == values
