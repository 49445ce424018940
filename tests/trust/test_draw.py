"""The committed draw: held against HMAC and JSON written out by hand, against its law, and against misuse."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.draw import commit, uniform
from tests.trust.worlds import RANDOMNESS, ROUND, SECRET, SIGNATURE, Tiny, draw


def by_hand(key: bytes, label: str) -> bytes:
    """HMAC-SHA256 as RFC 2104 writes it."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + label.encode()).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).digest()


def test_the_commitment_is_the_digest_of_canonical_json() -> None:
    content = {
        "beacon": None,
        "committed_at": "2023-08-23T15:59:23Z",
        "family": "tiny",
        "family_digest": "sha256:" + "0" * 64,
        "format": "fairtrial-draw-1",
        "n": 12,
        "salt": "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
        "secret": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "siblings": 8,
        "templates": ["one", "two", "three"],
    }
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    assert draw().commitment == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_every_value_is_the_hmac_of_its_label() -> None:
    drawn = draw()
    start = f"fairtrial-draw-1 {drawn.commitment}"
    assert drawn.sibling_seed(3, 5) == by_hand(SECRET, f"{start} sibling 3 5 0")
    assert drawn.sibling_seed(3, 5, 2) == by_hand(SECRET, f"{start} sibling 3 5 2")
    assert drawn.tie_break(3) == by_hand(SECRET, f"{start} tie 3")
    assert drawn.published(3) == by_hand(SECRET, f"{start} publish 3 0")[0] % 8
    others = [each for each in range(8) if each != drawn.published(3)]
    ranked = sorted(others, key=lambda each: by_hand(SECRET, f"{start} fresh 3 {each}"))
    assert drawn.fresh(3, 7) == tuple(ranked)


def test_vectors_for_another_implementation() -> None:
    """Written down once: a change here makes every draw that was ever published unreadable."""
    drawn = draw()
    assert drawn.commitment == "sha256:c760536cb86081b6c3c63757f042549c03235e809d39c678940ca6650161fdf8"
    assert (
        drawn.sibling_seed(0, 0).hex() == "35ba0fdddd4e749fb6ce0b73038b9468da65ac60da00846fed40322452e80a7b"
    )
    assert (
        drawn.sibling_seed(11, 7, 1).hex()
        == "8de3a3128b58f7f80accc24f2001c7f547aaa3b3defecc73aa880000c0f605f4"
    )
    assert [drawn.published(item) for item in range(12)] == [5, 5, 0, 4, 4, 4, 1, 1, 5, 3, 3, 1]
    assert [drawn.fresh(item, 3) for item in range(3)] == [(0, 1, 7), (1, 6, 3), (2, 5, 4)]
    seven = draw(siblings=7, n=60)
    assert "".join(str(seven.published(item)) for item in range(60)) == (
        "454201521154216015563610231221243445165241625260405166244603"
    )
    known = draw(beacon=replace(ROUND, signature=SIGNATURE))
    assert [known.published(item) for item in range(12)] == [2, 4, 5, 4, 5, 4, 7, 0, 1, 4, 7, 1]


def test_items_are_dealt_in_turn() -> None:
    assert [draw().template(item) for item in range(5)] == ["one", "two", "three", "one", "two"]


@pytest.mark.parametrize("siblings", [2, 3, 7, 8, 60])
def test_the_published_index_is_uniform(siblings: int) -> None:
    """The secret is fixed, so this holds or doesn't, at every run alike."""
    drawn = draw(siblings=siblings, n=12_000)
    counts = Counter(drawn.published(item) for item in range(drawn.n))
    assert set(counts) == set(range(siblings))
    assert chisquare([counts[each] for each in range(siblings)]).pvalue > 0.001


def test_fresh_siblings_are_uniform_and_in_random_order() -> None:
    drawn = draw(siblings=4, n=12_000)
    orders = Counter((drawn.published(item), *drawn.fresh(item, 2)) for item in range(drawn.n))
    assert len(orders) == 4 * 3 * 2
    assert chisquare(list(orders.values())).pvalue > 0.001


@given(st.integers(0, 11), st.integers(2, 64), st.data())
def test_fresh_siblings_are_distinct_and_never_the_published_one(
    item: int, siblings: int, data: st.DataObject
) -> None:
    drawn = draw(siblings=siblings)
    count = data.draw(st.integers(1, siblings - 1))
    fresh = drawn.fresh(item, count)
    assert len(set(fresh)) == count
    assert drawn.published(item) not in fresh
    assert set(fresh) <= set(range(siblings))
    assert drawn.fresh(item, siblings - 1)[:count] == fresh


def test_bytes_that_would_favour_small_numbers_are_passed_over() -> None:
    """256 = 36 x 7 + 4: the bytes 252 to 255 would make 0 to 3 likelier than 4 to 6."""
    assert uniform(iter([252, 255, 251]), 7) == 251 % 7
    assert Counter(uniform(iter([byte, 0]), 7) for byte in range(252)) == dict.fromkeys(range(7), 36)


def test_when_a_block_is_used_up_the_next_one_goes_on() -> None:
    drawn = draw()
    start = f"fairtrial-draw-1 {drawn.commitment} publish 4"
    expected = by_hand(SECRET, f"{start} 0") + by_hand(SECRET, f"{start} 1")
    assert bytes(islice(drawn._publishing_bytes(4), 64)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"family": "tinier"},
        {"family_digest": "sha256:" + "1" * 64},
        {"templates": ("two", "one", "three")},
        {"n": 13},
        {"siblings": 7},
        {"committed_at": "2023-08-23T15:59:22Z"},
        {"secret": bytes(32)},
        {"salt": bytes(32)},
        {"beacon": ROUND},
    ],
)
def test_the_commitment_binds_everything(change: dict[str, object]) -> None:
    assert draw(**change).commitment != draw().commitment


def test_the_beacons_value_decides_what_is_published_and_nothing_before() -> None:
    named = draw(beacon=ROUND, n=200)
    known = named.with_beacon_value(SIGNATURE, lambda *_: True)
    assert known.commitment == named.commitment
    assert known.sibling_seed(1, 1) == named.sibling_seed(1, 1)
    label = f"fairtrial-draw-1 {known.commitment} publish 5 0 {RANDOMNESS}"
    assert known.published(5) == by_hand(SECRET, label)[0] % 8
    other = replace(known, beacon=replace(ROUND, signature="ab" * 48))
    same = sum(known.published(item) == other.published(item) for item in range(200))
    assert 8 <= same <= 48  # 25 expected


@pytest.mark.parametrize("ask", ["published", "tie_break"])
def test_nothing_is_drawn_before_the_beacon_has_spoken(ask: str) -> None:
    with pytest.raises(UsageError, match="round 1000 has no value yet"):
        getattr(draw(beacon=ROUND), ask)(0)


def test_a_value_that_the_beacon_did_not_sign_is_refused() -> None:
    with pytest.raises(IntegrityError, match="was not made by quicknet"):
        draw(beacon=ROUND).with_beacon_value(SIGNATURE, lambda *_: False)
    with pytest.raises(UsageError, match="names no beacon round"):
        draw().with_beacon_value(SIGNATURE, lambda *_: True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"siblings": 1}, "K = 0"),
        ({"siblings": 65}, "K = 64"),
        ({"n": 0}, "a draw of 0 items"),
        ({"n": 1_000_001}, "a draw of 1000001 items"),
        ({"templates": ()}, "needs templates"),
        ({"templates": ("one", "one")}, "named once"),
        ({"secret": b"short"}, "32 bytes"),
        ({"salt": b""}, "32 bytes"),
        ({"committed_at": "yesterday"}, "is no time with a zone"),
        ({"committed_at": "2023-08-23T15:59:23"}, "with a zone"),
        ({"committed_at": "2023-08-23"}, "with a zone"),
    ],
)
def test_numbers_that_make_no_draw_are_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        draw(**change)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda each: each.published(12), "item 12 of a draw of 12"),
        (lambda each: each.template(-1), "item -1"),
        (lambda each: each.sibling_seed(0, 8), "sibling 8 of 8"),
        (lambda each: each.tie_break(99), "item 99"),
        (lambda each: each.fresh(0, 0), "0 fresh siblings"),
        (lambda each: each.fresh(0, 8), "8 fresh siblings of an item that has 7"),
    ],
)
def test_what_is_not_in_the_draw_is_refused(call: object, told: str) -> None:
    assert callable(call)
    with pytest.raises(UsageError, match=told):
        call(draw())


def test_a_draw_is_made_over_a_family() -> None:
    family = Tiny(lambda seed: seed[0])
    given = {"n": 12, "secret": SECRET, "salt": bytes(range(32, 64)), "committed_at": "2023-08-23T15:59:23Z"}
    assert commit(family, **given) == draw()
    assert commit(family, **given, templates=["two"]).templates == ("two",)
    with pytest.raises(UsageError, match="tiny has no template 'four'"):
        commit(family, **given, templates=["one", "four"])
    with pytest.raises(UsageError, match="has its value already"):
        commit(family, **given, beacon=replace(ROUND, signature=SIGNATURE))
