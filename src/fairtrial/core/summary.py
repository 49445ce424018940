"""What a finished (or cut) run amounts to: the noun that tables, pages and JSON are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fairtrial.core.canon import JSON
from fairtrial.core.estimate import Estimate
from fairtrial.core.record import STATES, State


@dataclass(frozen=True, slots=True)
class Counts:
    """Records by state; they add up to samples x epochs asked so far."""

    right: int = 0
    wrong: int = 0
    partial: int = 0
    unparsed: int = 0
    truncated: int = 0
    refused: int = 0
    failed: int = 0

    @classmethod
    def of(cls, by_state: Mapping[State, int]) -> Counts:
        return cls(**{state: by_state.get(state, 0) for state in STATES})

    @property
    def total(self) -> int:
        return sum(getattr(self, state) for state in STATES)

    @property
    def scored(self) -> int:
        return self.total - self.failed

    def to_json(self) -> dict[str, JSON]:
        return {state: getattr(self, state) for state in STATES}


@dataclass(frozen=True, slots=True)
class Slice:
    """One group of samples: `by` is the metadata key ("subject"), `name` its value ("virology")."""

    by: str
    name: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Cause:
    """Why samples failed: the cause, how many, what one of them said, and what to do."""

    cause: str
    count: int
    example: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Programs that were run to be scored. causes: of rulings against, the commonest first. seconds: in sandboxes,
    summed over programs; wall_s: on the clock while any was being judged, None where unknown. sandboxes: backend,
    version and limits, more than one where the run moved to another machine."""

    programs: int
    causes: Mapping[str, int]
    seconds: float
    wall_s: float | None
    sandboxes: tuple[Mapping[str, JSON], ...]

    def to_json(self) -> dict[str, JSON]:
        return {
            "programs": self.programs,
            "causes": dict(self.causes),
            "seconds": self.seconds,
            "wall_s": self.wall_s,
            "sandboxes": [dict(each) for each in self.sandboxes],
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in figures.

    metrics: the primary one first. others: the same replies under other extractors or metrics, by name.
    bounds: the primary metric if all failed samples were (wrong, right); None where nothing failed.
    parsed: the primary metric among replies in which an answer was found; None where all were parsed.
    cost_usd: decimal text, None where the price is unknown. latency_s: "p50", "p95", and "ttft_p50",
    "ttft_p95" where streamed; None below the n that supports the quantile. tokens: "input_tokens",
    "output_tokens", "reasoning_tokens", "cached_tokens"; None where no reply told.
    smallest_detectable: the smallest difference to another run on the same items that 80 % of such
    comparisons would find at level 0.05. drawn: how many answers a question, at which temperature, read by
    which rule: belongs to every pass@k. judged: None where no program was run. derived: of the answers that
    passed, the share that inputs derived from their tests would fail; None where none were asked for.
    provenance: versions, times, returned model ids, dataset, price source. not_covered: what nothing here
    speaks about.
    """

    run: str
    plan: str
    task: str
    model: str
    status: Literal["complete", "incomplete"]
    planned: int
    counts: Counts
    metrics: tuple[Estimate, ...]
    others: tuple[Estimate, ...] = ()
    slices: tuple[Slice, ...] = ()
    bounds: tuple[float, float] | None = None
    parsed: Estimate | None = None
    causes: tuple[Cause, ...] = ()
    tokens: Mapping[str, int | None] = field(default_factory=dict)
    cost_usd: str | None = None
    latency_s: Mapping[str, float | None] = field(default_factory=dict)
    chance: float | None = None
    smallest_detectable: float | None = None
    notes: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: Mapping[str, JSON] = field(default_factory=dict)
    drawn: str = ""
    judged: Judged | None = None
    derived: Estimate | None = None

    @property
    def primary(self) -> Estimate | None:
        """The estimate a reader looks at first; None where no sample was scored."""
        return self.metrics[0] if self.metrics else None

    def to_json(self) -> dict[str, JSON]:
        """One entry of the contract's `run --json`, with more keys than the contract promises."""
        return {
            "run": self.run,
            "model": self.model,
            "task": self.task,
            "status": self.status,
            "metrics": [estimate.to_json() for estimate in self.metrics],
            "counts": self.counts.to_json(),
            "usage": {
                "input_tokens": self.tokens.get("input_tokens"),
                "output_tokens": self.tokens.get("output_tokens"),
                "reasoning_tokens": self.tokens.get("reasoning_tokens"),
                "cached_tokens": self.tokens.get("cached_tokens"),
            },
            "cost_usd": self.cost_usd,
            "latency_s": {"p50": None, "p95": None, **self.latency_s},
            "plan": self.plan,
            "planned": self.planned,
            "others": [estimate.to_json() for estimate in self.others],
            "slices": [{"by": part.by, "name": part.name, **part.estimate.to_json()} for part in self.slices],
            "bounds": list(self.bounds) if self.bounds else None,
            "parsed": self.parsed.to_json() if self.parsed else None,
            "failures": [
                {"cause": each.cause, "count": each.count, "example": each.example, "remedy": each.remedy}
                for each in self.causes
            ],
            "chance": self.chance,
            "smallest_detectable": self.smallest_detectable,
            "notes": list(self.notes),
            "not_covered": list(self.not_covered),
            "warnings": list(self.warnings),
            "provenance": dict(self.provenance),
            "drawn": self.drawn,
            "judged": self.judged.to_json() if self.judged else None,
            "derived": self.derived.to_json() if self.derived else None,
        }
