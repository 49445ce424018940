"""Which samples are shown: never more than asked, every kind that occurs, nobody's corner alone."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.record import STATES, State
from fairtrial.report.exhibits import KINDS, MOST, RESERVED
from tests.report import specimens
from tests.report.exhibits_of import exhibits_of


def kinds(*runs: list[State]) -> tuple[Counter[str], dict[str, int], list[str]]:
    """How many of each kind are shown, how many left out, and the ids shown."""
    sources = [
        (specimens.summary(f"m{at}"), [specimens.record(n, state) for n, state in enumerate(states)])
        for at, states in enumerate(runs)
    ]
    shown, left = exhibits_of(sources)
    return Counter(each.kind for each in shown), dict(left), [each.sample_id for each in shown]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STATES), max_size=400))
def test_shown_and_left_out_add_up_and_every_kind_is_seen(states: list[State]) -> None:
    shown, left, ids = kinds(states)
    assert sum(shown.values()) <= MOST
    assert sum(shown.values()) + sum(left.values()) == len(states)
    assert len(set(ids)) == len(ids)
    wrong = states.count("wrong") + states.count("partial")
    for kind in KINDS[1:]:
        there = wrong if kind == "wrong" else states.count(kind)  # type: ignore[arg-type]
        assert shown[kind] >= min(there, RESERVED[kind])


def test_a_failure_beside_an_answer_is_a_failure_and_two_verdicts_a_disagreement() -> None:
    shown, _, _ = kinds(["right", "right", "wrong", "partial"], ["failed", "wrong", "unparsed", "wrong"])
    # wrong against unparsed: both earn nothing, so the page files it under what was wrong with the reply.
    assert shown == {"failed": 1, "disagreement": 2, "unparsed": 1}


def test_the_choice_is_spread_over_the_run() -> None:
    _, _, ids = kinds(["wrong"] * 1_000)
    places = sorted(int(each.rpartition("-")[2]) for each in ids)
    assert places[0] < 20
    assert places[-1] > 980
    assert max(after - before for before, after in itertools.pairwise(places)) <= 20


def test_right_answers_stay_few_while_there_is_anything_else_to_read() -> None:
    shown, _, _ = kinds(["right"] * 1_000 + ["wrong"] * 1_000)
    assert shown["right"] < 10 < shown["wrong"]
