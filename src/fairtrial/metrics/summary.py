"""A run's records as the figures a reader sees. The rules of the denominator:

- a failed sample leaves it and is counted apart; the bounds say what it could have changed;
- an unparsed, cut or refused answer stays in it and earns no credit;
- the epochs of a sample are averaged first; samples are the n.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fairtrial.core.canon import JSON, digest
from fairtrial.core.estimate import Estimate
from fairtrial.core.plan import Plan
from fairtrial.core.summary import Slice, Summary
from fairtrial.metrics.caveats import not_covered, warnings
from fairtrial.metrics.consistency import consistency, derived, drawn
from fairtrial.metrics.latency import latency
from fairtrial.metrics.samples import (
    Sampled,
    by_sample,
    cluster_labels,
    estimate,
    model_name,
    number,
    plan_json,
    section,
    text,
    texts,
)
from fairtrial.metrics.tally import Tally
from fairtrial.stats.means import macro_interval, mean_interval
from fairtrial.stats.power import detectable_discordant, detectable_next, discordant_share


def summarise(
    tally: Tally,
    *,
    run: str,
    plan: Plan | Mapping[str, JSON],
    status: Literal["complete", "incomplete"],
    provenance: Mapping[str, JSON],
    level: float = 0.95,
) -> Summary:
    """Everything a table, a page or the JSON contract says about one run.

    run: its folder, as text. plan: the plan or the JSON in `plan.json`. provenance: versions, times, sources;
    the model ids and fingerprints that the replies named are added to it.
    """
    json = plan_json(plan)
    task = section(json, "task")
    cluster = text(task.get("cluster"))
    samples = by_sample(tally)
    metrics = _metrics(samples, json, task, cluster, level)
    counts = tally.counts
    planned = int(number(json.get("n")) or 0) * int(number(json.get("epochs")) or 1)
    chance = number(task.get("chance"))
    return Summary(
        run=run,
        plan=digest(json),
        task=text(task.get("name")),
        model=model_name(json),
        status=status,
        planned=planned,
        counts=counts,
        metrics=metrics,
        others=_others(tally, samples, cluster, level),
        slices=_slices(samples, task, cluster, level),
        bounds=_bounds(samples) if counts.failed else None,
        parsed=_parsed(samples, metrics, cluster, level),
        causes=tally.causes,
        tokens=tally.tokens,
        cost_usd=_money(tally),
        latency_s=latency(tally),
        chance=chance,
        smallest_detectable=smallest_detectable(samples, cluster),
        notes=texts(task.get("notes")),
        not_covered=not_covered(json),
        warnings=warnings(tally, json, metrics, planned=planned, chance=chance),
        provenance={
            **provenance,
            "returned_models": dict(tally.models),
            "fingerprints": dict(tally.fingerprints),
        },
        drawn=drawn(json, metric_name(task)),
        judged=tally.judged(number(section(provenance, "judging").get("wall_s"))),
        derived=derived(samples, cluster=cluster, level=level),
    )


def metric_name(task: Mapping[str, JSON]) -> str:
    """The name that the scorer's form gives under "metric"; "accuracy" where it gives none."""
    return text(section(task, "scorer").get("metric")) or "accuracy"


def smallest_detectable(samples: Mapping[str, Sampled], cluster: str) -> float | None:
    """Smallest difference to another run on the same items that 80 % of such comparisons find at 0.05.

    Assumes that the other model scores alike and that the two models' scores correlate by one half. A perfect
    or hopeless score is drawn in by half an item, as it says little about how often the next model differs.
    None below two independent samples.
    """
    kept = [(key, sample) for key, sample in samples.items() if sample.count]
    if len(kept) < 2:
        return None
    values = [sample.value for _, sample in kept]
    labels = cluster_labels([(key, sample.groups) for key, sample in kept], cluster)
    found = mean_interval(values, clusters=labels)
    if labels is None and all(value in (0.0, 1.0) for value in values):
        share = (sum(values) + 0.5) / (len(values) + 1)
        return detectable_discordant(len(values), discordant=discordant_share(share, share))
    return detectable_next(found.se) if found.units > 1 and found.se > 0 else None


def _metrics(
    samples: Mapping[str, Sampled],
    json: Mapping[str, JSON],
    task: Mapping[str, JSON],
    cluster: str,
    level: float,
) -> tuple[Estimate, ...]:
    """The primary metric, the macro mean over groups where the task asks for it, pass@k and pass^k."""
    name = metric_name(task)
    key = text(task.get("macro"))
    macro = _macro(f"{name} (macro over {key})", samples, key, cluster, level) if key else None
    primary = estimate(name if macro is None else f"{name} (micro)", samples, cluster=cluster, level=level)
    epochs = int(number(json.get("epochs")) or 1)
    several = consistency(samples, epochs, cluster=cluster, level=level)
    return tuple(each for each in (primary, macro, *several) if each is not None)


def _macro(
    name: str, samples: Mapping[str, Sampled], key: str, cluster: str, level: float
) -> Estimate | None:
    """Unweighted mean over groups. Where the groups are the clusters, they are themselves a sample of what
    could be asked, and their means are the observations; otherwise they are all there is."""
    groups: dict[str, list[float]] = {}
    for sample in samples.values():
        if sample.count and key in sample.groups:
            groups.setdefault(sample.groups[key], []).append(sample.value)
    if not groups:
        return None
    if key == cluster:
        means = [sum(values) / len(values) for values in groups.values()]
        found = mean_interval(means, clusters=list(groups), by=key, level=level)
    else:
        found = macro_interval(groups, level=level)
    n = sum(map(len, groups.values()))
    return Estimate(name, found.value, found.low, found.high, level, n, found.method)


def _others(tally: Tally, samples: Mapping[str, Sampled], cluster: str, level: float) -> tuple[Estimate, ...]:
    found = []
    for name in tally.names:

        def value(sample: Sampled, name: str = name) -> float | None:
            count = sample.other_counts.get(name)
            return min(1.0, max(0.0, sample.other_totals[name] / count)) if count else None

        found.append(estimate(name, samples, cluster=cluster, level=level, value=value))
    return tuple(each for each in found if each is not None)


def _slices(
    samples: Mapping[str, Sampled], task: Mapping[str, JSON], cluster: str, level: float
) -> tuple[Slice, ...]:
    """Every group of every slice key, worst first; of equal scores the larger group first."""
    found: list[Slice] = []
    for by in texts(task.get("slices")):
        groups: dict[str, dict[str, Sampled]] = {}
        for key, sample in samples.items():
            if by in sample.groups:
                groups.setdefault(sample.groups[by], {})[key] = sample
        for name, members in groups.items():
            # Inside a group that is one cluster, the samples are all the variation there is to see.
            inner = "" if by == cluster else cluster
            each = estimate(metric_name(task), members, cluster=inner, level=level)
            if each is not None:
                found.append(Slice(by, name, each))
    return tuple(sorted(found, key=lambda part: (part.estimate.value, -part.estimate.n, part.by, part.name)))


def _bounds(samples: Mapping[str, Sampled]) -> tuple[float, float] | None:
    """The primary metric if every failed reply had been wrong, and if every one had been right."""
    if not samples:
        return None
    low = sum(sample.total / (sample.count + sample.failed) for sample in samples.values())
    high = sum((sample.total + sample.failed) / (sample.count + sample.failed) for sample in samples.values())
    return low / len(samples), high / len(samples)


def _parsed(
    samples: Mapping[str, Sampled], metrics: tuple[Estimate, ...], cluster: str, level: float
) -> Estimate | None:
    """The primary metric among replies in which an answer was found; None where all were parsed."""
    if not metrics or all(sample.parsed == sample.count for sample in samples.values()):
        return None

    def value(sample: Sampled) -> float | None:
        return min(1.0, sample.parsed_total / sample.parsed) if sample.parsed else None

    return estimate(
        f"{metrics[0].metric}, parsed replies", samples, cluster=cluster, level=level, value=value
    )


def _money(tally: Tally) -> str | None:
    """Dollars as plain decimal text, without exponent. None where unknown or where nothing was scored."""
    cost = tally.cost_usd
    return None if cost is None or not tally.counts.scored else format(cost, "f")
