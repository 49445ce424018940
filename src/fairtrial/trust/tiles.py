"""A log as files (C2SP tlog-tiles): hashes in tiles of 256, entries in bundles of 256.

    tile/<level>/<number>[.p/<width>]     32 bytes a hash; level 0 holds leaf hashes, level l + 1 the roots of
                                          the full tiles of level l; a partial tile is never hashed upwards
    tile/entries/<number>[.p/<width>]     entries, each behind its length in two bytes, the highest first

Pure: what is in which file. Reading and writing them is somebody else's.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import GET_AGAIN
from fairtrial.trust.entry import MOST_ENTRY_BYTES
from fairtrial.trust.tree import HASH_BYTES, leaf_hash, node_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MOST_BUNDLE_BYTES: Final = WIDTH * (2 + 2**16)
CHECKPOINT: Final = "checkpoint"
ENTRIES: Final = "entries"
_KEPT: Final = 64
"""Tiles that a reader remembers, with the hashes inside them."""

_PATH: Final = re.compile(
    r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}"
    r"(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?",
    re.ASCII,
)
Read = Callable[[str], bytes | None]
"""A file of the log by its path; None where it isn't there."""


def is_log_path(path: str) -> bool:
    """Whether this names a file of a log: the checkpoint, a tile, a bundle, and nothing else on the disk."""
    return path == CHECKPOINT or _PATH.fullmatch(path) is not None


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """level: 0 to 63, or "entries". width: 1 to 256, below that the tile is partial."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03d}")
    return f"tile/{level}/{'/'.join(reversed(groups))}" + (f".p/{width}" if width < WIDTH else "")


def widths(size: int, level: int) -> tuple[int, int]:
    """Full tiles of a level in a tree of `size`, and the width of the partial one after them, 0 for none."""
    return divmod(size >> (HEIGHT * level), WIDTH)


def bundle(entries: Sequence[bytes]) -> bytes:
    """Raises UsageError for an entry above 4,096 bytes (the format ends at 65,535), or none."""
    for entry in entries:
        if not 0 < len(entry) <= MOST_ENTRY_BYTES:
            raise UsageError(
                f"an entry of {len(entry):,} bytes; 1 to {MOST_ENTRY_BYTES:,} are allowed",
                "log the digest of a document, never the document",
            )
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, name: str) -> tuple[bytes, ...]:
    """The entries of a bundle. Raises IntegrityError where the last one is torn."""
    found, at = [], 0
    while at + 2 <= len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : end])
        at = end
    if at != len(data):
        raise IntegrityError(f"the last entry of {name} is torn", GET_AGAIN)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Growth:
    """What appending to a tree writes: files, in the order in which they must reach the disk."""

    size: int
    files: tuple[tuple[str, bytes], ...]


class Edge:
    """The partial tiles at a tree's right edge, in memory: from here a writer goes on without reading."""

    def __init__(self) -> None:
        self.size = 0
        self.entries: list[bytes] = []
        self.rows: list[list[bytes]] = [[]]

    def grow(self, added: Sequence[bytes]) -> Growth:
        """Append entries. The files: bundles first, then tiles from level 0 upwards; only those that change."""
        bundles, tiles = self._bundles(added), []
        leaves = list(map(leaf_hash, added))
        level = 0
        while leaves:
            if level == len(self.rows):
                self.rows.append([])
            number = self.size >> (HEIGHT * (level + 1))
            row = self.rows[level] + leaves
            leaves = []
            while len(row) >= WIDTH:
                full, row = row[:WIDTH], row[WIDTH:]
                tiles.append((tile_path(level, number), b"".join(full)))
                leaves.append(_tile_root(full))
                number += 1
            if row:
                tiles.append((tile_path(level, number, len(row)), b"".join(row)))
            self.rows[level] = row
            level += 1
        self.size += len(added)
        return Growth(self.size, (*bundles, *tiles))

    def _bundles(self, added: Sequence[bytes]) -> list[tuple[str, bytes]]:
        number, held = self.size // WIDTH, [*self.entries, *added]
        files = []
        for at in range(0, len(held), WIDTH):
            part = held[at : at + WIDTH]
            files.append((tile_path(ENTRIES, number + at // WIDTH, len(part)), bundle(part)))
        self.entries = held[len(held) // WIDTH * WIDTH :]
        return files


class Tiles:
    """A log of a given size, read through its files: a `Subtree` for proofs, and its entries.

    Every file is checked for its length; that the hashes are the log's own is shown by the root. A partial file
    may be gone once the log has grown: the full one begins with it.
    """

    def __init__(self, size: int, read: Read, log: str) -> None:
        self.size, self.log = size, log
        self._read = read
        self._kept: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def __call__(self, level: int, number: int) -> bytes:
        """The root over leaves number·2^level to (number+1)·2^level, all of them in the tree."""
        tile_level, height = divmod(level, HEIGHT)
        per_tile = HEIGHT - height
        rows = self._tile(tile_level, number >> per_tile)
        return rows[height][number & ((1 << per_tile) - 1)]

    def leaves(self) -> Iterator[bytes]:
        """Every leaf hash."""
        full, partial = widths(self.size, 0)
        for number in range(full + bool(partial)):
            yield from self._hashes(0, number)

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """The entries from `start` on, each held against its leaf hash. Raises IntegrityError."""
        full, partial = widths(self.size, 0)
        for number in range(start // WIDTH, full + bool(partial)):
            width = WIDTH if number < full else partial
            data, path = self._file(ENTRIES, number, width)
            found = parse_bundle(data, f"{path} of {self.log}")[:width]
            leaves = self._hashes(0, number)
            for at in range(width):
                index = number * WIDTH + at
                if at >= len(found) or leaf_hash(found[at]) != leaves[at]:
                    raise IntegrityError(f"entry {index} of {self.log} is not the one logged", GET_AGAIN)
                if index >= start:
                    yield found[at]

    def edge(self) -> Edge:
        """Where a writer goes on. Reads the partial tiles alone."""
        edge = Edge()
        edge.size = self.size
        edge.entries = list(self.entries(self.size // WIDTH * WIDTH))
        edge.rows = []
        level = 0
        while self.size >> (HEIGHT * level):
            full, partial = widths(self.size, level)
            edge.rows.append(self._hashes(level, full) if partial else [])
            level += 1
        edge.rows = edge.rows or [[]]
        return edge

    def _hashes(self, level: int, number: int) -> list[bytes]:
        full, partial = widths(self.size, level)
        width = WIDTH if number < full else partial
        data, path = self._file(level, number, width)
        if len(data) not in (width * HASH_BYTES, WIDTH * HASH_BYTES):
            raise IntegrityError(
                f"{path} of {self.log} has {len(data)} bytes, not {width * HASH_BYTES}", GET_AGAIN
            )
        return [data[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]

    def _file(self, level: int | str, number: int, width: int) -> tuple[bytes, str]:
        for path in dict.fromkeys((tile_path(level, number, width), tile_path(level, number))):
            data = self._read(path)
            if data is not None:
                return data, path
        path = tile_path(level, number, width)
        raise IntegrityError(f"{path} of {self.log} is missing", "restore it from a copy of the log")

    def _tile(self, level: int, number: int) -> list[list[bytes]]:
        """A tile's hashes, and above them those of the complete subtrees within it."""
        key = level, number
        if key not in self._kept:
            rows = [self._hashes(level, number)]
            while len(rows[-1]) > 1:
                row = rows[-1]
                rows.append([node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)])
            self._kept[key] = rows
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _tile_root(hashes: Sequence[bytes]) -> bytes:
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
