"""A user's own exams, tried before the first question: an exam that can't tell right from wrong would cost money
for every answer, and mark them all alike.

Trying one starts two sandboxes: some 35 ms of processor time, half a minute for 1,000 rows on two quiet cores. So
one that was tried is not tried again: its digest is kept in the user's cache folder, where deleting it costs
nothing but time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Exam
from fairtrial.core.task import Task
from fairtrial.core.version import VERSION
from fairtrial.evals.code_rows import RowScorer
from fairtrial.evals.row_files import SHOWN, Faults
from fairtrial.lab.judging import usable_cores

TOLD_FROM: Final = 20
"""Exams to try from which on a person is told what the wait is for."""

PATIENCE_S: Final = 60.0
"""After so long, with `SHOWN` faults found already, the rest is left untried: each may take all its time."""

KEPT_LIMIT: Final = 2**24
"""Bytes of the file of digests; beyond it is begun anew."""


@runtime_checkable
class Examiner(Protocol):
    """A sandbox that can try an exam. Raises UsageError for a bad exam, ProviderError for a fault of ours."""

    @property
    def form(self) -> Mapping[str, JSON]: ...

    def try_exam(self, exam: Exam) -> None: ...


def unheard(text: str) -> None:
    """Nobody listens."""


def try_exams(
    task: Task,
    wanted: Iterable[str],
    sandbox: object,
    environ: Mapping[str, str],
    tell: Callable[[str], None] = unheard,
) -> None:
    """Every exam that a user's rows bring for the `wanted` samples, on all cores: its reference passes, no
    constant answer does, and it calls the program. Tasks of ours are tried by our own tests.

    Raises UsageError naming every bad row, ProviderError where the sandbox fails.
    """
    scorer = task.scorer
    if not isinstance(scorer, RowScorer) or not isinstance(sandbox, Examiner):
        return
    tried = Tried.of(environ, sandbox.form)
    exams = {name: scorer.exams[name] for name in wanted}
    todo = {name: exam for name, exam in exams.items() if not tried.holds(exam)}
    if len(todo) >= TOLD_FROM:
        tell(f"{task.name}: {len(todo):,} rows' tests are tried on their own references first, once")
    faults = Faults(task.origin.source)
    left = _try(todo, sandbox, tried, lambda name, error: _add(faults, scorer.where[name], error))
    if left:
        faults.kept[-1] = (
            f"{faults.kept[-1][0]}\n  {left:,} rows were not tried any more",
            faults.kept[-1][1],
        )
    faults.raise_if_any()


def _add(faults: Faults, where: str, error: UsageError) -> None:
    faults.add(where, error.message.replace(" can't be used", ""), error.remedy)


def _try(
    todo: Mapping[str, Exam],
    sandbox: Examiner,
    tried: Tried,
    bad: Callable[[str, UsageError], None],
) -> int:
    """How many were left untried. Bad ones are told in the rows' order, as far as they were tried."""
    end = time.monotonic() + PATIENCE_S
    found: dict[str, UsageError] = {}
    pool = ThreadPoolExecutor(usable_cores())
    try:
        running = {pool.submit(sandbox.try_exam, exam): name for name, exam in todo.items()}
        waiting: set[Future[None]] = set(running)
        while waiting and not (len(found) >= SHOWN and time.monotonic() > end):
            done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
            for each in done:
                try:
                    each.result()
                    tried.add(todo[running[each]])
                except UsageError as error:
                    found[running[each]] = error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        tried.keep()
    for name in todo:
        if name in found:
            bad(name, found[name])
    return len(waiting)


@dataclass(slots=True)
class Tried:
    """Digests of exams that passed their trial in this form of sandbox. path: None where nothing can be kept."""

    path: Path | None
    form: Mapping[str, JSON]
    known: set[str]
    new: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, environ: Mapping[str, str], form: Mapping[str, JSON]) -> Tried:
        home = environ.get("XDG_CACHE_HOME") or (environ.get("HOME") and f"{environ['HOME']}/.cache")
        path = Path(home, "fairtrial", "exams-tried") if home and os.path.isabs(home) else None
        known: set[str] = set()
        with suppress(OSError):  # nothing kept yet, or unreadable: then everything is tried
            if path is not None and path.stat().st_size <= KEPT_LIMIT:
                known = set(path.read_text("ascii", "replace").split())
        return cls(path, form, known)

    def holds(self, exam: Exam) -> bool:
        return self._digest(exam) in self.known

    def add(self, exam: Exam) -> None:
        self.new.append(self._digest(exam))

    def keep(self) -> None:
        """What was added, to the file; a folder that can't be written to costs time, and nothing else."""
        if self.path is None or not self.new:
            return
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            anew = self.path.exists() and self.path.stat().st_size > KEPT_LIMIT
            with open(self.path, "w" if anew else "a", encoding="ascii") as file:
                file.write("".join(f"{each}\n" for each in self.new))
        self.new.clear()

    def _digest(self, exam: Exam) -> str:
        what = [VERSION, sys.version_info[:3], dict(self.form), asdict(exam)]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
