"""The caching test: its false alarms by simulation, its power against the share that it says it would miss."""

from __future__ import annotations

import numpy as np
import pytest

from fairtrial.audit.duplicates import ALPHA, LEAST, Asked, Caching, caching, upper_tail

WORDS = [f"w{number}" for number in range(1000)]


def world(
    rng: np.random.Generator,
    n: int,
    *,
    vary: int = 1000,
    kept: float = 0.0,
    prefix_s: float = 0.0,
    waits: bool = False,
) -> Caching:
    """n items of a model with `vary` answers a prompt. kept: share of prompts whose answer is kept from then on.
    prefix_s: what a known prompt's beginning saves, of equal and altered requests alike. waits: a cache that gives
    its answers no sooner."""
    asked = []
    for _ in range(n):
        texts = [WORDS[each] for each in rng.integers(0, vary, 4)]
        seconds = list(0.5 + rng.exponential(0.2, 4))
        seconds[1] -= prefix_s
        seconds[3] -= prefix_s
        if rng.random() < kept:
            texts[1] = texts[0]
            seconds[1] = seconds[1] if waits else 0.001
        asked.append(
            Asked(
                (texts[0], texts[1]), (texts[2], texts[3]), (seconds[0], seconds[1]), (seconds[2], seconds[3])
            )
        )
    return caching(asked)


@pytest.mark.parametrize("vary", [1, 2, 5, 1000])
def test_false_alarms_stay_within_the_level(vary: int) -> None:
    """Models that always, often, seldom repeat themselves; a provider that keeps prompts' beginnings as well."""
    rng = np.random.default_rng(7)
    trials = 1000
    for prefix_s in (0.0, 0.3):
        found = [world(rng, 24, vary=vary, prefix_s=prefix_s) for _ in range(trials)]
        slack = 3 * (ALPHA * (1 - ALPHA) / trials) ** 0.5
        for alarms in (
            sum(each.seen for each in found),
            sum(each.repeats for each in found),
            sum(each.is_faster for each in found),
        ):
            assert alarms / trials <= ALPHA + slack


def test_what_it_says_it_would_miss_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(8)
    missed = world(rng, 24).missed
    assert missed is not None and 0.3 < missed < 0.9
    share = np.mean([world(rng, 24, kept=missed).seen for _ in range(600)])
    assert 0.74 <= share <= 1.0
    less = np.mean([world(rng, 24, kept=missed / 3).seen for _ in range(300)])
    assert less < 0.5, "and a third of it is not"


def test_a_cache_of_everything_is_seen() -> None:
    found = world(np.random.default_rng(9), LEAST, kept=1.0)
    assert found.seen and (found.alike, found.altered, found.faster) == (LEAST, 0, LEAST)
    assert not world(np.random.default_rng(9), LEAST - 1, kept=1.0).seen


def test_a_cache_that_waits_repeats_and_is_not_judged() -> None:
    found = world(np.random.default_rng(10), 24, kept=1.0, waits=True)
    assert found.repeats and not found.is_faster and not found.seen


def test_a_model_that_never_varies_is_no_cache_and_hides_one() -> None:
    found = world(np.random.default_rng(11), 24, vary=1)
    assert (found.alike, found.altered, found.p_text, found.missed) == (24, 24, 1.0, None)


def test_without_times_nothing_is_judged() -> None:
    found = caching([Asked(("a", "a"), ("b", "c"))] * 20)
    assert found.repeats and (found.timed, found.p_time) == (0, 1.0) and not found.seen
    assert caching([]).missed is None


def test_the_tail_is_the_binomials() -> None:
    assert upper_tail(5, 5) == 1 / 32 and upper_tail(0, 9) == 1 and upper_tail(9, 10) == 11 / 1024
