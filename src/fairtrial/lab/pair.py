"""Two endpoints asked as one: which of them gets a question was drawn by lot, so that requests to both
interleave.

Of the 2 m times that a prompt is asked, m go to side a and m to side b, chosen by a digest of what is to be
asked and the prompt's id. Under "both answer by one distribution" every such choice was as likely as any
other: that is the permutation test's null, and holds by design.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Mapping
from typing import Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Model
from fairtrial.core.question import Generate, Loglikelihood, Question

PAIR: Final = "pair"


def pair_spec(a: ModelSpec, b: ModelSpec, *, each: int, order: str) -> ModelSpec:
    """each: questions a side and prompt; order: the digest that the lots are drawn from."""
    return ModelSpec(PAIR, f"{a} + {b}", {"a": a.to_json(), "b": b.to_json(), "each": each, "order": order})


def lots(order: str, sample_id: str, each: int) -> frozenset[int]:
    """The epochs, of 1 to 2 * each, in which side a is asked this sample."""
    seed = hashlib.sha256(f"{order} {sample_id}".encode("utf-8", "surrogatepass")).digest()
    return frozenset(random.Random(int.from_bytes(seed, "big")).sample(range(1, 2 * each + 1), each))


def open_pair(spec: ModelSpec, opening: Callable[[ModelSpec], Model]) -> Model:
    """Raises UsageError for a spec that `pair_spec` did not make."""
    return Pair(spec, opening(_side(spec, "a")), opening(_side(spec, "b")))


class Pair:
    """The `Model` port on two models."""

    def __init__(self, spec: ModelSpec, a: Model, b: Model) -> None:
        self._spec, self._a, self._b = spec, a, b
        self._order, self._each = str(spec.options["order"]), int(str(spec.options["each"]))
        self._lots: dict[str, frozenset[int]] = {}

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """Both can be asked."""
        await self._a.check(asks)
        await self._b.check(asks)

    async def generate(self, question: Generate) -> Output:
        return await self._drawn(question).generate(question)

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        return await self._drawn(question).loglikelihood(question)

    async def close(self) -> None:
        await asyncio.gather(self._a.close(), self._b.close())

    def _drawn(self, question: Question) -> Model:
        name = question.sample_id
        if name not in self._lots:
            self._lots[name] = lots(self._order, name, self._each)
        return self._a if question.epoch in self._lots[name] else self._b


def _side(spec: ModelSpec, side: str) -> ModelSpec:
    told = spec.options.get(side)
    if not isinstance(told, Mapping) or "order" not in spec.options or "each" not in spec.options:
        raise UsageError(f"{spec} names no two models", "compare two with: fairtrial audit --same-model A B")
    options: JSON = told.get("options")
    return ModelSpec(
        str(told.get("provider")), str(told.get("name")), options if isinstance(options, Mapping) else {}
    )
