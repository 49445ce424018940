"""The rules that make evidence a verdict, and how often they are wrong where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from fairtrial.audit.outcomes import Outcomes, Ranks, outcomes, ranks
from fairtrial.audit.siblings import accuracy_evidence, rank_evidence
from fairtrial.audit.twin import Forms, Rules, inflated, judge, seen, twin_claim
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Effect, Evidence, Verdict
from fairtrial.core.output import Loglik, Output
from fairtrial.core.record import Failure, Record, Score
from fairtrial.core.twin import Place
from fairtrial.stats.exact import clopper_pearson

RULES = Rules()


def found(table: np.ndarray, templates: int = 20) -> Outcomes:
    n = len(table)
    names = tuple(f"t{item % templates}" for item in range(n))
    return Outcomes(table[:, 0], table[:, 1:], tuple(range(n)), names, 0, 0)


def evidence(table: np.ndarray, alpha: float = RULES.inflated) -> Evidence:
    return accuracy_evidence(found(table), alpha=alpha, draw="sha256:0", seed=0)


def verdict(table: np.ndarray) -> Verdict:
    forms = Forms.of(found(table))
    claim = twin_claim("test/model", "sums", forms.published.value, RULES.tolerance)
    return judge(claim, forms, evidence(table), None, rules=RULES, no_rank="text only")


def world(rng: np.random.Generator, n: int = 600, alike: float = 0.0, memorised: float = 0.0) -> np.ndarray:
    """(n, 4) outcomes, the published one first: accuracy 0.6, some items memorised in the published form."""
    item = rng.normal(size=(n, 1)) * np.sqrt(alike)
    table = (item + rng.normal(size=(n, 4)) * np.sqrt(1 - alike) < 0.2533).astype(float)
    table[rng.random(n) < memorised, 0] = 1
    return table


def test_a_cheat_is_refuted_and_an_honest_model_is_cleared() -> None:
    rng = np.random.default_rng(1)
    cheat = verdict(world(rng, memorised=1.0))
    assert (cheat.outcome, cheat.exit_status) == ("refuted", 1)
    assert "inflated by" in cheat.sentence and "Not shown" in cheat.sentence
    honest = verdict(world(rng, alike=0.7))
    assert (honest.outcome, honest.exit_status) == ("supported", 0)
    assert "would probably not have been seen" in honest.sentence
    few = verdict(world(rng, n=40))
    assert (few.outcome, few.exit_status) == ("inconclusive", 10)
    assert "more items would settle it" in few.sentence


def test_planned_sizes_clear_an_honest_model_in_at_least_95_of_100_draws() -> None:
    """The power calculation of the documentation: 600 items, 3 fresh siblings, 10 points, answers to siblings
    uncorrelated, which is the worst case. Nobody honest is refuted more often than the level allows."""
    rng = np.random.default_rng(2)
    said = [inflated(evidence(world(rng)), RULES).answer for _ in range(500)]
    assert clopper_pearson(said.count("no"), 500, level=0.99)[1] >= 0.95
    assert clopper_pearson(said.count("yes"), 500, level=0.9999)[0] <= RULES.inflated


def test_an_inflation_of_the_tolerance_is_not_cleared() -> None:
    """A false all-clear: the true inflation is the tolerance itself, said to be below it at most 1 time in 100."""
    rng = np.random.default_rng(3)
    cleared = sum(
        inflated(evidence(world(rng, alike=0.7, memorised=0.25)), RULES).answer == "no" for _ in range(1_000)
    )
    assert clopper_pearson(cleared, 1_000, level=0.9999)[0] <= RULES.inflated


def test_everything_right_on_few_items_clears_nobody() -> None:
    assert verdict(np.ones((20, 4))).outcome == "inconclusive"
    assert verdict(np.ones((600, 4))).outcome == "supported"
    none = verdict(np.zeros((600, 4)))
    assert none.outcome == "inconclusive" and "not one answer was right" in none.sentence


def test_a_proven_inflation_within_the_tolerance_is_said_and_does_not_refute() -> None:
    small = Evidence(
        "sibling-accuracy", "proof", "inflated", "null", "text", 9_000, 1.0, 0.0001, 9.0, 0.01,
        Effect(3.0, 1.0, 5.0, "points", 0.98, "t"), 2.0,
    )  # fmt: skip
    told = inflated(small, RULES)
    assert told.answer == "no" and "smaller inflation is proven" in told.sentence


def test_evidence_at_another_level_is_refused() -> None:
    with pytest.raises(UsageError, match="level"):
        inflated(evidence(world(np.random.default_rng(0)), alpha=0.05), RULES)


def test_seen_is_never_no() -> None:
    rng = np.random.default_rng(4)
    names = tuple(f"t{at % 20}" for at in range(300))
    blind = rank_evidence(Ranks(rng.integers(0, 8, 300), 7, names, 0), alpha=0.001, draw="d")
    assert (
        seen(blind).answer == "undetermined" and "would probably not have been seen" in seen(blind).sentence
    )
    told = rank_evidence(Ranks(np.full(300, 7), 7, names, 0), alpha=0.001, draw="d")
    assert seen(told).answer == "yes" and told.p == pytest.approx(8.0**-300, rel=1e-6)
    assert seen(None, "no log-probabilities").answer == "undetermined"


def test_json_follows_the_contract() -> None:
    data = verdict(world(np.random.default_rng(5), memorised=1.0)).to_json()
    assert {"claim", "verdict", "findings", "sentence"} <= set(data)
    first = data["findings"][0]  # type: ignore[index, call-overload]
    assert set(first) >= {"question", "answer", "tier", "probe", "effect", "p", "e", "mde", "n"}
    assert first["question"] == "inflated" and first["tier"] == "proof"
    assert set(first["effect"]) >= {"value", "low", "high", "unit"} and first["effect"]["unit"] == "points"


def record(name: str, value: float | None, epoch: int = 1) -> Record:
    result = Failure("timeout", "no byte") if value is None else Score("right" if value else "wrong", value)
    return Record(name, epoch, "q", ("1",), "d", result)


PLACES = {f"{item}.{column}": Place(item, column, f"t{item}") for item in range(3) for column in range(3)}


def test_a_failed_sibling_takes_its_whole_item_out() -> None:
    made = [record(name, 1.0) for name in PLACES if name != "1.2"] + [record("1.2", None)]
    got = outcomes(made, PLACES)
    assert got.items == (0, 2) and got.failed == 1 and got.unasked == 0
    assert got.exclusions == {"no answer came for one of the siblings": 1}
    assert got.published.shape == (2,) and got.fresh.shape == (2, 2)


def test_what_was_never_asked_is_told_apart_and_epochs_are_averaged() -> None:
    made = [record(name, 1.0) for name in PLACES if not name.startswith("2.1")]
    assert outcomes(made, PLACES).unasked == 1
    twice = [record(name, float(epoch == 1), epoch) for name in PLACES for epoch in (1, 2)]
    assert outcomes(twice, PLACES).published.tolist() == [0.5, 0.5, 0.5]


def test_a_run_of_another_draw_is_refused() -> None:
    with pytest.raises(UsageError, match="not in this draw"):
        outcomes([record("9.9", 1.0)], PLACES)
    with pytest.raises(UsageError, match="no item"):
        outcomes([record("0.0", None)], PLACES)


def test_ranks_count_less_likely_siblings_and_break_ties_by_the_draw() -> None:
    def asked(name: str, values: list[float], target: str) -> Record:
        return Record(
            name,
            1,
            "q",
            (target,),
            "d",
            Score("partial", 0.5),
            Output(None, logliks=tuple(map(Loglik, values))),
        )

    got = ranks(
        [asked("a", [-3.0, -1.0, -2.0], "B"), asked("b", [-3.0, -1.0, -2.0], "A")], {"a": b"1", "b": b"2"}
    )
    assert got.ranks.tolist() == [2, 0] and got.fresh == 2
    tied = [
        ranks([asked("a", [-1.0] * 4, "A")], {"a": bytes([seed])}).ranks[0] for seed in range(200)
    ]  # fmt: skip
    assert sorted(set(tied)) == [0, 1, 2, 3]
    assert np.bincount(tied).min() > 25
