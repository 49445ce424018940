"""The journal of a run, as a signature covers it: one root over its lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fairtrial.trust.tree import leaf_hash, tree_root

LINE_LIMIT: Final = 64 * 2**20
"""Bytes that one line may have, as in a run's folder."""


def records_root(lines: Iterable[bytes]) -> str:
    """What END states: the root, in hexadecimal, of the tree (RFC 9162) whose leaves are the journal's lines in
    their order, without their line ends; those that a later line of the same question replaced are among them.

    lines: as a file gives them, with or without "\\n" at the end.
    """
    return tree_root(leaf_hash(line.removesuffix(b"\n")) for line in lines).hex()
