"""Sealed items: the handbook's vector made again with `hmac`, `hashlib` and `json` alone, and reveals that lie."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from typing import Any

import pytest

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.dataset import SealedItems, item_salt
from fairtrial.trust.item_leaf import item_leaf, revealed

MASTER = bytes(range(32))
ITEMS = [
    {"question": "2+2?", "answer": "4"},
    {"question": "3+3?", "answer": "6"},
    {"question": "4+4?", "answer": "8"},
]
SALT_0 = "9c804e27cabb32e1080dcf144ed95a96cfc84d387867e8a292f67c07ad56cbdb"
LEAF_0 = "e29a62fad88f6e58fe3663481d60a49f5e4ca030d6faf107822948397d84bcd9"
ROOT = "8a49ee3b6af1d4f1d979792d17dcd41aae71f1052cbfe7734b9209e33bcf62a3"


def sealed(n: int = 3) -> SealedItems:
    items = [ITEMS[at % 3] | {"id": f"i{at}"} for at in range(n)] if n != 3 else ITEMS
    return SealedItems("demo", "2026-1", items, MASTER)


def plain(value: Any) -> bytes:
    """Canonical JSON of small ASCII data, without our code."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def salt(index: int) -> str:
    """RFC 5869, extract and expand, with one block of output."""
    key = hmac.new(bytes(32), MASTER, hashlib.sha256).digest()
    info = b"item-salt/v1\0" + plain({"dataset": "demo", "epoch": "2026-1", "index": index})
    return hmac.new(key, info + b"\x01", hashlib.sha256).hexdigest()


def leaf(index: int) -> bytes:
    content = {
        "v": 1,
        "dataset": "demo",
        "epoch": "2026-1",
        "index": index,
        "salt": salt(index),
        "item": ITEMS[index],
    }
    return hashlib.sha256(b"\0" + plain(content)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_the_vector_made_by_other_means_is_the_handbooks() -> None:
    assert salt(0) == SALT_0 and leaf(0).hex() == LEAF_0
    assert node(node(leaf(0), leaf(1)), leaf(2)).hex() == ROOT


def test_salt_leaf_and_root_are_the_vectors() -> None:
    assert item_salt(MASTER, "demo", "2026-1", 0) == SALT_0
    assert item_leaf("demo", "2026-1", 0, SALT_0, ITEMS[0]).hex() == LEAF_0
    assert sealed().root == ROOT
    assert [sealed().salt(at) for at in range(3)] == [salt(at) for at in range(3)]


def commit(items: SealedItems) -> dict[str, Any]:
    return {"dataset": "demo", "epoch": "2026-1", "root": items.root, "count": len(items.items)}


def reveal(items: SealedItems, indices: list[int], **how: bool) -> dict[str, Any]:
    return {"dataset": "demo", "epoch": "2026-1", "items": copy.deepcopy(items.reveal(indices, **how))}


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
def test_any_subset_opens(n: int) -> None:
    items = sealed(n)
    indices = list(range(0, n, 2))
    assert revealed(commit(items), reveal(items, indices)) == {at: items.items[at] for at in indices}


def test_an_item_may_stay_closed() -> None:
    items = sealed()
    found = revealed(commit(items), reveal(items, [0], closed=True) | {})
    assert found == {0: LEAF_0}


def swapped_item(told: dict[str, Any]) -> None:
    told["items"][0]["item"] = {"question": "2+2?", "answer": "5"}


def other_index(told: dict[str, Any]) -> None:
    told["items"][0]["index"] = 1


def other_salt(told: dict[str, Any]) -> None:
    told["items"][0]["salt"] = "0" * 64


def cut_path(told: dict[str, Any]) -> None:
    told["items"][0]["path"].pop()


def twice(told: dict[str, Any]) -> None:
    told["items"].append(told["items"][0])


def same_salt(told: dict[str, Any]) -> None:
    told["items"][1]["salt"] = told["items"][0]["salt"]


def other_epoch(told: dict[str, Any]) -> None:
    told["epoch"] = "2026-2"


def nothing(told: dict[str, Any]) -> None:
    del told["items"][0]["item"]
    told["items"][0]["digest"] = None


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        (swapped_item, "entry 0 is not what"),
        (other_index, "entry 1 is not what"),
        (other_salt, "entry 0 is not what"),
        (cut_path, "entry 0 is not what"),
        (twice, "item 0 is revealed twice"),
        (same_salt, "the salt of item 2 served another item"),
        (other_epoch, "another epoch"),
        (nothing, "without item and digest"),
    ],
)
def test_a_reveal_that_lies_is_refused(lie: Any, error: str) -> None:
    items = sealed()
    told = reveal(items, [0, 2])
    revealed(commit(items), told)
    lie(told)
    with pytest.raises(IntegrityError, match=error):
        revealed(commit(items), told)


def test_another_count_is_refused() -> None:
    items = sealed()
    with pytest.raises(IntegrityError):
        revealed(commit(items) | {"count": 4}, reveal(items, [2]))


def test_decimals_and_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match=r"0\.5"):
        SealedItems("demo", "1", [{"answer": 0.5}], MASTER)
    with pytest.raises(UsageError, match="0 items"):
        SealedItems("demo", "1", [], MASTER)
    with pytest.raises(UsageError, match="32 bytes"):
        SealedItems("demo", "1", ITEMS, b"short")
    with pytest.raises(UsageError, match="no item 3"):
        sealed().reveal([3])


def test_the_master_is_never_shown() -> None:
    assert MASTER.hex() not in repr(sealed()) and "master" not in repr(sealed())
