"""The transparency log: how long appending, proving and verifying take.

    .venv/bin/python perf/log.py [--page docs/reference/transparency-log.md] [--limit 5.0]

Appends 1,000 signed documents, each durable before its index is known: one after the other, from many threads that
share commits, and in one call. Then proofs in a tree of 1,000,000 entries kept in tiles. Ends with 1 where 1,000
entries from many threads take longer than the limit.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.lab.log import Log
from fairtrial.lab.log_init import init_log
from fairtrial.lab.signing import holder, sign
from fairtrial.trust.documents import signed_bytes
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject
from fairtrial.trust.tiles import Edge, Tiles
from fairtrial.trust.tree import (
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
)

ENTRIES, MILLION, TRIALS, THREADS = 1_000, 1_000_000, 200, 50
ZERO = "0" * 64


def documents(key: SecretKey, count: int) -> list[bytes]:
    """Signed commitments to data sets: small documents that need nothing before them."""
    fields = {"dataset": "perf", "epoch": "1", "root": ZERO, "count": 1, "leaf_version": 1, "generator": None}
    made = []
    for number in range(count):
        more = {"recipients": [], "published": f"sealed {number}"}
        made.append(sign(state("dataset-commit", [Subject("dataset.json", ZERO)], fields | more), key))
    return made


def appended(folder: Path, envelopes: list[bytes], people: bytes, threads: int) -> float:
    """Seconds for all of them, each asked for by itself; with no threads, in one call."""
    init_log(folder, "example.org/perf", people=people)
    with Log.open(folder) as log:
        parts = [envelopes[at::threads] for at in range(threads)]
        if not threads:
            began = time.perf_counter()
            log.append_all(envelopes)
            return time.perf_counter() - began
        workers = [
            threading.Thread(target=lambda part=part: [log.append(each) for each in part])  # type: ignore[misc]
            for part in parts
        ]
        began = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        took = time.perf_counter() - began
        assert log.size == len(envelopes)
    return took


def million(files: dict[str, bytes]) -> Frontier:
    """The tiles of a tree of a million entries, in memory; its edge."""
    edge, right = Edge(), Frontier()
    for start in range(0, MILLION, 50_000):
        entries = [b"entry %d" % number for number in range(start, start + 50_000)]
        files.update(edge.grow(entries).files)
        right = right.extended(map(leaf_hash, entries))
    return right


def timed(work: Callable[[int], object]) -> float:
    """Milliseconds, the median of the trials, each with another number."""
    found = []
    for trial in range(TRIALS):
        number = int.from_bytes(hashlib.sha256(b"%d" % trial).digest()[:4], "big") % (MILLION - 1) + 1
        began = time.perf_counter()
        work(number)
        found.append(1000 * (time.perf_counter() - began))
    return median(found)


def proofs() -> list[tuple[str, float]]:
    files: dict[str, bytes] = {}
    root = million(files).root

    def tiles() -> Tiles:  # a fresh one each time: nothing is remembered from the last
        return Tiles(MILLION, files.get, "perf")

    assert frontier(MILLION, tiles()).root == root
    paths = {number: inclusion_proof(number, MILLION, tiles()) for number in _numbers()}
    steps = {number: consistency_proof(number, MILLION, tiles()) for number in _numbers()}
    olds = {number: frontier(number, tiles()).root for number in _numbers()}
    leaves = {number: leaf_hash(b"entry %d" % number) for number in _numbers()}
    return [
        ("make a proof of inclusion", timed(lambda n: inclusion_proof(n, MILLION, tiles()))),
        ("check it", timed(lambda n: check_inclusion(n, MILLION, leaves[n], paths[n], root))),
        ("make a proof of consistency", timed(lambda n: consistency_proof(n, MILLION, tiles()))),
        ("check it", timed(lambda n: check_consistency(n, MILLION, olds[n], root, steps[n]))),
        ("hashes in a proof of inclusion, most", max(map(len, paths.values()))),
    ]


def _numbers() -> list[int]:
    digests = (hashlib.sha256(b"%d" % trial).digest() for trial in range(TRIALS))
    return [int.from_bytes(each[:4], "big") % (MILLION - 1) + 1 for each in digests]


def one_write(folder: Path) -> float:
    """Milliseconds of one durable write of a small file here: what the disk itself takes."""
    found = []
    for number in range(100):
        began = time.perf_counter()
        descriptor = os.open(folder / f"{number}", os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, b"x" * 400)
        os.fsync(descriptor)
        os.close(descriptor)
        found.append(1000 * (time.perf_counter() - began))
    return median(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--page", help="Write the table between its marks in this page.")
    parser.add_argument("--limit", type=float, default=5.0, help="Seconds for 1,000 entries.")
    given = parser.parse_args()
    key = SecretKey.new()
    person = holder(key, role="owner", org="Perf", now="2026-01-01T00:00:00Z")
    people = signed_bytes({"keys": [person.to_json()], "operators": {}})
    envelopes = documents(key, ENTRIES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = appended(folder / "alone", envelopes, people, 1)
        shared = appended(folder / "shared", envelopes, people, THREADS)
        batch = appended(folder / "batch", envelopes, people, 0)
        disk = one_write(folder)
    table = _table((alone, shared, batch), disk, proofs())
    print(table, end="")
    if given.page:
        page = Path(given.page)
        head, _, rest = page.read_text().partition("<!-- perf -->\n")
        page.write_text(
            f"{head}<!-- perf -->\n{table}<!-- end perf -->{rest.partition('<!-- end perf -->')[2]}"
        )
    return 0 if shared <= given.limit else 1


def _table(took: tuple[float, float, float], disk: float, rows: list[tuple[str, float]]) -> str:
    alone, shared, batch = took
    where = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    lines = [
        f"{where}; one durable write of a small file took {disk:.2f} ms.",
        "",
        "| | |",
        "| --- | --- |",
        f"| append 1,000 entries, one after the other, each durable before the next | {alone:.2f} s |",
        f"| the same from {THREADS} threads, which share commits | {shared:.2f} s |",
        f"| the same in one call | {batch:.2f} s |",
        *(f"| at 1,000,000 entries: {name} | {value:.2f} ms |" for name, value in rows[:-1]),
        f"| at 1,000,000 entries: {rows[-1][0]} | {rows[-1][1]:.0f} |",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
