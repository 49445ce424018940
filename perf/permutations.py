"""How long the audit's permutation and rank tests take: 10,000 permutations of 1,000 items, at most 2 s each.

    .venv/bin/python perf/permutations.py [--limit 2.0]

Prints the best of three runs of each, in seconds of wall time; ends with 1 where one takes longer than the limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from fairtrial.stats.holdout import label_permutation
from fairtrial.stats.order import drawn_orders, order_test
from fairtrial.stats.paired import sign_flip
from fairtrial.stats.rank_uniformity import rank_uniformity
from fairtrial.stats.siblings import sibling_accuracy, sibling_accuracy_sampled, sibling_rank
from fairtrial.stats.standing import standing
from fairtrial.stats.two_sample import border_shift, mmd_hamming, token_tracking

ITEMS, DRAWS, RUNS = 1_000, 10_000, 3


def tests() -> dict[str, Callable[[], object]]:
    """Each on 1,000 items (or 1,000 answers in all) with 10,000 permutations."""
    rng = np.random.default_rng(0)
    shares = rng.random((ITEMS, 8)).round(2)
    right = (shares < 0.6).astype(float)
    ranks = rng.integers(0, 8, ITEMS)
    canaries = rng.normal(size=(1, DRAWS))
    orders = rng.normal(size=(ITEMS // 4, 24))
    clusters = rng.random(ITEMS) * 5, rng.integers(1, 9, ITEMS).astype(float)
    a, b = rng.integers(0, 40, (2, 25, 20, 50))
    first, second = rng.integers(0, 3, (2, 50, 10))
    calls = rng.normal(size=(2, ITEMS // 2, 20))
    local = rng.normal(size=(ITEMS, 100))
    return {
        "sibling accuracy, exact": lambda: sibling_accuracy(right[:, 0], right[:, 1:]),
        "sibling accuracy, sampled": lambda: sibling_accuracy_sampled(
            shares[:, 0], shares[:, 1:], rng=rng, draws=DRAWS
        ),
        "sibling rank, exact": lambda: sibling_rank(ranks, 7),
        "canary among 9,999 controls": lambda: standing(canaries[:, 0], canaries[:, 1:]),
        "order, 250 shards, exact": lambda: order_test(orders),
        "10,000 orders of 1,000 items": lambda: drawn_orders(ITEMS, DRAWS, rng=rng),
        "labels of two sets": lambda: label_permutation(
            shares[:, 0], np.ones(ITEMS), ITEMS // 2, rng=rng, draws=DRAWS
        ),
        "labels of 1,000 clusters": lambda: label_permutation(*clusters, ITEMS // 2, rng=rng, draws=DRAWS),
        "sign flips": lambda: sign_flip(shares[:, 0] - shares[:, 1], rng=rng, flips=DRAWS),
        "MMD, 25 prompts x 40 answers": lambda: mmd_hamming(a, b, rng=rng, draws=DRAWS),
        "border prompts, 50 x 20": lambda: border_shift(first, second, rng=rng, draws=DRAWS),
        "token tracking, 1,000 calls": lambda: token_tracking(calls[0], calls[1], rng=rng, draws=DRAWS),
        "rank uniformity, 1,000 prompts": lambda: rank_uniformity(local[:, 0], local, rng=rng, draws=DRAWS),
    }


def seconds(test: Callable[[], object]) -> float:
    """Best of three runs."""
    found = []
    for _ in range(RUNS):
        start = time.perf_counter()
        test()
        found.append(time.perf_counter() - start)
    return min(found)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=2.0, help="seconds a test may take")
    limit = parser.parse_args(words).limit
    slow = 0
    for name, test in tests().items():
        took = seconds(test)
        slow += took > limit
        print(f"{took:7.3f} s  {name}{'  too slow' if took > limit else ''}")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
