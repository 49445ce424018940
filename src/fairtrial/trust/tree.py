"""The Merkle tree of RFC 9162, section 2.1 (the same as RFC 6962's): roots and proofs, made and checked.

    leaf hash  H(0x00 || entry)        node  H(0x01 || left || right)        H = SHA-256

The two prefixes keep a leaf from passing for a node. Proofs are made from the hashes of complete subtrees, which
the caller looks up: `subtree(level, number)` is the root over leaves number·2^level to (number+1)·2^level. So a
proof among a million entries reads some twenty hashes and not a million.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.core.errors import IntegrityError

HASH_BYTES: Final = 32
MOST_HASHES: Final = 63
"""In any proof: trees have fewer than 2^63 leaves."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
Subtree = Callable[[int, int], bytes]
_REMEDY: Final = "ask the log for its proof again; if it stays wrong, don't rely on what it should prove"


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: the roots of its complete subtrees, the largest first, one a 1 bit of `size`.

    Enough to go on from, and to know the root. Raises IntegrityError where the number of peaks doesn't fit.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.peaks) != self.size.bit_count() or any(len(peak) != HASH_BYTES for peak in self.peaks):
            raise IntegrityError(f"{len(self.peaks)} hashes are no edge of a tree of {self.size}", _REMEDY)

    @property
    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        *left, root = self.peaks
        for peak in reversed(left):
            root = node_hash(peak, root)
        return root

    def extended(self, leaves: Iterable[bytes]) -> Frontier:
        """With these leaf hashes appended."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            peaks.append(leaf)
            # As many neighbours of equal height meet as the old size ends in 1 bits.
            for _ in range(_trailing_ones(size)):
                right = peaks.pop()
                peaks[-1] = node_hash(peaks[-1], right)
            size += 1
        return Frontier(size, tuple(peaks))


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """MTH over leaf hashes; the hash of nothing for none."""
    return Frontier().extended(leaves).root


def frontier(size: int, subtree: Subtree) -> Frontier:
    """The edge of the tree of the first `size` leaves."""
    return Frontier(size, tuple(_peaks(0, size, subtree)))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """PATH(index, size), from the leaf's sibling to the root's child. 0 <= index < size, else IntegrityError."""
    if not 0 <= index < size:
        raise IntegrityError(
            f"entry {index} is not in a tree of {size}", "name an entry below the tree's size"
        )
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(middle, high, subtree))
            high = middle
        else:
            path.append(_range_root(low, middle, subtree))
            low = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, subtree: Subtree) -> tuple[bytes, ...]:
    """That the tree of `new` leaves begins with the tree of `old`: SUB(old, new). Empty where old is 0 or new.

    Raises IntegrityError where old > new.
    """
    if not 0 <= old <= new:
        raise IntegrityError(f"a tree of {new} can't begin with one of {old}", "name the smaller tree first")
    if old in (0, new):
        return ()
    path, low, high, whole = [], 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_range_root(middle, high, subtree))
            high = middle
        else:
            path.append(_range_root(low, middle, subtree))
            low, whole = middle, False
    if not whole:
        path.append(_range_root(low, high, subtree))
    return tuple(reversed(path))


def check_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, section 2.1.3.2. leaf: a leaf hash. Raises IntegrityError where the path leads elsewhere."""
    _check_hashes([leaf, *path, root])
    if not 0 <= index < size:
        raise IntegrityError(f"entry {index} is not in a tree of {size}", _REMEDY)
    number, last, found = index, size - 1, leaf
    for hash_ in path:
        if last == 0:
            raise IntegrityError(f"the path of entry {index} is too long for a tree of {size}", _REMEDY)
        if number & 1 or number == last:
            found = node_hash(hash_, found)
            zeros = _trailing_zeros(number)
            number, last = number >> zeros, last >> zeros
        else:
            found = node_hash(found, hash_)
        number, last = number >> 1, last >> 1
    if last != 0 or found != root:
        raise IntegrityError(f"entry {index} is not what the tree of {size} holds there", _REMEDY)


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162, section 2.1.4.2. Raises IntegrityError where the proof doesn't lead to both roots."""
    _check_hashes([old_root, new_root, *proof])
    fault = IntegrityError(f"the tree of {new} does not begin with the tree of {old}", _REMEDY)
    if not 0 <= old <= new:
        raise fault
    if old == new or old == 0:
        if proof or old_root != (new_root if old == new else EMPTY_ROOT):
            raise fault
        return
    if not proof:
        raise fault
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    shift = _trailing_ones(old - 1)
    number, last = (old - 1) >> shift, (new - 1) >> shift
    old_found = new_found = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            raise fault
        if number & 1 or number == last:
            old_found, new_found = node_hash(hash_, old_found), node_hash(hash_, new_found)
            zeros = _trailing_zeros(number)
            number, last = number >> zeros, last >> zeros
        else:
            new_found = node_hash(new_found, hash_)
        number, last = number >> 1, last >> 1
    if last != 0 or old_found != old_root or new_found != new_root:
        raise fault


class Levels:
    """Every complete subtree over given leaf hashes, in memory: a `Subtree` for tests and for a part of a log."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self.rows = [list(leaves)]
        while len(self.rows[-1]) > 1:
            row = self.rows[-1]
            self.rows.append([node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)])

    def __call__(self, level: int, number: int) -> bytes:
        return self.rows[level][number]


def _peaks(low: int, high: int, subtree: Subtree) -> list[bytes]:
    """The complete subtrees that make up leaves low to high, from the left. `low` is a split of the tree."""
    peaks = []
    while low < high:
        level = (high - low).bit_length() - 1
        peaks.append(subtree(level, low >> level))
        low += 1 << level
    return peaks


def _range_root(low: int, high: int, subtree: Subtree) -> bytes:
    return Frontier(high - low, tuple(_peaks(low, high, subtree))).root


def _split(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << ((size - 1).bit_length() - 1)


def _trailing_zeros(number: int) -> int:
    """Shifts until the number is odd or 0."""
    return (number & -number).bit_length() - 1 if number else 0


def _trailing_ones(number: int) -> int:
    return _trailing_zeros(~number & (number + 1))


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > MOST_HASHES + 3:
        raise IntegrityError(
            f"a proof of {len(hashes)} hashes; no tree needs more than {MOST_HASHES}", _REMEDY
        )
    if any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise IntegrityError(f"a hash of a proof has not {HASH_BYTES} bytes", _REMEDY)
