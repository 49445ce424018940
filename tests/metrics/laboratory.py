"""Records, tallies and sides made by hand: the smallest run that can be summed up or compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from fairtrial.core.output import Output, Usage
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.record import Failure, Record, Score, State
from fairtrial.metrics.comparison import Side
from fairtrial.metrics.summary import summarise
from fairtrial.metrics.tally import Tally

USAGE = Usage(10, 5)


def record(
    sample_id: str,
    value: float | None,
    *,
    epoch: int = 1,
    state: State | None = None,
    others: Mapping[str, float] | None = None,
    groups: Mapping[str, str] | None = None,
    usage: Usage | None = USAGE,
    duration_s: float | None = None,
    first_token_s: float | None = None,
    model: str = "small",
    cost_usd: str | None = "0.001",
    cause: str = "timeout",
) -> Record:
    """A scored record, or a failed one where value is None."""
    result: Score | Failure
    if value is None:
        result = Failure(cause, f"no answer for {sample_id}", "resume")
        output = None
        cost_usd = None
    else:
        inferred: State = "right" if value == 1 else "wrong" if value == 0 else "partial"
        result = Score(state or inferred, value, "x", others or {})
        output = Output("x", usage=usage, duration_s=duration_s, first_token_s=first_token_s, model=model)
    return Record(sample_id, epoch, "q", ("x",), "d", result, output, groups=groups or {}, cost_usd=cost_usd)


def tally_of(records: Iterable[Record]) -> Tally:
    tally = Tally()
    for each in records:
        tally.add(each)
    return tally


def plan(n: int, *, model: str = "openai/small", epochs: int = 1, questions: str = "q0", **task: Any) -> Plan:
    full = {
        "name": "cases",
        "version": "1",
        "asks": "generate",
        "origin": {"name": "cases", "source": "cases.jsonl", "digest": "sha256:00"},
        "prompt": {"template": "{{ input }}", "fewshot": 0},
        "scorer": {"metric": "accuracy", "name": "exact", "extractor": {"name": "whole"}},
        "decoding": {"temperature": 0.0, "max_tokens": 100, "effort": None},
        "system": None,
        "cluster": "",
        "slices": [],
        "macro": "",
        "chance": None,
        "notes": [],
        **task,
    }
    return Plan(full, ModelSpec.parse(model), questions, n, epochs)


def side(
    values: Sequence[float | None],
    *,
    model: str = "openai/small",
    run: str = "runs/a",
    groups: Sequence[Mapping[str, str]] | None = None,
    status: Literal["complete", "incomplete"] = "complete",
    cost_usd: str | None = "0.001",
    made: Plan | None = None,
    **task: Any,
) -> Side:
    """A run with one record a sample; None is a failed one."""
    tally = tally_of(
        record(
            f"s{index}",
            value,
            groups=groups[index] if groups else None,
            cost_usd=cost_usd,
            model=model.partition("/")[2],
        )
        for index, value in enumerate(values)
    )
    the_plan = made or plan(len(values), model=model, **task)
    summary = summarise(tally, run=run, plan=the_plan, status=status, provenance={})
    return Side(run, the_plan.to_json(), tally, summary)


def paired_values(both: int, only_a: int, only_b: int, neither: int) -> tuple[list[float], list[float]]:
    """Two lists of scores with this paired table."""
    a = [1.0] * both + [1.0] * only_a + [0.0] * only_b + [0.0] * neither
    b = [1.0] * both + [0.0] * only_a + [1.0] * only_b + [0.0] * neither
    return a, b
