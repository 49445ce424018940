"""Whether the published order of a file speaks for itself, as a page of Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

TEXT = """A language model that has read a file in its order finds that order likelier than others. But where a
compressor, which has read nothing, finds it so as well, the order speaks for itself, and a test of item order on
that file would convict every reader. Two compressors (zlib, and lzma with a window that holds the whole file) are
asked before any such test is made; where either prefers the published order at level 0.05, it is not made.

z: by how many standard deviations of {draws} drawn orders the published one packs better. The draws' seed is the
file's digest, so this comes out the same every time."""


class Told(Protocol):
    """What is said of one file."""

    @property
    def sentence(self) -> str: ...


def item_order_page(found: Sequence[Told], *, draws: int) -> str:
    """found: of each file. draws: orders drawn of each whole file."""
    lines = "\n".join(f"- {each.sentence}." for each in found)
    command = f"fairtrial calibrate order --draws {draws} -o docs/reference/item-order.md"
    head = "# Item order of public files\n\nWritten by\n\n```text\n" + command + "\n```\n\n"
    return f"{head}{TEXT.format(draws=draws)}\n\n{lines}\n"
