"""`--max-cost`: stop before the limit is passed, not after."""

from __future__ import annotations

from decimal import Decimal

from fairtrial.core.errors import UsageError
from fairtrial.core.output import Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Prices
from fairtrial.core.question import Generate, Question

OVERHEAD = 64
"""Tokens a chat template may add to a request, as an upper bound a message."""


class Budget:
    """Holds back, for every request on the wire, the most it can cost; real costs replace it as they come.

    The upper bound takes one token a byte of input (no byte-level tokenizer makes more) and `max_tokens` of
    output, so a run stops early rather than late. Raises UsageError where the model's price is unknown: a
    limit on an unknown price can't be held.
    """

    def __init__(self, limit: Decimal, spec: ModelSpec, prices: Prices, spent: Decimal) -> None:
        if limit <= 0:
            raise UsageError(f"max-cost is {limit}", "give an amount in US dollars above 0")
        if prices.cost(spec, Usage(input_tokens=1000, output_tokens=1000)) is None:
            raise UsageError(
                f"the price of {spec} is unknown, so --max-cost can't be kept",
                "give its price with --price-table FILE, or leave --max-cost out",
            )
        self.limit, self.spent = limit, spent
        self._held = Decimal(0)
        self._spec, self._prices = spec, prices

    def hold(self, question: Question) -> Decimal | None:
        """Reserve the most this question can cost; None where that might pass the limit."""
        most = self._prices.cost(self._spec, _most(question)) or Decimal(0)
        if self.spent + self._held + most > self.limit:
            return None
        self._held += most
        return most

    def settle(self, held: Decimal, cost: Decimal | None) -> None:
        """The request is over. `cost` None (usage not told): the whole reservation counts as spent."""
        self._held -= held
        self.spent += held if cost is None else cost

    def drop(self, held: Decimal) -> None:
        """The request failed without an answer: nothing was billed that anybody told us of."""
        self._held -= held


def _most(question: Question) -> Usage:
    if isinstance(question, Generate):
        size = sum(len(turn.content.encode("utf-8", "replace")) + OVERHEAD for turn in question.messages)
        return Usage(input_tokens=size, output_tokens=question.decoding.max_tokens)
    context = len(question.context.encode("utf-8", "replace"))
    texts = question.continuations
    size = sum(context + len(text.encode("utf-8", "replace")) + OVERHEAD for text in texts)
    return Usage(input_tokens=size, output_tokens=len(texts))
