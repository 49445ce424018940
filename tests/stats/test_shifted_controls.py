"""A signal that measures difficulty: quiet with controls of the same kind, and loud with others."""

from __future__ import annotations

import numpy as np
import pytest

from fairtrial.stats.shifted_controls import LEVEL, compare, reading, separation, shifted_rate

TEMPLATE = np.repeat(np.arange(16), 100)


def test_controls_of_other_templates_accuse_what_nobody_saw() -> None:
    rng = np.random.default_rng(1)
    signal = rng.normal(size=TEMPLATE.size) + rng.normal(size=16)[TEMPLATE]
    same = compare(signal, TEMPLATE, "same templates", draws=400, rng=rng)
    other = compare(signal, TEMPLATE, "other templates", draws=400, rng=rng)
    found = shifted_rate("loss", "other templates", {("t", "m"): other})
    assert (same[0] <= LEVEL).mean() < 0.09
    assert found.alarms > 0.2
    assert found.worst > 3 * LEVEL
    assert (found.comparisons, found.models, found.trunks) == (400, 1, 1)


def test_without_a_difference_between_templates_both_are_quiet() -> None:
    rng = np.random.default_rng(2)
    signal = rng.normal(size=TEMPLATE.size)
    for controls in ("same templates", "other templates"):
        p, accused = compare(signal, TEMPLATE, controls, draws=400, rng=rng)  # type: ignore[arg-type]
        assert (p <= LEVEL).mean() < 0.09
        assert accused.mean() == pytest.approx(0.055, abs=0.01)


def test_area_counts_pairs() -> None:
    ours, theirs = [np.array([3.0, 1.0])], [np.array([2.0, 0.0, 1.0])]
    assert separation("loss", 4, ours, theirs).area == pytest.approx((3 + 1 + 0.5) / 6)


def test_readings_are_means_over_trunks() -> None:
    found = reading("CDD", "repeats", 0, [np.array([1.0, 1.0]), np.array([0.0, 1.0, 0.0, 0.0])])
    assert (found.share, found.lowest, found.highest, found.items, found.trunks) == (0.625, 0.25, 1.0, 6, 2)
