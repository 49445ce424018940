"""--max-cost is never passed: not by many connections, not by faults, not across sessions."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import Output, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding, Generate, Loglikelihood, Question
from fairtrial.core.record import UNMARKED, Attempt, Failure, Record, Score
from fairtrial.core.sample import Message
from fairtrial.evals.budget import MAYBE_BILLED, OVERHEAD, Budget
from fairtrial.evals.planning import make_plan
from fairtrial.evals.retry import RetryPolicy
from fairtrial.evals.runner import Bench, Earlier, Runner
from fairtrial.evals.stop import Stop
from tests.laboratory import FakeModel, FlatPrices, HandClock, ListJournal, Nobody, sums

SPEC = ModelSpec("fake", "model")
ASKED = Generate("s", 1, (Message("user", "12345"),), Decoding(max_tokens=10))
MOST = Decimal(5 + OVERHEAD + 10)
"""Tokens of `ASKED` at most: bytes, a template's words, and the answer's limit."""


def budget(limit: str, rate: str = "1") -> Budget:
    return Budget(Decimal(limit), SPEC, FlatPrices(rate))


def test_a_question_holds_back_the_most_it_can_cost() -> None:
    mine = budget("200")
    assert mine.hold(ASKED) == MOST and mine.hold(ASKED) == MOST
    assert mine.hold(ASKED) is None, "2 x 79 are held; a third might pass 200"
    mine.settle(MOST, Decimal(9))
    assert mine.spent == 9
    assert mine.hold(ASKED) == MOST, "70 came free"
    mine.fail(MOST, "http-500")
    assert mine.spent == 9, "refused at the door: not billed"
    mine.fail(MOST, "timeout")
    assert mine.spent == 9 + MOST, "may have been worked on: counts in full"


def test_an_answer_that_tells_no_usage_counts_in_full() -> None:
    mine = budget("200")
    held = mine.hold(ASKED)
    assert held is not None
    mine.settle(held, None)
    assert mine.spent == MOST


def test_the_limit_itself_may_be_reached() -> None:
    assert budget(str(MOST)).hold(ASKED) == MOST
    assert budget(str(MOST - Decimal("0.01"))).hold(ASKED) is None


def test_a_likelihood_question_pays_its_context_for_every_choice() -> None:
    asked = Loglikelihood("s", 1, "context", (" yes", " no"))
    assert budget("1000").hold(asked) == 2 * (7 + OVERHEAD) + 4 + 3 + 2


@pytest.mark.parametrize("limit", ["0", "-1", "NaN", "Infinity", "-Infinity", "sNaN"])
def test_a_limit_that_is_no_amount_is_refused(limit: str) -> None:
    with pytest.raises(UsageError, match="give an amount in US dollars above 0"):
        budget(limit)


class Patchy(FlatPrices):
    """Knows a price for short requests alone."""

    def cost(self, model: ModelSpec, usage: Usage) -> Decimal | None:
        return None if (usage.input_tokens or 0) > 1000 else super().cost(model, usage)


def test_a_question_without_a_price_is_not_free() -> None:
    mine = Budget(Decimal(10**6), SPEC, Patchy("1"))
    assert mine.hold(ASKED) == MOST
    long = Generate("s", 1, (Message("user", "x" * 2000),), Decoding(max_tokens=10))
    assert mine.hold(long) is None


def earlier(name: str, *causes: str, cost: str | None = None, failed: str | None = None) -> Record:
    attempts = tuple(Attempt("t", 1.0, None, cause) for cause in causes)
    result = Score("right", 1.0) if failed is None else Failure(failed, "x")
    return Record(name, 1, "", ("x",), "q", result, Output("x"), attempts=attempts, cost_usd=cost)


@pytest.mark.parametrize(
    ("history", "spent"),
    [
        ([], 0),
        ([earlier("a", cost="3"), earlier("b", cost="4")], 7),
        ([earlier("a", cost="3"), earlier("b")], 3 + MOST),
        ([earlier("a", "timeout", "timeout", cost="3")], 3 + 2 * MOST),
        ([earlier("a", "http-500", "rate-limited", "connection", cost="3")], 3),
        ([earlier("a", "http-500", failed="http-500")], 0),
        ([earlier("a", "timeout", "timeout", failed="timeout")], 2 * MOST),
        ([earlier("a", "timeout", failed="timeout"), earlier("a", cost="3")], 3 + MOST),
        ([earlier("a", cost="3", failed=UNMARKED)], 3),
        ([earlier("a", failed=UNMARKED)], MOST),
        ([earlier("a", cost="3", failed=UNMARKED), earlier("a", cost="3")], 3),
        ([earlier("a", "timeout", cost="3", failed=UNMARKED), earlier("a", "timeout", cost="3")], 3 + MOST),
    ],
)
def test_what_earlier_sessions_spent_is_remembered(history: list[Record], spent: Decimal) -> None:
    mine = budget("100000")
    mine.recall(history, lambda record: ASKED)
    assert mine.spent == spent


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(1, 12), st.floats(100, 4000), st.booleans(), st.sampled_from([1, 2, 3])
)
def test_no_mixture_of_connections_faults_and_sessions_passes_the_limit(
    seed: int, connections: int, limit: float, tells: bool, sessions: int
) -> None:
    """The provider bills whatever it worked on, up to the most a request can cost, and may not say so."""
    rng = random.Random(seed)
    billed = Decimal(0)
    task = sums(40, decoding=Decoding(max_tokens=10))

    def script(question: Generate, attempt: int) -> Output | ProviderError:
        nonlocal billed
        fate = rng.random()
        size = len(question.prompt.encode())
        if fate < 0.15:
            return ProviderError("refused", cause="http-500", retryable=True)
        usage = Usage(rng.randint(1, size + OVERHEAD), rng.randint(0, 10))
        billed += sum(each or 0 for each in (usage.input_tokens, usage.output_tokens))
        if fate < 0.3:
            cause = rng.choice(sorted(MAYBE_BILLED))
            return ProviderError("lost on the way", cause=cause, retryable=rng.random() < 0.7)
        told = usage if tells or rng.random() < 0.5 else None
        return Output("1", "stop", usage=told)

    async def session(journal: ListJournal) -> None:
        model = FakeModel(script, delay=0.0)
        plan, samples = make_plan(task, model.spec)
        prices = FlatPrices("1")
        mine = Budget(Decimal(str(limit)), model.spec, prices)
        by_id = {sample.id: sample for sample in samples}

        def ask(record: Record) -> Question:
            return task.question(by_id[record.sample_id], record.epoch)

        mine.recall(journal.kept, ask)
        bench = Bench(
            model, journal, prices, HandClock(), Nobody(), lambda record: None, connections,
            RetryPolicy(2, 1.0, 0.0, 0.0), mine,
        )  # fmt: skip
        await Runner(plan, task, samples, bench, Stop()).run(Earlier.of(journal.records()))
        assert mine.spent <= mine.limit and mine._held == 0

    journal = ListJournal()
    for _ in range(sessions):
        asyncio.run(session(journal))
    assert billed <= Decimal(str(limit))
