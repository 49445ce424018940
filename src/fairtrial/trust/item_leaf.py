"""One item of a sealed data set as a leaf of its tree, and what a reveal of some of them shows.

    leaf  H(0x00 || JCS({v: 1, dataset, epoch, index, salt, item}))

The salt, one an item, keeps an answer among A to D from being found by trying all four.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.documents import GET_AGAIN, signed_bytes
from fairtrial.trust.tree import check_inclusion, leaf_hash

LEAF_VERSION: Final = 1
SALT_BYTES: Final = 32


def item_leaf(dataset: str, epoch: str, index: int, salt: str, item: JSON) -> bytes:
    """The leaf's hash. salt: 64 hexadecimal digits. Raises UsageError for an item with decimals."""
    content: dict[str, JSON] = {
        "v": LEAF_VERSION,
        "dataset": dataset,
        "epoch": epoch,
        "index": index,
        "salt": salt,
        "item": item,
    }
    return leaf_hash(signed_bytes(content))


def revealed(commit: Mapping[str, Any], reveal: Mapping[str, Any]) -> dict[int, JSON]:
    """The items that a reveal shows, by index; of one that stays closed, its leaf's digest. commit, reveal: fields
    of the two predicates.

    Raises IntegrityError for another data set, an index or a salt that stands twice, and an item that is not what
    was committed to at its index.
    """
    for name in ("dataset", "epoch"):
        if commit[name] != reveal[name]:
            raise IntegrityError(f"a reveal of another {name} than was committed to", GET_AGAIN)
    items: dict[int, JSON] = {}
    salts: set[str] = set()
    for each in reveal["items"]:
        index = each["index"]
        if index in items:
            raise IntegrityError(f"item {index} is revealed twice", GET_AGAIN)
        if each["salt"] in salts:
            raise IntegrityError(f"the salt of item {index} served another item already", GET_AGAIN)
        salts.add(each["salt"])
        items[index] = each["item"] if "item" in each else each["digest"]
        check_inclusion(
            index,
            commit["count"],
            _leaf(reveal, each),
            [bytes.fromhex(step) for step in each["path"]],
            bytes.fromhex(commit["root"]),
        )
    return items


def _leaf(reveal: Mapping[str, Any], each: Mapping[str, Any]) -> bytes:
    if "item" in each:
        return item_leaf(reveal["dataset"], reveal["epoch"], each["index"], each["salt"], each["item"])
    if each["digest"] is None:
        raise IntegrityError(f"item {each['index']} is revealed without item and digest", GET_AGAIN)
    return bytes.fromhex(each["digest"])
