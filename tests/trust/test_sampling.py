"""The draw of k among n: the handbook's vector, an independent maker of the numbers, and fairness by counting."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.trust.sampling import sample

SEED = bytes.fromhex("fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587")
PLAN = hashlib.sha256(b"plan").digest()


def numbers(seed: bytes, plan: bytes, word: int, count: int) -> list[int]:
    """The stream as the handbook writes it, with `hmac` alone."""
    return [
        int.from_bytes(
            hmac.new(
                seed, b"audit-sample/v1" + b"\0" + plan + bytes(7) + bytes([j]), hashlib.sha256
            ).digest()[:word],
            "big",
        )
        for j in range(count)
    ]


def test_the_handbooks_vector() -> None:
    assert sample(SEED, PLAN, 164, 8) == (114, 39, 35, 99, 37, 16, 152, 74)


def test_fewer_are_the_first_of_more_and_all_are_a_permutation() -> None:
    assert sample(SEED, PLAN, 164, 3) == sample(SEED, PLAN, 164, 8)[:3]
    assert sorted(sample(SEED, PLAN, 50, 50)) == list(range(50))


def test_numbers_that_would_favour_small_ones_are_skipped() -> None:
    """A word of one byte and n = 200: 200 to 255 are skipped, not wrapped to 0 to 55."""
    stream = numbers(SEED, PLAN, 1, 200)
    assert any(number >= 200 for number in stream[:20]), "this seed shows it"
    due = list(dict.fromkeys(number for number in stream if number < 200))[:20]
    assert list(sample(SEED, PLAN, 200, 20, word=1)) == due


@pytest.mark.parametrize("n", [3, 5, 100])
def test_every_item_is_drawn_as_often_as_any(n: int) -> None:
    """First items over 12,000 seeds, with the small word whose remainder would show a bias of 1 in 85."""
    draws = 12_000
    found = Counter(sample(hashlib.sha256(b"%d" % at).digest(), PLAN, n, 1, word=1)[0] for at in range(draws))
    due = draws / n
    statistic = sum((found[each] - due) ** 2 / due for each in range(n))
    assert statistic < n - 1 + 5 * (2 * (n - 1)) ** 0.5


@given(st.binary(min_size=32, max_size=32), st.integers(1, 60), st.data())
def test_any_draw_is_of_k_different_items(seed: bytes, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    found = sample(seed, PLAN, n, k)
    assert len(set(found)) == k and all(0 <= each < n for each in found)


@pytest.mark.parametrize(("n", "k"), [(5, 0), (5, 6), (0, 1)])
def test_impossible_draws_are_refused(n: int, k: int) -> None:
    with pytest.raises(UsageError, match="can't be drawn"):
        sample(SEED, PLAN, n, k)


def test_more_items_than_a_word_can_name_are_refused() -> None:
    with pytest.raises(UsageError, match="more than can be drawn from"):
        sample(SEED, PLAN, 300, 1, word=1)
