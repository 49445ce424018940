"""One sum of money for many runs: a lab whose `--max-cost` bounds all that it asks together."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from fairtrial.core.errors import ProviderError
from fairtrial.core.task import Task
from fairtrial.lab.lab import Lab
from fairtrial.lab.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from fairtrial.core.plan import ModelSpec

SPENT: Final = "max-cost"
"""Cause of the error that says so."""


class Purse(Lab):
    """Another lab's keys, clock and prices, a folder of its own, and at most `limit` US dollars for all runs
    together; None: no limit."""

    @classmethod
    def of(cls, lab: Lab, out: Path, limit: Decimal | None) -> Purse:
        made = cls.__new__(cls)
        made.__dict__.update(copy.copy(lab.__dict__))
        made.out = out
        made._limit, made._spent = limit, {}
        return made

    _limit: Decimal | None
    _spent: dict[str, Decimal]

    @property
    def spent(self) -> Decimal:
        return sum(self._spent.values(), Decimal(0))

    def run(self, task: Task | str | Path, model: str | ModelSpec, **settings: Any) -> Run:
        """As `Lab.run`. Raises ProviderError, cause "max-cost", where nothing is left to spend."""
        if self._limit is None:
            return super().run(task, model, **settings)
        left = self._limit - self.spent
        if left <= 0:
            raise ProviderError(
                f"the budget of ${self._limit} is spent", "raise --max-cost and add --resume", cause=SPENT
            )
        run = super().run(task, model, max_cost=left, **settings)
        self._spent[str(run.path)] = left if _cut(run) else Decimal(run.summary.cost_usd or 0)
        return run


def _cut(run: Run) -> bool:
    """Whether the run stopped for its money: then what is left is too little for any question."""
    return "--max-cost" in str(run.summary.provenance.get("stopped", ""))
