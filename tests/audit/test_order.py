"""The order of a file: only the committed one, orders drawn anew for each shard, controls that forbid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest

from fairtrial.audit.lines import Line, line_samples
from fairtrial.audit.order import (
    BETWEEN,
    Controls,
    OrderForm,
    legacy_evidence,
    order_body,
    order_evidence,
    order_form,
    order_p,
    shard_lines,
)
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.record import Record
from tests.audit.lots import lot, scored

TEXTS = tuple(f"item {at}" for at in range(40))


def form(seed: int = 0, *, width: int = 4, orders: int = 23) -> OrderForm:
    return order_form(lot("order", order_body(TEXTS, width=width, orders=orders), seed))


def taste(text: str) -> float:
    """A reader who likes some items behind others, whatever was published."""
    told = text.split(BETWEEN)
    return -float(sum(hashlib.sha256(f"{a}|{b}".encode()).digest()[0] for a, b in pairwise(told)))


def records(lines: Sequence[Line], score: Callable[[str], float] = taste) -> list[Record]:
    return [
        scored(each.id, each.choices, [score(text) for text in each.choices])
        for each in line_samples(lines, "Text:")
    ]


def test_only_the_committed_order_has_a_null() -> None:
    asked = form()
    published = asked.published(TEXTS)
    assert published == asked.published(reversed(TEXTS)) and published != TEXTS
    assert len(asked.lines(published)) == 10
    with pytest.raises(IntegrityError, match="not in its committed order"):
        asked.lines(TEXTS)
    with pytest.raises(IntegrityError, match="not those"):
        asked.published((*TEXTS[:-1], "another"))


def test_all_orders_of_a_shard_are_scored_and_the_published_one_stands_anywhere() -> None:
    asked = form()
    published = asked.published(TEXTS)
    lines = asked.lines(published)
    assert all(len(set(each.texts)) == 24 for each in lines)
    assert [each.texts[each.at] for each in lines] == [
        BETWEEN.join(published[at : at + 4]) for at in range(0, 40, 4)
    ]
    assert len({each.at for each in lines}) > 3


def test_orders_are_drawn_anew_for_each_shard() -> None:
    """Shared among shards, one odd set of orders would shift all ranks alike."""
    lines = shard_lines(TEXTS, width=5, orders=3, rng=np.random.default_rng(1))

    patterns = set()
    for row, each in enumerate(lines):
        names = {f"item {5 * row + at}": "abcde"[at] for at in range(5)}
        patterns.add(frozenset("".join(names[part] for part in text.split(BETWEEN)) for text in each.texts))
    assert len(patterns) == len(lines)


def test_a_taste_for_neighbours_is_no_knowledge() -> None:
    hits = 0
    for seed in range(150):
        asked = form(seed, width=5, orders=7)
        hits += order_p(records(lines := asked.lines(asked.published(TEXTS))), lines) <= 0.05
    assert hits > 0 and binomtest(hits, 150, 0.05, alternative="greater").pvalue > 1e-4


def test_who_read_the_file_in_order_is_found() -> None:
    asked = form()
    file = BETWEEN.join(asked.published(TEXTS))
    lines = asked.lines(asked.published(TEXTS))
    told = records(lines, lambda text: taste(text) + 1e6 * (text in file))
    found = order_evidence(told, lines, alpha=0.001, draw=asked.lot.commitment)
    assert found.rejects and found.tier == "proof" and found.n == 10 and found.effect.value == 0.5
    assert found.mde is not None and 0 < found.mde < 0.5 and found.draw == asked.lot.commitment


def test_controls_forbid_the_test_on_a_legacy_file() -> None:
    lines = shard_lines(TEXTS, width=4, orders=23, rng=np.random.default_rng(0))
    told = records(lines)
    for controls, named in (
        (Controls({"zlib": 0.001, "lzma": 0.4}, {}), r"\(zlib\)"),
        (Controls({"zlib": 0.2}, {}), "no positive control"),
        (Controls({"zlib": 0.2}, {"planted": 0.3}), r"\(planted\)"),
        (Controls({"zlib": 0.2, "clean": 0.05}, {"planted": 0.001}), r"\(clean\)"),
    ):
        with pytest.raises(UsageError, match=named):
            legacy_evidence(told, lines, controls, alpha=0.001, digest="sha256:x")
    found = legacy_evidence(
        told, lines, Controls({"zlib": 0.2}, {"planted": 0.001}), alpha=0.001, digest="sha256:x"
    )
    assert found.tier == "strong" and any("zlib" in each for each in found.controls)


@pytest.mark.parametrize(
    "change", [{"width": 1}, {"orders": 0}, {"orders": 10_000}, {"items": 3}, {"digest": 4}]
)
def test_bodies_that_hold_no_order(change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        order_form(lot("order", {**order_body(TEXTS), **change}))  # type: ignore[dict-item]
