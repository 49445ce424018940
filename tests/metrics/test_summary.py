"""A run's figures, worked out by hand and by statsmodels."""

from __future__ import annotations

import dataclasses
import json
import math
import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from fairtrial.core.output import Output
from fairtrial.core.record import Record
from fairtrial.core.summary import Summary
from fairtrial.metrics.latency import quantile
from fairtrial.metrics.summary import summarise
from tests.metrics.laboratory import plan, record, tally_of


def summary(records: Iterable[Record], n: int, *, epochs: int = 1, **task: Any) -> Summary:
    made = plan(n, epochs=epochs, **task)
    return summarise(tally_of(records), run="runs/a", plan=made, status="complete", provenance={})


TEN = [
    *(record(f"r{i}", 1.0) for i in range(5)),
    *(record(f"w{i}", 0.0) for i in range(2)),
    record("u", 0.0, state="unparsed"),
    record("t", 0.0, state="truncated"),
    record("f", None),
]
"""5 right, 2 wrong, 1 unparsed, 1 cut, 1 failed."""


def test_failed_leaves_the_denominator_and_poor_answers_stay_in_it_without_credit() -> None:
    found = summary(TEN, 10)
    primary = found.primary
    assert primary is not None and primary.metric == "accuracy"
    assert primary.value == 5 / 9 and primary.n == 9, "9 scored, 5 right"
    low, high = proportion_confint(5, 9, method="wilson")
    assert (primary.low, primary.high) == (pytest.approx(low), pytest.approx(high))
    assert found.bounds == (5 / 10, 6 / 10), "the failed one wrong, the failed one right"
    assert found.parsed is not None
    assert found.parsed.value == 5 / 7 and found.parsed.n == 7, "among answers that were found"
    assert sum(found.counts.to_json().values()) == found.planned == 10  # type: ignore[arg-type]


def test_a_refusal_earns_nothing_and_stays() -> None:
    found = summary([record("a", 1.0), record("b", 0.0, state="refused")], 2)
    assert found.primary is not None and found.primary.value == 0.5 and found.primary.n == 2
    assert found.bounds is None, "nothing failed"
    assert found.parsed is not None and found.parsed.value == 1.0 and found.parsed.n == 1


def test_where_all_was_parsed_there_is_no_second_figure() -> None:
    assert summary([record("a", 1.0), record("b", 0.0)], 2).parsed is None


def test_a_run_in_which_all_failed_has_no_score_at_all() -> None:
    found = summary([record("a", None), record("b", None)], 2)
    assert found.primary is None and found.metrics == () and found.parsed is None
    assert found.bounds == (0.0, 1.0)
    assert found.cost_usd is None and found.smallest_detectable is None
    assert found.to_json()["metrics"] == []


def test_the_same_replies_under_other_extractors() -> None:
    records = [
        record("a", 1.0, others={"strict": 1.0, "flexible": 1.0}),
        record("b", 0.0, others={"strict": 0.0, "flexible": 1.0}),
        record("c", 0.0, state="unparsed", others={"strict": 0.0, "flexible": 1.0}),
        record("d", None),
    ]
    others = {each.metric: each for each in summary(records, 4).others}
    assert {name: each.value for name, each in others.items()} == {"strict": 1 / 3, "flexible": 1.0}
    assert others["strict"].n == 3
    low, high = proportion_confint(1, 3, method="wilson")
    assert (others["strict"].low, others["strict"].high) == (pytest.approx(low), pytest.approx(high))


def subjects() -> list[Record]:
    """Law 2 of 3, virology 0 of 1, and one sample that names none."""
    values = [("l1", 1.0, "law"), ("l2", 1.0, "law"), ("l3", 0.0, "law"), ("v1", 0.0, "virology")]
    return [record(name, value, groups={"subject": by}) for name, value, by in values]


def test_micro_counts_items_and_macro_counts_subjects() -> None:
    found = summary(subjects(), 4, macro="subject", slices=["subject"])
    assert [each.metric for each in found.metrics] == ["accuracy (micro)", "accuracy (macro over subject)"]
    micro, macro = found.metrics
    assert micro.value == 2 / 4
    assert macro.value == pytest.approx((2 / 3 + 0) / 2)
    assert macro.n == 4 and macro.low <= macro.value <= macro.high


def test_slices_come_worst_first_and_each_has_its_own_interval() -> None:
    found = summary(subjects(), 4, slices=["subject"]).slices
    assert [(part.by, part.name, part.estimate.value, part.estimate.n) for part in found] == [
        ("subject", "virology", 0.0, 1),
        ("subject", "law", 2 / 3, 3),
    ]
    low, high = proportion_confint(2, 3, method="wilson")
    assert (found[1].estimate.low, found[1].estimate.high) == (pytest.approx(low), pytest.approx(high))


def test_a_sample_without_the_key_is_in_the_score_and_in_no_slice() -> None:
    found = summary([*subjects(), record("x", 1.0)], 5, slices=["subject"])
    assert found.primary is not None and found.primary.n == 5
    assert sum(part.estimate.n for part in found.slices) == 4


def clustered(groups: int, size: int, seed: int) -> tuple[list[Record], list[float]]:
    """Records in equal clusters that share their luck, and the mean of each cluster."""
    rng = random.Random(seed)
    records, means = [], []
    for group in range(groups):
        luck = rng.random()
        values = [float(rng.random() < luck) for _ in range(size)]
        means.append(sum(values) / size)
        records += [
            record(f"g{group}-{i}", value, groups={"passage": f"p{group}"}) for i, value in enumerate(values)
        ]
    return records, means


def test_clusters_are_what_is_counted() -> None:
    """With equal clusters the answer is near the textbook t interval over cluster means."""
    records, means = clustered(30, 4, seed=2)
    primary = summary(records, 120, cluster="passage").primary
    assert primary is not None and primary.n == 120 and "30 clusters by passage" in primary.method
    half = stats.t.ppf(0.975, 29) * np.std(means, ddof=1) / math.sqrt(30)
    assert primary.value == pytest.approx(np.mean(means))
    assert (primary.high - primary.low) / 2 == pytest.approx(half, rel=0.1)
    plain = summary(records, 120).primary
    assert plain is not None and primary.high - primary.low > 1.4 * (plain.high - plain.low)


def test_epochs_are_averaged_before_anything_else() -> None:
    answers = {"a": [1.0, 0.0], "b": [1.0, 1.0], "c": [0.0, 0.0], "d": [1.0, None]}
    records = [
        record(name, value, epoch=epoch)
        for name, values in answers.items()
        for epoch, value in enumerate(values, 1)
    ]
    found = summary(records, 4, epochs=2)
    primary = found.primary
    assert primary is not None
    assert primary.value == pytest.approx((0.5 + 1 + 0 + 1) / 4), "d's one scored reply is d's score"
    assert primary.n == 4, "samples, not replies"
    assert found.counts.total == 8 == found.planned and found.counts.failed == 1
    assert found.bounds == (pytest.approx((0.5 + 1 + 0 + 0.5) / 4), pytest.approx((0.5 + 1 + 0 + 1) / 4))
    several = {each.metric: each for each in found.metrics[1:]}
    assert several["pass@2"].value == pytest.approx(2 / 3), "of a, b, c with two replies, a and b once"
    assert several["pass^2"].value == pytest.approx(1 / 3), "b alone twice"
    assert several["pass@2"].n == several["pass^2"].n == 3


@pytest.mark.parametrize(
    ("n", "p50", "p95"), [(4, False, False), (5, True, False), (59, True, False), (60, True, True)]
)
def test_a_quantile_is_null_below_the_n_that_supports_it(n: int, p50: bool, p95: bool) -> None:
    seconds = [0.1 * (1 + (i * 37) % 101) for i in range(n)]
    records = [record(f"s{i}", 1.0, duration_s=each) for i, each in enumerate(seconds)]
    told = summary(records, n).latency_s
    assert (told["p50"] is not None, told["p95"] is not None) == (p50, p95)
    if p50:
        assert told["p50"] == pytest.approx(np.quantile(seconds, 0.5))
    if p95:
        assert told["p95"] == pytest.approx(np.quantile(seconds, 0.95))
    assert "ttft_p50" not in told, "nothing was streamed"


def test_the_n_that_supports_a_quantile_is_the_one_whose_largest_value_lies_above_it() -> None:
    assert quantile([1.0] * 4, 0.5) is None and quantile([1.0] * 5, 0.5) == 1.0
    assert 1 - 0.5**5 >= 0.95 > 1 - 0.5**4
    assert 1 - 0.95**60 >= 0.95 and 1 - 0.95**59 >= 0.95 > 1 - 0.95**58


def test_a_failure_s_time_out_is_no_latency() -> None:
    records = [record(f"s{i}", 1.0, duration_s=1.0, first_token_s=0.2) for i in range(5)]
    hung = Output(None, duration_s=900.0, first_token_s=900.0)
    failed = [dataclasses.replace(record(f"f{i}", None), output=hung) for i in range(5)]
    told = summary([*records, *failed], 10).latency_s
    assert told == {"p50": 1.0, "p95": None, "ttft_p50": 0.2, "ttft_p95": None}


def test_missing_usage_and_price_are_unknown_and_said() -> None:
    found = summary([record("a", 1.0), record("b", 1.0, usage=None, cost_usd=None)], 2)
    assert found.cost_usd is None
    assert any("1 of 2 replies did not state their tokens" in each for each in found.warnings)
    assert any("the cost is unknown" in each for each in found.warnings)
    silent = summary([record("a", 1.0, usage=None, cost_usd=None)], 1).to_json()
    assert silent["usage"] == dict.fromkeys(
        ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens")
    )
    assert silent["cost_usd"] is None


def test_costs_add_up_to_the_last_digit() -> None:
    records = [record(f"s{i}", 1.0, cost_usd="0.1") for i in range(10)]
    assert summary(records, 10).cost_usd == "1.0"
    assert summary([record("a", 1.0, cost_usd="0.0000001")], 1).cost_usd == "0.0000001", "no exponent"


def test_what_a_reader_must_know_is_said() -> None:
    warnings = " | ".join(summary(TEN, 12, chance=0.3).warnings)
    assert "1 of 10 questions failed" in warnings
    assert "only 10 of 12 questions were asked" in warnings
    assert "(11 %) held no answer" in warnings and "(11 %) were cut" in warnings
    assert "not above blind guessing (0.3)" in warnings
    assert "n = 9: too few" in warnings
    good = summary([record(f"s{i}", float(i % 10 > 0)) for i in range(200)], 200, chance=0.25)
    assert good.warnings == ()


def test_a_model_that_answers_under_another_name_is_told() -> None:
    records = [record("a", 1.0, model="small"), record("b", 1.0, model="large")]
    found = summary(records, 2)
    assert any("openai/small was asked; the replies name 'large'" in each for each in found.warnings)
    assert found.provenance["returned_models"] == {"small": 1, "large": 1}


@pytest.mark.parametrize(
    ("model", "said", "unsaid"),
    [
        ("openai/small", "the provider's word", "recorded earlier"),
        ("replay/x", "recorded earlier", "the provider's word"),
        ("python:m:f", "labels and extraction", "identity"),
    ],
)
def test_every_run_says_what_it_does_not_cover(model: str, said: str, unsaid: str) -> None:
    made = plan(1, model=model)
    found = summarise(tally_of([record("a", 1.0)]), run="r", plan=made, status="complete", provenance={})
    text = " | ".join(found.not_covered)
    assert said in text and unsaid not in text
    for subject in ("contamination", "configuration", "repeatability", "other tasks"):
        assert subject in text


def test_a_judge_s_errors_are_named_where_a_model_marks() -> None:
    text = " | ".join(
        summary([record("a", 1.0)], 1, scorer={"kind": "judge", "metric": "accuracy"}).not_covered
    )
    assert "judge error" in text and "labels and extraction" not in text


scored = st.sampled_from([None, 0.0, 1.0, 1 / 3, 0.1, 0.7])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(scored, min_size=2, max_size=2), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_answers_came_changes_no_figure(
    values: list[list[float | None]], rng: Any
) -> None:
    records = [
        record(f"s{i}", value, epoch=epoch, groups={"g": str(i % 3)}, duration_s=1.0 + i, cause=f"c{i % 2}")
        for i, pair in enumerate(values)
        for epoch, value in enumerate(pair, 1)
    ]
    shuffled = rng.sample(records, len(records))
    task = {"slices": ["g"], "cluster": "g", "macro": "g"}
    first, second = (summary(each, len(values), epochs=2, **task).to_json() for each in (records, shuffled))
    for each in (first, second):
        for failure in each["failures"]:  # type: ignore[union-attr]
            del failure["example"]  # type: ignore[arg-type,call-overload,union-attr]
    assert json.dumps(first) == json.dumps(second)


@settings(max_examples=60, deadline=None)
@given(st.lists(scored, min_size=1, max_size=40))
def test_whatever_came_back_the_counts_add_up_and_the_bounds_hold_the_score(
    values: list[float | None],
) -> None:
    found = summary([record(f"s{i}", value) for i, value in enumerate(values)], len(values))
    assert found.counts.total == len(values)
    assert found.counts.scored == sum(value is not None for value in values)
    if found.bounds is not None and found.primary is not None:
        assert found.bounds[0] <= found.primary.value + 1e-12
        assert found.bounds[1] >= found.primary.value - 1e-12
    for each in found.metrics:
        assert 0 <= each.low <= each.value <= each.high <= 1
    json.dumps(found.to_json(), allow_nan=False)


def test_the_smallest_difference_that_would_be_seen_shrinks_with_the_root_of_n() -> None:
    small, large = (
        summary([record(f"s{i}", float(i % 2)) for i in range(n)], n).smallest_detectable for n in (200, 800)
    )
    assert small is not None and large is not None
    assert small / large == pytest.approx(2, rel=0.02)
    # z (0.975) + z (0.8), two scores of variance 1/4 that correlate by one half.
    assert small == pytest.approx(
        (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * math.sqrt(0.25 / 200), rel=0.03
    )
