"""The same-model question on made-up answers: level, power, words, and what is never said."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from fairtrial.audit.same_model import finding, judge
from fairtrial.audit.same_model_tests import (
    CANARY,
    RESOLUTION,
    TEXT,
    TOKEN,
    Setting,
    Sides,
    Told,
    cached,
    examine,
    repeats,
)
from fairtrial.core.evidence import Evidence

NAMES = ("python:a", "python:b")
PROMPTS, EACH = 8, 6
WORDS = ["amber", "birch", "cedar", "delta", "ember", "flint", "grove", "heron"]


def answers(rng: np.random.Generator, changed: float = 0.0) -> list[list[str]]:
    """By prompt, six words a completion, of three a prompt; a share of the completions is in capitals."""
    made = []
    for prompt in range(PROMPTS):
        known = [WORDS[(prompt + step) % len(WORDS)] for step in range(3)]
        texts = [" ".join(rng.choice(known, 6)) for _ in range(EACH)]
        made.append([text.upper() if rng.random() < changed else text for text in texts])
    return made


def calls(rng: np.random.Generator, shift: float = 0.0, noise: float = 0.0) -> list[Mapping[str, float]]:
    centre = {" a": -1.0 - shift, " b": -2.0 + shift, " c": -4.0 - shift}
    return [{key: value + noise * rng.normal() for key, value in centre.items()} for _ in range(EACH)]


def setting(*planned: str, tier: str = "proof", seed: int = 1) -> Setting:
    return Setting(40, planned or (TEXT,), tier, seed, draws=499)  # type: ignore[arg-type]


def lottery(rng: np.random.Generator) -> list[list[str]]:
    return [[str(each) for each in rng.integers(0, 10**15, EACH)] for _ in range(3)]


def told(changed: float, *, tier: str = "proof", seed: int = 5) -> tuple[Told, Setting]:
    rng = np.random.default_rng(seed)
    sides = Sides(answers(rng), answers(rng, changed), lottery(rng), lottery(rng))
    rule = setting(tier=tier)
    return examine(sides, rule, NAMES), rule


def test_another_model_is_no_and_the_cause_stays_open() -> None:
    verdict = judge(NAMES, *told(0.9))
    found = verdict.finding("same-model")
    assert verdict.outcome == "refuted" and verdict.exit_status == 1
    assert found is not None and found.answer == "no" and found.evidence is not None
    assert found.evidence.tier == "proof" and found.evidence.p <= 0.01 and found.evidence.effect.low > 0
    assert "cause unknown" in verdict.sentence and "quantisation" in verdict.sentence


def test_alike_is_never_yes_and_says_what_would_have_been_missed() -> None:
    verdict = judge(NAMES, *told(0.0))
    found = verdict.finding("same-model")
    assert verdict.outcome == "inconclusive" and verdict.exit_status == 10
    assert found is not None and found.answer == "undetermined" and found.evidence is not None
    assert found.evidence.mde is not None and found.evidence.mde > 0
    assert "with probability 0.8" in found.sentence
    assert "doesn't show that they are the same" in verdict.sentence


def test_a_recording_proves_nothing() -> None:
    answer = judge(NAMES, *told(0.9, tier="strong"), date="2026-01-02T00:00:00Z")
    found = answer.finding("same-model")
    assert answer.outcome == "inconclusive" and found is not None and found.answer == "undetermined"
    assert found.evidence is not None and found.evidence.tier == "strong" and found.evidence.p <= 0.01
    assert (
        "2026-01-02" in answer.sentence
        and "no proof" in answer.sentence
        and "cause unknown" in answer.sentence
    )


def test_false_alarms_keep_the_level_of_both_tests_together() -> None:
    alarms, pairs = 0, 200
    rng = np.random.default_rng(11)
    for seed in range(pairs):
        sides = Sides(answers(rng), answers(rng), (), (), calls(rng, noise=0.01), calls(rng, noise=0.01))
        rule = Setting(40, (TEXT, TOKEN), "proof", seed, draws=199, alpha=0.1)
        alarms += any(each.rejects for each in quick(sides, rule))
    # 31 or more of 200 at a rate of 0.1 has probability 0.9 % (binomial).
    assert 5 <= alarms <= 30


def quick(sides: Sides, rule: Setting) -> tuple[object, ...]:
    """`examine` without the costly search for what would have been missed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairtrial.audit.same_model_tests.least_mixed", lambda *given, **named: None)
        patch.setattr("fairtrial.audit.same_model_tests.least_shift", lambda *given, **named: None)
        return examine(sides, rule, NAMES).evidence


def test_holm_over_the_tests_that_were_planned() -> None:
    rng = np.random.default_rng(3)
    sides = Sides(answers(rng), answers(rng, 0.15), (), (), calls(rng, noise=0.1), calls(rng, 0.07, 0.1))
    for planned in ((TEXT, TOKEN), (TEXT, TOKEN, "another, not possible")):
        found = examine(sides, setting(*planned), NAMES).evidence
        before = [float(each.controls[1].rpartition(" ")[2]) for each in found]
        assert 0.002 < min(before) < 0.3  # else this shows nothing
        lost = [1.0] * (len(planned) - 2)
        expected = multipletests([*before, *lost], method="holm")[1][:2]
        assert [each.p for each in found] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("shift", "rejects"), [(RESOLUTION / 2, False), (2 * RESOLUTION, True)])
def test_what_two_runtimes_may_differ_by_is_no_difference(shift: float, rejects: bool) -> None:
    rng = np.random.default_rng(4)
    sides = Sides(answers(rng), answers(rng), (), (), calls(rng), calls(rng, shift))
    evidence = examine(sides, Setting(40, (TOKEN,), "proof", 1), NAMES).evidence[0]
    assert evidence.rejects is rejects
    assert evidence.statistic == pytest.approx(shift)


def test_repeats_to_the_letter_are_said_and_stop_the_tests() -> None:
    rng = np.random.default_rng(6)
    same = [["1234567"] * EACH for _ in range(3)]
    assert cached(same) and not cached(lottery(rng)) and not cached(())
    assert not cached([*same[:2], lottery(rng)[0]])
    sides = Sides(answers(rng), answers(rng, 1.0), lottery(rng), same)
    found = examine(sides, setting(TEXT), NAMES)
    assert found.evidence == () and "python:b repeats answers to the letter" in found.impossible[0]
    answer = finding(found, setting(TEXT))
    assert (answer.answer, answer.evidence) == ("undetermined", None)
    assert "could not be compared" in judge(NAMES, found, setting(TEXT)).sentence


def test_share_of_equal_pairs() -> None:
    # Of the 6 unordered pairs of a, a, b, a three are equal; of those of one text none exists.
    assert repeats([["a", "a", "b", "a"]]) == pytest.approx(3 / 6)
    assert repeats([["x"], []]) == 0.0


def test_one_token_questions_that_one_side_left_open_still_count_as_planned() -> None:
    rng = np.random.default_rng(8)
    sides = Sides(answers(rng), answers(rng, 0.9), calls_a=calls(rng))
    found = examine(sides, setting(TEXT, TOKEN), NAMES)
    assert [each.probe for each in found.evidence] == [TEXT] and "not answered by both" in found.impossible[0]
    assert found.evidence[0].p == pytest.approx(2 * float(found.evidence[0].controls[1].rpartition(" ")[2]))


def marked(right_a: NDArray[np.bool_], right_b: NDArray[np.bool_], **changes: object) -> tuple[Evidence, ...]:
    rule = Setting(40, (CANARY,), "proof", 1, **changes)  # type: ignore[arg-type]
    sides = Sides((), (), right_a=right_a.tolist(), right_b=right_b.tolist())
    return examine(sides, rule, NAMES).evidence


def test_canary_items_by_hand() -> None:
    # a alone right on 9 items, b on 1: twice P(Binomial(10, 1/2) <= 1) = 2 x 11 / 1024.
    a = np.array([True] * 9 + [False] + [True] * 20 + [False] * 10)
    b = np.array([False] * 9 + [True] + [True] * 20 + [False] * 10)
    (told,) = marked(a, b)
    assert told.p == pytest.approx(22 / 1024) and not told.rejects
    assert (told.effect.value, told.n, told.statistic) == (-20.0, 40, -8)
    assert told.effect.low < -20 < 0 <= told.effect.high, "not rejected, so 0 is inside"
    assert "9 and 1 of 40" in told.controls[2]


def test_what_the_canary_test_would_have_missed_is_what_it_finds_four_times_in_five() -> None:
    rng = np.random.default_rng(17)
    right = rng.random(100) < 0.7
    (told,) = marked(right, right)
    assert told.mde is not None and 5 < told.mde < 25
    found = 0
    for _ in range(400):
        changed = rng.random(100) < told.mde / 100
        found += marked(np.ones(100, bool), ~changed)[0].rejects
    assert 0.72 <= found / 400 <= 0.88
    (few,) = marked(right[:4], right[:4])
    assert few.mde is None and "too few" in few.controls[0]


@pytest.mark.parametrize("drift", [0.0, 0.4])
def test_false_alarms_of_the_canary_test_keep_the_level(drift: float) -> None:
    """One model on both sides, items of every difficulty; with drift it answers worse at the second time."""
    rng, sets, items = np.random.default_rng(23), 2_000, 60
    alarms = fixed = 0
    for _ in range(sets):
        ability = rng.beta(2, 1, items)
        first, second = rng.random(items) < ability, rng.random(items) < ability * (1 - drift)
        lot = rng.random(items) < 0.5
        alarms += mcnemar_p(np.where(lot, first, second), np.where(lot, second, first)) <= 0.05
        fixed += mcnemar_p(first, second) <= 0.05
    # 134 or more of 2,000 at a rate of 0.05 has probability 0.06 %.
    assert 20 <= alarms <= 133
    assert fixed > 1_000 if drift else fixed <= 133, "without lots, drift is taken for another model"


def mcnemar_p(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """As `examine` has it, without the search for what would have been missed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairtrial.audit.same_model_tests.detectable_discordant", lambda *_, **__: 0.1)
        return marked(a, b)[0].p


def test_three_planned_tests_share_the_level() -> None:
    rng = np.random.default_rng(29)
    a = np.ones(100, bool)
    b = a & (np.arange(100) >= 9)  # p = 2 / 512 = 0.0039: enough alone, not among three
    sides = Sides(answers(rng), answers(rng), (), (), calls(rng), calls(rng), a.tolist(), b.tolist())
    told = examine(sides, setting(TEXT, TOKEN, CANARY), NAMES)
    assert [each.probe for each in told.evidence] == [TEXT, TOKEN, CANARY]
    assert told.evidence[2].p == pytest.approx(3 * 2 / 512) and not told.evidence[2].rejects
    assert marked(a, b)[0].rejects
    found = finding(told, setting(TEXT, TOKEN, CANARY))
    assert found.evidence == told.evidence[2] and found.also == told.evidence[:2]
    assert "adjusted together" in found.sentence and "right answers, on 100 canary items" in found.sentence


def test_a_canary_set_that_one_side_left_open_counts_as_planned() -> None:
    rng = np.random.default_rng(31)
    sides = Sides(answers(rng), answers(rng, 0.9))
    found = examine(sides, setting(TEXT, CANARY), NAMES)
    assert [each.probe for each in found.evidence] == [TEXT]
    assert "canary-mcnemar is not possible" in found.impossible[0]
