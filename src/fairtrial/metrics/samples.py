"""Records to samples: epochs are averaged first, and samples, not replies, are the n of every estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fairtrial.core.canon import JSON
from fairtrial.core.estimate import Estimate
from fairtrial.core.plan import Plan
from fairtrial.metrics.tally import Entry, Tally
from fairtrial.stats.means import mean_interval

ALONE = "\x00alone\x00"
"""Begins the cluster label of a sample that names no cluster: it stands for itself."""


@dataclass(slots=True)
class Sampled:
    """One sample over its epochs: the sum of its scores and how many there are, its groups, and what names
    its words (see `Entry.item`)."""

    total: float = 0.0
    count: int = 0
    right: int = 0
    failed: int = 0
    parsed_total: float = 0.0
    parsed: int = 0
    groups: Mapping[str, str] = field(default_factory=dict)
    item: int = 0
    other_totals: dict[str, float] = field(default_factory=dict)
    other_counts: dict[str, int] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Mean over scored epochs. Only where count > 0. Kept within [0, 1] against rounding."""
        return min(1.0, max(0.0, self.total / self.count))

    def add(self, entry: Entry) -> None:
        self.groups, self.item = entry.groups, entry.item
        if entry.value is None:
            self.failed += 1
            return
        self.total += entry.value
        self.count += 1
        self.right += entry.value == 1
        if entry.parsed:
            self.parsed_total += entry.value
            self.parsed += 1
        for name, value in entry.others.items():
            self.other_totals[name] = self.other_totals.get(name, 0.0) + value
            self.other_counts[name] = self.other_counts.get(name, 0) + 1


def by_sample(tally: Tally) -> dict[str, Sampled]:
    """Samples in order of their ids, failed ones included."""
    samples: dict[str, Sampled] = {}
    for entry in tally:
        samples.setdefault(entry.sample_id, Sampled()).add(entry)
    return samples


def estimate(
    metric: str,
    samples: Mapping[str, Sampled],
    *,
    cluster: str = "",
    level: float = 0.95,
    value: Callable[[Sampled], float | None] = lambda sample: sample.value if sample.count else None,
) -> Estimate | None:
    """Mean of `value` over the samples that have one, clustered by the named group; None where none has."""
    kept = [(key, sample, got) for key, sample in samples.items() if (got := value(sample)) is not None]
    if not kept:
        return None
    labels = cluster_labels([(key, sample.groups) for key, sample, _ in kept], cluster)
    found = mean_interval([got for _, _, got in kept], clusters=labels, by=cluster, level=level)
    return Estimate(metric, found.value, found.low, found.high, level, len(kept), found.method)


def cluster_labels(samples: Sequence[tuple[str, Mapping[str, str]]], cluster: str) -> list[str] | None:
    """A label a sample; None for an unclustered task."""
    if not cluster:
        return None
    return [groups.get(cluster, ALONE + key) for key, groups in samples]


def plan_json(plan: Plan | Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The plan as plain JSON, from either form."""
    return plan.to_json() if isinstance(plan, Plan) else plan


def section(mapping: Mapping[str, JSON], key: str) -> Mapping[str, JSON]:
    """The mapping under `key`; empty where there is none."""
    found = mapping.get(key)
    return found if isinstance(found, Mapping) else {}


def texts(value: JSON) -> tuple[str, ...]:
    """A JSON list of texts as a tuple; one text alone as a tuple of it; anything else is empty."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, Sequence):
        return tuple(str(each) for each in value)
    return ()


def text(value: JSON) -> str:
    """A JSON text; empty for anything else."""
    return value if isinstance(value, str) else ""


def number(value: JSON) -> float | None:
    """A JSON number; None for anything else."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def model_name(plan: Mapping[str, JSON]) -> str:
    """`provider/name` as the user typed it."""
    model = section(plan, "model")
    provider, name = text(model.get("provider")), text(model.get("name"))
    return f"python:{name}" if provider == "python" else f"{provider}/{name}"
