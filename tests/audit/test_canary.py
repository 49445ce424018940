"""Canaries: rank among committed controls, emission, what is missed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from fairtrial.audit.canary import (
    GIVEN,
    LOOKED_AT,
    Canaries,
    canaries,
    canary_body,
    canary_emission_evidence,
    canary_rank_evidence,
    least_emitted,
)
from fairtrial.audit.lines import line_samples
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Evidence
from fairtrial.core.record import Record
from tests.audit.lots import answered, lot, scored


def drawn(count: int = 4, controls: int = 49, seed: int = 0) -> Canaries:
    return canaries(lot("canary", canary_body("id {canary}", count=count, controls=controls), seed))


def taste(text: str) -> float:
    """A model that likes some strings better than others, and knows none."""
    return -float(sum(map(ord, text[-9:])))


def records(asked: Canaries, bonus: float = 0.0) -> list[Record]:
    known = set(asked.published)
    return [
        scored(each.id, each.choices, [taste(text) + bonus * (text in known) for text in each.choices])
        for each in line_samples(asked.lines, "Text:")
    ]


def rank(asked: Canaries, told: list[Record], alpha: float = 0.001) -> Evidence:
    return canary_rank_evidence(told, asked, alpha=alpha)


def test_one_canary_among_its_controls() -> None:
    asked = drawn(count=1, controls=199)
    told = rank(asked, records(asked))
    own, others = taste(asked.text(0)), [taste(asked.text(0, at)) for at in range(199)]
    assert told.p == pytest.approx((1 + sum(each >= own for each in others)) / 200)
    assert rank(asked, records(asked, 1e6)).p == pytest.approx(1 / 200) and told.mde is None


def test_several_canaries_that_are_known_are_found() -> None:
    asked = drawn()
    told = rank(asked, records(asked, 1e6))
    assert (
        told.rejects and told.effect.value == 0.5 and told.p == pytest.approx(50**-4) and told.mde is not None
    )


def test_a_taste_for_strings_is_no_knowledge() -> None:
    hits = 0
    for seed in range(200):
        asked = drawn(count=2, controls=19, seed=seed)
        hits += rank(asked, records(asked), alpha=0.05).rejects
    assert hits > 0 and binomtest(hits, 200, 0.05, alternative="greater").pvalue > 1e-4


def test_the_published_string_stands_in_any_place() -> None:
    places = {drawn(count=1, controls=9, seed=seed).lines[0].at for seed in range(100)}
    assert places == set(range(10))
    each = drawn().lines[2]
    assert each.texts[each.at] == drawn().text(2) and len(set(each.texts)) == 50


def test_a_canary_without_a_score_is_left_out_whole() -> None:
    asked = drawn()
    told = records(asked)
    lost = rank(asked, told[1:])
    assert lost.n == 3 and lost.exclusions == {"no log-probabilities came for one of its texts": 1}
    with pytest.raises(UsageError, match="other texts"):
        rank(drawn(seed=1), told)
    with pytest.raises(UsageError, match="not one draw"):
        rank(asked, [])


def emission(asked: Canaries, texts: list[str | None], alpha: float = 0.001) -> Evidence:
    told = [answered(each.id, text) for each, text in zip(asked.openings, texts, strict=True)]
    return canary_emission_evidence(told, asked, alpha=alpha)


def test_a_canary_written_out() -> None:
    asked = drawn()
    rest = asked.string(2)[GIVEN:]
    told = emission(asked, ["no", "no", f"so: {rest.upper()} it is", "no"])
    chance = LOOKED_AT / 2**96
    assert (
        told.p == pytest.approx(binom.sf(0, 4, chance))
        and told.effect.value == 0.25
        and told.access == "text"
    )
    assert asked.openings[2].text == f"id {asked.string(2)[:GIVEN]}"
    nothing = emission(
        asked, ["no", None, asked.string(0)[GIVEN:], " " * LOOKED_AT + asked.string(3)[GIVEN:]]
    )
    assert nothing.p == 1 and nothing.n == 3 and nothing.exclusions == {"no answer came": 1}


def test_what_emission_misses() -> None:
    least = least_emitted(4, LOOKED_AT / 2**96, alpha=0.001)
    assert least is not None and 1 - (1 - least) ** 4 == pytest.approx(0.8)
    assert least_emitted(2, 0.5, alpha=0.001) is None
    needed = least_emitted(10, 0.02, alpha=0.001)
    count = next(k for k in range(1, 11) if binom.sf(k - 1, 10, 0.02) <= 0.001)
    assert needed is not None and binom.sf(count - 1, 10, needed) == pytest.approx(0.8)


def test_bits_are_uniform() -> None:
    digits = "".join(drawn(count=20, controls=20).string(at, each) for at in range(20) for each in range(20))
    counts = np.unique(list(digits), return_counts=True)[1]
    assert len(counts) == 16 and abs(counts / len(digits) * 16 - 1).max() < 0.15


@pytest.mark.parametrize(
    "body",
    [
        canary_body("no place", count=1, controls=9),
        canary_body("{canary}{canary}", count=1, controls=9),
        canary_body("{canary}", count=0, controls=9),
        canary_body("{canary}", count=1, controls=0),
        canary_body("{canary}", count=1, controls=9, bits=64),
        canary_body("{canary}", count=1000, controls=1000),
        {"template": "{canary}"},
        {"template": "{canary}", "count": True, "controls": 9, "bits": 128},
    ],
)
def test_bodies_that_hold_no_canaries(body: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        canaries(lot("canary", body))  # type: ignore[arg-type]
