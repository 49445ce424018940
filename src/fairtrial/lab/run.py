"""What a run is to its caller: a folder with figures; and how fast it may go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol

from fairtrial.adapters.stores.folder import read_records
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Sandbox
from fairtrial.core.plan import Plan
from fairtrial.core.record import Record
from fairtrial.core.summary import Summary
from fairtrial.metrics.tally import Tally


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast and how patiently: outside the plan, since it changes no question.

    connections: requests on the wire at most. timeout_s: bound on one whole answer.
    """

    connections: int = 20
    max_retries: int = 5
    max_wait_s: float = 120.0
    timeout_s: float = 900.0

    def __post_init__(self) -> None:
        if self.connections < 1:
            raise UsageError(f"max-connections is {self.connections}", "give at least 1")
        if not self.timeout_s > 0:
            raise UsageError(f"timeout is {self.timeout_s}", "give seconds above 0")


NORMAL = Pace()

STOPPED = "stopped"
"""Begins the reason of a stop that a person asked for."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished (or cut) run: a folder of plain files, and its figures.

    interrupted: a person stopped it just now (not: at some time in the past); then nothing else should be
    started either.
    """

    path: Path
    plan: Mapping[str, JSON]
    digest: str
    summary: Summary
    tally: Tally = field(repr=False)
    interrupted: bool = False

    def records(self) -> Iterator[Record]:
        """The latest record of every question, read from the folder as you go."""
        return read_records(self.path)

    def _repr_html_(self) -> str:
        return str(import_module("fairtrial.lab.pages").notebook(self.summary))


class Life(Protocol):
    """What a registered run says in a log. `fairtrial.lab.run_life.RunLife` is one; most runs have none."""

    def owns(self, run: Path) -> bool:
        """Whether `resume` may go on with this run folder."""
        ...

    def begun(self, run: Path) -> bool:
        """Whether START was signed: such a run goes on before any that was only prepared."""
        ...

    def begin(self, run: Path, plan: Plan, items: Sequence[str], sandbox: Sandbox | None) -> None:
        """Returns once the first question may be asked; raises where none may. items: ids of the samples, in the
        plan's order."""
        ...

    def end(self, run: Run) -> None:
        """Every question is answered, and the journal is on the disk. May be told twice."""
        ...


class Silent:
    """Nobody watches."""

    def started(self, model: str, task: str, total: int, already: int) -> None: ...

    def advanced(self, record: Record, in_flight: int) -> None: ...

    def notice(self, text: str) -> None: ...

    def finished(self) -> None: ...
