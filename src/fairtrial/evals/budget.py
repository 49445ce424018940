"""`--max-cost`: stop before the limit is passed, not after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from fairtrial.core.errors import UsageError
from fairtrial.core.output import Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Prices
from fairtrial.core.question import Generate, Question
from fairtrial.core.record import UNMARKED, Failure, Record

OVERHEAD = 64
"""Tokens a chat template may add to a request, as an upper bound a message."""

MAYBE_BILLED = frozenset({"timeout", "short-body", "bad-reply", "provider-error"})
"""Causes of a failure after which the provider may have worked, and bill, all the same."""


class Budget:
    """Holds back, for every request on the wire, the most it can cost; real costs replace it as they come.

    The upper bound takes one token a byte of input (no byte-level tokenizer makes more) and `max_tokens` of
    output, so a run stops early rather than late. Raises UsageError where the model's price is unknown: a
    limit on an unknown price can't be held.
    """

    def __init__(self, limit: Decimal, spec: ModelSpec, prices: Prices) -> None:
        if not limit.is_finite() or limit <= 0:
            raise UsageError(f"max-cost is {limit}", "give an amount in US dollars above 0")
        if prices.cost(spec, Usage(input_tokens=1000, output_tokens=1000)) is None:
            raise UsageError(
                f"the price of {spec} is unknown, so --max-cost can't be kept",
                "give its price with --price-table FILE, or leave --max-cost out",
            )
        self.limit, self.spent = limit, Decimal(0)
        self._held = Decimal(0)
        self._spec, self._prices = spec, prices

    def recall(self, history: Iterable[Record], ask: Callable[[Record], Question]) -> None:
        """Count what earlier sessions of the run spent, by the rules that held while they went on.

        history: every record ever written. ask: the question that a record answers.
        """
        unmarked: set[tuple[str, int]] = set()
        for record in history:
            if record.key in unmarked:
                continue  # the same answer, marked again: it was paid once
            failed = isinstance(record.result, Failure)
            if isinstance(record.result, Failure) and record.result.cause == UNMARKED:
                unmarked.add(record.key)
                failed = False
            lost = sum(each.cause in MAYBE_BILLED for each in record.attempts)
            untold = not failed and record.cost_usd is None
            if lost or untold:
                self.spent += (lost + untold) * (self._most_cost(ask(record)) or Decimal(0))
            self.spent += Decimal(record.cost_usd or 0)

    def hold(self, question: Question) -> Decimal | None:
        """Reserve the most this question can cost; None where that might pass the limit, or nobody can say."""
        most = self._most_cost(question)
        if most is None or self.spent + self._held + most > self.limit:
            return None
        self._held += most
        return most

    def settle(self, held: Decimal, cost: Decimal | None) -> None:
        """The request was answered. `cost` None (usage not told): the whole reservation counts as spent."""
        self._held -= held
        self.spent += held if cost is None else cost

    def fail(self, held: Decimal, cause: str) -> None:
        """The request failed. One that may have been worked on counts as paid in full: the limit holds even
        then."""
        self._held -= held
        if cause in MAYBE_BILLED:
            self.spent += held

    def _most_cost(self, question: Question) -> Decimal | None:
        return self._prices.cost(self._spec, _most(question))


def _most(question: Question) -> Usage:
    if isinstance(question, Generate):
        size = sum(len(turn.content.encode("utf-8", "replace")) + OVERHEAD for turn in question.messages)
        return Usage(input_tokens=size, output_tokens=question.decoding.max_tokens)
    context = len(question.context.encode("utf-8", "replace"))
    texts = question.continuations
    size = sum(context + len(text.encode("utf-8", "replace")) + OVERHEAD for text in texts)
    return Usage(input_tokens=size, output_tokens=len(texts))
