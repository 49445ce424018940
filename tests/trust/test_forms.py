"""All siblings different, and still exchangeable: by exact counts where the law is known."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
from scipy.stats import chisquare

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.families import load
from fairtrial.trust.draw import commit
from fairtrial.trust.forms import siblings
from tests.trust.worlds import SALT, Tiny, draw

ONE = {"templates": ("one",)}


def lopsided(seed: bytes) -> int:
    """0 to 3, the 3 half of the time: a sibling that was drawn again alone would get another law."""
    return min(seed[0] % 6, 3)


def test_where_siblings_coincide_all_are_drawn_again_and_stay_exchangeable() -> None:
    """Ordered pairs of different values: (a, b) as likely as (b, a). Replacing only the second one would make the
    3 first in 1/2 of all pairs and second in 3/10; both are 9/24 of the accepted ones here."""
    counts: Counter[tuple[int, ...]] = Counter()
    for each in range(3_000):
        drawn = draw(**ONE, n=1, siblings=2, secret=each.to_bytes(32, "big"))
        (pair,) = siblings(drawn, Tiny(lopsided))
        counts[tuple(int(sample.target[0]) for sample in pair)] += 1
    share = {value: 1 / 6 if value < 3 else 1 / 2 for value in range(4)}
    law = {pair: share[pair[0]] * share[pair[1]] for pair in permutations(range(4), 2)}
    expected = [3_000 * law[pair] / sum(law.values()) for pair in law]
    assert chisquare([counts[pair] for pair in law], expected).pvalue > 0.001


def test_no_order_of_an_items_siblings_is_favoured_by_what_earlier_items_took() -> None:
    """Three items of two siblings out of six values leave the last item no choice but the order."""
    counts: Counter[bool] = Counter()
    for each in range(2_000):
        drawn = draw(**ONE, n=3, siblings=2, secret=each.to_bytes(32, "big"))
        last = siblings(drawn, Tiny(lambda seed: seed[0] % 6))[2]
        counts[last[0].text < last[1].text] += 1
    assert chisquare([counts[True], counts[False]]).pvalue > 0.001


def test_no_question_stands_twice_in_the_demonstrations_size() -> None:
    family = load("arithmetic")
    drawn = commit(
        family, n=600, secret=SALT, salt=SALT, committed_at="2026-01-01T00:00:00Z", templates=family.published
    )
    forms = siblings(drawn, family)
    texts = [sample.text for form in forms for sample in form]
    assert len(texts) == len(set(texts)) == 4_800
    for item, form in enumerate(forms):
        assert {sample.metadata["template"] for sample in form} == {drawn.template(item)}
        assert len({str(sample.metadata["answer_from"]) for sample in form}) == 8
    assert siblings(drawn, family, items=5) == forms[:5]
    assert not set(family.held_out) & {drawn.template(item) for item in range(600)}


def test_another_family_is_refused() -> None:
    with pytest.raises(IntegrityError, match="committed over tiny"):
        siblings(draw(), Tiny(lopsided, digest="sha256:" + "1" * 64))


def test_a_family_with_too_few_siblings_is_named() -> None:
    with pytest.raises(
        UsageError, match="tiny, template 'one': no 5 different siblings in 200 attempts, at item 0"
    ):
        siblings(draw(**ONE, siblings=5), Tiny(lopsided))
