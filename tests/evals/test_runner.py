"""The loop itself, with a scripted model: what is asked, kept, retried, stopped."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from decimal import Decimal

import pytest

from fairtrial.core.errors import ProviderError, StoreError, UsageError
from fairtrial.core.output import Output, Usage
from fairtrial.core.record import Failure, Record, Score
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task
from fairtrial.evals.budget import Budget
from fairtrial.evals.planning import make_plan
from fairtrial.evals.retry import RetryPolicy
from fairtrial.evals.runner import BREAKER, Bench, Earlier, Runner
from fairtrial.evals.stop import Stop
from tests.laboratory import FakeModel, FlatPrices, HandClock, ListJournal, Nobody, correct, sums

QUICK = RetryPolicy(max_retries=2, max_wait_s=1.0, first_s=0.01, cap_s=0.02)


def fault(cause: str, *, retryable: bool = True, **more: object) -> ProviderError:
    return ProviderError(f"{cause} happened", "try later", cause=cause, retryable=retryable, **more)  # type: ignore[arg-type]


def run(
    task: Task,
    model: FakeModel,
    journal: ListJournal | None = None,
    *,
    earlier: Earlier | None = None,
    epochs: int = 1,
    connections: int = 4,
    budget: str | None = None,
    rate: str | None = None,
    retry: RetryPolicy = QUICK,
    stop_after: int | None = None,
) -> tuple[list[Record], Stop]:
    journal = ListJournal() if journal is None else journal
    stops: list[Stop] = []

    async def go() -> None:
        stop = Stop()
        stops.append(stop)
        plan, samples = make_plan(task, model.spec, epochs=epochs)
        prices = FlatPrices(rate)

        def keep(record: Record) -> None:
            if stop_after is not None and len(journal.kept) >= stop_after:
                stop.request("enough")

        bench = Bench(
            model=model,
            journal=journal,
            prices=prices,
            clock=HandClock(),
            progress=Nobody(),
            keep=keep,
            connections=connections,
            retry=retry,
            budget=None if budget is None else Budget(Decimal(budget), model.spec, prices),
        )
        await Runner(plan, task, samples, bench, stop).run(earlier or Earlier())

    asyncio.run(go())
    return list(journal.records()), stops[0]


def test_every_question_is_asked_once_and_scored() -> None:
    model = FakeModel()
    records, _ = run(sums(20), model, epochs=2)
    assert Counter(model.calls.values()) == {1: 40}
    assert {record.state for record in records} == {"right"}
    assert sorted(record.key for record in records) == [(f"s{i:03}", e) for i in range(20) for e in (1, 2)]


def test_never_more_on_the_wire_than_allowed() -> None:
    model = FakeModel(delay=0.005)
    run(sums(30), model, connections=3)
    assert model.most == 3


def test_a_fault_once_is_retried_and_both_attempts_are_recorded() -> None:
    def once(question, attempt):  # type: ignore[no-untyped-def]
        return fault("http-500", status=500) if attempt == 1 else correct(question, attempt)

    records, _ = run(sums(3), FakeModel(once))
    assert all(record.state == "right" for record in records)
    first = records[0].attempts
    assert [each.cause for each in first] == ["http-500", None]
    assert first[0].status == 500 and first[1].status == 200


def test_a_fault_for_ever_ends_after_finite_attempts_as_a_failure_not_a_zero() -> None:
    model = FakeModel(lambda question, attempt: fault("http-500", status=500, response="boom"))
    records, _ = run(sums(2), model)
    assert set(model.calls.values()) == {3}
    for record in records:
        assert record.result == Failure("http-500", "http-500 happened", "try later")
        assert record.output is not None and record.output.response == "boom"


def test_what_will_not_get_better_is_not_retried() -> None:
    model = FakeModel(lambda question, attempt: fault("context-length", retryable=False))
    run(sums(2), model)
    assert set(model.calls.values()) == {1}


def test_an_answer_is_never_asked_again_because_it_was_poor() -> None:
    model = FakeModel(lambda question, attempt: Output(None, "stop"))
    records, _ = run(sums(5), model)
    assert set(model.calls.values()) == {1}
    assert {record.state for record in records} == {"unparsed"}


def test_resume_asks_failed_ones_again_and_answered_ones_never() -> None:
    def half(question, attempt):  # type: ignore[no-untyped-def]
        odd = int(question.sample_id[1:]) % 2
        return fault("connection", retryable=False) if odd else correct(question, attempt)

    journal = ListJournal()
    run(sums(10), FakeModel(half), journal)
    model = FakeModel()
    records, _ = run(sums(10), model, journal, earlier=Earlier.of(journal.records()))
    assert sorted(model.calls) == [(f"s{i:03}", 1) for i in range(1, 10, 2)]
    assert [record.state for record in records] == ["right"] * 10


def test_an_answer_that_could_not_be_marked_is_marked_again_not_asked_again() -> None:
    def broken(output: Output, sample: Sample) -> Score:
        raise UsageError("the pattern took too long", "simplify it")

    broken.form = {"name": "broken"}  # type: ignore[attr-defined]
    journal = ListJournal()
    records, _ = run(sums(3, scorer=broken), FakeModel(), journal)
    assert [record.result.cause for record in records if isinstance(record.result, Failure)] == [
        "scoring"
    ] * 3
    model = FakeModel()
    records, _ = run(sums(3), model, journal, earlier=Earlier.of(journal.records()))
    assert model.calls == {}
    assert [record.state for record in records] == ["right"] * 3


def test_a_wrong_key_stops_the_run_after_ten_requests() -> None:
    model = FakeModel(lambda question, attempt: fault("wrong-key", retryable=False, status=401))
    records, stop = run(sums(200), model, connections=2)
    assert len(records) <= BREAKER + 2
    assert "wrong-key" in stop.reason


def test_one_success_among_the_first_ten_keeps_the_run_going() -> None:
    def mostly_wrong(question, attempt):  # type: ignore[no-untyped-def]
        return (
            correct(question, attempt) if question.sample_id == "s004" else fault("http-400", retryable=False)
        )

    records, stop = run(sums(40), FakeModel(mostly_wrong), connections=1)
    assert len(records) == 40 and not stop.wanted


def test_a_full_disk_stops_the_run_and_says_how_many_answers_had_no_place() -> None:
    journal = ListJournal(full_at=5)
    with pytest.raises(StoreError, match="answers that came could not be kept"):
        run(sums(50), FakeModel(delay=0.001), journal, connections=4)
    assert len(journal.kept) == 5


def test_max_cost_stops_before_the_limit_is_passed() -> None:
    # One question may cost (6 bytes + 64 + 10 tokens) x 0.01 = about 0.80; it really costs 12 x 0.01 = 0.12.
    records, stop = run(sums(50), FakeModel(), budget="3.00", rate="0.01", connections=2)
    spent = sum(Decimal(record.cost_usd or "0") for record in records)
    assert Decimal(0) < spent <= Decimal("3.00")
    assert len(records) < 50 and "--max-cost" in stop.reason


def test_max_cost_counts_a_reply_without_usage_in_full() -> None:
    model = FakeModel(lambda question, attempt: Output("1", "stop"))
    records, _ = run(sums(50), model, budget="3.00", rate="0.01", connections=1)
    assert 1 <= len(records) <= 3
    assert all(record.cost_usd is None for record in records)


def test_max_cost_needs_a_price() -> None:
    with pytest.raises(UsageError, match="price of fake/model is unknown"):
        run(sums(3), FakeModel(), budget="3.00")


def test_a_stop_takes_what_is_in_flight_and_sends_nothing_new() -> None:
    model = FakeModel(delay=0.002)
    records, stop = run(sums(100), model, connections=5, stop_after=10)
    assert stop.reason == "enough"
    assert 10 <= len(records) <= 15
    assert len(model.calls) == len(records), "an answer on the way was thrown away"


def test_a_429_is_waited_for_at_least_as_told() -> None:
    def limited(question, attempt):  # type: ignore[no-untyped-def]
        if question.sample_id == "s000" and attempt == 1:
            return fault("rate-limited", status=429, retry_after=0.2)
        return correct(question, attempt)

    records, _ = run(sums(8), FakeModel(limited), connections=2)
    record = next(record for record in records if record.sample_id == "s000")
    assert record.state == "right"
    assert record.attempts[1].waited_s >= 0.2


def test_a_429_that_asks_for_hours_fails_instead_of_sleeping() -> None:
    model = FakeModel(lambda question, attempt: fault("rate-limited", status=429, retry_after=3600.0))
    records, _ = run(sums(1), model)
    assert isinstance(records[0].result, Failure) and records[0].result.cause == "rate-limited"
    assert model.calls[("s000", 1)] == 1


def test_cost_is_written_as_decimal_text() -> None:
    records, _ = run(sums(1), FakeModel(lambda q, a: Output("1", "stop", usage=Usage(3, 4))), rate="0.000001")
    assert records[0].cost_usd == "0.000007"


def test_what_cannot_be_an_answer_is_the_provider_s_fault_and_is_asked_again() -> None:
    """A scorer meets a log-probability above zero: marking the same reply again would help nobody."""

    def impossible(output: Output, sample: Sample) -> Score:
        raise fault("bad-logprobs", retryable=False)

    impossible.form = {"name": "impossible"}  # type: ignore[attr-defined]
    journal = ListJournal()
    records, _ = run(sums(3, scorer=impossible), FakeModel(), journal)
    assert [record.result.cause for record in records if isinstance(record.result, Failure)] == [
        "bad-logprobs"
    ] * 3
    model = FakeModel()
    records, _ = run(sums(3), model, journal, earlier=Earlier.of(journal.records()))
    assert len(model.calls) == 3 and {record.state for record in records} == {"right"}


def test_an_answer_marked_again_keeps_its_cost_and_is_not_paid_twice() -> None:
    def broken(output: Output, sample: Sample) -> Score:
        raise UsageError("the pattern took too long", "simplify it")

    broken.form = {"name": "broken"}  # type: ignore[attr-defined]
    journal = ListJournal()
    run(sums(3, scorer=broken), FakeModel(), journal, budget="100", rate="0.01")
    earlier = Earlier.of(journal.records())
    records, stop = run(sums(3), FakeModel(), journal, earlier=earlier, budget="0.000001", rate="0.01")
    assert [record.cost_usd for record in records] == ["0.12"] * 3
    assert not stop.wanted, "marking again costs nothing"


def test_after_a_burst_of_429s_fewer_are_on_the_wire_and_then_more_again() -> None:
    seen: list[int] = []

    def limited(question, attempt):  # type: ignore[no-untyped-def]
        if attempt == 1 and int(question.sample_id[1:]) < 8:
            return fault("rate-limited", status=429, retry_after=0.02)
        seen.append(model.active)
        return correct(question, attempt)

    model = FakeModel(limited, delay=0.001)
    records, _ = run(sums(120), model, connections=8)
    assert {record.state for record in records} == {"right"}
    assert max(seen[:4]) <= 4, "halved"
    assert max(seen) == 8, "and given back one by one"


def test_journal_first_then_everything_else() -> None:
    """What `keep` is told of is in the journal already: a figure never speaks of an answer that may be lost."""
    journal = ListJournal()
    told: list[int] = []

    async def go() -> None:
        task, model = sums(30), FakeModel(delay=0.0005)
        plan, samples = make_plan(task, model.spec)

        def keep(record: Record) -> None:
            assert journal.kept[-1] is record
            told.append(len(journal.kept))

        bench = Bench(model, journal, FlatPrices(), HandClock(), Nobody(), keep, 6, QUICK)
        await Runner(plan, task, samples, bench, Stop()).run(Earlier())

    asyncio.run(go())
    assert told == list(range(1, 31))


def test_no_more_records_are_in_memory_than_questions_on_the_wire() -> None:
    class Forgetful(ListJournal):
        """Counts the records that are alive at each append, and keeps none."""

        most = 0

        def append(self, record: Record) -> None:
            if record.sample_id.endswith("0"):
                alive = sum(isinstance(each, Record) for each in gc.get_objects())
                self.most = max(self.most, alive)

    gc.collect()
    before = sum(isinstance(each, Record) for each in gc.get_objects())
    journal = Forgetful()
    run(sums(300), FakeModel(delay=0.0002), journal, connections=5)
    assert 0 < journal.most - before <= 5 + 1
