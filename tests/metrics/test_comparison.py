"""Who is better: the same p, interval and correction as statsmodels, and a verdict that never says too much."""

from __future__ import annotations

import dataclasses
import json
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

from fairtrial.core.errors import UsageError
from fairtrial.core.record import Record
from fairtrial.metrics.comparison import Side, compare, compare_all
from fairtrial.metrics.summary import summarise
from tests.metrics.laboratory import paired_values, plan, record, side, tally_of

OURS, THEIRS, THIRD = "openai/ours", "openai/theirs", "openai/third"


def sides(both: int, only_a: int, only_b: int, neither: int) -> tuple[Side, Side]:
    a, b = paired_values(both, only_a, only_b, neither)
    return side(a, model=OURS, run="runs/a"), side(b, model=THEIRS, run="runs/b")


tables = st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(0, 40), st.integers(0, 60)).filter(
    lambda table: sum(table) > 0
)


@settings(max_examples=50, deadline=None)
@given(tables)
def test_p_is_the_exact_mcnemar_of_statsmodels(table: tuple[int, int, int, int]) -> None:
    both, only_a, only_b, neither = table
    found = compare(*sides(*table))
    oracle = mcnemar([[both, only_a], [only_b, neither]], exact=True).pvalue
    assert found.p == pytest.approx(min(1.0, oracle), rel=1e-9)
    assert (found.both_right, found.only_a, found.only_b, found.neither) == table
    assert found.difference.value == pytest.approx((only_a - only_b) / sum(table))
    assert found.difference.n == sum(table) and found.test == "exact McNemar"


@pytest.mark.parametrize("table", [(300, 80, 40, 180), (100, 30, 25, 45), (500, 60, 120, 100)])
def test_the_interval_is_the_paired_one_of_statsmodels(table: tuple[int, int, int, int]) -> None:
    found = compare(*sides(*table))
    a, b = paired_values(*table)
    low, high = DescrStatsW(np.subtract(a, b)).tconfint_mean(alpha=0.05)
    if found.p <= 0.05:
        assert (found.difference.low, found.difference.high) == (pytest.approx(low), pytest.approx(high))
    assert found.difference.low <= low + 1e-12 and found.difference.high >= high - 1e-12
    narrower = compare(*sides(*table), level=0.8)
    low, high = DescrStatsW(np.subtract(a, b)).tconfint_mean(alpha=0.2)
    assert narrower.difference.low <= low + 1e-12 and narrower.difference.high >= high - 1e-12
    assert narrower.difference.level == 0.8


def test_fractional_scores_get_the_paired_t_test() -> None:
    rng = random.Random(5)
    a = [rng.choice((0.2, 0.5, 0.9)) for _ in range(120)]
    b = [max(0.1, value - rng.choice((0.0, 0.1, 0.15))) for value in a]
    found = compare(side(a, model=OURS), side(b, model=THEIRS))
    oracle = DescrStatsW(np.subtract(a, b))
    assert found.p == pytest.approx(oracle.ttest_mean(0)[1])
    low, high = oracle.tconfint_mean()
    assert (found.difference.low, found.difference.high) == (pytest.approx(low), pytest.approx(high))
    assert found.both_right is None and found.verdict == "a"


def test_several_pairs_are_corrected_by_holm_over_all_tasks_and_models() -> None:
    tables = {OURS: (60, 25, 5, 10), THEIRS: (50, 15, 9, 26), THIRD: (40, 12, 10, 38)}
    runs = []
    for task in ("cases", "others"):
        for model, table in tables.items():
            values, _ = paired_values(*table)
            rng = random.Random(f"{task}{model}")
            runs.append(side(rng.sample(values, 100), model=model, run=f"runs/{task}-{model}", name=task))
    found = compare_all(runs)
    assert [(each.task, each.a, each.b) for each in found] == [
        (task, a, b)
        for task in ("cases", "others")
        for a, b in ((OURS, THEIRS), (OURS, THIRD), (THEIRS, THIRD))
    ]
    _, adjusted, _, _ = multipletests([each.p for each in found], method="holm")
    assert [each.adjusted_p for each in found] == pytest.approx(list(adjusted))
    for each in found:
        assert "(corrected for 6 comparisons)" in each.sentence
        if each.adjusted_p > 0.05:
            assert each.verdict == "undetermined"


def test_a_correction_can_take_a_verdict_back() -> None:
    a, b = sides(50, 16, 5, 29)
    alone = compare(a, b)
    assert 0.01 < alone.p < 0.05 and alone.verdict == "a"
    among = compare(a, b, comparisons_made=10)
    assert among.adjusted_p == pytest.approx(10 * alone.p) and among.verdict == "undetermined"
    with pytest.raises(UsageError, match="at least 1"):
        compare(a, b, comparisons_made=0)


def test_swapping_the_sides_swaps_the_answer() -> None:
    a, b = sides(50, 30, 5, 15)
    there, back = compare(a, b), compare(b, a)
    assert (there.verdict, back.verdict) == ("a", "b")
    assert there.p == back.p and there.difference.value == -back.difference.value
    assert there.difference.low == pytest.approx(-back.difference.high)
    assert there.sentence.startswith(f"{OURS} is better than {THEIRS}")
    assert back.sentence.split(";")[0] == there.sentence.split(";")[0]


@settings(max_examples=60, deadline=None)
@given(tables, st.none() | st.floats(0.005, 0.4), st.integers(1, 5))
def test_no_verdict_says_more_than_the_data(
    table: tuple[int, int, int, int], margin: float | None, family: int
) -> None:
    found = compare(*sides(*table), margin=margin, comparisons_made=family)
    low, high = found.difference.low, found.difference.high
    if found.verdict in ("a", "b"):
        assert found.adjusted_p < 0.05 and (low > 0 if found.verdict == "a" else high < 0)
        assert found.needed_n is None
    elif found.verdict == "tie":
        assert margin is not None and abs(found.difference.value) < margin
    else:
        one_kind = max(found.only_a or 0, found.only_b or 0) == found.difference.n
        assert (found.needed_n is None) == (found.only_a == found.only_b or one_kind)
        assert found.needed_n is None or found.needed_n > found.difference.n
    assert low <= found.difference.value <= high
    assert 0 < found.detectable <= 1
    json.dumps(found.to_json(), allow_nan=False)


def test_equal_results_are_no_tie_without_a_margin() -> None:
    a, b = sides(400, 0, 0, 100)
    found = compare(a, b)
    assert found.verdict == "undetermined" and found.p == 1.0 and found.needed_n is None
    assert found.difference.low < 0 < found.difference.high, "500 equal answers don't prove a difference of 0"
    assert compare(a, b, margin=0.02).verdict == "tie"
    assert compare(a, b, margin=0.001).verdict == "undetermined"


def test_a_tie_is_two_one_sided_tests_inside_the_margin() -> None:
    a, b = sides(800, 60, 58, 82)
    values = np.subtract(*paired_values(800, 60, 58, 82))
    low, high = DescrStatsW(values).tconfint_mean(alpha=0.10)
    edge = max(abs(low), abs(high))
    assert compare(a, b, margin=edge * 1.001).verdict == "tie"
    assert compare(a, b, margin=edge * 0.999).verdict == "undetermined"
    stricter = compare(a, b, margin=edge * 1.001, comparisons_made=3)
    assert stricter.verdict == "undetermined", "looked at with two others, a wider interval must fit"


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.1, 2.0, math.nan])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(UsageError, match="margin"):
        compare(*sides(10, 1, 2, 3), margin=margin)


def test_a_real_difference_inside_the_margin_is_told_as_both() -> None:
    found = compare(*sides(9000, 300, 200, 500), margin=0.05)
    assert found.verdict == "a"
    assert "all of it within the margin of 5.0 points" in found.sentence


@pytest.mark.parametrize("table", [(40, 14, 8, 38), (300, 50, 40, 110)])
def test_needed_n_is_what_a_power_analysis_says(table: tuple[int, int, int, int]) -> None:
    found = compare(*sides(*table))
    gaps = np.subtract(*paired_values(*table))
    effect = abs(gaps.mean()) / gaps.std(ddof=1)
    oracle = TTestPower().solve_power(effect_size=effect, alpha=0.05, power=0.8)
    assert found.verdict == "undetermined"
    assert found.needed_n == pytest.approx(oracle, rel=0.02)
    assert f"{found.difference.n:,}" in found.sentence and "more items would settle it" in found.sentence


def test_a_failed_sample_is_left_out_on_both_sides_and_counted() -> None:
    a = side([1.0, None, 1.0, 1.0, 0.0], model=OURS, status="incomplete")
    b = side([0.0, 1.0, None, 1.0, 1.0], model=THEIRS, status="incomplete")
    found = compare(a, b)
    assert found.difference.n == 3 and found.left_out == 2
    assert (found.both_right, found.only_a, found.only_b, found.neither) == (1, 1, 1, 0)
    assert found.score_a.value == found.score_b.value == pytest.approx(2 / 3), "scores on the shared samples"
    assert "2 samples were not scored, or not the same, on both sides and left out." in found.sentence
    assert f"The run of {OURS} is incomplete (4 of 5 scored)." in found.sentence


def test_runs_that_share_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="no sample was scored in both runs/a and runs/b"):
        compare(side([1.0, None], run="runs/a"), side([None, 1.0], run="runs/b"))


def reordered(made: Side, seed: int) -> Side:
    """The same run, its records in another order."""
    records = [
        dataclasses.replace(record(each.sample_id, each.value), groups=each.groups) for each in made.tally
    ]
    tally = tally_of(random.Random(seed).sample(records, len(records)))
    return Side(made.run, made.plan, tally, made.summary)


def test_the_order_of_records_changes_nothing_not_even_where_chance_decides() -> None:
    """Some 20 clusters differ: p comes from random sign flips, drawn in the order of the samples."""
    rng = random.Random(1)
    groups = [{"passage": str(i // 3)} for i in range(150)]
    a = side([float(rng.random() < 0.7) for _ in groups], model=OURS, groups=groups, cluster="passage")
    b = side([float(rng.random() < 0.5) for _ in groups], model=THEIRS, groups=groups, cluster="passage")
    first = compare(a, b)
    assert "19,999 sign flips" in first.test
    for seed in range(3):
        assert compare(reordered(a, seed), reordered(b, 7 * seed)).to_json() == first.to_json()


def test_clusters_speak_with_one_voice() -> None:
    """Five passages of forty equal answers each are five witnesses, not two hundred."""
    groups = [{"passage": str(i // 40)} for i in range(200)]
    a, b = [float(i // 40 > 0) for i in range(200)], [float(i // 40 > 3) for i in range(200)]
    plain = compare(side(a, model=OURS), side(b, model=THEIRS))
    assert plain.verdict == "a" and plain.p < 1e-6
    clustered = compare(
        side(a, model=OURS, groups=groups, cluster="passage"),
        side(b, model=THEIRS, groups=groups, cluster="passage"),
    )
    assert clustered.verdict == "undetermined" and clustered.p >= 0.05
    assert "by passage" in clustered.difference.method and "5 clusters" in clustered.sentence


def test_epochs_are_averaged_before_pairs_are_made() -> None:
    def several(values: dict[str, tuple[float, float]], model: str) -> Side:
        made = plan(len(values), model=model, epochs=2)
        tally = tally_of(
            record(name, value, epoch=epoch)
            for name, pair in values.items()
            for epoch, value in enumerate(pair, 1)
        )
        return Side(
            "r", made.to_json(), tally, summarise(tally, run="r", plan=made, status="complete", provenance={})
        )

    a = several({"x": (1.0, 0.0), "y": (1.0, 1.0)}, OURS)
    b = several({"x": (0.0, 0.0), "y": (1.0, 0.0)}, THEIRS)
    found = compare(a, b)
    assert found.difference.n == 2 and found.difference.value == pytest.approx((0.5 + 0.5) / 2)
    assert found.both_right is None, "a half is neither right nor wrong"
    with pytest.raises(UsageError, match="--allow-difference epochs"):
        compare(a, side([1.0, 0.0], model=THEIRS))


def items(texts: list[str], right: float, *, model: str, digest: str, name: str = "cases") -> Side:
    """A run over rows without ids of their own: they are numbered."""
    origin = {"name": name, "source": f"{name}.jsonl", "digest": digest}
    made = plan(len(texts), model=model, origin=origin, questions=digest, name=name)
    tally = tally_of(
        Record(str(at), 1, text, ("x",), "q", record("x", right).result, record("x", right).output)
        for at, text in enumerate(texts)
    )
    return Side(
        f"runs/{digest}",
        made.to_json(),
        tally,
        summarise(tally, run="r", plan=made, status="complete", provenance={}),
    )


def test_the_same_row_number_of_another_file_is_not_the_same_item() -> None:
    a = items([f"weather {i}" for i in range(30)], 1.0, model=OURS, digest="sha256:aa")
    b = items([f"history {i}" for i in range(30)], 0.0, model=THEIRS, digest="sha256:bb")
    with pytest.raises(UsageError, match="no sample was scored in both"):
        compare(a, b, allow=["items"])
    with pytest.raises(UsageError, match="no sample was scored in both"):
        other = items([f"history {i}" for i in range(30)], 0.0, model=THEIRS, digest="sha256:bb", name="more")
        compare(a, other, allow=["items", "task"])


def test_a_corrected_file_is_compared_on_what_stayed_the_same() -> None:
    old = items(["one", "two", "three", "four"], 1.0, model=OURS, digest="sha256:aa")
    new = items(["one", "two", "3", "four", "five"], 0.0, model=THEIRS, digest="sha256:bb")
    found = compare(old, new, allow=["items"])
    assert found.difference.n == 3 and found.left_out == 2
    assert "The runs differ in items, as allowed." in found.sentence
    assert [each.name for each in found.differences] == ["items"]


def test_runs_of_different_tasks_are_not_paired() -> None:
    a, b = side([1.0], name="cases"), side([1.0], name="others")
    with pytest.raises(UsageError, match=r"no two of these runs share a task \(cases, others\)"):
        compare_all([a, b])
    with pytest.raises(UsageError, match=r"share a task \(cases\)"):
        compare_all([a])


def test_two_runs_of_one_model_are_told_apart() -> None:
    a = side([1.0, 0.0], run="runs/first")
    assert compare(a, side([1.0, 1.0], run="runs/second")).a == "openai/small (first)"
    far = compare(side([1.0, 0.0], run="old/same"), side([1.0, 1.0], run="new/same"))
    assert (far.a, far.b) == ("openai/small (old/same)", "openai/small (new/same)")


def test_every_verdict_ends_with_what_it_does_not_cover() -> None:
    a, b = side([1.0, 0.0], model=OURS), side([1.0, 1.0], model="replay/theirs")
    found = compare(a, b)
    text = " | ".join(found.not_covered)
    for subject in ("contamination", "provider's word", "recorded earlier", "labels", "selection"):
        assert subject in text
    assert len(set(found.not_covered)) == len(found.not_covered)
    assert found.to_json()["not_covered"] == list(found.not_covered)
    for each in compare_all([a, b, side([0.0, 0.0], model=THIRD)]):
        assert each.not_covered and not any("selection" in line for line in each.not_covered)
