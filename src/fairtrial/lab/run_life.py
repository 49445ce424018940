"""The life of a registered run: START in the log before the first question, exactly one END after the last answer.

Every step keeps its document before it enters it, and takes up what an earlier process left: whatever moment that
one died at, `--resume` goes on under the same START, and a run that has its END is not asked anything again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from fairtrial.adapters.stores.folder import RECORDS
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.core.execution import Sandbox
from fairtrial.core.plan import Plan
from fairtrial.core.ports import Clock
from fairtrial.core.version import VERSION
from fairtrial.lab.ending import close
from fairtrial.lab.entering import Entered, writing
from fairtrial.lab.log import Log
from fairtrial.lab.method_facts import harness_digest
from fairtrial.lab.registering import Terms, check_plan, enter_plan, until
from fairtrial.lab.registration import END, PLAN, START, RegistrationFolder, never
from fairtrial.lab.run import Run
from fairtrial.lab.signing import sign
from fairtrial.trust.campaign import Filed, attempts
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject

PRIMARY: Final = "primary"
END_BY: Final = "7d"
CLOCKS_S: Final = 2.0
"""By how much this machine's clock may differ from the witnesses': the order of their times is checked later."""


@dataclass(frozen=True, slots=True)
class RunLife:
    """What `Lab.run` asks before the first question and after the last.

    log: the log's folder. terms: of a plan that is registered in the same go; registered: one that was registered
    before. One of the two. variant: which attempt of the campaign this is, in a word. end_by: deadline of END, as
    `until` reads it. tell: hears notices.
    """

    log: str | Path
    key: SecretKey
    clock: Clock
    tell: Callable[[str], None]
    terms: Terms | None = None
    registered: RegistrationFolder | None = None
    variant: str = PRIMARY
    end_by: str = END_BY

    def __post_init__(self) -> None:
        if (self.terms is None) == (self.registered is None):
            raise UsageError("a run is registered now, or was before", "give one of the two")

    def owns(self, run: Path) -> bool:
        """Whether `resume` may go on with this run: of the same registration and variant, not closed as failed."""
        kept = RegistrationFolder.of_run(run)
        planned, started, ended = (kept.document(each) for each in (PLAN, START, END))
        if planned is None or (started is not None and started.fields["variant"] != self.variant):
            return False
        if ended is not None and ended.fields["status"] != "completed":
            return False
        if self.registered is not None:
            return planned.payload == self.registered.need(PLAN).payload
        return self.terms is not None and planned.fields["name"] == self.terms.campaign

    def begun(self, run: Path) -> bool:
        """Whether the run has a START, in the log or on its way there."""
        return RegistrationFolder.of_run(run).document(START) is not None

    def begin(self, run: Path, plan: Plan, items: Sequence[str], sandbox: Sandbox | None) -> None:
        """Blocks until START is in the log, under a quorum. The caller holds the run's lock and has asked nothing.

        Raises what keeps it from there: then nothing may be asked. UsageError for a run that was begun without
        START, or has ended.
        """
        kept = RegistrationFolder.of_run(run)
        fresh = _not_begun(kept, run)
        if self.registered is not None:
            check_plan(plan, self.registered)
        if not kept.order():
            kept.keep_order({"log": str(self.log)})
        if kept.document(START) is None:
            kept.keep_items(items)
        # Of a START that was signed before, witnesses may have told a time long ago: no clock is judged by that.
        signed_at = self._seconds() if kept.document(START) is None else None
        with writing(self.log) as log:
            planned = self._planned(plan, kept, log)
            if kept.document(START) is None:
                _check_variant(self.variant, log.history.campaign(planned.filed.entry.campaign))
            started = kept.enter(START, log, lambda: self._start(run, plan, planned, sandbox))
            _check_start(started, planned, run, plan)
            found = attempts(log.history.campaign(planned.filed.entry.campaign), None)
        self._check_clock(started, signed_at)
        due = planned.filed.document.fields["deadline"]
        if fresh and started.at is not None and started.at > due:
            self.tell(f"note: the plan was to start by {due}; START was witnessed at {started.at}")
        number = [each.start.index for each in found].index(started.filed.index)
        if found[number].over_quota:
            self.tell(
                f"note: attempt {number + 1} of the campaign, beyond its quota: it is shown as such wherever a "
                "score of the campaign is"
            )

    def end(self, run: Run) -> None:
        """END of a complete run, once. The caller holds the run's lock, and the journal is on the disk."""
        ended = close(run, "completed", "", log=self.log, key=self.key)
        requests = ended.filed.document.fields["requests"]
        if requests and ended.at is not None and requests["last"] > ended.at:
            self.tell(
                f"note: by this machine's clock the last request went out at {requests['last']}; witnesses saw "
                f"END at {ended.at}: the clock is ahead, and a verifier will not take the order of things"
            )

    def _planned(self, plan: Plan, kept: RegistrationFolder, log: Log) -> Entered:
        if self.terms is not None:
            return enter_plan(plan, self.terms, kept, log, self.key)
        if self.registered is not None and kept.proof(PLAN) is None:
            kept.copy_plan(self.registered)
        return kept.enter(PLAN, log, never)

    def _start(self, run: Path, plan: Plan, planned: Entered, sandbox: Sandbox | None) -> bytes:
        entry = planned.filed.entry
        fields: dict[str, JSON] = {
            "campaign": entry.campaign,
            "plan": {"index": planned.filed.index, "entry": entry.leaf.hex()},
            "run": run.name,
            "nonce": secrets.token_hex(16),
            "variant": self.variant,
            "model": str(plan.model),
            "harness": {
                "name": "fairtrial",
                "version": VERSION,
                "digest": harness_digest().removeprefix("sha256:"),
            },
            "container": None,
            "sandbox": None if sandbox is None else _sandbox(sandbox),
            "deadline": until(self.end_by, self.clock.now()),
        }
        subject = Subject("plan.json", plan.digest.removeprefix("sha256:"))
        return sign(state("run-start", [subject], fields), self.key)

    def _check_clock(self, started: Entered, signed_at: float | None) -> None:
        """START must not be witnessed after the first question is asked, by anybody's clock. signed_at: POSIX
        seconds by this machine, before the witnesses were asked; None where they had been asked before."""
        if not started.times:
            return
        witnessed = max(started.times.values())
        behind = witnessed - self._seconds()
        ahead = 0.0 if signed_at is None else signed_at - (witnessed + 1)
        if max(behind, ahead) > CLOCKS_S:
            side = f"{behind:.0f} s behind" if behind > 0 else f"{ahead:.0f} s ahead of"
            raise StoreError(
                f"this machine's clock is {side} the witnesses': the order of things couldn't be shown",
                "set the clock, then run again with --resume",
            )
        if behind > 0:
            time.sleep(behind)

    def _seconds(self) -> float:
        return datetime.fromisoformat(self.clock.now()).timestamp()


def _not_begun(kept: RegistrationFolder, run: Path) -> bool:
    """Whether START is still to be witnessed. Raises UsageError for a run that can't have one any more."""
    if (ended := kept.document(END)) is not None:
        raise UsageError(
            f"{run} has ended ({ended.fields['status']})", "run without --resume: that is a new attempt"
        )
    fresh = kept.proof(START) is None
    if fresh and _size(run / RECORDS):
        raise UsageError(
            f"{run} has answers and no witnessed START: what was asked off the record stays off it",
            "run without --resume",
        )
    return fresh


def _check_variant(variant: str, campaign: Sequence[Filed]) -> None:
    """Every attempt has a name of its own, so that none is begun by mistake: the log would count it for ever."""
    for each in campaign:
        if each.document.type == "run-start" and each.document.fields["variant"] == variant:
            raise UsageError(
                f"the campaign has an attempt {variant!r} already: entry {each.index} of the log",
                "go on with it: --resume; or give this new attempt a name: --variant WORD",
            )


def _check_start(started: Entered, planned: Entered, run: Path, plan: Plan) -> None:
    """That START is this run's: a folder that was copied is no attempt of its own."""
    fields = started.filed.document.fields
    if fields["run"] != run.name:
        raise UsageError(
            f"{run} holds the START of the run {fields['run'][:100]!r}: one START is one run",
            "give the folder its old name back, or run without --resume",
        )
    about = started.filed.document.subjects
    if about != (plan.digest.removeprefix("sha256:"),) or fields["plan"]["index"] != planned.filed.index:
        raise IntegrityError(f"the START in {run} is of another plan", "restore the run's folder from a copy")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sandbox(sandbox: Sandbox) -> str:
    return f"{sandbox.form.get('backend')} {sandbox.form.get('version')}"
