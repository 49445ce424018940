"""Question 4: simulated false alarms, and answers on cases whose truth was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats as scipy_stats

from fairtrial.audit.format_task import FormatScores
from fairtrial.audit.formats import OWN, Format
from fairtrial.audit.outcomes import Floats, Outcomes
from fairtrial.audit.tuned import Ledger, judge_tuned
from fairtrial.audit.tuning import corrected, family_evidence, pair_evidence, spread_of
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson

CLAIM = Claim("a score", "a model", "a task", value=0.8, tolerance=0.1, n=100)
PLAIN = Format("", "Q:", "A:", "as written", " ", "\n", "\n\n", "", (), OWN, 1.0, None)


def forms(right: Floats, templates: int = 0) -> Outcomes:
    """right: (n, 1 + K), the published sibling first."""
    n = len(right)
    named = tuple(f"t{at % templates}" if templates else "" for at in range(n))
    return Outcomes(right[:, 0], right[:, 1:], tuple(range(n)), named, 0, 0)


def answers(rng: np.random.Generator, n: int, fresh: int, ability: float, lift: float = 0.0) -> Floats:
    """Right or wrong, siblings of an item alike hard; `lift` more often right on the published one."""
    hard = rng.normal(0, 1, (n, 1)) + rng.normal(0, 0.7, (n, fresh + 1))
    right = (hard < ability).astype(float)
    right[:, 0] = np.maximum(right[:, 0], rng.random(n) < lift)
    return right


def table(scores: Floats, claimed: Floats) -> FormatScores:
    names = tuple(replace(PLAIN, question=f"Q{at}:") for at in range(len(scores)))
    items = tuple(map(str, range(scores.shape[1])))
    return FormatScores(scores, claimed, names, items, (), {OWN: scores}, {}, "sha256:00")


@pytest.mark.parametrize(
    ("n", "fresh", "templates", "alpha", "audits"),
    [(300, 3, 0, 0.01, 1_500), (300, 1, 0, 0.05, 600), (200, 3, 12, 0.05, 300), (300, 3, 60, 0.01, 600)],
)
def test_false_alarms_of_the_strong_answer(
    n: int, fresh: int, templates: int, alpha: float, audits: int
) -> None:
    """Two configurations of unlike ability, neither chosen on the published form: the answer "yes" comes no more
    often than the level allows (99.9 % Clopper and Pearson)."""
    rng = np.random.default_rng(n + fresh + templates)
    alarms = 0
    for _ in range(audits):
        chosen = forms(answers(rng, n, fresh, 0.6), templates)
        default = forms(answers(rng, n, fresh, -0.1), templates)
        alarms += pair_evidence(chosen, default, alpha=alpha, draw="", seed=int(rng.integers(2**31))).shows
    assert clopper_pearson(alarms, audits, level=0.998)[0] <= alpha


def test_a_planted_choice_is_found_with_the_power_that_the_mde_states() -> None:
    rng, found, told = np.random.default_rng(5), 0, []
    for at in range(200):
        default = forms(answers(rng, 600, 3, 0.3))
        # Lifted where the item would have been missed: about 0.4 of 600 items.
        chosen = forms(answers(rng, 600, 3, 0.3, lift=0.18))
        pair = pair_evidence(chosen, default, alpha=0.01, draw="", seed=at)
        found += pair.evidence.rejects
        told.append((pair.evidence.effect.value, pair.evidence.mde or 0.0))
    effect, mde = np.mean(told, axis=0)
    # The power at this effect, by the normal approximation around the stated mde, which has 0.8.
    z = scipy_stats.norm.ppf(0.99)
    expected = scipy_stats.norm.cdf(effect / mde * (z + scipy_stats.norm.ppf(0.8)) - z)
    assert 0.3 < expected < 0.95
    assert abs(found / 200 - expected) < 0.1


def test_the_pair_agrees_with_a_t_test_of_scipy() -> None:
    rng = np.random.default_rng(8)
    one, other = answers(rng, 400, 3, 0.5, lift=0.2), answers(rng, 400, 3, 0.2)
    told = pair_evidence(forms(one), forms(other), alpha=0.01, draw="", seed=0).evidence
    gaps = (one[:, 0] - one[:, 1:].mean(axis=1)) - (other[:, 0] - other[:, 1:].mean(axis=1))
    oracle = scipy_stats.ttest_1samp(gaps, 0, alternative="greater")
    low, high = scipy_stats.ttest_1samp(gaps, 0).confidence_interval(0.98)
    assert told.p == pytest.approx(oracle.pvalue, rel=1e-9)
    assert (told.effect.low, told.effect.high) == pytest.approx((100 * low, 100 * high))
    turned = pair_evidence(forms(other), forms(one), alpha=0.01, draw="", seed=0).evidence
    assert turned.p == pytest.approx(1 - oracle.pvalue) and turned.effect.value == -told.effect.value


def test_yes_where_the_claimed_configuration_alone_gains_on_the_published_form() -> None:
    rng = np.random.default_rng(3)
    chosen, default = forms(answers(rng, 600, 3, 0.3, lift=0.6)), forms(answers(rng, 600, 3, 0.3))
    told = judge_tuned(CLAIM, claimed=chosen, default=default, draw="sha256:1")
    assert told.finding.answer == "yes" and told.finding.evidence is told.evidence[0]
    assert told.evidence[0].tier == "strong" and told.evidence[0].effect.low > 0
    assert "not known" in told.finding.sentence


def test_a_control_that_fails_leaves_it_undetermined() -> None:
    """Memorised items show under both configurations, more under one: training explains it as well."""
    rng = np.random.default_rng(4)
    chosen, default = forms(answers(rng, 600, 3, 0.3, lift=0.9)), forms(answers(rng, 600, 3, 0.3, lift=0.4))
    told = judge_tuned(CLAIM, claimed=chosen, default=default)
    assert told.evidence[0].rejects and told.finding.answer == "undetermined"
    assert "not the only reason" in told.finding.sentence


def test_no_takes_a_complete_register_of_one_attempt_and_a_fresh_form() -> None:
    rng = np.random.default_rng(6)
    both = forms(answers(rng, 1_000, 3, 0.3)), forms(answers(rng, 1_000, 3, 0.3))
    one = Ledger(1, complete=True)
    assert judge_tuned(CLAIM, claimed=both[0], default=both[1], ledger=one).finding.answer == "no"
    assert judge_tuned(CLAIM, claimed=both[0], default=both[1], ledger=None).finding.answer == "undetermined"
    assert (
        judge_tuned(CLAIM, claimed=both[0], default=both[1], ledger=Ledger(1)).finding.answer
        == "undetermined"
    )
    assert (
        judge_tuned(CLAIM, claimed=both[0], default=both[1], ledger=Ledger(2, complete=True)).finding.answer
        == "undetermined"
    )
    assert judge_tuned(CLAIM, ledger=one).finding.answer == "undetermined"
    # The claimed configuration is the default one: a fresh form is enough.
    assert judge_tuned(CLAIM, claimed=both[0], ledger=one).finding.answer == "no"
    assert (
        judge_tuned(
            replace(CLAIM, tolerance=0.01), claimed=both[0], default=both[1], ledger=one
        ).finding.answer
        == "undetermined"
    )
    gone = forms(answers(rng, 1_000, 3, 0.3, lift=0.5)), both[1]
    assert judge_tuned(CLAIM, claimed=gone[0], default=gone[1], ledger=one).finding.answer == "yes"


def test_a_register_with_several_attempts_is_a_fact_where_the_best_is_claimed() -> None:
    several = Ledger(3, scores=(0.7, 0.8, 0.75))
    told = judge_tuned(CLAIM, ledger=several).finding
    assert told.answer == "yes" and told.evidence is None and "3 registered attempts" in told.sentence
    assert judge_tuned(replace(CLAIM, value=0.7), ledger=several).finding.answer == "undetermined"
    assert judge_tuned(CLAIM, ledger=replace(several, corrected=True)).finding.answer == "undetermined"
    assert judge_tuned(CLAIM, ledger=Ledger(3)).finding.answer == "undetermined"
    with pytest.raises(UsageError, match="2 attempts with 1 scores"):
        Ledger(2, scores=(0.5,))


def test_high_up_in_the_family_is_selected_or_lucky_and_never_more() -> None:
    rng = np.random.default_rng(2)
    scores = (rng.random((100, 100)) < 0.5).astype(float)
    top = (rng.random(100) < 0.95).astype(float)
    told = judge_tuned(CLAIM, formats=table(scores, top))
    assert told.finding.answer == "undetermined" and told.finding.sentence.endswith("selected, or lucky")
    assert told.evidence[0].p == pytest.approx(1 / 101) and told.evidence[0].rejects
    assert told.spread is not None and told.spread.placed.percentile == 1
    middle = judge_tuned(CLAIM, formats=table(scores, scores[0]))
    assert "lucky" not in middle.finding.sentence and middle.finding.answer == "undetermined"


def test_the_mde_of_the_family_is_what_just_reaches_the_level() -> None:
    """Whoever scores the median plus the mde rejects; one item less, and nobody does."""
    rng = np.random.default_rng(7)
    scores = (rng.random((150, 80)) < rng.uniform(0.2, 0.7, (150, 1))).astype(float)
    told = family_evidence(table(scores, scores[0]), spread_of(table(scores, scores[0])), alpha=0.02)
    assert told.mde is not None
    median = np.median(scores.mean(axis=1))
    needed = round(80 * (median + told.mde / 100))
    for right, rejects in ((needed, True), (needed - 1, False)):
        found = table(scores, (np.arange(80) < right).astype(float))
        assert family_evidence(found, spread_of(found), alpha=0.02).rejects is rejects
    few = table(scores[:50], scores[0])
    assert family_evidence(few, spread_of(few), alpha=0.01).mde is None


def test_false_alarms_of_the_family_test() -> None:
    """A configuration drawn like the others reaches .05 in at most 5 of 100 families."""
    rng, alarms = np.random.default_rng(11), 0
    for _ in range(250):
        scores = (rng.random((41, 60)) < rng.uniform(0.2, 0.8, (41, 1))).astype(float)
        found = table(scores[1:], scores[0])
        alarms += family_evidence(found, spread_of(found), alpha=0.05).rejects
    assert clopper_pearson(alarms, 250, level=0.998)[0] <= 0.05


def test_luck_of_the_best_is_the_handbooks_number() -> None:
    """10 attempts on GSM8K's 1,319 items at 0.8: 1.7 points."""
    told = corrected(replace(CLAIM, n=1_319), 10, None)
    assert told is not None and 100 * told.gain == pytest.approx(1.7, abs=0.05)
    assert told.value == pytest.approx(0.8 - told.gain)
    assert corrected(replace(CLAIM, value=None), 10, None) is None


def test_items_that_one_configuration_lacks_are_left_out_of_both() -> None:
    rng = np.random.default_rng(9)
    one, other = forms(answers(rng, 50, 2, 0.3)), forms(answers(rng, 50, 2, 0.3))
    cut = replace(
        other,
        published=other.published[5:],
        fresh=other.fresh[5:],
        items=other.items[5:],
        templates=other.templates[5:],
    )
    told = pair_evidence(one, cut, alpha=0.01, draw="", seed=0).evidence
    assert told.n == 45 and told.exclusions == {"no answer came for one of the siblings": 5}
    with pytest.raises(UsageError, match="same siblings"):
        pair_evidence(one, replace(cut, items=tuple(range(100, 145))), alpha=0.01, draw="", seed=0)


def test_every_undetermined_answer_says_what_would_have_been_missed() -> None:
    rng = np.random.default_rng(12)
    both = forms(answers(rng, 100, 2, 0.3)), forms(answers(rng, 100, 2, 0.3))
    told = judge_tuned(CLAIM, claimed=both[0], default=both[1]).finding
    assert told.answer == "undetermined" and told.evidence is not None and told.evidence.mde is not None
    assert told.needed_n is not None and told.needed_n > 100
    assert judge_tuned(CLAIM).finding.sentence.startswith("nothing was asked")
