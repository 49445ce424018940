"""Programs before the sandbox: side by side, off the event loop, while the workers go on asking.

An answer is in the journal, unmarked, before its program runs: a process that dies loses no answer, and
`--resume` judges it without asking again. What is still waiting when a stop comes stays unmarked.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

from fairtrial.core.errors import FairtrialError, IntegrityError, ProviderError
from fairtrial.core.execution import ExecutedScorer, Ruling, Sandbox, Trial
from fairtrial.core.record import UNMARKED, Execution, Failure, Record, Score
from fairtrial.core.sample import Sample
from fairtrial.evals.stop import Stop

BACKLOG: Final = 1_000
"""Answers that may wait for a judge before the workers wait too."""

PAUSES: Final = (0.2, 1.0, 4.0)
"""Seconds before each further attempt where the sandbox failed."""

MOST_FAULTS: Final = 10
"""Trials in a row that all end with a fault of the sandbox before the run stops by itself."""

PENDING: Final = Failure(
    UNMARKED,
    "the answer came, and its program was not judged yet",
    "run again with --resume: it is judged, and not asked again",
)
"""The result of an answer that waits for its judge."""

T = TypeVar("T")


class Court:
    """Takes answers, gives records. judges: programs that run at once. keep: what becomes of a finished record.

    Once a stop is wanted what is before a judge is finished, and nothing else is begun.
    """

    def __init__(
        self,
        scorer: ExecutedScorer,
        sandbox: Sandbox,
        judges: int,
        *,
        keep: Callable[[Record], None],
        now: Callable[[], float],
        stop: Stop,
    ) -> None:
        self._scorer, self._sandbox, self._judges = scorer, sandbox, judges
        self._keep, self._now, self._stop = keep, now, stop
        self._form = sandbox.form
        self._docket: asyncio.Queue[tuple[Record, Sample] | None] = asyncio.Queue(BACKLOG)
        self._waiting: dict[tuple[str, int], Record] = {}
        self._faults = self._busy = 0
        self._since = 0.0
        self.wall_s = 0.0
        """Seconds of the clock in which any program was being judged."""

    async def take(self, record: Record, sample: Sample) -> None:
        """An answer to judge, in the journal as PENDING; waits where too many wait already."""
        self._waiting[record.key] = record
        await self._docket.put((record, sample))

    def waiting(self) -> tuple[Record, ...]:
        """What was taken and has no end."""
        return tuple(self._waiting.values())

    def sit(self, group: asyncio.TaskGroup, workers: Sequence[asyncio.Task[None]]) -> None:
        """Judge in `group` until the workers are done and nothing waits."""
        for _ in range(self._judges):
            group.create_task(self._serve())
        group.create_task(self._adjourn(workers))

    async def _adjourn(self, workers: Sequence[asyncio.Task[None]]) -> None:
        await asyncio.wait(workers)
        for _ in range(self._judges):
            await self._docket.put(None)

    async def _serve(self) -> None:
        while (case := await self._docket.get()) is not None:
            if not self._stop.wanted:
                record = await self._judged(*case)
                del self._waiting[record.key]
                self._keep(record)

    async def _judged(self, record: Record, sample: Sample) -> Record:
        """The record with its score; a failure where the sandbox failed, or our own rule could not mark it."""
        pauses = iter(PAUSES)
        while True:
            try:
                done = await self._timed(lambda: self._mark(record, sample))
            except IntegrityError:
                raise
            except FairtrialError as error:
                failed = dataclasses.replace(record, result=Failure(UNMARKED, error.message, error.remedy))
                if not isinstance(error, ProviderError):
                    return failed
                pause = next(pauses, None) if error.retryable else None
                if pause is None or not await self._stop.sleep(pause):
                    self._count_fault()
                    return failed
            else:
                self._faults = 0
                return done

    async def _timed(self, work: Callable[[], T]) -> T:
        if not self._busy:
            self._since = self._now()
        self._busy += 1
        try:
            return await in_a_thread(work)
        finally:
            self._busy -= 1
            if not self._busy:
                self.wall_s += self._now() - self._since

    def _count_fault(self) -> None:
        self._faults += 1
        if self._faults == MOST_FAULTS:
            self._stop.request(f"the sandbox failed {MOST_FAULTS} times in a row")

    def _mark(self, record: Record, sample: Sample) -> Record:
        """Blocking: reads the program out of the answer, has it judged, and scores the ruling."""
        output = record.output
        assert output is not None
        trial = self._scorer.trial(output, sample)
        if isinstance(trial, Score):
            return dataclasses.replace(record, result=trial)
        ruling = self._rule(trial)
        execution = Execution(
            self._form, ruling.cause, ruling.detail, ruling.calls, round(max(0.0, ruling.seconds), 3)
        )
        score = self._scorer.score(ruling, output, sample)
        return dataclasses.replace(record, result=score, execution=execution)

    def _rule(self, trial: Trial) -> Ruling:
        """The ruling, with those on the other readings of the same answer; equal programs are judged once."""
        ruling = self._sandbox.judge(trial)
        if not trial.readings:
            return ruling
        exam = dataclasses.replace(trial.exam, further=0)
        others = {
            each: self._sandbox.judge(Trial(each, exam)) for each in dict.fromkeys(trial.readings.values())
        }
        return dataclasses.replace(
            ruling,
            others={name: others[program].passed for name, program in trial.readings.items()},
            seconds=ruling.seconds + sum(each.seconds for each in others.values()),
        )


async def in_a_thread(work: Callable[[], T]) -> T:
    """What blocking work returns, from a thread of its own that nobody waits for when the process ends: at a
    second Ctrl-C the sandboxes die with us."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)  # type: ignore[arg-type]
        else:
            done.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as caught:  # noqa: BLE001  (handed over to whoever waits)
            error = caught
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await done
