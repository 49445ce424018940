"""The one loop: plan in, records out.

N workers pull from one iterator (no task per sample: ten thousand of them cost memory and scheduling). A
worker asks, marks, and appends to the journal before it asks again, so that what was answered survives the
death of the process. A provider that fails yields a `Failure`, never a score. What each fault must lead to
stands in `docs/reference/faults.md`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fairtrial.core.errors import FairtrialError, IntegrityError, ProviderError, StoreError, UsageError
from fairtrial.core.execution import ExecutedScorer, Sandbox
from fairtrial.core.output import Output
from fairtrial.core.plan import Plan
from fairtrial.core.ports import Clock, Journal, Model, Prices, Progress
from fairtrial.core.question import Generate, Question, question_digest
from fairtrial.core.record import UNMARKED, Attempt, Failure, Record, Score
from fairtrial.core.sample import Sample
from fairtrial.core.task import Scorer, Task
from fairtrial.evals.budget import Budget
from fairtrial.evals.court import PENDING, Court
from fairtrial.evals.gate import Gate
from fairtrial.evals.retry import STANDARD, RetryPolicy
from fairtrial.evals.stop import Stop

BREAKER = 10
"""Completed requests that must all fail for one non-retryable cause before the run stops by itself."""
SYNC_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an interrupted run left: keys (sample id, epoch) that need no asking, and answers to mark."""

    answered: frozenset[tuple[str, int]] = frozenset()
    unmarked: Mapping[tuple[str, int], Record] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record]) -> Earlier:
        """Failed samples are neither: they are asked again."""
        answered: set[tuple[str, int]] = set()
        unmarked: dict[tuple[str, int], Record] = {}
        for record in records:
            if not isinstance(record.result, Failure):
                answered.add(record.key)
            elif record.result.cause == UNMARKED:
                unmarked[record.key] = record
        return cls(frozenset(answered), unmarked)


@dataclass(frozen=True, slots=True)
class Bench:
    """What the runner works with; the lab puts it together. sandbox: for tasks whose answers are programs.
    judges: programs that run at once."""

    model: Model
    journal: Journal
    prices: Prices
    clock: Clock
    progress: Progress
    keep: Callable[[Record], None]
    connections: int = 20
    retry: RetryPolicy = STANDARD
    budget: Budget | None = None
    sandbox: Sandbox | None = None
    judges: int = 1


class Runner:
    """One run of one plan. `run` returns when every question has a record or a stop was requested."""

    def __init__(self, plan: Plan, task: Task, samples: Sequence[Sample], bench: Bench, stop: Stop) -> None:
        self.plan, self.task, self.samples, self.bench, self.stop = plan, task, samples, bench, stop
        self.gate = Gate(bench.connections, bench.clock.monotonic)
        # Jitter only: no score depends on it.
        self._rng = random.Random(plan.seed)
        self._completed = 0
        self._breaker_cause: str | None = None
        self._homeless: list[Record] = []
        self._store_error: StoreError | None = None
        self._scorer: Scorer | None = None
        self._court: Court | None = None
        if isinstance(task.scorer, ExecutedScorer):
            self._court = self._convene(task.scorer)
        else:
            self._scorer = task.scorer

    def _convene(self, scorer: ExecutedScorer) -> Court:
        if self.bench.sandbox is None:
            raise UsageError(f"{self.task.name} is marked by running programs, and there is no sandbox")
        now = self.bench.clock.monotonic
        return Court(scorer, self.bench.sandbox, self.bench.judges, keep=self._keep, now=now, stop=self.stop)

    @property
    def judging_s(self) -> float:
        """Seconds of the clock in which programs were being judged; 0 for a task without any."""
        return 0.0 if self._court is None else self._court.wall_s

    async def run(self, earlier: Earlier) -> None:
        """Ask what `earlier` does not answer yet. Raises StoreError if a record could not be kept."""
        todo = self._todo(earlier)
        workers = max(1, min(self.bench.connections, self.plan.total - len(earlier.answered)))
        watch = asyncio.create_task(self._open_gate_on_stop())
        syncing = asyncio.create_task(self._sync_in_groups())
        try:
            async with asyncio.TaskGroup() as group:
                asking = [group.create_task(self._work(todo)) for _ in range(workers)]
                if self._court is not None:
                    self._court.sit(group, asking)
        except* FairtrialError as errors:
            raise errors.exceptions[0] from None
        finally:
            watch.cancel()
            syncing.cancel()
            await asyncio.gather(watch, syncing, return_exceptions=True)
            for record in self._court.waiting() if self._court else ():
                self._keep(record)
        self._last_chance()

    def _todo(self, earlier: Earlier) -> Iterator[tuple[Sample, int, Record | None]]:
        """Epoch by epoch, so that a cut run has seen as many samples as possible."""
        for epoch in range(1, self.plan.epochs + 1):
            for sample in self.samples:
                key = (sample.id, epoch)
                if key not in earlier.answered:
                    yield sample, epoch, earlier.unmarked.get(key)

    async def _work(self, todo: Iterator[tuple[Sample, int, Record | None]]) -> None:
        for sample, epoch, unmarked in todo:
            if self.stop.wanted:
                return
            question = self.task.question(sample, epoch)
            if unmarked is not None and unmarked.output is not None:
                # It was answered and only the marking failed: mark again, don't ask again.
                cost = None if unmarked.cost_usd is None else Decimal(unmarked.cost_usd)
                record = self._marked(sample, question, unmarked.output, unmarked.attempts, cost)
            else:
                asked = await self._ask(sample, question)
                if asked is None:
                    return
                record = asked
            if record.result is PENDING and self._court is not None:
                # A worker that waits for a place before the court holds no connection.
                if unmarked is not None or self._journalled(record):
                    await self._court.take(record, sample)
            else:
                self._keep(record)

    async def _ask(self, sample: Sample, question: Question) -> Record | None:
        """One question, with all its attempts. None where a stop came before an answer."""
        attempts: list[Attempt] = []
        waited = 0.0
        while True:
            entered = await self.gate.enter()
            try:
                if self.stop.wanted:
                    return None
                held = self._hold(question)
                if held is None:
                    return None
                at = self.bench.clock.now()
                try:
                    output = await self._put(question)
                except ProviderError as error:
                    if self.bench.budget is not None:
                        self.bench.budget.fail(held, error.cause)
                    took = self.bench.clock.monotonic() - entered
                    attempts.append(Attempt(at, round(took, 6), error.status, error.cause, round(waited, 3)))
                    wait = self.bench.retry.wait(error, len(attempts), self._rng)
                    if error.status == 429 and error.retryable:
                        self.gate.throttled(wait or 0.0, entered)
                    if wait is None:
                        return self._failed(sample, question, error, attempts)
                else:
                    took = self.bench.clock.monotonic() - entered
                    attempts.append(Attempt(at, round(took, 6), output.status, None, round(waited, 3)))
                    self.gate.succeeded()
                    self._completed += 1
                    self._breaker_cause = None
                    cost = self._settle(held, output)
                    return self._marked(sample, question, output, tuple(attempts), cost)
            finally:
                self.gate.leave()
            waited = wait
            if not await self.stop.sleep(wait):
                return None

    async def _put(self, question: Question) -> Output:
        if isinstance(question, Generate):
            return await self.bench.model.generate(question)
        return await self.bench.model.loglikelihood(question)

    def _marked(
        self,
        sample: Sample,
        question: Question,
        output: Output,
        attempts: tuple[Attempt, ...],
        cost: Decimal | None,
    ) -> Record:
        if self._scorer is None:
            return self._record(sample, question, PENDING, attempts, output, cost)
        result: Score | Failure
        try:
            result = self._scorer(output, sample)
        except IntegrityError:
            raise
        except ProviderError as error:
            # What came can't be an answer (a log-probability above zero): the provider's fault, asked again.
            result = Failure(error.cause, error.message, error.remedy)
        except FairtrialError as error:
            # The answer came; our rule could not mark it. No score, and never a zero.
            result = Failure(UNMARKED, error.message, error.remedy)
        return self._record(sample, question, result, attempts, output, cost)

    def _failed(
        self, sample: Sample, question: Question, error: ProviderError, attempts: Sequence[Attempt]
    ) -> Record:
        self._break_circuit(error)
        wire = Output(None, request=error.request or "", response=error.response or "", status=error.status)
        failure = Failure(error.cause, error.message, error.remedy)
        return self._record(sample, question, failure, tuple(attempts), wire, None)

    def _record(
        self,
        sample: Sample,
        question: Question,
        result: Score | Failure,
        attempts: tuple[Attempt, ...],
        output: Output | None,
        cost: Decimal | None,
    ) -> Record:
        return Record(
            sample_id=sample.id,
            epoch=question.epoch,
            input=sample.text,
            target=sample.target,
            question=question_digest(question),
            result=result,
            output=output,
            choices=sample.choices,
            groups=self.task.groups(sample),
            attempts=attempts,
            cost_usd=None if cost is None else f"{cost:f}",
        )

    def _keep(self, record: Record) -> None:
        """Journal first, then everything else. Without a journal line nothing counts as answered."""
        if record.result is PENDING or self._journalled(record):
            self.bench.keep(record)
            self.bench.progress.advanced(record, self.gate.active)

    def _journalled(self, record: Record) -> bool:
        try:
            self.bench.journal.append(record)
        except StoreError as error:
            self._homeless.append(record)
            self._store_error = error
            self.stop.request("store")
            return False
        return True

    def _last_chance(self) -> None:
        """Answers that found no place: the disk may have room again by now. What still has none is told."""
        while self._homeless:
            try:
                self.bench.journal.append(self._homeless[0])
            except StoreError as error:
                lost = len(self._homeless)
                told = f"{error.message}; {lost} answers that came could not be kept"
                raise StoreError(told, error.remedy) from error
            self.bench.keep(self._homeless.pop(0))
        if self._store_error is not None:
            raise self._store_error

    def _break_circuit(self, error: ProviderError) -> None:
        """A wrong key must not cost ten thousand requests."""
        self._completed += 1
        if error.retryable:
            self._breaker_cause = None
            return
        if self._completed == 1:
            self._breaker_cause = error.cause
        elif self._breaker_cause != error.cause:
            self._breaker_cause = None
        if self._breaker_cause is not None and self._completed == BREAKER:
            self.stop.request(f"the first {BREAKER} requests all failed with {error.cause}")

    def _settle(self, held: Decimal, output: Output) -> Decimal | None:
        """What the answer cost, None where unknown; the reservation goes."""
        usage = output.usage
        cost = None if usage is None else self.bench.prices.cost(self.bench.model.spec, usage)
        if self.bench.budget is not None:
            self.bench.budget.settle(held, cost)
        return cost

    def _hold(self, question: Question) -> Decimal | None:
        if self.bench.budget is None:
            return Decimal(0)
        held = self.bench.budget.hold(question)
        if held is None:
            self.stop.request(f"the next question could pass --max-cost {self.bench.budget.limit}")
        return held

    async def _open_gate_on_stop(self) -> None:
        await self.stop.event.wait()
        self.gate.open_wide()

    async def _sync_in_groups(self) -> None:
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            await asyncio.to_thread(self.bench.journal.sync)
