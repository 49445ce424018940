"""The one object that owns keys, sockets, files and a clock, and hands them down as ports.

    from fairtrial import Lab
    lab = Lab("runs")
    ours = lab.run("support_cases.jsonl", model="openai/gpt-4o-mini")
    theirs = lab.run("support_cases.jsonl", model="anthropic/claude-haiku")
    print(lab.compare(ours, theirs))        # a sentence; .difference is an Estimate

Everything else in Fairtrial takes values and returns values.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from fairtrial.adapters.clock import SystemClock
from fairtrial.adapters.hub import Hub
from fairtrial.adapters.models.setting import Timeouts
from fairtrial.adapters.prices import PriceTable
from fairtrial.adapters.registry import located, open_model
from fairtrial.adapters.stores.folder import (
    REGISTRATION,
    REPORT,
    SUMMARY,
    RunFolder,
    find_runs,
    read_plan,
    read_records,
    read_summary,
    stamp_of,
    write_file,
)
from fairtrial.benchmarks.recordings import RECORDINGS
from fairtrial.core.audited import Audited
from fairtrial.core.canon import JSON
from fairtrial.core.claim import Claim
from fairtrial.core.comparison import Comparison
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.execution import Sandbox
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.ports import Clock, Model, Prices, Progress
from fairtrial.core.record import Record
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task
from fairtrial.core.version import VERSION
from fairtrial.evals.budget import Budget
from fairtrial.evals.planning import make_plan, select
from fairtrial.evals.retry import RetryPolicy
from fairtrial.evals.runner import Bench, Earlier, Runner
from fairtrial.evals.stop import Stop
from fairtrial.lab.bundled import BUNDLED
from fairtrial.lab.judging import judging, lacking, sandbox_for, usable_cores
from fairtrial.lab.loop import interrupts, settled_memory, to_the_end
from fairtrial.lab.opening import open_task
from fairtrial.lab.pair import PAIR, open_pair
from fairtrial.lab.rereading import asker, belonging
from fairtrial.lab.run import NORMAL, STOPPED, Life, Pace, Run, Silent
from fairtrial.lab.trying import try_exams, unheard
from fairtrial.metrics.summary import summarise
from fairtrial.metrics.tally import Tally

if TYPE_CHECKING:
    from fairtrial.trust.verification import Verification

Watch = Callable[[Callable[[], tuple[float, float, float] | None]], Progress]


class Lab:
    """Runs plans and compares runs. `out` is where run folders go; keys come from `environ` alone."""

    def __init__(
        self,
        out: str | Path = "runs",
        *,
        environ: Mapping[str, str] | None = None,
        price_table: str | Path | None = None,
        clock: Clock | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.out = Path(out)
        self.environ = os.environ if environ is None else environ
        self.clock = clock or SystemClock()
        table = None if price_table is None else Path(price_table)
        self.prices: Prices = PriceTable(self.clock.now()[:10], table)
        self._watch = watch or (lambda bounds: Silent())

    def task(self, name: str | Path, **options: Any) -> Task:
        """A benchmark by name, or a file of rows, or a task file. Options as in `fairtrial.tasks.open_task`."""
        return open_task(str(name), datasets=Hub(self.environ), **options)

    def plan(self, task: Task, model: str | ModelSpec, **settings: Any) -> tuple[Plan, tuple[Sample, ...]]:
        """What would be run, and on which samples. Settings: epochs, limit, seed."""
        return make_plan(task, located(_spec(model), self.environ), **settings)

    def run(
        self,
        task: Task | str | Path,
        model: str | ModelSpec,
        *,
        epochs: int = 1,
        limit: int | None = None,
        seed: int = 0,
        resume: bool = False,
        max_cost: Decimal | str | None = None,
        pace: Pace = NORMAL,
        life: Life | None = None,
        **options: Any,
    ) -> Run:
        """Ask a model every question of a task and keep what it answers.

        options: how the task is opened (`scorer`, `num_fewshot`, `temperature`, …) where `task` is a name or
        a file. resume: continue the newest unfinished run of the same plan, return the complete one where it
        is done. life: of a registered run, what it says in a log before the first question and after the last
        (`fairtrial.lab.run_life.RunLife`). Raises UsageError, ProviderError (before the first question),
        StoreError. A run that could not ask everything returns with `summary.status == "incomplete"`.
        """
        if not isinstance(task, Task):
            task = self.task(task, **options)
        elif options:
            raise UsageError(f"{', '.join(options)} belong to opening a task, and this task is open already")
        spec = located(_spec(model), self.environ)
        plan, samples = make_plan(task, spec, epochs=epochs, limit=limit, seed=seed)
        if resume and (done := self._complete(plan, life)) is not None:
            return done
        # Before there is a question to pay for: an answer that nobody can judge would be money lost.
        sandbox = sandbox_for(task, self.environ)
        try_exams(task, [sample.id for sample in samples], sandbox, self.environ)
        client = self.open(spec, pace)
        return to_the_end(
            lambda: self._run(
                plan, task, samples, client, sandbox, life, resume=resume, max_cost=max_cost, pace=pace
            )
        )

    def lacks(self, task: Task) -> UsageError | None:
        """What this machine lacks to mark the task's answers; None where nothing."""
        return lacking(task, self.environ)

    def try_exams(
        self, task: Task, *, limit: int | None = None, tell: Callable[[str], None] = unheard
    ) -> None:
        """Whether a user's own rows can tell right from wrong programs; `run` does it too. Tried once, then known.
        Raises UsageError naming every row that can't, and where no sandbox works."""
        names = [sample.id for sample in select(task, limit)]
        try_exams(task, names, sandbox_for(task, self.environ), self.environ, tell)

    def open(self, model: str | ModelSpec, pace: Pace = NORMAL) -> Model:
        """A model that can be asked; no connection is opened yet. Whoever opens it closes it."""
        spec = located(_spec(model), self.environ)
        if spec.provider == PAIR:
            return open_pair(spec, lambda side: self.open(side, pace))
        return open_model(
            spec,
            timeouts=Timeouts(whole=pace.timeout_s, first_byte=min(300.0, pace.timeout_s)),
            connections=pace.connections,
            environ=self.environ,
            recordings=RECORDINGS,
            bundled=BUNDLED,
        )

    def load(self, path: str | Path) -> Run:
        """A run from its folder: the figures are computed anew from the records."""
        folder = Path(path)
        plan, digest = read_plan(folder)
        tally = Tally()
        for record in belonging(read_records(folder), Plan.from_json(plan), str(folder)):
            tally.add(record)
        stored = read_summary(folder) or {}
        if stored.get("plan", digest) != digest:
            raise IntegrityError(
                f"{folder}: plan.json is not the plan that summary.json was made under",
                "restore both from a copy; a plan is never edited",
            )
        provenance = stored.get("provenance")
        summary = summarise(
            tally,
            run=str(folder),
            plan=plan,
            status=_status(tally, plan),
            provenance=provenance if isinstance(provenance, Mapping) else {},
        )
        return Run(folder, plan, digest, summary, tally)

    def compare(
        self,
        *runs: Run | str | Path,
        allow: Collection[str] = (),
        margin: float | None = None,
        level: float = 0.95,
    ) -> Comparison:
        """Two runs, paired sample by sample. For more than two see `compare_all`."""
        found = self.compare_all(*runs, allow=allow, margin=margin, level=level)
        if len(found) != 1:
            raise UsageError(f"{len(runs)} runs make {len(found)} pairs", "give two, or call compare_all")
        return found[0]

    def compare_all(
        self,
        *runs: Run | str | Path,
        allow: Collection[str] = (),
        margin: float | None = None,
        level: float = 0.95,
    ) -> tuple[Comparison, ...]:
        """Every pair of runs on the same task, corrected together (Holm). Raises UsageError where a run is
        given twice: it would count as two witnesses."""
        seen: set[Path] = set()
        for run in runs:
            path = (run.path if isinstance(run, Run) else Path(run)).resolve()
            if path in seen:
                raise UsageError(f"{path.name} was given twice", "name each run once")
            seen.add(path)
        pairs: tuple[Comparison, ...] = _pages().compare_all(
            self._loaded(runs), allow=allow, margin=margin, level=level
        )
        return pairs

    def audit(
        self, claim: Claim | str | Path, model: str | ModelSpec | None = None, **options: Any
    ) -> Audited:
        """Put a published score to the test: six questions, one verdict; `fairtrial audit` in Python.

        claim: a claim, a claim's file, or a bundled claim by its name, which names its models. options:
        `base_url`, `pace`, `resume`, `max_cost` (US dollars for everything together), and the fields of
        `fairtrial.lab.scope.Scope`: how much is asked, and what it may rest on.
        """
        found: Audited = import_module("fairtrial.lab.audit").audit_by_name(self, claim, model, **options)
        return found

    def register(
        self, task: Task | str | Path, model: str | ModelSpec, folder: str | Path, **given: Any
    ) -> int:
        """Sign what `run` would ask and enter it into a log; `fairtrial register` in Python. Returns its entry's
        index.

        folder: keeps plan, signature and proof. given: `log` (folder), `key` (file), `campaign`, `deadline` ("7d",
        "2026-12-31"); `quota`, `claim`, `construct`, `revision`; epochs, limit, seed; and how the task is opened.
        """
        plan = {name: given.pop(name) for name in ("epochs", "limit", "seed") if name in given}
        named = ("log", "key", "deadline", "campaign", "quota", "claim", "construct", "revision")
        terms = {name: given.pop(name) for name in named if name in given}
        done = _publishing().registered(self, task, model, folder, plan=plan, options=given, **terms)
        return int(done.filed.index)

    def life(
        self,
        folder: str | Path,
        *,
        key: str | Path,
        log: str | Path | None = None,
        tell: Callable[[str], None] = unheard,
        **more: str,
    ) -> Life:
        """What `run(…, life=…)` says in the log of a registration. more: `variant`, `end_by`. tell: hears notices,
        such as that the campaign's quota is passed."""
        found: Life = _publishing().life(self, folder, key=key, log=log, tell=tell, **more)
        return found

    def bundle(
        self,
        run: Run | str | Path,
        to: str | Path,
        *,
        key: str | Path,
        log: str | Path | None = None,
        method: str | Path | None = None,
        **terms: Any,
    ) -> Verification:
        """Publish a registered run in the file `to`, and say how it verifies by your own policies.

        method: the method record; by default method.yaml in the run's folder. terms: `access` (who gets the
        records, where they stay with you), `people` (your trust policy), `also` (further entries of the log).
        Raises as `fairtrial.lab.bundling.bundled`.
        """
        made = _publishing().published(self, run, to, key=key, log=log, method=method, **terms)
        found: Verification = made.verification
        return found

    def report(
        self,
        *runs: Run | str | Path,
        allow: Collection[str] = (),
        margin: float | None = None,
        volume: int | None = None,
        comparisons: Sequence[Comparison] | None = None,
    ) -> str:
        """One self-contained HTML page about these runs, compared where they can be."""
        made = f"Fairtrial {VERSION}, {self.clock.now()}"
        loaded = self._loaded(runs)
        text: str = _pages().report(loaded, comparisons, allow=allow, margin=margin, volume=volume, made=made)
        return text

    def _loaded(self, runs: Sequence[Run | str | Path]) -> list[Run]:
        return [run if isinstance(run, Run) else self.load(run) for run in runs]

    def _complete(self, plan: Plan, life: Life | None) -> Run | None:
        for path in self._runs(plan, life):
            run = self.load(path)
            if run.summary.status == "complete":
                if life is not None:  # a process may have died between its last answer and its END
                    with contextlib.closing(RunFolder.open(path)):
                        life.end(run)
                return run
        return None

    def _runs(self, plan: Plan, life: Life | None) -> list[Path]:
        """Runs of this plan that `resume` may go on with, the newest first."""
        found = find_runs(self.out, plan.digest)
        if life is None:
            return found
        return sorted(filter(life.owns, found), key=lambda path: not life.begun(path))

    def _journal(self, plan: Plan, resume: bool, life: Life | None) -> RunFolder:
        if resume and (unfinished := self._runs(plan, life)):
            if life is None and (unfinished[0] / REGISTRATION).exists():
                raise UsageError(
                    f"{unfinished[0]} is a registered run",
                    "continue it as one: add --register, --log and --key",
                )
            return RunFolder.open(unfinished[0])
        return RunFolder.create(self.out, plan, stamp_of(self.clock.now()))

    @staticmethod
    def _earlier(
        journal: RunFolder, plan: Plan, task: Task, samples: Sequence[Sample], tally: Tally
    ) -> Earlier:
        """What earlier sessions left in the journal, counted in `tally`."""
        ask = asker(task, samples, journal.folder)

        def counted() -> Iterator[Record]:
            for record in belonging(journal.records(), plan, journal.folder):
                ask(record)
                tally.add(record)
                yield record

        return Earlier.of(counted())

    async def _run(
        self,
        plan: Plan,
        task: Task,
        samples: Sequence[Sample],
        client: Model,
        sandbox: Sandbox | None,
        life: Life | None,
        *,
        resume: bool,
        max_cost: Decimal | str | None,
        pace: Pace,
    ) -> Run:
        tally = Tally()
        progress = self._watch(tally.live)
        stop = Stop()
        started = self.clock.now()
        try:
            # Before there is a folder: a limit that can't be held must leave nothing behind.
            budget = None if max_cost is None else Budget(amount(max_cost), client.spec, self.prices)
            if life is None:
                await client.check(task.asks)
            journal = self._journal(plan, resume, life)
            with contextlib.closing(journal):
                if life is not None:  # a check may ask the model, too
                    life.begin(journal.path, plan, [each.id for each in samples], sandbox)
                    await client.check(task.asks)
                earlier = self._earlier(journal, plan, task, samples, tally)
                if journal.torn:
                    progress.notice(
                        f"a torn last line of {journal.torn} bytes was cut; its question is asked again"
                    )
                if budget is not None:
                    budget.recall(journal.history(), asker(task, samples, journal.folder))
                bench = Bench(
                    model=client,
                    journal=journal,
                    prices=self.prices,
                    clock=self.clock,
                    progress=progress,
                    keep=tally.add,
                    connections=pace.connections,
                    retry=RetryPolicy(pace.max_retries, pace.max_wait_s),
                    budget=budget,
                    sandbox=sandbox,
                    judges=usable_cores(),
                )
                runner = Runner(plan, task, samples, bench, stop)
                progress.started(str(plan.model), plan.task_name, plan.total, len(earlier.answered))
                with interrupts(stop, progress), settled_memory():
                    try:
                        await runner.run(earlier)
                    except asyncio.CancelledError:
                        stop.request(f"{STOPPED} at once")
                provenance = self._provenance(started, stop.reason, pace, journal, runner)
                done = self._conclude(journal.path, plan, tally, provenance)
                if life is not None and done.summary.status == "complete":
                    journal.sync()
                    life.end(done)
                return done
        finally:
            progress.finished()
            await client.close()

    def _provenance(
        self, started: str, stopped: str, pace: Pace, journal: RunFolder, runner: Runner
    ) -> dict[str, JSON]:
        earlier = (read_summary(journal.path) or {}).get("provenance", {})
        before = earlier if isinstance(earlier, Mapping) else {}
        sandbox, wall_s = runner.bench.sandbox, runner.judging_s
        judged = {} if sandbox is None else {"judging": judging(sandbox, wall_s, before.get("judging"))}
        return {
            "fairtrial": VERSION,
            "python": platform.python_version(),
            "started": before.get("started") or started,
            "ended": self.clock.now(),
            "stopped": stopped,
            "prices": self.prices.source,
            "connections": pace.connections,
            "max_retries": pace.max_retries,
            **judged,
        }

    def _conclude(self, path: Path, plan: Plan, tally: Tally, provenance: Mapping[str, JSON]) -> Run:
        summary = summarise(
            tally,
            run=str(path),
            plan=plan.to_json(),
            status=_status(tally, plan.to_json()),
            provenance=provenance,
        )
        text = json.dumps(summary.to_json(), ensure_ascii=False, indent=1) + "\n"
        write_file(path / SUMMARY, text.encode("utf-8", "backslashreplace"))
        stopped = str(provenance.get("stopped", ""))
        return Run(path, plan.to_json(), plan.digest, summary, tally, stopped.startswith(STOPPED))

    def write_report(self, run: Run, *, volume: int | None = None) -> Path:
        """`report.html` in the run's own folder: written after the results are on disk and told."""
        return self.write_page(run.path / REPORT, self.report(run, volume=volume))

    def write_page(self, path: Path, text: str) -> Path:
        """A page to disk, whole or not at all. Raises StoreError."""
        write_file(path, text.encode("utf-8", "replace"))
        return path


def _pages() -> ModuleType:
    """The one door to `lab.pages`, which loads page-making and the larger statistics when first needed."""
    return import_module("fairtrial.lab.pages")


def _publishing() -> ModuleType:
    """Loaded when something is signed: it brings the signing packages."""
    return import_module("fairtrial.lab.publishing")


def _status(tally: Tally, plan: Mapping[str, JSON]) -> Literal["complete", "incomplete"]:
    planned = int(str(plan["n"])) * int(str(plan["epochs"]))
    counts = tally.counts
    return "complete" if counts.total == planned and counts.failed == 0 else "incomplete"


def _spec(model: str | ModelSpec) -> ModelSpec:
    return model if isinstance(model, ModelSpec) else ModelSpec.parse(model)


def amount(text: Decimal | str) -> Decimal:
    """US dollars above 0. Raises UsageError."""
    remedy = "give US dollars above 0, for example 2.50"
    try:
        found = Decimal(text)
    except ArithmeticError as error:
        raise UsageError(f"max-cost {text!r} is no amount", remedy) from error
    if not found.is_finite() or found <= 0:
        raise UsageError(f"max-cost is {text}", remedy)
    return found
