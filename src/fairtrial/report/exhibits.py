"""Which samples a page shows in full: disagreements and failures first, evenly spread over the run.

Two passes over each run's records, one record in memory at a time: the first remembers a state a record, the
second keeps the texts of the chosen ones, cut.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fairtrial.core.output import Output
from fairtrial.core.record import Failure, Record, State
from fairtrial.core.summary import Summary
from fairtrial.report.markup import Excerpt, shortened

MOST = 100
"""Samples shown in full."""

KEPT = 4_000
"""Characters of each text that are kept; the page cuts further where it must."""

KINDS = ("disagreement", "failed", "refused", "truncated", "unparsed", "wrong", "right")
"""Why a sample is shown, in the order of the page."""

RESERVED = {
    "disagreement": 50,
    "failed": 15,
    "refused": 8,
    "truncated": 8,
    "unparsed": 8,
    "wrong": 8,
    "right": 3,
}
"""Places each kind may claim before the rest is filled up in order; so many disagreements hide no failure."""

Key: TypeAlias = "tuple[str, str, int]"
"""Task, sample id, epoch."""

Source: TypeAlias = "tuple[Summary, Callable[[], Iterator[Record]]]"


@dataclass(frozen=True, slots=True)
class Reply:
    """One run's answer to a sample. run: which of the page's runs, counted from 0. ruling: why the program it
    holds did not pass."""

    run: int
    state: State
    text: Excerpt
    answer: Excerpt | None
    value: float | None
    reasoning: Excerpt | None = None
    request: Excerpt | None = None
    cost_usd: str | None = None
    duration_s: float | None = None
    ruling: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One sample with every run's answer to it. kind: one of KINDS."""

    task: str
    sample_id: str
    epoch: int
    kind: str
    input: Excerpt
    target: Excerpt
    choices: tuple[str, ...]
    replies: tuple[Reply, ...]


def choose(runs: Sequence[Source], *, most: int = MOST) -> tuple[tuple[Exhibit, ...], Mapping[str, int]]:
    """The samples to show, and how many of each kind are left out. Runs of one task are shown together.

    runs: each with a function that opens its records anew.
    """
    marks: dict[Key, list[tuple[int, State, float | None]]] = {}
    for at, (summary, records) in enumerate(runs):
        for record in records():
            value = None if isinstance(record.result, Failure) else record.result.value
            marks.setdefault((summary.task, record.sample_id, record.epoch), []).append(
                (at, record.state, value)
            )
    by_kind: dict[str, list[Key]] = {kind: [] for kind in KINDS}
    for key, found in marks.items():
        by_kind[_kind(found)].append(key)
    chosen = _within(by_kind, most)
    left_out = {
        kind: len(keys) - sum(1 for each in chosen.values() if each == kind) for kind, keys in by_kind.items()
    }
    return _collect(runs, chosen), {kind: count for kind, count in left_out.items() if count}


def _kind(found: Sequence[tuple[int, State, float | None]]) -> str:
    values = {value for _, _, value in found if value is not None}
    if len(values) > 1:
        return "disagreement"
    states = {state for _, state, _ in found}
    for kind in KINDS[1:]:
        if kind in states or (kind == "wrong" and "partial" in states):
            return kind
    return "right"


def _within(by_kind: Mapping[str, Sequence[Key]], most: int) -> dict[Key, str]:
    """Places by kind: the reserved ones first, then what is left in order. Of right answers a few are enough
    while there is anything else."""
    places = dict.fromkeys(KINDS, 0)
    free = most
    for limits in (RESERVED, dict.fromkeys(KINDS[:-1], most), {"right": RESERVED["right"] + 7}):
        for kind in KINDS:
            more = max(0, min(limits.get(kind, 0), len(by_kind[kind])) - places[kind])
            places[kind] += min(more, free)
            free -= min(more, free)
    return {key: kind for kind in KINDS for key in _spread(by_kind[kind], places[kind])}


def _spread(keys: Sequence[Key], count: int) -> list[Key]:
    """`count` of the keys at even distances: the first ones alone would show one corner of the data."""
    return [keys[at * len(keys) // count] for at in range(count)]


def _collect(runs: Sequence[Source], chosen: Mapping[Key, str]) -> tuple[Exhibit, ...]:
    bare: dict[Key, Exhibit] = {}
    replies: dict[Key, list[Reply]] = {key: [] for key in chosen}
    for at, (summary, records) in enumerate(runs):
        for record in records():
            key = (summary.task, record.sample_id, record.epoch)
            if key in chosen:
                if key not in bare:
                    bare[key] = _bare(record, summary.task, chosen[key])
                replies[key].append(_reply(at, record))
    return tuple(dataclasses.replace(bare[key], replies=tuple(replies[key])) for key in chosen if key in bare)


def _bare(record: Record, task: str, kind: str) -> Exhibit:
    return Exhibit(
        task=shortened(task, 200),
        sample_id=shortened(record.sample_id, 200),
        epoch=record.epoch,
        kind=kind,
        input=Excerpt.of(record.input, KEPT),
        target=Excerpt.of(" | ".join(record.target[:20]), KEPT),
        choices=tuple(shortened(each, 400) for each in record.choices[:26]),
        replies=(),
    )


def _reply(run: int, record: Record) -> Reply:
    output, result = record.output, record.result
    cost, request = record.cost_usd, Excerpt.of(output.request, KEPT) if output and output.request else None
    seconds = output.duration_s if output else None
    if isinstance(result, Failure):
        said = f"{result.cause}: {result.message}"
        text = Excerpt.of(f"{said}\nNext: {result.remedy}" if result.remedy else said, KEPT)
        return Reply(run, "failed", text, None, None, None, request, cost, seconds)
    words = "" if output is None else output.text or output.refusal or ""
    if not words and output is not None and output.logliks:
        words = _likelihoods(output, record.choices)
    return Reply(
        run,
        result.state,
        Excerpt.of(words, KEPT),
        None if result.answer is None else Excerpt.of(result.answer, KEPT),
        result.value,
        Excerpt.of(output.reasoning, KEPT) if output and output.reasoning else None,
        request,
        cost,
        seconds,
        _ruling(record),
    )


def _ruling(record: Record) -> str:
    if record.execution is None or not record.execution.cause:
        return ""
    told = [each for each in (record.execution.cause, record.execution.detail) if each]
    return shortened(": ".join(told), 300)


def _likelihoods(output: Output, choices: Sequence[str]) -> str:
    """Log-probability of each choice, where the model was asked for that and not for words."""
    names = [shortened(each, 60) for each in choices] or [str(at + 1) for at in range(len(output.logliks))]
    pairs = zip(output.logliks[:26], names, strict=False)
    return "\n".join(f"{each.logprob:9.3f}  {name}" for each, name in pairs)
