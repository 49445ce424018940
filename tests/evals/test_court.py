"""Tasks whose answers are programs: journalled before they are judged, judged beside the asking, never lost."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping

import pytest

from fairtrial.core.errors import IntegrityError, ProviderError, StoreError, UsageError
from fairtrial.core.execution import Exam, ExecutedScorer, Ruling, Trial
from fairtrial.core.output import Output, Usage
from fairtrial.core.record import UNMARKED, Execution, Failure, Record, Score
from fairtrial.core.sample import Sample
from fairtrial.evals import court
from fairtrial.evals.court import PENDING
from fairtrial.evals.planning import make_plan
from fairtrial.evals.retry import RetryPolicy
from fairtrial.evals.runner import Bench, Earlier, Runner
from fairtrial.evals.stop import Stop
from fairtrial.metrics.tally import Tally
from tests.laboratory import (
    ExecutedSame,
    FakeModel,
    FakeSandbox,
    FlatPrices,
    HandClock,
    ListJournal,
    Nobody,
    correct,
    sums,
)

QUICK = RetryPolicy(max_retries=1, max_wait_s=1.0, first_s=0.01, cap_s=0.02)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(court, "PAUSES", (0.0, 0.0))


class Trialled:
    """One run, and what is left of it: the journal, what was kept, why it stopped."""

    def __init__(
        self,
        n: int,
        model: FakeModel,
        sandbox: FakeSandbox | None,
        journal: ListJournal | None = None,
        *,
        scorer: object = None,
        judges: int = 2,
        connections: int = 4,
        stop_after: int | None = None,
        cancel_after_s: float | None = None,
    ) -> None:
        self.journal = ListJournal() if journal is None else journal
        self.kept: list[Record] = []
        self.tally = Tally()
        self.stop = Stop()
        self.runner: Runner
        self._stop_after = stop_after
        task = sums(n, scorer=scorer or ExecutedSame())

        async def go() -> None:
            plan, samples = make_plan(task, model.spec)
            bench = Bench(
                model,
                self.journal,
                FlatPrices("0.01"),
                HandClock(),
                Nobody(),
                self._keep,
                connections,
                QUICK,
                sandbox=sandbox,
                judges=judges,
            )
            self.runner = Runner(plan, task, samples, bench, self.stop)
            run = asyncio.create_task(self.runner.run(Earlier.of(self.journal.records())))
            if cancel_after_s is not None:
                await asyncio.sleep(cancel_after_s)
                run.cancel()
            await asyncio.wait([run])
            if not run.cancelled():
                run.result()

        asyncio.run(go())

    def _keep(self, record: Record) -> None:
        self.kept.append(record)
        self.tally.add(record)
        if self._stop_after is not None and len(self.kept) >= self._stop_after:
            self.stop.request("enough")

    def states(self) -> Counter[str]:
        return Counter(record.state for record in self.journal.records())


def test_the_port_is_known_by_its_shape() -> None:
    assert isinstance(ExecutedSame(), ExecutedScorer)
    assert not isinstance(sums().scorer, ExecutedScorer)


def test_every_answer_is_in_the_journal_before_it_is_judged_and_after() -> None:
    journal = ListJournal()
    seen: list[tuple[int, bool]] = []

    class Watching(FakeSandbox):
        def judge(self, trial: Trial) -> Ruling:
            unmarked = [r for r in journal.kept if r.output and r.output.text == trial.program]
            seen.append((len(unmarked), unmarked[0].result == PENDING))
            return super().judge(trial)

    done = Trialled(12, FakeModel(), Watching(), journal)
    assert seen == [(1, True)] * 12
    assert len(journal.kept) == 24 and done.states() == {"right": 12}
    assert sorted(record.sample_id for record in done.kept) == [f"s{i:03}" for i in range(12)], "told once"
    execution = next(journal.records()).execution
    assert execution == Execution(FakeSandbox.form, "", "", 3, 0.25)
    judged = done.tally.judged(None)
    assert judged is not None and judged.programs == 12 and judged.seconds == 3.0


def test_a_wrong_program_says_why_in_its_record() -> None:
    done = Trialled(3, FakeModel(lambda question, attempt: Output("7", "stop")), FakeSandbox())
    assert done.states() == {"wrong": 3}
    execution = done.kept[0].execution
    assert execution is not None and (execution.cause, execution.detail) == ("wrong-answer", "2 is not 3")


def test_what_needs_no_trial_never_sees_the_sandbox() -> None:
    sandbox = FakeSandbox()
    done = Trialled(5, FakeModel(lambda question, attempt: Output("nothing", "stop")), sandbox)
    assert done.states() == {"unparsed": 5} and sandbox.judged == []
    assert all(record.execution is None for record in done.kept)


def test_judging_is_side_by_side_off_the_loop_and_never_more_than_told() -> None:
    sandbox = FakeSandbox(delay=0.05)
    began = time.monotonic()
    done = Trialled(12, FakeModel(), sandbox, judges=4)
    took = time.monotonic() - began
    assert sandbox.most == 4 and threading.get_ident() not in sandbox.threads
    assert 0.15 <= done.runner.judging_s <= took < 0.5, "12 x 0.05 s, four at a time"


def test_asking_goes_on_while_programs_are_judged_and_holds_no_connection() -> None:
    """One connection, one judge: the model is asked everything long before the judge is through."""
    sandbox = FakeSandbox(delay=0.03)
    judged_when_last_asked: list[int] = []

    def script(question, attempt):  # type: ignore[no-untyped-def]
        if question.sample_id == "s019":
            judged_when_last_asked.append(len(sandbox.judged))
        return correct(question, attempt)

    done = Trialled(20, FakeModel(script), sandbox, judges=1, connections=1)
    assert done.states() == {"right": 20}
    assert judged_when_last_asked[0] < 5


def test_the_backlog_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(court, "BACKLOG", 3)
    sandbox = FakeSandbox(delay=0.01)
    ahead: list[int] = []

    def script(question, attempt):  # type: ignore[no-untyped-def]
        ahead.append(sum(model.calls.values()) - len(sandbox.judged))
        return correct(question, attempt)

    model = FakeModel(script)
    done = Trialled(40, model, sandbox, judges=1, connections=2)
    assert done.states() == {"right": 40}
    assert 3 <= max(ahead) <= 3 + 2, "the backlog, and an answer in the hand of each worker"


def test_a_fault_of_the_sandbox_is_tried_again() -> None:
    sandbox = FakeSandbox(faults=2)
    done = Trialled(4, FakeModel(), sandbox, judges=1)
    assert done.states() == {"right": 4} and len(sandbox.judged) == 6


@pytest.mark.parametrize(("retryable", "attempts"), [(True, 3), (False, 1)])
def test_a_fault_that_stays_is_a_failure_and_never_a_score(retryable: bool, attempts: int) -> None:
    sandbox = FakeSandbox(faults=10**6, retryable=retryable)
    done = Trialled(4, FakeModel(), sandbox)
    assert done.states() == {"failed": 4} and len(sandbox.judged) == 4 * attempts
    assert {record.result for record in done.kept} == {
        Failure(UNMARKED, "no room for a sandbox", "free some")
    }
    model = FakeModel()
    again = Trialled(4, model, FakeSandbox(), done.journal)
    assert model.calls == {} and again.states() == {"right": 4}, "judged on resume, not asked again"


def test_a_sandbox_that_only_fails_stops_the_run_and_what_was_answered_is_kept() -> None:
    sandbox = FakeSandbox(faults=10**6, retryable=False)
    done = Trialled(200, FakeModel(delay=0.002), sandbox, judges=1)
    assert done.stop.reason == "the sandbox failed 10 times in a row"
    assert len(sandbox.judged) == 10 and 10 <= len(done.kept) < 200
    assert len(done.kept) == len({record.key for record in done.kept}) == done.tally.counts.failed


def test_faults_with_rulings_between_them_don_t_stop_it() -> None:
    class Flaky(FakeSandbox):
        def judge(self, trial: Trial) -> Ruling:
            self.faults = len(self.judged) % 4 > 0
            return super().judge(trial)

    done = Trialled(40, FakeModel(), Flaky(retryable=False), judges=1)
    assert done.states() == {"right": 10, "failed": 30} and not done.stop.reason


def test_a_process_that_ends_waits_for_no_judge() -> None:
    code = (
        "import asyncio, time\n"
        "from fairtrial.evals.court import in_a_thread\n"
        "async def go():\n"
        "    try:\n"
        "        await asyncio.wait_for(in_a_thread(lambda: time.sleep(60)), 0.1)\n"
        "    except TimeoutError:\n"
        "        print('cut')\n"
        "asyncio.run(go())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr, done.returncode) == ("cut\n", "", 0)


def test_our_own_rule_that_can_t_mark_an_answer_is_a_failure() -> None:
    class Broken(ExecutedSame):
        def score(self, ruling: Ruling, output: Output, sample: Sample) -> Score:
            raise UsageError("no rule for this", "mend it")

    done = Trialled(3, FakeModel(), FakeSandbox(), scorer=Broken())
    assert {record.result for record in done.kept} == {Failure(UNMARKED, "no rule for this", "mend it")}


def test_an_integrity_error_is_never_swallowed() -> None:
    class Tampered(FakeSandbox):
        def judge(self, trial: Trial) -> Ruling:
            raise IntegrityError("the oracle was changed")

    with pytest.raises(IntegrityError, match="oracle"):
        Trialled(30, FakeModel(delay=0.001), Tampered())


def test_a_bug_in_the_judge_loses_no_answer() -> None:
    class Buggy(FakeSandbox):
        def judge(self, trial: Trial) -> Ruling:
            raise ZeroDivisionError

    journal = ListJournal()
    with pytest.raises(BaseExceptionGroup):
        Trialled(3, FakeModel(), Buggy(), journal)
    assert journal.kept and all(record.result == PENDING for record in journal.kept)


def test_a_failed_question_is_not_judged() -> None:
    model = FakeModel(lambda q, a: ProviderError("gone", cause="http-400", retryable=False))
    sandbox = FakeSandbox()
    done = Trialled(3, model, sandbox)
    assert done.states() == {"failed": 3} and sandbox.judged == [] and len(done.journal.kept) == 3


def test_the_first_ctrl_c_ends_what_is_being_judged_and_leaves_the_rest_to_resume() -> None:
    sandbox = FakeSandbox(delay=0.02)
    done = Trialled(60, FakeModel(), sandbox, connections=20, stop_after=5)
    judged = len(sandbox.judged)
    assert 5 <= judged <= 7 and done.states()["right"] == judged
    assert done.tally.counts.failed == done.states()["failed"] > 0, "what waits is counted, and has no score"
    assert {cause.cause for cause in done.tally.causes} == {UNMARKED}
    asked = done.journal.kept[:]
    answered = len({record.key for record in asked})
    assert len(asked) == answered + judged, "a line for each answer, and one for each ruling"
    model = FakeModel()
    again = Trialled(60, model, FakeSandbox(), done.journal)
    assert again.states() == {"right": 60}
    assert set(model.calls).isdisjoint({record.key for record in asked}), "nothing answered is asked again"


def test_the_second_ctrl_c_waits_for_no_judge() -> None:
    sandbox = FakeSandbox(delay=2.0)
    began = time.monotonic()
    done = Trialled(6, FakeModel(), sandbox, cancel_after_s=0.2)
    assert time.monotonic() - began < 1.0
    assert done.states() == {"failed": 6} and done.tally.counts.failed == 6
    assert done.runner.judging_s > 0


def test_a_full_disk_while_programs_wait_loses_none_that_was_kept() -> None:
    journal = ListJournal(full_at=7)
    with pytest.raises(StoreError, match="could not be kept"):
        Trialled(40, FakeModel(), FakeSandbox(delay=0.005), journal)
    assert len(journal.kept) == 7


def test_without_a_sandbox_nothing_is_run() -> None:
    with pytest.raises(UsageError, match="there is no sandbox"):
        Trialled(3, FakeModel(), None)


def test_an_answer_is_paid_and_its_tokens_counted_once() -> None:
    done = Trialled(
        10, FakeModel(lambda q, a: dataclasses.replace(correct(q, a), usage=Usage(10, 2))), FakeSandbox()
    )
    assert str(done.tally.cost_usd) == "1.20" and done.tally.tokens["output_tokens"] == 20
    resumed = Tally()
    for record in done.journal.kept:
        resumed.add(record)
    assert str(resumed.cost_usd) == "1.20" and resumed.counts == done.tally.counts


class Readings(ExecutedSame):
    """Three other ways to read a reply, two of them the same program."""

    def trial(self, output: Output, sample: Sample) -> Trial | Score:
        exam = Exam("f", sample.target[0], inputs=((1,),), further=5)
        return Trial("wrong", exam, {"a": sample.target[0], "b": "other", "c": "other"})

    def score(self, ruling: Ruling, output: Output, sample: Sample) -> Score:
        others: Mapping[str, float] = {name: float(passed) for name, passed in ruling.others.items()}
        return Score("wrong", 0.0, None, others)


def test_other_readings_are_judged_beside_the_answer_and_equal_ones_once() -> None:
    sandbox = FakeSandbox()
    done = Trialled(1, FakeModel(), sandbox, scorer=Readings())
    assert sandbox.judged == ["wrong", "1", "other"]
    assert done.kept[0].result == Score("wrong", 0.0, None, {"a": 1.0, "b": 0.0, "c": 0.0})
    assert done.kept[0].execution is not None and done.kept[0].execution.seconds == 0.5


def test_ordinary_tasks_are_journalled_once_and_meet_no_court() -> None:
    done = Trialled(20, FakeModel(), None, scorer=sums().scorer)
    assert len(done.journal.kept) == 20 and done.runner.judging_s == 0.0
    assert done.tally.judged(None) is None
