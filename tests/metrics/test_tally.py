"""What is remembered of a record: counts that add up, money and tokens that are unknown rather than zero."""

from __future__ import annotations

import dataclasses
import random
import tracemalloc
from decimal import Decimal

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output, Usage
from fairtrial.core.record import UNMARKED, Failure, Record
from fairtrial.metrics.tally import Tally
from tests.metrics.laboratory import record, tally_of


def test_every_record_is_counted_in_one_state() -> None:
    tally = tally_of(
        [
            record("a", 1.0),
            record("b", 0.0),
            record("c", 0.5),
            record("d", 0.0, state="unparsed"),
            record("e", 0.0, state="truncated"),
            record("f", 0.0, state="refused"),
            record("g", None),
            record("a", 0.0, epoch=2),
        ]
    )
    counts = tally.counts
    assert counts.to_json() == {
        "right": 1,
        "wrong": 2,
        "partial": 1,
        "unparsed": 1,
        "truncated": 1,
        "refused": 1,
        "failed": 1,
    }
    assert counts.total == len(tally) == 8 and counts.scored == 7


def test_a_later_record_takes_the_place_of_a_failed_one() -> None:
    tally = tally_of([record("a", None), record("b", None, cause="http-500"), record("a", 1.0)])
    assert tally.counts.to_json() | {"right": 1, "failed": 1} == tally.counts.to_json()
    assert tally.counts.total == 2
    assert [(each.cause, each.count) for each in tally.causes] == [("http-500", 1)]
    assert tally.live() is not None and tally.live()[0] == 1.0  # type: ignore[index]


def test_an_unknown_price_is_unknown_and_a_free_answer_is_free() -> None:
    assert tally_of([record("a", 1.0, cost_usd="0.1"), record("b", 0.0, cost_usd="0.2")]).cost_usd == Decimal(
        "0.3"
    )
    assert tally_of([record("a", 1.0, cost_usd="0"), record("b", 0.0, cost_usd="0.0")]).cost_usd == 0
    assert tally_of([record("a", 1.0, cost_usd="0.1"), record("b", 0.0, cost_usd=None)]).cost_usd is None


def test_an_answer_marked_again_is_paid_once() -> None:
    scored = record("a", 1.0, cost_usd="0.25")
    unmarked = dataclasses.replace(scored, result=Failure(UNMARKED, "too slow"))
    tally = tally_of([unmarked, scored])
    assert tally.cost_usd == Decimal("0.25")
    assert tally.tokens["input_tokens"] == 10 and tally.tokens["output_tokens"] == 5


def test_tokens_nobody_told_are_null_and_missing_ones_are_counted() -> None:
    silent = tally_of([record("a", 1.0, usage=None)])
    assert set(silent.tokens.values()) == {None}
    partly = tally_of([record("a", 1.0, usage=None), record("b", 1.0, usage=Usage(7, 0)), record("c", None)])
    assert partly.tokens == {
        "input_tokens": 7,
        "output_tokens": 0,
        "reasoning_tokens": None,
        "cached_tokens": None,
    }
    assert partly.without_usage == 1, "a failed question told nothing and is not counted as a silent reply"


def test_a_cost_that_is_no_amount_is_refused() -> None:
    with pytest.raises(UsageError, match="'a': a cost of 'cheap'"):
        tally_of([record("a", 1.0, cost_usd="cheap")])


def test_live_bounds_take_the_first_scored_reply_of_each_sample() -> None:
    tally = tally_of(
        [record("a", 1.0), record("b", None), record("a", 0.0, epoch=2), record("b", 0.0, epoch=2)]
    )
    assert tally.live() is not None
    mean, low, high = tally.live()  # type: ignore[misc]
    assert mean == 0.5 and 0 <= low <= mean <= high <= 1
    tally.add(record("b", 1.0))
    assert tally.live()[0] == 0.5, "b has been shown already"  # type: ignore[index]


def test_there_is_nothing_live_before_the_first_score() -> None:
    assert Tally().live() is None
    assert tally_of([record("a", None)]).live() is None


def test_entries_come_in_order_of_id_and_epoch_however_they_arrived() -> None:
    records = [record(name, 1.0, epoch=epoch) for name in "abc" for epoch in (1, 2, 3)]
    shuffled = random.Random(4).sample(records, len(records))
    keys = [(entry.sample_id, entry.epoch) for entry in tally_of(shuffled)]
    assert keys == [each.key for each in records]


def test_equal_ids_of_different_items_are_told_apart() -> None:
    made = Record("1", 1, "How high?", ("8",), "q", record("1", 1.0).result, choices=("7", "8"))
    changed = [
        dataclasses.replace(made, input="How deep?"),
        dataclasses.replace(made, target=("9",)),
        dataclasses.replace(made, target=("8", "8.0")),
        dataclasses.replace(made, choices=("8", "7")),
        dataclasses.replace(made, choices=("7",), target=("8", "8")),
        dataclasses.replace(made, input="How high?\ud800"),
    ]
    items = [next(iter(tally_of([each]))).item for each in (made, *changed)]
    assert len(set(items)) == len(items)
    other_prompt = dataclasses.replace(made, question="another digest", epoch=1)
    assert next(iter(tally_of([other_prompt]))).item == items[0], "the prompt is not the item"


def test_ten_thousand_records_stay_under_five_megabytes_whatever_they_said() -> None:
    text = "many words " * 500

    def long(number: int) -> Record:
        made = record(
            f"sample-{number}", 1.0, others={"strict": 0.0, "flexible": 1.0}, groups={"subject": "law"}
        )
        return dataclasses.replace(
            made,
            input=f"{number}{text}",
            output=Output(text, usage=Usage(10, 5), request=text, response=text),
        )

    tally_of([long(0)])
    tracemalloc.start()
    tally = tally_of(long(number) for number in range(10_000))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(tally) == 10_000
    assert held < 5 * 2**20
