"""Every byte of a small bundle changed in turn, one at a time: which check sees it.

    .venv/bin/python -m tests.trust.flip [FILE]         every byte; the table is written between the marks in FILE

As it is, each byte is changed in three ways: its lowest bit, its highest bit, and the bit that makes capitals
small letters. Then by somebody who writes ZIP and manifest.sha256 anew, which nobody signs: the lowest bit of
each byte of each other file.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.trust.chain import POLICY, Chain, rewritten

BITS = (0x01, 0x20, 0x80)
HINTS = {"policy/trust.json", "policy/log.policy"}
"""The publisher's policies: signed by nobody, and used by no reader who brings their own."""
BEGIN, END = "<!-- flipped bytes: begin -->", "<!-- flipped bytes: end -->"


def flipped(data: bytes, positions: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Position and bundle, for each position and bit."""
    for at in positions:
        for bit in BITS:
            yield at, data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def outcomes(chain: Chain, positions: Iterable[int]) -> tuple[Counter[str], list[int]]:
    """How often each check was the first to fail, and the positions at which none did."""
    data, seen, silent = chain.data, Counter[str](), []
    for at, changed in flipped(data, positions):
        failure = chain.verified(changed, log_policy=POLICY).first_failure
        if failure is None:
            silent.append(at)
        else:
            seen[failure.check] += 1
    return seen, silent


def repacked(chain: Chain, every: int = 1) -> tuple[Counter[str], Counter[str]]:
    """The same for bytes of files, in a bundle written anew: first checks that failed, and files in which nothing
    was seen. every: only each so-manieth byte."""
    members = dict(chain.members or chain.build())
    seen, silent = Counter[str](), Counter[str]()
    for name, data in members.items():
        for at in range(0, len(data), every):
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            failure = chain.verified(rewritten(members, {name: changed})).first_failure
            if failure is None:
                silent[name] += 1
            else:
                seen[failure.check] += 1
    return seen, silent


def table(seen: Counter[str], silent: list[int], size: int) -> str:
    lines = [
        f"A bundle of {size:,} bytes; each byte changed in {len(BITS)} ways, {size * len(BITS):,} bundles in all:",
        "",
        "| first check that failed | bundles |",
        "| --- | ---: |",
        *(f"| {check} | {count:,} |" for check, count in seen.most_common()),
        f"| none: accepted silently | {len(silent):,} |",
    ]
    return "\n".join(lines)


def second_table(seen: Counter[str], silent: Counter[str]) -> str:
    lines = [
        f"ZIP and manifest written anew by whoever changed the byte, {seen.total() + silent.total():,} bundles:",
        "",
        "| first check that failed | bundles |",
        "| --- | ---: |",
        *(f"| {check} | {count:,} |" for check, count in seen.most_common()),
        *(
            f"| none, in `{name}`: a hint that nobody signs | {count:,} |"
            for name, count in sorted(silent.items())
        ),
    ]
    return "\n".join(lines)


def main(words: list[str]) -> int:
    chain = Chain()
    size = len(chain.data)
    seen, silent = outcomes(chain, range(size))
    anew, unseen = repacked(Chain())
    told = f"{table(seen, silent, size)}\n\n{second_table(anew, unseen)}"
    print(told)
    if words:
        page = Path(words[0])
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf-8")
    return 1 if silent or set(unseen) - HINTS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
