"""Simulated coverage of the intervals for the difference of two sides on the same items."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fairtrial.stats.bootstrap import paired_bootstrap
from fairtrial.stats.clustered import Floats
from fairtrial.stats.coverage import LUMPED, RARE
from fairtrial.stats.intervals import tango
from fairtrial.stats.paired import compare_pairs, difference_interval
from fairtrial.stats.trial import Group, Trial, fewer
from fairtrial.stats.worlds import (
    Clusters,
    clustered_scores,
    discordant_counts,
    equal_clusters,
    shared_fractions,
    uneven_clusters,
)

_LEVEL = 0.95


def pairs(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Paired right/wrong scores; the interval is a function of the discordant counts."""
    for n in (10, 50, 200, 1_000):
        for only_a, only_b in ((0.02, 0.01), (0.1, 0.1), (0.25, 0.05)):
            known: dict[tuple[int, int], tuple[float, float]] = {}
            by_tango: dict[tuple[int, int], tuple[float, float]] = {}
            hits = tango_hits = 0
            truth = only_a - only_b
            for b, c in discordant_counts(n, only_a, only_b, draws, rng):
                if (b, c) not in known:
                    known[b, c] = difference_interval(*_sides(b, c, n))[:2]
                    by_tango[b, c] = tango(b, c, n)
                hits += _inside(known[b, c], truth)
                tango_hits += _inside(by_tango[b, c], truth)
            setting = f"n = {n:,}, discordant {only_a:g} and {only_b:g}"
            yield Trial("coverage", "paired difference", setting, _LEVEL, hits, draws)
            yield Trial("coverage", "Tango score", setting, _LEVEL, tango_hits, draws)


def paired_fractions(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Fractional scores, the difference bell-shaped, and made by a few large gains among small losses."""
    few = fewer(draws, 2)
    for n in (20, 60, 300):
        hits = sum(_inside(difference_interval(*shared_fractions(n, rng))[:2], 0.0) for _ in range(few))
        yield Trial("coverage", "paired difference", f"fractions, n = {n}", _LEVEL, hits, few)
    truth = 0.05 * 0.75 - 0.95 * 0.01
    for n in (60, 300):
        hits = 0
        for _ in range(few):
            gain = np.where(rng.random(n) < 0.05, rng.uniform(0.5, 1, n), rng.uniform(-0.02, 0, n))
            hits += _inside(difference_interval(gain, np.zeros(n))[:2], truth)
        setting = f"fractions, one large gain in 20, n = {n}"
        yield Trial("coverage", "paired difference", setting, _LEVEL, hits, few, note=RARE)


def clustered_differences(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Right/wrong scores whose sides lean together, each by itself, within clusters: accuracy 0.9 and 0.8."""
    few = fewer(draws, 4)
    settings: tuple[tuple[str, Clusters, float, float, float], ...] = (
        ("5 clusters of 20", equal_clusters(5, 20), 0.8, 0.3, 0.3),
        ("12 uneven clusters", uneven_clusters(12, 10), 0.8, 0.3, 0.3),
        ("60 clusters of 10", equal_clusters(60, 10), 0.8, 0.3, 0.3),
        ("60 uneven clusters", uneven_clusters(60, 10), 0.8, 0.3, 0.3),
        ("200 clusters of 5", equal_clusters(200, 5), 0.8, 0.3, 0.3),
        ("100 uneven clusters", uneven_clusters(100, 10), 0.9, 0.7, 0.05),
    )
    for name, world, other, alike_a, alike_b in settings:
        labels, truth = world.labels.tolist(), 0.9 - other
        hits = 0
        for _ in range(few):
            a = clustered_scores(world, 0.9, alike_a, rng)
            b = clustered_scores(world, other, alike_b, rng)
            hits += _inside(difference_interval(a, b, clusters=labels)[:2], truth)
        setting = f"{name}, 0.9 and {other:g}, correlations {alike_a:g} and {alike_b:g}"
        note = LUMPED if alike_a > 0.5 else ""
        yield Trial("coverage", "paired difference", setting, _LEVEL, hits, few, note=note)


def compared(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """The interval as a comparison prints it: reaching 0 where the test does not reject."""
    few = fewer(draws, 4)
    for n in (30, 200):
        known: dict[tuple[int, int], tuple[float, float]] = {}
        hits = 0
        for b, c in discordant_counts(n, 0.15, 0.05, few, rng):
            if (b, c) not in known:
                found = compare_pairs(*_sides(b, c, n), rng=rng)
                known[b, c] = found.low, found.high
            hits += _inside(known[b, c], 0.1)
        setting = f"n = {n}, discordant 0.15 and 0.05"
        yield Trial("coverage", "paired difference, with its test", setting, _LEVEL, hits, few)


def bootstraps(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """1,000 resamples each."""
    few = fewer(draws, 5)
    for n in (30, 100, 500):
        hits = {"percentile": 0, "bca": 0}
        for b, c in discordant_counts(n, 0.15, 0.05, few, rng):
            left, right = _sides(b, c, n)
            hits["percentile"] += _inside(paired_bootstrap(left, right, rng=rng, draws=1_000), 0.1)
            hits["bca"] += _inside(paired_bootstrap(left, right, rng=rng, draws=1_000, method="bca"), 0.1)
        for method, count in hits.items():
            setting = f"n = {n}, discordant 0.15 and 0.05"
            yield Trial("coverage", f"paired bootstrap, {method}", setting, _LEVEL, count, few, False)
    for name, world in (
        ("8 clusters of 20", equal_clusters(8, 20)),
        ("60 clusters of 10", equal_clusters(60, 10)),
    ):
        labels, held = world.labels.tolist(), 0
        for _ in range(few):
            first, second = (clustered_scores(world, mean, 0.3, rng) for mean in (0.9, 0.8))
            held += _inside(paired_bootstrap(first, second, rng=rng, clusters=labels, draws=1_000), 0.9 - 0.8)
        setting = f"{name}, 0.9 and 0.8, correlation 0.3"
        yield Trial("coverage", "paired bootstrap, percentile", setting, _LEVEL, held, few, False)


COVERAGE_OF_PAIRS: tuple[Group, ...] = (pairs, paired_fractions, clustered_differences, compared, bootstraps)


def _sides(only_a: int, only_b: int, n: int) -> tuple[Floats, Floats]:
    """Two sides with these discordant counts; both wrong elsewhere."""
    left, right = np.zeros(n), np.zeros(n)
    left[:only_a] = 1
    right[only_a : only_a + only_b] = 1
    return left, right


def _inside(ends: tuple[float, float], truth: float) -> bool:
    return ends[0] - 1e-12 <= truth <= ends[1] + 1e-12
