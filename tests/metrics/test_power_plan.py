"""How many samples to buy: against statsmodels, the handbook's table, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.power import NormalIndPower

from fairtrial.core.errors import UsageError
from fairtrial.metrics.power_plan import plan_power
from fairtrial.stats.power import needed_n_discordant

HANDBOOK = {0.01: 11_766, 0.02: 2_936, 0.03: 1_301, 0.05: 464}
"""Paired, 15 % discordant, level 0.95, power 0.8: needed samples by difference."""


@pytest.mark.parametrize("difference", HANDBOOK)
def test_the_formula_gives_the_handbook_s_table(difference: float) -> None:
    assert needed_n_discordant(difference, discordant=0.15) == pytest.approx(HANDBOOK[difference], abs=1)


@pytest.mark.parametrize("difference", HANDBOOK)
def test_the_plan_is_the_formula_plus_what_the_exact_test_needs(difference: float) -> None:
    found = plan_power(difference, discordant=0.15)
    assert HANDBOOK[difference] - 1 <= found.n <= 1.08 * HANDBOOK[difference]
    assert found.exact_power is not None and found.exact_power >= 0.8
    assert (found.discordant, found.comparisons) == (0.15, 1)


@pytest.mark.parametrize(("difference", "baseline"), [(0.05, 0.8), (0.02, 0.8), (0.1, 0.6)])
def test_unpaired_needs_what_statsmodels_says(difference: float, baseline: float) -> None:
    """Cohen's h is not quite our unpooled variance; for small differences they agree within a few percent."""
    low = baseline - difference
    spread = (baseline * (1 - baseline) + low * (1 - low)) / 2
    oracle = NormalIndPower().solve_power(effect_size=difference / math.sqrt(spread), alpha=0.05, power=0.8)
    row = next(
        each for each in plan_power(difference, baseline=baseline).table if each.difference == difference
    )
    assert row.unpaired == pytest.approx(oracle, abs=1)


def test_half_the_difference_needs_about_four_times_the_samples_and_pairing_saves_half() -> None:
    rows = {each.difference: each for each in plan_power(0.05).table}
    assert 3.5 < rows[0.01].n / rows[0.02].n < 4.2
    for row in rows.values():
        assert row.n < 0.65 * row.unpaired


def test_the_promised_power_is_there_in_simulated_comparisons() -> None:
    found = plan_power(0.08, baseline=0.7, discordant=0.2)
    rng = np.random.default_rng(11)
    only_a, only_b = (0.2 + 0.08) / 2, (0.2 - 0.08) / 2
    draws = rng.multinomial(found.n, [only_a, only_b, 1 - only_a - only_b], size=2000)
    hits = sum(mcnemar([[0, a], [b, 0]], exact=True).pvalue <= 0.05 for a, b, _ in draws.tolist())
    assert found.exact_power is not None
    assert hits / 2000 == pytest.approx(found.exact_power, abs=4 * math.sqrt(0.8 * 0.2 / 2000))


def test_more_candidates_need_a_stricter_level() -> None:
    two, four = plan_power(0.05), plan_power(0.05, candidates=4)
    assert four.comparisons == 6 and "(corrected for 6 pairs)" in four.sentence
    strict = plan_power(0.05, level=1 - 0.05 / 6)
    assert four.n == strict.n > 1.4 * two.n


def test_the_score_itself_is_known_as_said() -> None:
    found = plan_power(0.05, baseline=0.8)
    half = stats.norm.ppf(0.975) * math.sqrt(0.8 * 0.2 / found.n)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.02)


def test_correlated_scores_are_cheaper_to_tell_apart() -> None:
    plans = [plan_power(0.05, correlation=rho) for rho in (-0.2, 0.0, 0.5, 0.9)]
    assert [each.n for each in plans] == sorted((each.n for each in plans), reverse=True)
    assert "(assumed)" in plan_power(0.05).assumption and "(assumed)" not in plans[2].assumption
    # Independent scores: P(one alone right) = p(1 - q) + q(1 - p).
    assert plans[1].discordant == pytest.approx(0.8 * 0.25 + 0.75 * 0.2)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.02, 0.3),
    st.floats(0.3, 0.9),
    st.sampled_from([0.9, 0.95, 0.99]),
    st.sampled_from([0.7, 0.8, 0.9]),
)
def test_the_plan_always_has_the_power_it_promises(
    difference: float, baseline: float, level: float, power: float
) -> None:
    found = plan_power(difference, baseline=baseline, level=level, power=power)
    assert found.exact_power is not None and found.exact_power >= power
    assert difference <= found.discordant <= 1
    assert f"run {found.n:,} samples" in found.sentence and str(found) == found.sentence
    assert set(found.to_json()) == {
        "baseline", "difference", "level", "power", "discordant", "assumption", "candidates", "comparisons",
        "needed_n", "exact_power", "baseline_interval", "table", "sentence",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("difference", "options"),
    [
        (0.0, {}),
        (1.0, {}),
        (-0.1, {}),
        (math.nan, {}),
        (0.1, {"baseline": 0.0}),
        (0.1, {"baseline": 1.0}),
        (0.9, {"baseline": 0.5}),
        (0.1, {"discordant": 0.05}),
        (0.1, {"discordant": 0.0}),
        (0.1, {"discordant": 0.2, "correlation": 0.5}),
        (0.1, {"correlation": 1.0}),
        (0.1, {"correlation": -1.5}),
        (0.1, {"correlation": math.nan}),
        (0.1, {"candidates": 1}),
        (0.1, {"level": 1.0}),
        (0.1, {"level": 0.0}),
        (0.1, {"power": 1.0}),
        (0.1, {"power": math.nan}),
    ],
)
def test_what_cannot_be_planned_for_is_wrong_use(difference: float, options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        plan_power(difference, **options)  # type: ignore[arg-type]
