"""Simulated coverage of the intervals for one score."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import bdtr

from fairtrial.stats.clustered import Floats, clustered_mean, miller_se
from fairtrial.stats.confseq import BettingSequence
from fairtrial.stats.exact import clopper_pearson, jeffreys
from fairtrial.stats.intervals import normal_interval, wilson, z_quantile
from fairtrial.stats.means import Interval, macro_interval, mean_interval
from fairtrial.stats.passk import pass_hat_k
from fairtrial.stats.trial import Group, Trial, fewer
from fairtrial.stats.worlds import Clusters, clustered_scores, equal_clusters, uneven_clusters

_LEVEL = 0.95
_EPSILON = 1e-12

ON_AVERAGE = (
    "kept on average over p, not at every p: a count has no values between whole numbers, so coverage jumps as p "
    "moves. Where a rate must never look better known than it is, Clopper-Pearson holds at every p"
)
RARE = (
    "what decides the mean is rare, and many samples of this size hold too little of it to show how far the mean "
    "can be off; no interval of this kind sees what did not happen"
)
LUMPED = "most items sit in few clusters, nearly all right or all wrong, so few independent errors are seen"

_BINOMIAL: tuple[tuple[str, Callable[[int, int], tuple[float, float]], str], ...] = (
    ("Wilson", wilson, ON_AVERAGE),
    ("Clopper-Pearson", clopper_pearson, ""),
    ("Jeffreys", jeffreys, ON_AVERAGE),
)


def proportions(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """The interval is a function of the count: computed once a count, looked up once a draw."""
    for n in (10, 30, 100, 1_000):
        tables = [
            (name, np.array([method(x, n) for x in range(n + 1)]), note) for name, method, note in _BINOMIAL
        ]
        for p in (0.02, 0.5, 0.8, 0.98):
            counts = rng.binomial(n, p, draws)
            for name, ends, note in tables:
                hits = _covered(ends[counts], p)
                yield Trial("coverage", name, f"n = {n:,}, p = {p:g}", _LEVEL, hits, draws, note=note)
        chances = rng.random(draws)
        counts = rng.binomial(n, chances)
        for name, ends, _ in tables:
            hits = _covered(ends[counts], chances)
            yield Trial("coverage", name, f"n = {n:,}, p anywhere", _LEVEL, hits, draws)
        for name, ends, note in tables if n <= 100 else ():
            p = worst_chance(ends)
            hits = _covered(ends[rng.binomial(n, p, draws)], p)
            yield Trial("coverage", name, f"n = {n:,}, worst p = {p:.4f}", _LEVEL, hits, draws, note=note)
    for n, p in ((30, 0.98), (100, 0.98), (1_000, 0.8)):
        ends = np.array([normal_interval([1.0] * x + [0.0] * (n - x)) for x in range(n + 1)])
        hits = _covered(ends[rng.binomial(n, p, draws)], p)
        yield Trial("coverage", "normal (Wald)", f"n = {n:,}, p = {p:g}", _LEVEL, hits, draws, False)


def worst_chance(ends: Floats) -> float:
    """The p that these intervals, one a count, cover least; by enumeration. ends: (n + 1, 2).

    Coverage can only drop where p crosses an end, so just beside the ends is where to look.
    """
    edges = np.concatenate((ends - 1e-9, ends + 1e-9)).ravel()
    edges = edges[(edges > 0) & (edges < 1)]
    n = len(ends) - 1
    up_to = bdtr(np.arange(n + 1.0), n, edges[:, None])
    chances = np.diff(up_to, axis=1, prepend=0.0)
    held = (ends[:, 0] <= edges[:, None]) & (edges[:, None] <= ends[:, 1])
    return float(edges[np.argmin((chances * held).sum(axis=1))])


def fractions(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Scores between 0 and 1: spread out, nearly all perfect, rare failures, and pass^3 of five replies."""
    shapes: tuple[tuple[str, Callable[[int], Floats], float, str], ...] = (
        ("bell-shaped, mean 0.7", lambda n: rng.beta(7, 3, n), 0.7, ""),
        (
            "nearly all perfect, mean 0.97",
            lambda n: np.where(rng.random(n) < 0.9, 1.0, rng.beta(7, 3, n)),
            0.97,
            "",
        ),
        ("U-shaped, mean 0.8", lambda n: rng.beta(0.4, 0.1, n), 0.8, ""),
        (
            "0.85 to 0.95, but 0 in one of 50",
            lambda n: np.where(rng.random(n) < 0.02, 0.0, rng.uniform(0.85, 0.95, n)),
            0.98 * 0.9,
            RARE,
        ),
    )
    few = fewer(draws, 2)
    for n in (10, 30, 60, 300):
        for name, draw, truth, note in shapes:
            hits = sum(_holds(mean_interval(draw(n)), truth) for _ in range(few))
            yield Trial("coverage", "mean of fractions", f"{name}, n = {n}", _LEVEL, hits, few, note=note)
    truth = 0.6**3
    rule = np.array([pass_hat_k(5, x, 3) for x in range(6)])
    hits = sum(_holds(mean_interval(rule[rng.binomial(5, 0.6, 100)]), truth) for _ in range(few))
    yield Trial("coverage", "pass^3 of 5 replies", "100 problems, p = 0.6", _LEVEL, hits, few)


def clusters(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Right/wrong scores that lean together; and what three simpler intervals make of the same data."""
    settings: tuple[tuple[str, Clusters, float, float], ...] = (
        ("5 clusters of 20", equal_clusters(5, 20), 0.7, 0.2),
        ("10 clusters of 20", equal_clusters(10, 20), 0.7, 0.2),
        ("30 clusters of 10", equal_clusters(30, 10), 0.7, 0.3),
        ("30 clusters of 10", equal_clusters(30, 10), 0.9, 0.3),
        ("100 clusters of 5", equal_clusters(100, 5), 0.9, 0.3),
        ("40 clusters of 5", equal_clusters(40, 5), 0.98, 0.2),
        ("12 uneven clusters", uneven_clusters(12, 10), 0.7, 0.2),
        ("12 uneven clusters", uneven_clusters(12, 10), 0.5, 0.7),
        ("60 uneven clusters", uneven_clusters(60, 10), 0.7, 0.2),
        ("60 uneven clusters", uneven_clusters(60, 10), 0.9, 0.7),
    )
    few = fewer(draws, 2)
    for name, world, mean, alike in settings:
        drawn = [clustered_scores(world, mean, alike, rng) for _ in range(few)]
        labels = world.labels.tolist()
        setting = f"{name}, p = {mean:g}, correlation {alike:g}"
        note = LUMPED if alike > 0.5 else ""
        hits = sum(_holds(mean_interval(scores, clusters=labels), mean) for scores in drawn)
        yield Trial("coverage", "clustered mean", setting, _LEVEL, hits, few, note=note)
        if world.count in (5, 60):
            hits = sum(_inside(clustered_mean(scores, labels).interval(), mean) for scores in drawn)
            yield Trial("coverage", "t over clusters", setting, _LEVEL, hits, few, False)
            hits = sum(_inside(_by_miller(scores, labels), mean) for scores in drawn)
            yield Trial("coverage", "normal, Miller's error", setting, _LEVEL, hits, few, False)
            hits = sum(_holds(mean_interval(scores), mean) for scores in drawn)
            yield Trial("coverage", "Wilson, clusters ignored", setting, _LEVEL, hits, few, False)


def macro(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Groups of unequal size and difficulty, the groups themselves fixed."""
    few = fewer(draws, 4)
    for name, sizes, chances in (
        ("57 groups of 20 to 132, p 0.4 to 0.95", range(20, 134, 2), np.linspace(0.4, 0.95, 57)),
        ("57 groups of 20 to 132, p 0.9 to 0.99", range(20, 134, 2), np.linspace(0.9, 0.99, 57)),
        ("5 groups of 4 to 12, p 0.4 to 0.95", range(4, 14, 2), np.linspace(0.4, 0.95, 5)),
        ("groups of 2, 3 and 100, p 0.5", (2, 3, 100), np.full(3, 0.5)),
    ):
        hits = 0
        for _ in range(few):
            groups = {
                str(size): (rng.random(size) < chance).astype(np.float64)
                for size, chance in zip(sizes, chances, strict=True)
            }
            hits += _holds(macro_interval(groups), float(chances.mean()))
        yield Trial("coverage", "macro mean", name, _LEVEL, hits, few)


def sequences(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """Held at every one of 40 looks over 400 scores."""
    few = fewer(draws, 5)
    worlds: tuple[tuple[str, Callable[[], Floats], float], ...] = (
        ("right/wrong, p = 0.5", lambda: (rng.random(400) < 0.5).astype(np.float64), 0.5),
        ("right/wrong, p = 0.97", lambda: (rng.random(400) < 0.97).astype(np.float64), 0.97),
        ("fractions, mean 0.7", lambda: rng.beta(7, 3, 400), 0.7),
    )
    for name, draw, truth in worlds:
        hits = 0
        for _ in range(few):
            sequence = BettingSequence()
            held = True
            for batch in draw().reshape(40, 10):
                sequence.extend(batch)
                held = held and _inside(sequence.bounds(), truth)
            hits += held
        yield Trial("coverage", "betting sequence", f"{name}, 40 looks over 400 scores", _LEVEL, hits, few)


COVERAGE: tuple[Group, ...] = (proportions, fractions, clusters, macro, sequences)


def _by_miller(scores: Floats, labels: list[int]) -> tuple[float, float]:
    """The clustered error as published, with the normal quantile."""
    half = z_quantile(_LEVEL) * miller_se(scores, labels)
    return float(scores.mean()) - half, float(scores.mean()) + half


def _covered(ends: Floats, truth: float | Floats) -> int:
    return int(np.count_nonzero((ends[:, 0] <= truth + _EPSILON) & (truth - _EPSILON <= ends[:, 1])))


def _inside(ends: tuple[float, float], truth: float) -> bool:
    return ends[0] - _EPSILON <= truth <= ends[1] + _EPSILON


def _holds(interval: Interval, truth: float) -> bool:
    return _inside((interval.low, interval.high), truth)
