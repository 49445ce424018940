"""Summaries, comparisons and records made up for the page: figures invented, shapes real."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import sqrt
from typing import Any

from fairtrial.core.comparison import Comparison
from fairtrial.core.estimate import Estimate
from fairtrial.core.output import Output, Usage
from fairtrial.core.record import Failure, Record, Score, State
from fairtrial.core.summary import Cause, Counts, Slice, Summary

NOT_COVERED = (
    "contamination: whether these items were seen in training was not tested",
    "identity: the provider's word that this is the model it names; not tested",
    "labels and extraction: mistakes in the answer key or in reading answers are not measured",
    "repeatability: each question was asked once; how answers vary was not measured",
)
SUBJECTS = (
    *("virology", "moral_scenarios", "college_mathematics", "global_facts", "formal_logic", "anatomy"),
    *("astronomy", "law", "prehistory", "sociology", "marketing", "world_religions"),
)
FILLER = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. "
    "How many clips did Natalia sell altogether in April and May? "
)


def estimate(value: float, n: int, metric: str = "accuracy", method: str = "wilson") -> Estimate:
    half = 1.96 * sqrt(max(value * (1 - value), 0.01) / max(n, 1))
    return Estimate(metric, value, max(0.0, value - half), min(1.0, value + half), 0.95, n, method)


def summary(
    model: str = "openai/small-model", task: str = "gsm8k", score: float = 0.71, **changes: Any
) -> Summary:
    """1,000 questions, a few of each state, priced, timed, sliced."""
    n = 1_000
    right = round(score * n)
    lost = {"unparsed": 23, "truncated": 9, "refused": 2}
    counts = Counts(right=right, wrong=n - right - sum(lost.values()), **lost)
    slices = tuple(
        Slice("subject", name, estimate(max(0.05, score - 0.3 + 0.03 * at), 40 + 7 * at))
        for at, name in enumerate(SUBJECTS)
    )
    made = Summary(
        run=f"runs/{task}-{model.replace('/', '-')}-20261124-101500",
        plan="sha256:" + "4b" * 32,
        task=task,
        model=model,
        status="complete",
        planned=n,
        counts=counts,
        metrics=(estimate(score, n),),
        others=(
            estimate(max(0.0, score - 0.061), n, "strict (#### marker)"),
            estimate(min(1.0, score + 0.008), n, "cut answers as they stand"),
        ),
        slices=slices,
        parsed=estimate(min(1.0, score * n / (n - 34)), n - 34, "accuracy, parsed replies"),
        tokens={
            "input_tokens": 812_345,
            "output_tokens": 143_210,
            "reasoning_tokens": None,
            "cached_tokens": 0,
        },
        cost_usd="0.4311",
        latency_s={"p50": 1.42, "p95": 4.81},
        smallest_detectable=0.031,
        notes=("Grade-school arithmetic; a longer generation limit alone can raise the score.",),
        not_covered=NOT_COVERED,
        warnings=(),
        provenance={
            "fairtrial": "0.1.0",
            "python": "3.11.9",
            "started": "2026-11-24T10:15:00.000Z",
            "ended": "2026-11-24T10:19:12.000Z",
            "stopped": "",
            "prices": "genai-prices 0.0.40, as of 2026-11-24",
            "connections": 20,
            "returned_models": {"small-model-2026-09-01": n},
            "fingerprints": {},
        },
    )
    return replace(made, **changes)


def incomplete(**changes: Any) -> Summary:
    counts = Counts(right=500, wrong=200, unparsed=12, failed=88)
    values: dict[str, Any] = {
        "status": "incomplete",
        "counts": counts,
        "metrics": (estimate(500 / 712, 712),),
        "bounds": (500 / 800, 588 / 800),
        "causes": (
            Cause("rate-limited", 61, "HTTP 429: slow down", "lower --max-connections and use --resume"),
            Cause("timeout", 27, "no byte for 300 s", ""),
        ),
        "warnings": ("88 of 800 questions failed and are not in the score",),
    }
    return summary(**{**values, **changes})


def comparison(a: Summary, b: Summary, **changes: Any) -> Comparison:
    assert a.primary is not None and b.primary is not None
    gap = a.primary.value - b.primary.value
    low, high = gap - 0.031, gap + 0.031
    verdict = "a" if low > 0 else "b" if high < 0 else "undetermined"
    first, second = (a, b) if gap >= 0 else (b, a)
    assert first.primary is not None and second.primary is not None
    told = (
        f"{100 * first.primary.value:.1f} % against {100 * second.primary.value:.1f} %, a difference of "
        f"{100 * abs(gap):.1f} points [{100 * (abs(gap) - 0.031):.1f}, {100 * (abs(gap) + 0.031):.1f}], "
        f"p = 0.004, n = 1,000; {second.model} costs 1.4 times as much per 1,000 answers."
    )
    sentence = (
        f"Undetermined on {a.task}: {told} About 2,100 more items would settle it."
        if verdict == "undetermined"
        else f"{first.model} is better than {second.model} on {a.task}: {told}"
    )
    made = Comparison(
        task=a.task,
        a=a.model,
        b=b.model,
        difference=Estimate("difference in accuracy", gap, low, high, 0.95, 1_000, "paired normal"),
        score_a=a.primary,
        score_b=b.primary,
        p=0.004,
        adjusted_p=0.004,
        test="exact McNemar",
        verdict=verdict,  # type: ignore[arg-type]
        sentence=sentence,
        needed_n=3_100 if verdict == "undetermined" else None,
        detectable=0.042,
        both_right=560,
        only_a=150,
        only_b=90,
        neither=200,
        cost_a_usd=a.cost_usd,
        cost_b_usd=b.cost_usd,
        not_covered=(
            *NOT_COVERED,
            "selection: other models or prompts tried and not shown are not corrected for",
        ),
        run_a=a.run,
        run_b=b.run,
    )
    return replace(made, **changes)


def record(at: int, state: State = "right", *, text: str | None = None, **changes: Any) -> Record:
    """The `at`-th question, answered."""
    answer = str(at + 1)
    said = text if text is not None else f"{FILLER[:60]}\nSo {at} + 1 = {answer}.\nThe answer is {answer}."
    value = {"right": 1.0, "partial": 0.5}.get(state, 0.0)
    made = Record(
        sample_id=f"test-{at}",
        epoch=1,
        input=f"{at}. {FILLER}",
        target=(answer,),
        question="sha256:" + "0" * 64,
        result=Failure("timeout", "no byte for 300 s", "try again with --resume")
        if state == "failed"
        else Score(state, value, None if state in ("unparsed", "refused") else answer),
        output=None
        if state == "failed"
        else Output(
            said,
            "stop",
            usage=Usage(120, 40),
            request='{"model":"small-model","messages":[{"role":"user","content":"' + FILLER * 4 + '"}]}',
            response="{}",
            status=200,
            duration_s=1.2,
        ),
        cost_usd="0.00043",
    )
    return replace(made, **changes)


def records(n: int, seed: int = 0, weights: Mapping[State, float] | None = None) -> Iterator[Record]:
    rng = random.Random(seed)
    shares = weights or {
        "right": 70,
        "wrong": 24,
        "unparsed": 3,
        "truncated": 2,
        "refused": 0.5,
        "failed": 0.5,
    }
    for at in range(n):
        yield record(at, rng.choices(list(shares), list(shares.values()))[0])
