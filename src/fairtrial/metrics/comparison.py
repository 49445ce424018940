"""Two runs, paired sample by sample: who is better, by how much, how sure, at what price."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fairtrial.core.canon import JSON
from fairtrial.core.comparison import Comparison, Difference, Preference
from fairtrial.core.errors import UsageError
from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Summary
from fairtrial.metrics.caveats import not_covered
from fairtrial.metrics.comparable import check_comparable, comparable
from fairtrial.metrics.samples import by_sample, cluster_labels, section, text
from fairtrial.metrics.sentence import Facts, sentence
from fairtrial.metrics.summary import metric_name
from fairtrial.metrics.tally import Tally
from fairtrial.stats.equivalence import check_margin, equivalent
from fairtrial.stats.intervals import check_level
from fairtrial.stats.means import mean_interval
from fairtrial.stats.multiplicity import holm
from fairtrial.stats.paired import PairedResult, compare_pairs, difference_interval
from fairtrial.stats.power import detectable, detectable_discordant, deviates

POWER = 0.8
_ITEMS_MAY_DIFFER = ("task", "version", "items", "questions")


@dataclass(frozen=True, slots=True)
class Side:
    """One run as a comparison needs it. plan: the JSON in its `plan.json`."""

    run: str
    plan: Mapping[str, JSON]
    tally: Tally
    summary: Summary


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The shared samples of two sides and what their scores say, before any correction."""

    a: Side
    b: Side
    left: tuple[float, ...]
    right: tuple[float, ...]
    clusters: tuple[str, ...] | None
    cluster: str
    left_out: int
    differences: tuple[Difference, ...]
    result: PairedResult


def compare(
    a: Side,
    b: Side,
    *,
    allow: Collection[str] = (),
    margin: float | None = None,
    level: float = 0.95,
    seed: int = 0,
    comparisons_made: int = 1,
) -> Comparison:
    """One pair of runs. Raises UsageError where they can't be compared (what differs, and what to type), or
    share no scored sample.

    allow: names of differences to accept. margin: differences smaller than it don't matter (a fraction).
    comparisons_made: how many are looked at together; the p-value is multiplied by it. seed: of the random
    sign flips, where the test needs them.
    """
    if comparisons_made < 1:
        raise UsageError(f"{comparisons_made} comparisons were made", "count this one: at least 1")
    pairs = _pair(a, b, allow=allow, level=level, seed=seed)
    adjusted = min(1.0, pairs.result.p * comparisons_made)
    return _conclude(pairs, adjusted, family=comparisons_made, margin=margin, level=level)


def compare_all(
    sides: Sequence[Side],
    *,
    allow: Collection[str] = (),
    margin: float | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Comparison, ...]:
    """Every pair of sides that ran the same task, corrected together by Holm over all tasks and pairs.

    Raises UsageError where no two sides share a task, or a pair can't be compared.
    """
    tasks: dict[str, list[Side]] = {}
    for side in sides:
        # With "task" allowed to differ, all runs are one group: the user says they are one test.
        tasks.setdefault("" if "task" in allow else side.summary.task, []).append(side)
    chosen = [pair for group in tasks.values() for pair in combinations(group, 2)]
    if not chosen:
        names = ", ".join(sorted({side.summary.task for side in sides})) or "none"
        raise UsageError(
            f"no two of these runs share a task ({names})",
            "give two runs of one task, or add --allow-difference task",
        )
    found = [_pair(a, b, allow=allow, level=level, seed=seed) for a, b in chosen]
    adjusted = holm([pairs.result.p for pairs in found])
    return tuple(
        _conclude(pairs, p, family=len(found), margin=margin, level=level)
        for pairs, p in zip(found, adjusted, strict=True)
    )


def _pair(a: Side, b: Side, *, allow: Collection[str], level: float, seed: int) -> _Pairs:
    """Match by sample id. A sample that failed, was not asked, or is another item on either side is left out."""
    check_level(level)
    labels = _labels(a, b)
    differences = check_comparable(a.plan, b.plan, allow=allow, labels=labels)
    first, second = by_sample(a.tally), by_sample(b.tally)
    # Row numbers serve as ids where a file has none: the same id in two files need not be the same item.
    doubtful = any(each.name in _ITEMS_MAY_DIFFER for each in differences)
    shared = [
        key
        for key, sample in first.items()
        if sample.count
        and (other := second.get(key)) is not None
        and other.count
        and not (doubtful and sample.item != other.item)
    ]
    if not shared:
        raise UsageError(
            f"no sample was scored in both {a.run} and {b.run}",
            "compare runs of the same items; resume a run whose questions failed",
        )
    cluster = text(section(a.plan, "task").get("cluster"))
    groups = cluster_labels([(key, first[key].groups) for key in shared], cluster)
    left = tuple(first[key].value for key in shared)
    right = tuple(second[key].value for key in shared)
    result = compare_pairs(left, right, rng=np.random.default_rng(seed), clusters=groups, level=level)
    return _Pairs(
        a,
        b,
        left,
        right,
        None if groups is None else tuple(groups),
        cluster,
        len(first.keys() | second.keys()) - len(shared),
        differences,
        result,
    )


def _conclude(
    pairs: _Pairs, adjusted_p: float, *, family: int, margin: float | None, level: float
) -> Comparison:
    """From figures to a verdict and the sentence that states it."""
    result, n = pairs.result, len(pairs.left)
    name = metric_name(section(pairs.a.plan, "task"))
    method = result.interval + (f" by {pairs.cluster}" if pairs.cluster else "")
    difference = Estimate(
        f"difference in {name}", result.difference, result.low, result.high, level, n, method
    )
    verdict = _verdict(pairs, adjusted_p, family=family, margin=margin, level=level)
    corrected = 1 - (1 - level) / family
    smallest = _detectable(result, n, corrected)
    needed = _needed(result, n, corrected) if verdict == "undetermined" else None
    label_a, label_b = _labels(pairs.a, pairs.b)
    score_a, score_b = (_score(name, values, pairs, level) for values in (pairs.left, pairs.right))
    facts = Facts(
        label_a,
        label_b,
        pairs.a.summary,
        pairs.b.summary,
        difference,
        score_a,
        score_b,
        result,
        adjusted_p,
        family,
        verdict,
        margin,
        needed,
        smallest,
        pairs.left_out,
        pairs.differences,
    )
    table = result.table or (None, None, None, None)
    return Comparison(
        task=pairs.a.summary.task,
        a=label_a,
        b=label_b,
        difference=difference,
        score_a=score_a,
        score_b=score_b,
        p=result.p,
        adjusted_p=adjusted_p,
        test=result.test,
        verdict=verdict,
        sentence=sentence(facts),
        needed_n=needed,
        detectable=smallest,
        margin=margin,
        both_right=table[0],
        only_a=table[1],
        only_b=table[2],
        neither=table[3],
        left_out=pairs.left_out,
        cost_a_usd=pairs.a.summary.cost_usd,
        cost_b_usd=pairs.b.summary.cost_usd,
        differences=pairs.differences,
        not_covered=_not_covered(pairs, family),
        run_a=pairs.a.run,
        run_b=pairs.b.run,
    )


def _verdict(
    pairs: _Pairs, adjusted_p: float, *, family: int, margin: float | None, level: float
) -> Preference:
    """a or b where the corrected test rejects and the interval agrees; tie only inside a stated margin."""
    result = pairs.result
    if margin is not None:
        check_margin(margin)
    if adjusted_p < 1 - level and not result.low <= 0 <= result.high:
        return "a" if result.difference > 0 else "b"
    if margin is None:
        return "undetermined"
    # Two one-sided tests at alpha are an interval of level 1 - 2 alpha; Bonferroni over the family.
    alpha = (1 - level) / family
    low, high, _ = difference_interval(pairs.left, pairs.right, clusters=pairs.clusters, level=1 - 2 * alpha)
    return "tie" if equivalent(low, high, margin) else "undetermined"


def _detectable(result: PairedResult, n: int, level: float) -> float:
    """The smallest true difference this many samples would have found with probability 0.8.

    Where fewer than one pair in n differs, the unseen discordant share is taken as 1 in n + 1.
    """
    if result.table is not None and not result.clustered:
        discordant = (result.table[1] + result.table[2] + 1) / (n + 1)
        return detectable_discordant(n, discordant=min(1.0, discordant), level=level, power=POWER)
    if not math.isfinite(result.se):
        return 1.0
    floor = 1 / max(2, result.clusters)
    return max(detectable(result.se, level=level, power=POWER), floor if result.se == 0 else 0.0)


def _needed(result: PairedResult, n: int, level: float) -> int | None:
    """Samples in all that would settle it if the observed difference were the true one; None: no forecast."""
    if result.difference == 0 or not math.isfinite(result.se) or result.se == 0:
        return None
    ratio = deviates(level, POWER) * result.se / abs(result.difference)
    return max(n + 1, math.ceil(n * ratio**2))


def _score(name: str, values: tuple[float, ...], pairs: _Pairs, level: float) -> Estimate:
    """One side's score on the shared samples."""
    found = mean_interval(values, clusters=pairs.clusters, by=pairs.cluster, level=level)
    return Estimate(name, found.value, found.low, found.high, level, len(values), found.method)


def _not_covered(pairs: _Pairs, family: int) -> tuple[str, ...]:
    found = list(dict.fromkeys((*not_covered(pairs.a.plan), *not_covered(pairs.b.plan))))
    if family == 1:
        found.append("selection: other models or prompts tried and not shown are not corrected for")
    return tuple(found)


def _labels(a: Side, b: Side) -> tuple[str, str]:
    """The models' names; with the run's folder where both are the same model, whole where its name is not
    enough."""
    if a.summary.model != b.summary.model:
        return a.summary.model, b.summary.model
    first, second = _base(a.run), _base(b.run)
    if first == second:
        first, second = a.run, b.run
    return f"{a.summary.model} ({first})", f"{b.summary.model} ({second})"


def _base(run: str) -> str:
    return run.rstrip("/").rpartition("/")[2] or run


__all__ = ["Side", "comparable", "compare", "compare_all"]
