"""Simulated coverage of every interval in this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from fairtrial.stats.bootstrap import paired_bootstrap
from fairtrial.stats.clustered import Floats
from fairtrial.stats.confseq import BettingSequence
from fairtrial.stats.exact import clopper_pearson, jeffreys
from fairtrial.stats.intervals import normal_interval, tango, wilson
from fairtrial.stats.means import Interval, macro_interval, mean_interval
from fairtrial.stats.paired import difference_interval
from fairtrial.stats.passk import pass_hat_k
from fairtrial.stats.trial import Trial
from fairtrial.stats.worlds import (
    Clusters,
    clustered_scores,
    discordant_counts,
    equal_clusters,
    uneven_clusters,
)

_LEVEL = 0.95
_EPSILON = 1e-12


def measure_coverage(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """One trial a method and setting."""
    yield from _proportions(draws, rng)
    yield from _fractions(draws, rng)
    yield from _clusters(draws, rng)
    yield from _macro(draws, rng)
    yield from _pairs(draws, rng)
    yield from _bootstraps(draws, rng)
    yield from _sequences(draws, rng)


def _proportions(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """The interval is a function of the count: computed once a count, looked up once a draw."""
    methods: tuple[tuple[str, Callable[[int, int], tuple[float, float]], bool], ...] = (
        ("wilson", lambda x, n: wilson(x, n), True),
        ("Clopper-Pearson", lambda x, n: clopper_pearson(x, n), True),
        ("Jeffreys", lambda x, n: jeffreys(x, n), True),
    )
    for n in (10, 30, 100, 1_000):
        for p in (0.02, 0.5, 0.8, 0.98):
            counts = rng.binomial(n, p, draws)
            for name, method, used in methods:
                ends = np.array([method(x, n) for x in range(n + 1)])[counts]
                hits = _covered(ends, p)
                yield Trial("coverage", name, f"right/wrong, n = {n:,}, p = {p:g}", _LEVEL, hits, draws, used)
    for n, p in ((30, 0.98), (100, 0.98), (1_000, 0.8)):
        counts = rng.binomial(n, p, draws)
        table = np.array([normal_interval([1.0] * x + [0.0] * (n - x)) for x in range(n + 1)])
        hits = _covered(table[counts], p)
        yield Trial("coverage", "normal", f"right/wrong, n = {n:,}, p = {p:g}", _LEVEL, hits, draws, False)


def _fractions(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Scores between 0 and 1: spread out, nearly all perfect, and pass^3 of five replies."""
    shapes: tuple[tuple[str, Callable[[int], Floats], float], ...] = (
        ("bell-shaped, mean 0.7", lambda n: rng.beta(7, 3, n), 0.7),
        (
            "nearly all perfect, mean 0.97",
            lambda n: np.where(rng.random(n) < 0.9, 1.0, rng.beta(7, 3, n)),
            0.97,
        ),
        ("U-shaped, mean 0.8", lambda n: rng.beta(0.4, 0.1, n), 0.8),
    )
    for n in (10, 30, 60, 300):
        for name, draw, truth in shapes:
            hits = sum(_holds(mean_interval(draw(n)), truth) for _ in range(draws))
            yield Trial("coverage", "mean of fractions", f"{name}, n = {n}", _LEVEL, hits, draws)
    truth = 0.6**3
    rule = np.array([pass_hat_k(5, x, 3) for x in range(6)])
    hits = sum(_holds(mean_interval(rule[rng.binomial(5, 0.6, 100)]), truth) for _ in range(draws))
    yield Trial("coverage", "pass^3 of 5 replies", "100 problems, p = 0.6", _LEVEL, hits, draws)


def _clusters(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    settings: tuple[tuple[str, Clusters, float, float], ...] = (
        ("5 clusters of 20", equal_clusters(5, 20), 0.7, 0.2),
        ("10 clusters of 20", equal_clusters(10, 20), 0.7, 0.2),
        ("30 clusters of 10", equal_clusters(30, 10), 0.7, 0.3),
        ("100 clusters of 5", equal_clusters(100, 5), 0.9, 0.3),
        ("12 uneven clusters", uneven_clusters(12, 10), 0.7, 0.2),
        ("60 uneven clusters", uneven_clusters(60, 10), 0.7, 0.2),
        ("40 clusters of 5", equal_clusters(40, 5), 0.98, 0.2),
    )
    for name, world, mean, alike in settings:
        drawn = [clustered_scores(world, mean, alike, rng) for _ in range(draws)]
        labels = world.labels.tolist()
        hits = sum(_holds(mean_interval(scores, clusters=labels), mean) for scores in drawn)
        setting = f"{name}, p = {mean:g}, correlation {alike:g}"
        yield Trial("coverage", "clustered mean", setting, _LEVEL, hits, draws)
        if name in ("5 clusters of 20", "60 uneven clusters"):
            hits = sum(_holds(mean_interval(scores), mean) for scores in drawn)
            yield Trial("coverage", "wilson, clusters ignored", setting, _LEVEL, hits, draws, False)


def _macro(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Groups of unequal size and difficulty, the groups themselves fixed."""
    for name, sizes in (
        ("57 groups of 20 to 132", range(20, 134, 2)),
        ("5 groups of 4 to 12", range(4, 14, 2)),
    ):
        chances = np.linspace(0.4, 0.95, len(sizes))
        hits = 0
        for _ in range(draws):
            groups = {
                str(size): (rng.random(size) < chance).astype(np.float64)
                for size, chance in zip(sizes, chances, strict=True)
            }
            hits += _holds(macro_interval(groups), float(chances.mean()))
        yield Trial("coverage", "macro mean", name, _LEVEL, hits, draws)


def _pairs(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Paired right/wrong scores; the interval is a function of the discordant counts."""
    for n in (10, 50, 200, 1_000):
        for only_a, only_b in ((0.02, 0.01), (0.1, 0.1), (0.25, 0.05)):
            known: dict[tuple[int, int], tuple[float, float]] = {}
            by_tango: dict[tuple[int, int], tuple[float, float]] = {}
            hits = tango_hits = 0
            truth = only_a - only_b
            for b, c in discordant_counts(n, only_a, only_b, draws, rng):
                if (b, c) not in known:
                    left = np.r_[np.ones(b), np.zeros(n - b)]
                    right = np.r_[np.zeros(b), np.ones(c), np.zeros(n - b - c)]
                    known[b, c] = difference_interval(left, right)[:2]
                    by_tango[b, c] = tango(b, c, n)
                hits += _inside(known[b, c], truth)
                tango_hits += _inside(by_tango[b, c], truth)
            setting = f"n = {n:,}, discordant {only_a:g} and {only_b:g}"
            yield Trial("coverage", "paired difference", setting, _LEVEL, hits, draws)
            yield Trial("coverage", "Tango score", setting, _LEVEL, tango_hits, draws)
    for n in (20, 100):
        hits = 0
        for _ in range(draws):
            shared = rng.beta(4, 2, n)
            left, right = (np.clip(shared + rng.uniform(-0.2, 0.2, n), 0, 1) for _ in range(2))
            hits += _inside(difference_interval(left, right)[:2], 0.0)
        yield Trial("coverage", "paired difference", f"fractions, n = {n}", _LEVEL, hits, draws)


def _bootstraps(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """A tenth of the draws, 1,000 resamples each."""
    few = max(100, draws // 10)
    for n in (30, 100, 500):
        hits = {"percentile": 0, "bca": 0}
        for b, c in discordant_counts(n, 0.15, 0.05, few, rng):
            left = np.r_[np.ones(b), np.zeros(n - b)]
            right = np.r_[np.zeros(b), np.ones(c), np.zeros(n - b - c)]
            hits["percentile"] += _inside(paired_bootstrap(left, right, rng=rng, draws=1_000), 0.1)
            hits["bca"] += _inside(paired_bootstrap(left, right, rng=rng, draws=1_000, method="bca"), 0.1)
        for method, count in hits.items():
            setting = f"paired, n = {n}, discordant 0.15 and 0.05"
            yield Trial("coverage", f"bootstrap, {method}", setting, _LEVEL, count, few, False)


def _sequences(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Held at every one of 16 looks over 400 scores; a twentieth of the draws."""
    few = max(100, draws // 20)
    for name, p in (("p = 0.5", 0.5), ("p = 0.97", 0.97)):
        hits = 0
        for _ in range(few):
            sequence = BettingSequence()
            held = True
            for batch in (rng.random((16, 25)) < p).astype(np.float64):
                sequence.extend(batch)
                held = held and _inside(sequence.bounds(), p)
            hits += held
        setting = f"right/wrong, {name}, 16 looks over 400 scores"
        yield Trial("coverage", "betting sequence", setting, _LEVEL, hits, few)


def _covered(ends: Floats, truth: float) -> int:
    return int(np.count_nonzero((ends[:, 0] <= truth + _EPSILON) & (truth - _EPSILON <= ends[:, 1])))


def _inside(ends: tuple[float, float], truth: float) -> bool:
    return ends[0] - _EPSILON <= truth <= ends[1] + _EPSILON


def _holds(interval: Interval, truth: float) -> bool:
    return _inside((interval.low, interval.high), truth)
