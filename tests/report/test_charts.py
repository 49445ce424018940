"""Charts tell the truth about their figures, the extreme ones too."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Counts, Slice, Summary
from fairtrial.report.charts import differences, forest, worst_slices
from fairtrial.report.markup import Markup
from fairtrial.report.outcomes import states
from fairtrial.report.spending import cost_chart, latency_chart
from fairtrial.report.svg import log_axis, nice_axis
from tests.report import specimens
from tests.report.reading import Element, place, read

fractions = st.floats(min_value=0, max_value=1, allow_nan=False)


def plots(figure: Markup) -> list[Element]:
    """The drawing of each row."""
    return list(read(figure).all("div", "ft-plot"))


def scored(value: float, low: float, high: float, name: str = "m", n: int = 10) -> Summary:
    estimate = Estimate("accuracy", value, low, high, 0.95, n, "wilson")
    return specimens.summary(name, metrics=(estimate,), chance=None)


def sound(figure: Markup | None) -> Element:
    """Whatever the figures: it parses, every coordinate is inside the drawing, and the table is there."""
    assert figure is not None
    top = read(figure)
    assert "nan" not in figure
    assert "inf" not in re.sub(r"[a-z]*inf[a-z]+", "", top.words())
    for name in ("x", "x1", "x2", "cx"):
        for each in top.all():
            if (said := each.attributes.get(name)) and said.endswith("%"):
                assert 0 <= place(each, name) <= 100
    for each in top.all("rect"):
        if (each.attributes.get("x") or "").endswith("%"):
            assert place(each, "x") + place(each, "width") <= 100.05
    return top


@given(st.lists(fractions, min_size=3, max_size=8), st.data())
def test_places_are_a_straight_line_in_the_values(values: list[float], data: st.DataObject) -> None:
    """One scale for all rows: equal steps of the score are equal steps across, bars end where intervals do."""
    runs = []
    for at, value in enumerate(values):
        low = data.draw(st.floats(min_value=0, max_value=value))
        high = data.draw(st.floats(min_value=value, max_value=1))
        runs.append(scored(value, low, high, f"m{at}"))
    found = []
    for run, plot in zip(runs, plots(forest(runs)), strict=True):
        (dot,) = plot.all("circle")
        (bar,) = plot.all("line", "bar")
        assert run.primary is not None
        found += [(run.primary.value, place(dot, "cx")), (run.primary.low, place(bar, "x1"))]
        found.append((run.primary.high, place(bar, "x2")))
    low, high = min(found), max(found)
    if high[0] - low[0] < 1e-6:
        return
    slope = (high[1] - low[1]) / (high[0] - low[0])
    assert slope > 0
    for value, across in found:
        assert across == pytest.approx(low[1] + slope * (value - low[0]), abs=0.02)


def test_a_difference_lies_on_its_side_of_zero_and_the_leader_stands_first() -> None:
    weak, strong = specimens.summary("weak", score=0.4), specimens.summary("strong", score=0.7)
    pair = specimens.comparison(weak, strong, only_a=11, only_b=22)
    assert pair.difference.value < 0
    top = sound(differences([pair]))
    (plot,) = top.all("div", "ft-plot")
    (dot,), (zero,) = plot.all("circle"), plot.all("line", "zero")
    assert place(dot, "cx") > place(zero, "x1")
    said = top.words()
    assert said.index("strong") < said.index("weak")
    assert "+30.0" in said
    (row,) = [each for each in top.all("tr") if next(each.all("th"), None) and list(each.all("td"))]
    cells = [each.words() for each in row.all("td")]
    assert cells[5:7] == ["22", "11"], "only first, only second"


def test_an_open_pair_is_hollow_and_says_so() -> None:
    pair = specimens.comparison(specimens.summary("a", score=0.50), specimens.summary("b", score=0.51))
    assert pair.verdict == "undetermined"
    figure = differences([pair])
    assert "is-open" in figure
    assert "not settled" in figure
    settled = specimens.comparison(specimens.summary("a", score=0.4), specimens.summary("b", score=0.9))
    assert "is-open" not in differences([settled])


def test_a_tie_is_named_only_as_within_the_margin() -> None:
    same = specimens.summary("a"), specimens.summary("b")
    assert "a tie within the margin" in differences([specimens.comparison(*same, verdict="tie", margin=0.05)])


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [(0, 0, 0.003), (1, 0.997, 1), (0, 0, 0), (1, 1, 1), (0.5, 0, 1), (1e-9, 0, 1e-8), (0.5, 0.5, 0.5)],
)
@pytest.mark.parametrize("n", [1, 1_000_000])
def test_extreme_scores(value: float, low: float, high: float, n: int) -> None:
    top = sound(forest([scored(value, low, high, n=n)]))
    if 0 < value < 0.0005:
        assert "< 0.1 %" in top.words()
    sound(cost_chart([scored(value, low, high, "a", n), scored(value, low, high, "b", n)]))


def test_an_interval_beyond_one_is_cut_at_the_edge_and_not_drawn_outside() -> None:
    sound(forest([scored(0.99, 0.9, 1.2)]))


def test_nothing_scored() -> None:
    empty = specimens.summary(metrics=(), counts=Counts(failed=3), cost_usd="0.1", planned=3)
    sound(states([empty]))
    assert "unknown" in cost_chart([empty, empty])
    sound(forest([empty]))


def test_one_of_a_million_is_still_counted() -> None:
    """Too narrow to be seen, so the table must hold it."""
    top = sound(states([specimens.summary(counts=Counts(right=999_999, failed=1))]))
    assert "failed 1" in str([each.attributes.get("aria-label") for each in top.all("svg")])
    assert "1 < 0.1 %" in top.words()


@given(st.lists(st.integers(min_value=0, max_value=10**7), min_size=7, max_size=7))
def test_segments_of_a_bar_are_the_shares(numbers: list[int]) -> None:
    counts = Counts(*numbers)
    top = sound(states([specimens.summary(counts=counts)]))
    (plot,) = top.all("div", "ft-states-bar")
    widths = [place(each, "width") for each in plot.all("rect")]
    assert widths == pytest.approx([100 * each / counts.total for each in numbers if each], abs=0.006)
    edges = [place(each, "x") for each in plot.all("rect")]
    assert edges == sorted(edges)


def test_huge_cheap_free_and_unknown() -> None:
    costs = ["0", "0.000001", "9999999999", None]
    runs = [specimens.summary(f"m{at}", cost_usd=cost) for at, cost in enumerate(costs)]
    top = sound(cost_chart(runs))
    words = top.words()
    assert "unknown: m3" in words
    assert "$9,999,999,999" in words
    drawn = next(each.words() for each in top.all("svg") if each.attributes.get("role") == "img")
    assert "m3" not in drawn, "an unknown price has no place on the axis"


def test_dear_models_stand_right_of_cheap_ones() -> None:
    for costs in (("1", "2", "3"), ("0.01", "1", "100")):
        runs = [
            specimens.summary(f"m{at}", cost_usd=cost, score=0.2 + 0.2 * at) for at, cost in enumerate(costs)
        ]
        top = sound(cost_chart(runs))
        dots = list(top.all("circle"))
        across = [place(dot, "cx") for dot in dots]
        assert across == sorted(across)
        assert across[0] < across[1] < across[2]
        down = [float(dot.attributes["cy"] or "") for dot in dots]
        assert down == sorted(down, reverse=True), "a higher score stands higher"


def test_names_in_the_cost_chart_do_not_touch() -> None:
    runs = [specimens.summary(f"p/m{at}", score=0.5, cost_usd="1") for at in range(8)]
    heights = sorted(float(each.attributes["y"] or "") for each in read(cost_chart(runs)).all("text", "mark"))
    assert len(heights) == 8
    assert all(after - before >= 16 for before, after in pairwise(heights))


def test_latency_unknown_known_and_long() -> None:
    assert latency_chart([specimens.summary(latency_s={})]) is None
    assert latency_chart([specimens.summary(latency_s={"p50": None, "p95": None})]) is None
    short = sound(latency_chart([specimens.summary(latency_s={"p50": 0.004, "p95": None})]))
    assert "4 ms" in short.words()
    assert "too few answers" in short.words()
    long = sound(
        latency_chart([specimens.summary(latency_s={"p50": 3_600.0, "p95": 86_400.0, "ttft_p50": 0.2})])
    )
    assert "86,400.0 s" in long.words()
    assert "first token, median" in long.words()
    sound(latency_chart([specimens.summary(latency_s={"p50": 0.0, "p95": 0.0})]))


def test_57_slices_show_the_worst_ten_and_say_so() -> None:
    one = specimens.summary().slices[0]
    many = [
        Slice("subject", f"s{at}", replace(one.estimate, value=0.2 + at / 100, low=0.1, high=0.9))
        for at in range(57)
    ]
    top = sound(worst_slices(specimens.summary(), many))
    assert "The lowest 10 of 57 groups by subject" in top.words()
    assert len(list(top.all("div", "ft-plot"))) == 10
    assert "s9" in top.words()
    assert "s10" not in top.words()


def test_eight_models_and_very_long_names() -> None:
    runs = [specimens.summary(f"provider/{'long-' * 200}{at}", score=0.1 * at) for at in range(8)]
    top = sound(forest(runs))
    assert len(list(top.all("div", "ft-plot"))) == 8
    for each in top.all("div", "ft-label"):
        assert len(each.words()) < 120
        assert "…" in each.words()
    sound(differences([specimens.comparison(a, b) for a, b in combinations(runs, 2)]))


def test_one_model_twice_is_told_apart() -> None:
    runs = [specimens.summary(run=f"runs/r{at}") for at in range(2)]
    labels = [each.words() for each in read(forest(runs)).all("div", "ft-label")]
    assert "(r0)" in labels[0]
    assert "(r1)" in labels[1]


def test_missing_answers_are_drawn_as_far_as_they_could_move_the_score() -> None:
    run = specimens.incomplete()
    (plot,) = plots(forest([run]))
    (reach,), (bar,) = plot.all("line", "missing"), plot.all("line", "bar")
    assert place(reach, "x1") < place(bar, "x1")
    assert place(reach, "x2") > place(bar, "x2")
    assert not list(plots(forest([specimens.summary()]))[0].all("line", "missing"))


def test_blind_guessing_is_marked_where_guessing_can_be_right() -> None:
    assert "blind guessing, 25.0 %" in forest([specimens.summary(chance=0.25)]).replace("\u00a0", " ")
    assert "blind guessing" not in forest([specimens.summary(chance=0.0)])


@given(st.floats(min_value=-1e6, max_value=1e6), st.floats(min_value=0, max_value=1e6))
def test_an_axis_holds_its_values_and_few_round_ticks(low: float, span: float) -> None:
    axis = nice_axis(low, low + span)
    assert axis.low <= low + 1e-6 * max(1, abs(low))
    assert axis.high >= low + span - 1e-6 * max(1, abs(low + span))
    assert 2 <= len(axis.ticks) <= 12
    assert axis.at(axis.low) == 0
    assert axis.at(axis.high) == 1


@given(st.floats(min_value=1e-9, max_value=1e9), st.floats(min_value=1, max_value=1e9))
def test_a_logarithmic_axis_gives_equal_ratios_equal_steps(low: float, ratio: float) -> None:
    axis = log_axis(low, low * ratio)
    assert axis.low <= low * (1 + 1e-9)
    assert axis.high >= low * ratio * (1 - 1e-9)
    middle = math.sqrt(axis.low * axis.high)
    assert axis.at(middle) == pytest.approx(0.5)


@pytest.mark.parametrize("ends", [(math.nan, 1.0), (0.0, math.inf)])
def test_an_axis_refuses_what_is_no_number(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        nice_axis(*ends)
