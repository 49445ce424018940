"""SIGKILL in the middle of appends, and whether anything that was answered is lost.

    .venv/bin/python -m tests.adapters.stores.kills [--times 200] [--page docs/reference/transparency-log.md]

Each round starts a process that opens the log and appends documents, alone and in batches, telling every index it
was given; kills it at a random moment; opens the log again; and checks that it opens, that every index ever told
holds the entry it was told for, and that the tree continues every earlier one (no fork).
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fairtrial.lab.log import Log
from fairtrial.trust.tree import Frontier
from tests.lab.log_world import new_log, plan


class Disk:
    """The calls that write, in order, each with the path it is about."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, str]] = []
        self._patch, self._names = monkeypatch, {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        opened, forced, renamed, made = os.open, os.fsync, os.replace, os.mkdir

        def open_(path: Any, *rest: Any, **keywords: Any) -> int:
            descriptor = opened(path, *rest, **keywords)
            self._names[descriptor] = str(path)
            self.calls.append(("open", str(path)))
            return descriptor

        def fsync(descriptor: int) -> None:
            forced(descriptor)
            self.calls.append(("fsync", self._names[descriptor]))

        def replace(source: Any, target: Any) -> None:
            renamed(source, target)
            self.calls.append(("replace", str(target)))

        def mkdir(path: Any, *mode: int) -> None:
            made(path, *mode)
            self.calls.append(("mkdir", str(path)))

        with self._patch.context() as patch:
            patch.setattr(os, "mkdir", mkdir)
            patch.setattr(os, "open", open_)
            patch.setattr(os, "fsync", fsync)
            patch.setattr(os, "replace", replace)
            yield


def kill_once(place: Path, kept: dict[int, bytes], *, seed: int) -> tuple[int, int]:
    """One round. kept: leaf hash by index, of everything ever told; roots are checked against it.

    Returns how many indices were told in this round, and the log's size after it.
    """
    rng = random.Random(seed)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _append_for_ever(place, write, rng)
    os.close(write)
    with open(read, "rb") as told:
        told.read(1)  # it is open and begins
        time.sleep(rng.uniform(0, 0.2))
        os.kill(child, signal.SIGKILL)
        lines = told.read().split(b"\n")[:-1]
    os.waitpid(child, 0)
    for line in lines:
        index, leaf = line.split()
        assert kept.setdefault(int(index), bytes.fromhex(leaf.decode())) == bytes.fromhex(leaf.decode())
    return len(lines), _check(place, kept)


def _check(place: Path, kept: dict[int, bytes]) -> int:
    with Log.open(place) as log:
        leaves = [each.entry.leaf for each in log.reader.entries()]
        for index, leaf in kept.items():
            assert leaves[index] == leaf, f"entry {index} was told and is lost"
        assert Frontier().extended(leaves).root == log.reader.checkpoint().checkpoint.root
        kept.update(enumerate(leaves))  # what was committed and not told stays as well: else it was a fork
        return len(leaves)


def _append_for_ever(place: Path, write: int, rng: random.Random) -> None:
    try:
        with Log.open(place) as log:
            os.write(write, b".")
            while True:
                batch = [plan(f"{rng.random()}") for _ in range(rng.choice((1, 1, 1, 5, 40)))]
                for each in log.append_all(batch):
                    os.write(write, f"{each.index} {each.entry.leaf.hex()}\n".encode())
    finally:
        os._exit(1)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--page", help="Write the result between its marks in this page.")
    given = parser.parse_args()
    kept: dict[int, bytes] = {}
    told = silent = size = 0
    with tempfile.TemporaryDirectory() as folder:
        place = new_log(Path(folder) / "log")
        for number in range(given.times):
            before = size
            answered, size = kill_once(place, kept, seed=number)
            told += answered
            silent += size - before - answered
    text = (
        f"Killed {given.times} times: {told:,} entries were answered and none is lost; {silent:,} were committed "
        f"and their process died before it could say so; the log opened every time, at the end with {size:,} "
        "entries, and every tree continues the one before.\n"
    )
    print(text, end="")
    if given.page:
        page = Path(given.page)
        head, _, rest = page.read_text().partition("<!-- kills -->\n")
        page.write_text(
            f"{head}<!-- kills -->\n{text}<!-- end kills -->{rest.partition('<!-- end kills -->')[2]}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
