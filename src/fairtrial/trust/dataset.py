"""The owner's side of a sealed data set: salts from one secret, one root over all items, some of them shown later.

    salt  HKDF-SHA256(master, info = "item-salt/v1" || 0x00 || JCS({dataset, epoch, index})), 32 bytes

Only the master secret is kept; a salt that is shown tells nothing about the others. One master an epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import UsageError
from fairtrial.trust.item_leaf import SALT_BYTES, item_leaf
from fairtrial.trust.tree import Levels, frontier, inclusion_proof

MASTER_BYTES: Final = 32
MOST_ITEMS: Final = 1_000_000


def item_salt(master: bytes, dataset: str, epoch: str, index: int) -> str:
    """64 hexadecimal digits. Raises UsageError for a master of another length than 32 bytes."""
    if len(master) != MASTER_BYTES:
        raise UsageError(f"a master secret has {MASTER_BYTES} bytes", "take them from `secrets`")
    info = b"item-salt/v1\x00" + canonical({"dataset": dataset, "epoch": epoch, "index": index})
    return HKDF(algorithm=SHA256(), length=SALT_BYTES, salt=None, info=info).derive(master).hex()


@dataclass(frozen=True, slots=True)
class SealedItems:
    """Items in their order, JSON without decimals each. Raises UsageError for none, too many, or decimals."""

    dataset: str
    epoch: str
    items: Sequence[JSON]
    master: bytes = field(repr=False)
    _tree: Levels = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.items) <= MOST_ITEMS:
            raise UsageError(f"a data set of {len(self.items):,} items", f"seal 1 to {MOST_ITEMS:,}")
        leaves = [
            item_leaf(self.dataset, self.epoch, at, self.salt(at), item) for at, item in enumerate(self.items)
        ]
        object.__setattr__(self, "_tree", Levels(leaves))

    @property
    def root(self) -> str:
        """In hexadecimal."""
        return frontier(len(self.items), self._tree).root.hex()

    def salt(self, index: int) -> str:
        return item_salt(self.master, self.dataset, self.epoch, index)

    def reveal(self, indices: Collection[int], *, closed: bool = False) -> list[dict[str, JSON]]:
        """The `items` of a reveal, sorted by index. closed: their digests alone. Raises UsageError for an index
        beyond the last item."""
        if strange := [each for each in indices if not 0 <= each < len(self.items)]:
            raise UsageError(f"there is no item {strange[0]} among {len(self.items)}", "count from 0")
        return [self._opened(index, closed) for index in sorted(indices)]

    def _opened(self, index: int, closed: bool) -> dict[str, JSON]:
        path = inclusion_proof(index, len(self.items), self._tree)
        told: dict[str, JSON] = {
            "index": index,
            "salt": self.salt(index),
            "path": [step.hex() for step in path],
        }
        if closed:
            return told | {"digest": self._tree(0, index).hex()}
        return told | {"item": self.items[index]}
