"""Two probes of question 4: the claimed configuration's place in a family of formats, and published against fresh
under it and under the default. And what the best of N gains by luck."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from fairtrial.audit.format_task import Floats, FormatScores
from fairtrial.audit.outcomes import Outcomes
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Effect, Evidence
from fairtrial.stats import special
from fairtrial.stats.clustered import Mean, cluster_sums, clustered_mean
from fairtrial.stats.format_family import Placed, Quantile, family_quantiles, place
from fairtrial.stats.intervals import z_quantile
from fairtrial.stats.means import mean_interval
from fairtrial.stats.paired import ENOUGH_DIFFERING, sign_flip
from fairtrial.stats.selection import Best, best_of_inflation, correct_best
from fairtrial.stats.siblings import FEW_TEMPLATES, POWER, sibling_accuracy, sibling_accuracy_sampled

CONTROL: Final = 0.05
"""Level of a negative control: below it, the test beside it decides nothing."""

DRAWS: Final = 9_999
"""Random draws of a control's p-value, and of a simultaneous interval."""

DRAWN_AT_RANDOM: Final = "which sibling was published was drawn at random"
TRAINED_ALIKE: Final = (
    "training on the published form shows alike under both configurations: a model trained in the very words of "
    "one of them breaks this"
)
DECLARED: Final = "the declared family holds the ways in which the claimant would have asked"
KNOWN: Final = (
    "high up means selected, or lucky; a configuration known beforehand to suit the model is high up as well"
)


@dataclass(frozen=True, slots=True)
class Spread:
    """The family of formats and the claimed configuration on the same items. quantiles: 5 %, 50 %, 95 %.
    best: the best drawn format, corrected for being the best of them; None where the scores don't allow it.
    correlation: of two formats' scores over items, mean over pairs."""

    claimed: float
    low: float
    high: float
    formats: int
    items: int
    quantiles: tuple[Quantile, ...]
    placed: Placed
    best: Best | None
    correlation: float
    medians: tuple[tuple[str, float], ...]

    @property
    def median(self) -> Quantile:
        return self.quantiles[1]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A claimed score less what the best of so many equally good configurations gains by luck. Fractions."""

    attempts: int
    gain: float
    value: float


def spread_of(found: FormatScores, *, level: float = 0.95, seed: int = 0) -> Spread:
    """seed: of the simultaneous interval behind `best`."""
    means = found.scores.mean(axis=1)
    claimed = float(found.claimed.mean())
    told = mean_interval(found.claimed, clusters=found.clusters or None, level=level)
    best = None
    if 0 < means.max() < 1:
        rng = np.random.default_rng(seed)
        best = correct_best(found.scores, rng=rng, clusters=found.clusters or None, draws=DRAWS, level=level)
    return Spread(
        claimed=claimed,
        low=told.low,
        high=told.high,
        formats=len(means),
        items=found.claimed.size,
        quantiles=family_quantiles(means, level=level),
        placed=place(claimed, means, level=level),
        best=best,
        correlation=_correlation(found.scores),
        medians=tuple(
            (name, float(np.median(table.mean(axis=1)))) for name, table in sorted(found.readings.items())
        ),
    )


def _correlation(scores: Floats) -> float:
    """Mean over pairs of formats, within [0, 1]; 0, with which luck is taken for largest, where fewer than two
    formats vary."""
    varying = scores[scores.var(axis=1) > 0]
    if len(varying) < 2:
        return 0.0
    table = np.corrcoef(varying)
    pairs = table[np.triu_indices(len(varying), 1)]
    return float(min(1.0, max(0.0, pairs.mean())))


def family_evidence(found: FormatScores, spread: Spread, *, alpha: float, level: float = 0.95) -> Evidence:
    """The claimed configuration's place in the family. It can't answer the question by itself.

    Effect: claimed less the family's median, on these items. mde: how far above the median a configuration must
    score to reach `alpha`, given the formats drawn: then it is found surely.
    """
    means = np.sort(found.scores.mean(axis=1))[::-1]
    middle, n = spread.median, means.size
    above = math.floor(alpha * (n + 1) + 1e-9) - 1
    least = float(means[above]) + 1 / spread.items if above >= 0 else math.inf
    p = spread.placed.p
    values = (spread.claimed - middle.high, spread.claimed - middle.value, spread.claimed - middle.low)
    low, value, high = (100 * each for each in values)
    return Evidence(
        probe="format-family",
        tier="strong",
        question="tuned",
        null="the claimed configuration is a draw from the declared family of formats like any other",
        access="text",
        n=spread.items,
        statistic=spread.placed.percentile,
        p=p,
        e=1 / alpha if p <= alpha else 0.0,
        alpha=alpha,
        effect=Effect(value, low, high, "points", level, f"order statistics of {n} formats"),
        mde=100 * (least - middle.value) if least <= 1 else None,
        assumptions=(DECLARED, KNOWN),
        controls=_family_told(spread, found),
        draw=found.draw,
        exclusions=found.left_out,
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """evidence: of the claimed configuration against the default one. control: p-value of published against fresh
    under the default one alone; small, it says that something other than a choice lifts the published form."""

    evidence: Evidence
    control: float

    @property
    def shows(self) -> bool:
        return self.evidence.rejects and self.evidence.effect.low > 0 and self.control >= CONTROL


def pair_evidence(chosen: Outcomes, default: Outcomes, *, alpha: float, draw: str, seed: int) -> Pair:
    """Is the published form inflated more under the chosen configuration than under the default one?

    chosen, default: the same siblings under either; items that one of them lacks are left out of both. Per item,
    published less mean fresh under the chosen one, less the same under the default one. One-sided, by sign flips
    (of templates, where there are at least 5) or, where 50 or more differ, by t; the interval is t, two-sided at
    1 - 2 alpha, and never excludes 0 where the test doesn't reject. seed: of flips and of the control.
    """
    chosen, default = shared(chosen, default), shared(default, chosen)
    gains = (chosen.published - chosen.fresh.mean(axis=1)) - (default.published - default.fresh.mean(axis=1))
    clusters = chosen.templates if len(set(chosen.templates)) >= FEW_TEMPLATES else None
    rng = np.random.default_rng(seed)
    mean = clustered_mean(gains, clusters)
    p, test = _one_sided(mean, cluster_sums(gains, clusters), rng)
    control = _published_against_fresh(default, rng)
    fails = "" if control >= CONTROL else ", which fails: the pair decides nothing"
    evidence = Evidence(
        probe="chosen-against-default",
        tier="strong",
        question="tuned",
        null="published items gain no more from the claimed configuration than from the default one",
        access="text",
        n=gains.size,
        statistic=mean.value,
        p=p,
        e=1 / alpha if p <= alpha else 0.0,
        alpha=alpha,
        effect=_gain(mean, gains.size, p, test, alpha),
        mde=_least_gain(mean, gains.size, alpha),
        assumptions=(DRAWN_AT_RANDOM, TRAINED_ALIKE),
        controls=(f"published against fresh under the default configuration: p = {control:.4f}{fails}",),
        draw=draw,
        exclusions=chosen.exclusions,
    )
    return Pair(evidence, control)


def shared(one: Outcomes, other: Outcomes) -> Outcomes:
    """The rows of `one` whose items `other` has too. Raises UsageError where there are none, or siblings differ in
    number."""
    there = set(other.items)
    kept = [row for row, item in enumerate(one.items) if item in there]
    if not kept or one.fresh.shape[1] != other.fresh.shape[1]:
        raise UsageError("the two configurations were not asked of the same siblings", "ask both of one draw")
    lost = len(one.items) - len(kept)
    return replace(
        one,
        published=one.published[kept],
        fresh=one.fresh[kept],
        items=tuple(one.items[row] for row in kept),
        templates=tuple(one.templates[row] for row in kept),
        failed=one.failed + lost,
    )


def _published_against_fresh(found: Outcomes, rng: np.random.Generator) -> float:
    """One-sided p of sibling accuracy: exact for right and wrong, drawn for shares."""
    if np.isin(found.published, (0.0, 1.0)).all() and np.isin(found.fresh, (0.0, 1.0)).all():
        return sibling_accuracy(found.published, found.fresh).p
    return sibling_accuracy_sampled(found.published, found.fresh, rng=rng, draws=DRAWS)


def _one_sided(mean: Mean, sums: Floats, rng: np.random.Generator) -> tuple[float, str]:
    """p of "the mean is not above 0", and the test's name. Few sums that differ are no normal."""
    differing = int(np.count_nonzero(sums))
    if differing >= ENOUGH_DIFFERING:
        both, test = mean.p_value(), "t"
    else:
        both, test = sign_flip(sums, rng=rng), f"sign flips of {differing} that differ"
    return (both / 2 if mean.value > 0 else 1 - both / 2), test


def _gain(mean: Mean, n: int, p: float, test: str, alpha: float) -> Effect:
    """In points. Never narrower than what n items hide that all behave alike."""
    level = 1 - 2 * alpha
    low, high = mean.interval(level=level)
    least = _hidden(n, alpha)
    low, high = max(-2.0, min(low, mean.value - least)), min(2.0, max(high, mean.value + least))
    method = f"t over {mean.units} units, test: {test}"
    if p > alpha and low > 0:
        low, method = 0.0, f"{method}, stretched to 0 as the test does not reject"
    return Effect(100 * mean.value, 100 * low, 100 * high, "points", level, method)


def _least_gain(mean: Mean, n: int, alpha: float) -> float | None:
    """In points, found with probability 0.8. None where so few units can't reach alpha, whatever their signs."""
    if 0.5**mean.units > alpha:
        return None
    found = float(special.stdtrit(mean.df, 1 - alpha) + special.stdtrit(mean.df, POWER)) * mean.se
    return 100 * max(found, _hidden(n, alpha))


def _hidden(n: int, alpha: float) -> float:
    """Twice the width that Tango's score interval has where nothing differs: a gap of gaps has two of them."""
    z = z_quantile(1 - 2 * alpha)
    return 2 * z * z / (n + z * z)


def corrected(claim: Claim, attempts: int, spread: Spread | None) -> Corrected | None:
    """None where the claim has no value or no number of items. Noise alone: see `best_of_inflation`."""
    if claim.value is None or claim.n is None:
        return None
    rho = 0.0 if spread is None else spread.correlation
    gain = best_of_inflation(attempts, accuracy=claim.value, items=claim.n, correlation=rho)
    return Corrected(attempts, gain, max(0.0, claim.value - gain))


def _family_told(spread: Spread, found: FormatScores) -> tuple[str, ...]:
    shares = ", ".join(
        f"{100 * each.share:g} %: {100 * each.value:.1f} [{100 * each.low:.1f}, {100 * each.high:.1f}]"
        for each in spread.quantiles
    )
    told = [f"family of {spread.formats} formats on the same {spread.items} items, in points: {shares}"]
    if spread.best is not None:
        best = spread.best
        told.append(
            f"best of them {100 * best.raw:.1f}, corrected for being the best {100 * best.value:.1f} "
            f"[{100 * best.low:.1f}, {100 * best.high:.1f}]"
        )
    if len(spread.medians) > 1:
        told.append(
            "median by how the same answers are read: "
            + ", ".join(f"{name} {100 * value:.1f}" for name, value in spread.medians)
        )
    if found.too_long:
        told.append(f"{found.too_long} draws were left out since their prompts were too long")
    return tuple(told)
