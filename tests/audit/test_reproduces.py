"""Does it reproduce: three kinds of error, and the effect of a setting."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from fairtrial.audit.reproduces import Answers, answers, reproduces, setting
from fairtrial.audit.verdict import outcome
from fairtrial.core.claim import Claim, Conditions
from fairtrial.core.errors import UsageError
from fairtrial.core.record import Failure, Record, Score

CLAIM = Claim("s", "m", "gsm8k", value=0.8, n=100, decimals=3, tolerance=0.05)


def table(*rows: tuple[int, int], epochs: int = 1) -> Answers:
    """(how many items, score) …"""
    scores = np.repeat([float(score) for _, score in rows], [count for count, _ in rows])[:, None]
    names = tuple(f"i{at}" for at in range(scores.size))
    return Answers(np.repeat(scores, epochs, axis=1), names, scores.size, 0)


def test_the_same_items_greedy_are_exact_but_for_rounding() -> None:
    for right, answer in (
        (80, "yes"),
        (84, "yes"),
        (86, "no"),
        (76, "yes"),
        (74, "no"),
        (85, "undetermined"),
    ):
        finding = reproduces(CLAIM, table((right, 1), (100 - right, 0)), same_items=True, greedy=True)
        assert finding.answer == answer, right
        evidence = finding.evidence
        assert evidence is not None and evidence.tier is None and finding.to_json()["tier"] is None
        assert evidence.effect.high - evidence.effect.low == pytest.approx(0.1)
        assert evidence.mde == pytest.approx(5.05)


def test_answers_that_change_are_not_taken_for_fixed() -> None:
    found = table((80, 1), (20, 0), epochs=2)
    found.table[:10, 1] = 0
    finding = reproduces(replace(CLAIM, value=0.75), found, same_items=True, greedy=True)
    assert finding.evidence is not None and "decoding variance" in finding.evidence.effect.method
    assert finding.evidence.controls == (
        "every item was answered 2 times: the score of 10 of 100 items changed",
    )
    # Independent: variance within an item is (1/2)·10/100; both means have their share of it.
    se = math.sqrt(0.05 / 200 + 0.05 / 100)
    half = 100 * (stats.t.ppf(0.99, 100) * se + 0.0005)
    assert finding.evidence.effect.high - finding.evidence.effect.value == pytest.approx(half)


def test_other_items_bring_the_claims_own_error_along() -> None:
    found = table((80, 1), (20, 0))
    same = reproduces(CLAIM, found, same_items=True, greedy=True)
    other = reproduces(CLAIM, found, same_items=False, greedy=True)
    assert same.answer == "yes" and other.answer == "undetermined" and other.evidence is not None
    assert other.needed_n is None and "claim's own error" in other.sentence
    part = reproduces(CLAIM, found, same_items=False, greedy=True, whole=400)
    assert part.needed_n == 400 and "400 items would settle it" in part.sentence
    # 0.16 (n / (n - 1)) / n = (0.05 / (z_0.99 + z_0.8))² less the claim's share: about 650.
    more = reproduces(replace(CLAIM, n=100_000), found, same_items=False, greedy=True)
    assert (
        more.needed_n is not None
        and 640 < more.needed_n < 660
        and f"{more.needed_n:,} items" in more.sentence
    )


def test_missing_answers_leave_the_mean_open_by_their_share() -> None:
    whole = table((80, 1), (20, 0))
    holes = Answers(whole.table, whole.names, 110, 10)
    finding = reproduces(CLAIM, holes, same_items=True, greedy=True)
    assert finding.answer == "undetermined" and finding.evidence is not None
    assert finding.evidence.effect.high == pytest.approx(100 * (10 / 110 + 0.0005))
    assert finding.evidence.exclusions == {"an answer is missing": 10}


def test_false_answers_stay_within_the_level() -> None:
    """A difference of exactly the tolerance, other items: yes at most once in a hundred, and no as well."""
    rng, told = np.random.default_rng(6), {"yes": 0, "no": 0, "undetermined": 0}
    for _ in range(500):
        claimed = round(float(rng.binomial(600, 0.7)) / 600, 3)
        right = int(rng.binomial(600, 0.75))
        claim = replace(CLAIM, value=claimed, n=600)
        told[
            reproduces(claim, table((right, 1), (600 - right, 0)), same_items=False, greedy=False).answer
        ] += 1
    assert stats.binomtest(told["yes"], 500, 0.01, "greater").pvalue > 1e-3
    assert stats.binomtest(told["no"], 500, 0.01, "greater").pvalue > 1e-3


def record(name: str, epoch: int, result: Score | Failure) -> Record:
    return Record(name, epoch, "in", ("t",), "q", result)


def test_records_become_a_table_and_a_failure_is_no_zero() -> None:
    right, wrong = Score("right", 1.0, "1", {"strict": 0.0}), Score("wrong", 0.0, "2", {"strict": 1.0})
    records = [record("a", 1, right), record("a", 2, wrong), record("b", 1, right)]
    records += [record("b", 2, Failure("timeout", "slow")), record("c", 1, wrong), record("c", 2, wrong)]
    found = answers(records, planned=3, epochs=2)
    assert found.names == ("a", "c") and found.table.tolist() == [[1, 0], [0, 0]] and found.missing == 1
    assert answers(records, planned=3, epochs=2, reading="strict").table.tolist() == [[0, 1], [1, 1]]
    with pytest.raises(UsageError, match="no item was answered and read by 'other'"):
        answers(records, planned=3, epochs=2, reading="other")


def test_a_setting_is_paired_and_explains_a_gap_only_where_it_closes_it() -> None:
    base, other = table((80, 1), (20, 0)), table((60, 1), (40, 0))
    row = setting("system", "none", "x", base=base, other=other, gap=0.2, tolerance=0.05)
    assert row.effect is not None and row.effect.value == pytest.approx(-20) and row.n == 100 and row.explains
    assert row.effect.low < -20 < row.effect.high < -10
    assert not setting("system", "none", "x", base=base, other=other, gap=0.0, tolerance=0.05).explains
    assert not setting("system", "none", "x", base=base, other=base, gap=0.2, tolerance=0.05).explains
    none = Answers(np.ones((1, 1)), ("elsewhere",), 1, 0)
    assert setting("system", "none", "x", base=base, other=none, gap=0, tolerance=0.05).why_not


def test_the_finding_feeds_the_rule_and_open_conditions_are_named() -> None:
    wrong = reproduces(CLAIM, table((20, 1), (80, 0)), same_items=True, greedy=True)
    assert outcome([wrong], fresh_form=False) == "refuted"
    right = reproduces(CLAIM, table((80, 1), (20, 0)), same_items=True, greedy=True)
    assert outcome([right], fresh_form=False) == "supported"
    assert right.evidence is not None and "shots, prompt, system" in right.evidence.assumptions[-1]
    full = Conditions(0, "p", "", 0.0, 10, "e", 1)
    closed = reproduces(replace(CLAIM, conditions=full), table((80, 1)), same_items=True, greedy=True)
    assert closed.evidence is not None and len(closed.evidence.assumptions) == 2
    with pytest.raises(UsageError, match="states no value"):
        reproduces(replace(CLAIM, value=None), table((80, 1)), same_items=True, greedy=True)
