"""Weak signals of exposure: a table, never a finding. Each row says why it doesn't count.

None of them has a null: nobody has items that were not trained on and are otherwise like the ones in question. So
there are no p-values and no thresholds here, and nothing in an audit reads this table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.stats.weak import (
    cdd,
    codec,
    edit_distance,
    loss,
    min_k,
    min_k_plus_plus,
    reference_ratio,
    zlib_ratio,
)

MOST_ITEMS: Final = 100

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "loss": "measures how hard and how usual a text is",
        "Min-K%": "measures rare words; with its benchmark's labels reversed it still finds 'members'",
        "Min-K%++": "no items to calibrate it on, as for all of these: its null can't be sampled",
        "zlib ratio": "follows the style of a text",
        "reference ratio": "the reference model differs in more than exposure",
        "CDD": "at chance in most conditions for models of 70M to 410M parameters (arXiv 2603.03203)",
        "CoDeC": "its thresholds are heuristic; too coarse for a single split (arXiv 2606.03305)",
        "guided prompting": "no matched null: a well-known name helps a model in other ways too",
    }
)
"""signal -> why it never counts. In the table's order."""

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "loss": "nats a token, mean over items; lower looks more like a member",
        "Min-K%": "nats, mean over items of the lowest 20 % of tokens; higher looks more like a member",
        "Min-K%++": "standard deviations, mean of the lowest 20 % of tokens; higher looks more like one",
        "zlib ratio": "nats a compressed byte, mean over items; higher looks more like a member",
        "reference ratio": "nats a token above the reference, mean over items; higher looks more like a member",
        "CDD": "share of sampled answers within 5 % of the greedy one, mean over items; higher looks like one",
        "CoDeC": "share of items that grow less likely behind other items; higher looks more like members",
        "guided prompting": "overlap with the item's second half, named less unnamed; higher looks more like one",
    }
)

NO_TOKENS: Final = "no per-token log-probabilities"
NO_LIKELIHOOD: Final = "no log-probabilities"


@dataclass(frozen=True, slots=True)
class WeakRow:
    """value: in `unit`, None where the model doesn't give what it needs, and `not_possible` then says what.
    n: items that it was computed on."""

    signal: str
    value: float | None
    n: int
    unit: str
    reason: str
    not_possible: str = ""

    def to_json(self) -> dict[str, JSON]:
        return {
            "signal": self.signal,
            "value": self.value,
            "n": self.n,
            "unit": self.unit,
            "counts": False,
            "reason": self.reason,
            "not_possible": self.not_possible or None,
        }


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Of one text: the sum over its tokens, in nats, and their number; None where the model doesn't say. each: by
    token, where it does; moments: (mean, deviation) of log p over the vocabulary by token."""

    total: float
    tokens: int | None = None
    each: tuple[float, ...] | None = None
    moments: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    @property
    def mean(self) -> float:
        """By token, where their number is known."""
        return self.total / self.tokens if self.tokens else math.nan


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model gave on some items, by name; what is empty was not to be had, and `why_not` says by signal.

    texts: the items. likelihoods: of them; reference: by another model; behind: the same behind other items of the
    set. sampled: (sampled answers, greedy answer). guided: (with the benchmark's name, without it, the item's true
    second half), words that the model went on with.
    """

    texts: Mapping[str, str]
    likelihoods: Mapping[str, Likelihood] = field(default_factory=dict)
    reference: Mapping[str, Likelihood] = field(default_factory=dict)
    behind: Mapping[str, Likelihood] = field(default_factory=dict)
    sampled: Mapping[str, tuple[Sequence[str], str]] = field(default_factory=dict)
    guided: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    why_not: Mapping[str, str] = field(default_factory=dict)


def weak_table(heard: Heard) -> tuple[WeakRow, ...]:
    """Every signal, with its value or what it lacks. Raises UsageError for more than 100 items."""
    if not 0 < len(heard.texts) <= MOST_ITEMS:
        raise UsageError(f"{len(heard.texts)} items for weak signals", f"give 1 to {MOST_ITEMS}")
    rows = []
    for signal, reason in REASONS.items():
        values, lacking = _SIGNALS[signal](heard)
        lacking = "" if values else heard.why_not.get(signal) or lacking
        value = float(np.mean(values)) if values else None
        rows.append(WeakRow(signal, value, len(values), UNITS[signal], reason, lacking))
    return tuple(rows)


Told = tuple[Sequence[float], str]
"""Values, one an item; and what is lacking where there are none."""


def _loss(heard: Heard) -> Told:
    return [loss([each.mean]) for each in heard.likelihoods.values() if each.tokens], NO_LIKELIHOOD


def _min_k(heard: Heard) -> Told:
    return [min_k(each.each) for each in heard.likelihoods.values() if each.each], NO_TOKENS


def _min_k_plus_plus(heard: Heard) -> Told:
    found = [
        min_k_plus_plus(each.each, *each.moments)
        for each in heard.likelihoods.values()
        if each.each and each.moments
    ]
    return found, f"{NO_TOKENS} over the whole vocabulary"


def _zlib(heard: Heard) -> Told:
    found = [
        zlib_ratio([each.total], heard.texts[name].encode("utf-8", "surrogatepass"))
        for name, each in heard.likelihoods.items()
    ]
    return found, NO_LIKELIHOOD


def _reference(heard: Heard) -> Told:
    found = [
        reference_ratio([each.mean], [heard.reference[name].total / each.tokens])
        for name, each in heard.likelihoods.items()
        if name in heard.reference and each.tokens
    ]
    return found, NO_LIKELIHOOD if heard.reference else "no reference model was named"


def _cdd(heard: Heard) -> Told:
    return [
        cdd(samples, greedy) for samples, greedy in heard.sampled.values() if greedy
    ], "no answers were sampled"


def _codec(heard: Heard) -> Told:
    both = [name for name in heard.likelihoods if name in heard.behind]
    found = [codec([heard.likelihoods[name].total], [heard.behind[name].total]) for name in both]
    return found, NO_LIKELIHOOD


def _guided(heard: Heard) -> Told:
    found = [overlap(named, true) - overlap(plain, true) for named, plain, true in heard.guided.values()]
    return found, "the items were not continued"


def overlap(told: str, true: str) -> float:
    """1 less the edit distance in words over the longer of the two; `told` cut to the length of `true`."""
    target = true.split()
    said = told.split()[: len(target)]
    longest = max(len(target), len(said))
    return 1 - edit_distance(said, target) / longest if longest else 0.0


_SIGNALS: Final[Mapping[str, Callable[[Heard], Told]]] = MappingProxyType(
    {
        "loss": _loss,
        "Min-K%": _min_k,
        "Min-K%++": _min_k_plus_plus,
        "zlib ratio": _zlib,
        "reference ratio": _reference,
        "CDD": _cdd,
        "CoDeC": _codec,
        "guided prompting": _guided,
    }
)
