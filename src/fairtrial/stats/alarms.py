"""Simulated false alarms of every test in this package, and the power that the planner promises."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

import numpy as np

from fairtrial.stats.clustered import cluster_sums, paired_difference
from fairtrial.stats.equivalence import equivalent, tost
from fairtrial.stats.intervals import mcnemar_exact, tango
from fairtrial.stats.multiplicity import holm
from fairtrial.stats.paired import ENOUGH_DIFFERING, difference_interval, paired_table, sign_flip
from fairtrial.stats.power import detectable_discordant, mcnemar_power, needed_n, needed_n_discordant
from fairtrial.stats.trial import Group, Trial, fewer
from fairtrial.stats.worlds import (
    Clusters,
    clustered_pairs,
    clustered_scores,
    discordant_counts,
    equal_clusters,
    null_models,
    shared_fractions,
    uneven_clusters,
)

_ALPHA = 0.05
_FLIPS = 199
"""Random flips a test: with 199 the level 0.05 is hit exactly, and it holds for any number."""

mcnemar = lru_cache(maxsize=65_536)(mcnemar_exact)


def split(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    for n, share in ((20, 0.2), (100, 0.1), (100, 0.4), (1_319, 0.15), (10_000, 0.02)):
        hits = sum(mcnemar(b, c) <= _ALPHA for b, c in discordant_counts(n, share / 2, share / 2, draws, rng))
        yield Trial("false alarm", "exact McNemar", f"n = {n:,}, discordant {share:g}", _ALPHA, hits, draws)


def leaning(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Items that lean together, cluster by cluster: the three tests on the same data."""
    few = fewer(draws, 2)
    worlds: tuple[tuple[str, Clusters], ...] = (
        ("5 clusters of 20", equal_clusters(5, 20)),
        ("8 clusters of 20", equal_clusters(8, 20)),
        ("12 uneven clusters", uneven_clusters(12, 10)),
        ("30 clusters of 10", equal_clusters(30, 10)),
        ("60 clusters of 10", equal_clusters(60, 10)),
        ("60 uneven clusters", uneven_clusters(60, 10)),
        ("200 clusters of 5", equal_clusters(200, 5)),
    )
    for name, world in worlds:
        labels = world.labels.tolist()
        flip = t = plain = 0
        many = world.count >= ENOUGH_DIFFERING
        for _ in range(few):
            a, b = clustered_pairs(world, 0.3, 0.8, rng)
            t += paired_difference(a, b, labels).p_value() <= _ALPHA
            if not many:
                flip += sign_flip(cluster_sums(a - b, labels), rng=rng, flips=_FLIPS) <= _ALPHA
            table = paired_table(a, b)
            plain += table is not None and mcnemar(table[1], table[2]) <= _ALPHA
        if not many:
            yield Trial("false alarm", "sign flips by cluster", name, _ALPHA, flip, few)
        yield Trial("false alarm", "cluster-robust t", name, _ALPHA, t, few, many)
        yield Trial("false alarm", "exact McNemar, clusters ignored", name, _ALPHA, plain, few, False)


def fractional(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Fractional scores without clusters: sign flips for few, t for many."""
    few = fewer(draws, 2)
    for n in (8, 30, 60, 300):
        hits = 0
        for _ in range(few):
            a, b = shared_fractions(n, rng)
            if n < ENOUGH_DIFFERING:
                p = sign_flip(a - b, rng=rng, flips=_FLIPS)
            else:
                p = paired_difference(a, b).p_value()
            hits += p <= _ALPHA
        name = "sign flips" if n < ENOUGH_DIFFERING else "paired t"
        yield Trial("false alarm", name, f"fractions, n = {n}", _ALPHA, hits, few)


def families(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Four equally good models, six pairs: any rejection among them is a false alarm."""
    few = fewer(draws, 2)
    for n in (50, 400):
        any_corrected = any_plain = 0
        for _ in range(few):
            scores = null_models(n, 4, rng).astype(bool)
            p = [
                mcnemar(int(np.count_nonzero(a & ~b)), int(np.count_nonzero(b & ~a)))
                for a, b in combinations(scores, 2)
            ]
            any_corrected += min(holm(p)) <= _ALPHA
            any_plain += min(p) <= _ALPHA
        setting = f"4 equal models, 6 pairs, n = {n}"
        yield Trial("false alarm", "Holm over McNemar", setting, _ALPHA, any_corrected, few)
        yield Trial("false alarm", "McNemar, uncorrected", setting, _ALPHA, any_plain, few, False)


def ties(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """The true difference is the margin itself; "tie" is then a false alarm."""
    within = lru_cache(maxsize=65_536)(
        lambda b, c, n, margin: equivalent(*tango(b, c, n, level=1 - 2 * _ALPHA), margin)
    )
    for n, margin, share in ((50, 0.1, 0.2), (300, 0.05, 0.15), (2_000, 0.02, 0.15)):
        counts = discordant_counts(n, (share + margin) / 2, (share - margin) / 2, draws, rng)
        hits = sum(within(b, c, n, margin) for b, c in counts)
        setting = f"n = {n:,}, margin {margin:g}, discordant {share:g}"
        yield Trial("false alarm", "tie by score interval", setting, _ALPHA, hits, draws)
    for n in (60, 300):
        gaps = rng.uniform(-0.3, 0.3, (draws, n)) + 0.05
        se = gaps.std(axis=1, ddof=1) / np.sqrt(n)
        hits = sum(
            tost(float(d), float(e), 0.05, df=n - 1) <= _ALPHA
            for d, e in zip(gaps.mean(axis=1), se, strict=True)
        )
        yield Trial(
            "false alarm", "tie by two t tests", f"fractions, n = {n}, margin 0.05", _ALPHA, hits, draws
        )


def clustered_ties(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """The same for items that lean together, by the interval that a comparison uses there."""
    few = fewer(draws, 4)
    for name, world in (
        ("12 uneven clusters", uneven_clusters(12, 10)),
        ("60 clusters of 10", equal_clusters(60, 10)),
        ("200 clusters of 5", equal_clusters(200, 5)),
    ):
        labels, hits = world.labels.tolist(), 0
        for _ in range(few):
            a, b = (clustered_scores(world, mean, 0.1, rng) for mean in (0.85, 0.75))
            hits += equivalent(*difference_interval(a, b, clusters=labels, level=1 - 2 * _ALPHA)[:2], 0.1)
        yield Trial("false alarm", "tie by clustered interval", f"{name}, margin 0.1", _ALPHA, hits, few)


def powers(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """What enumeration says the exact test does, and what the planner and the smallest detectable difference
    promise: 0.8."""
    for delta, share in ((0.05, 0.15), (0.03, 0.15), (0.1, 0.3)):
        n = needed_n_discordant(delta, discordant=share)
        hits = _rejections(n, delta, share, draws, rng)
        setting = f"difference {delta:g}, discordant {share:g}, n = {n:,}"
        promised = mcnemar_power(n, delta=delta, discordant=share)
        yield Trial("power", "exact McNemar, by enumeration", setting, promised, hits, draws)
        yield Trial("power", "needed n, exact McNemar", setting, 0.8, hits, draws, False)
    for n, share in ((50, 0.3), (200, 0.15), (1_319, 0.15)):
        delta = detectable_discordant(n, discordant=share)
        hits = _rejections(n, delta, max(share, delta), draws, rng)
        setting = f"n = {n:,}, discordant {share:g}, difference {delta:.4f}"
        yield Trial("power", "smallest detectable difference", setting, 0.8, hits, draws)
    few = fewer(draws, 2)
    for delta in (0.02, 0.01):
        # Variance of the difference of two uniforms on (-0.2, 0.2), nothing shared: 2 x 0.4^2 / 12.
        n = needed_n(delta, variance=2 * 0.4**2 / 12)
        hits = 0
        for _ in range(few):
            a, b = (0.5 + shift + rng.uniform(-0.2, 0.2, n) for shift in (delta, 0.0))
            hits += paired_difference(a, b).p_value() <= _ALPHA
        yield Trial(
            "power", "needed n, paired t", f"fractions, difference {delta:g}, n = {n:,}", 0.8, hits, few
        )


ALARMS: tuple[Group, ...] = (split, leaning, fractional, families, ties, clustered_ties, powers)


def _rejections(n: int, delta: float, share: float, draws: int, rng: np.random.Generator) -> int:
    counts = discordant_counts(n, (share + delta) / 2, (share - delta) / 2, draws, rng)
    return sum(mcnemar(b, c) <= _ALPHA for b, c in counts)
