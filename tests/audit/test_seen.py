"""Several proofs, one answer: Holm beside statsmodels, e-values, what can never answer."""

from __future__ import annotations

import pytest
from statsmodels.stats.multitest import multipletests

from fairtrial.audit.refused import REFUSED, refuse
from fairtrial.audit.seen import Rule, SeenPlan, seen_finding
from fairtrial.audit.verdict import answerable
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.evidence import Effect, Evidence, Tier

NAMES = ("sibling-rank", "keyed-answers", "item-order")


def told(probe: str, p: float, e: float = 1.0, *, tier: Tier = "proof", draw: str | None = None) -> Evidence:
    effect = Effect(0.1, 0.0, 0.2, "fraction", 0.998, "made up")
    access = "text"
    return Evidence(
        probe, tier, "seen", "null", access, 9, 1.0, p, e, 0.001, effect, 0.2, draw=draw or f"sha256:{probe}"
    )


@pytest.mark.parametrize("p_values", [(0.0002, 0.5, 0.9), (0.0004, 0.0004, 0.0009), (0.0003, 0.0006, 0.5)])
def test_holm_is_that_of_statsmodels(p_values: tuple[float, ...]) -> None:
    found = seen_finding(SeenPlan(NAMES), [told(*each) for each in zip(NAMES, p_values, strict=True)])
    rejected, adjusted, *_ = multipletests(p_values, alpha=0.001, method="holm")
    every = {each.probe: each.p for each in (found.evidence, *found.also) if each}
    assert [every[name] for name in NAMES] == pytest.approx(list(adjusted))
    assert (found.answer == "yes") == bool(rejected.any())
    assert (
        found.evidence is not None and found.evidence.p == min(every.values()) and answerable(found) is found
    )


def test_a_planned_test_that_was_not_possible_still_costs() -> None:
    plan = SeenPlan(NAMES)
    assert plan.share == pytest.approx(0.001 / 3)
    assert seen_finding(plan, [told(NAMES[0], 0.0004)]).answer == "undetermined"
    assert seen_finding(SeenPlan(NAMES[:1]), [told(NAMES[0], 0.0004)]).answer == "yes"


def test_never_no_and_what_would_have_been_missed_is_said() -> None:
    found = seen_finding(SeenPlan(NAMES), [told(name, 0.7) for name in NAMES], why_not=["canary: stopped"])
    assert found.answer == "undetermined" and len(found.also) == 2
    for words in ("0.200", "canary: stopped", "exposure can be forgotten"):
        assert words in found.sentence
    for word in ("cheated", "clean", "verified", "contamination"):
        assert word not in found.sentence


def test_strong_evidence_stands_beside_and_decides_nothing() -> None:
    strong = told("item-order-legacy", 1e-30, tier="strong")
    found = seen_finding(SeenPlan(NAMES[:1]), [told(NAMES[0], 0.7)], [strong])
    assert found.answer == "undetermined" and found.also == (strong,) and "decides nothing" in found.sentence
    alone = seen_finding(SeenPlan(()), [], [strong])
    assert alone.answer == "undetermined" and alone.evidence == strong
    assert seen_finding(SeenPlan(()), []).evidence is None
    with pytest.raises(UsageError, match="no proof"):
        seen_finding(SeenPlan(NAMES[:1]), [told(NAMES[0], 0.1, tier="strong")])


@pytest.mark.parametrize(
    ("rule", "e_values", "answer"),
    [
        ("product", (40.0, 30.0), "yes"),
        ("product", (40.0, 20.0), "undetermined"),
        ("product", (2000.0, 0.1), "undetermined"),
        ("mean", (40.0, 30.0), "undetermined"),
        ("mean", (2100.0, 0.0), "yes"),
    ],
)
def test_e_values_by_product_and_by_mean(rule: Rule, e_values: tuple[float, ...], answer: str) -> None:
    plan = SeenPlan(NAMES[:2], rule)
    pairs = zip(NAMES[:2], e_values, strict=True)
    assert seen_finding(plan, [told(name, 0.5, e) for name, e in pairs]).answer == answer


def test_an_e_value_of_0_by_emission_does_not_wipe_out_the_rest() -> None:
    plan = SeenPlan(("canary-emission", "item-order"), "product")
    pair = [told("canary-emission", 1.0, 0.0), told("item-order", 1e-4, 2100.0)]
    assert seen_finding(plan, pair).answer == "yes"


def test_one_draw_is_not_counted_twice() -> None:
    pair = [told(name, 1e-4, 100.0, draw="sha256:one") for name in NAMES[:2]]
    with pytest.raises(UsageError, match="draw of its own"):
        seen_finding(SeenPlan(NAMES[:2], "product"), pair)
    assert seen_finding(SeenPlan(NAMES[:2]), pair).answer == "yes"


def test_what_was_not_planned_is_refused() -> None:
    for evidence, words in (
        ([told("other", 0.1)], "not planned"),
        ([told(NAMES[0], 0.1)] * 2, "made twice"),
    ):
        with pytest.raises(UsageError, match=words):
            seen_finding(SeenPlan(NAMES), evidence)
    for make in (
        lambda: SeenPlan((NAMES[0], NAMES[0])),
        lambda: SeenPlan(NAMES, "fisher"),  # type: ignore[arg-type]
        lambda: SeenPlan(NAMES, alpha=0.7),
    ):
        with pytest.raises(UsageError):
            make()


def test_an_answer_in_words_may_come_from_the_prompt() -> None:
    words = seen_finding(SeenPlan(NAMES), [told("keyed-answers", 1e-9)]).sentence
    assert "model or its configuration" in words
    assert seen_finding(SeenPlan(NAMES), [told("sibling-rank", 1e-9)]).sentence.startswith("the weights")


def test_all_evidence_is_in_the_json() -> None:
    found = seen_finding(SeenPlan(NAMES), [told(name, 0.7) for name in NAMES]).to_json()
    also = found["also"]
    assert isinstance(also, list) and [each["probe"] for each in also] == list(NAMES[1:])


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_the_refused_are_refused_with_their_reason(name: str) -> None:
    with pytest.raises(UsageError, match="never computed") as caught:
        refuse(name)
    assert REFUSED[name] in caught.value.message


def test_a_test_that_nobody_refused() -> None:
    with pytest.raises(UnknownName, match="ask-the-models"):
        refuse("ask-the-models")
