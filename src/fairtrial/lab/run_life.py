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
from typing import Final, Literal

from fairtrial.adapters.stores.folder import RECORDS, read_history
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.core.execution import Sandbox
from fairtrial.core.plan import Plan
from fairtrial.core.ports import Clock
from fairtrial.core.version import VERSION
from fairtrial.lab.entering import Entered, writing
from fairtrial.lab.method_facts import harness_digest
from fairtrial.lab.registering import Terms, check_plan, enter_plan, until
from fairtrial.lab.registration import END, PLAN, START, RegistrationFolder, never
from fairtrial.lab.run import Run
from fairtrial.lab.signing import sign
from fairtrial.trust.beacon import moment
from fairtrial.trust.campaign import Document, attempts
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.predicates import state
from fairtrial.trust.records import records_root
from fairtrial.trust.statement import Subject

Ending = Literal["completed", "failed", "aborted"]

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

    def begin(self, run: Path, plan: Plan, items: Sequence[str], sandbox: Sandbox | None) -> None:
        """Blocks until START is in the log, under a quorum. The caller holds the run's lock and has asked nothing.

        Raises what keeps it from there: then nothing may be asked. UsageError for a run that was begun without
        START, or has ended.
        """
        kept = RegistrationFolder.of_run(run)
        if (ended := kept.document(END)) is not None:
            raise UsageError(
                f"{run} has ended ({ended.fields['status']})", "run without --resume: that is a new attempt"
            )
        if kept.document(START) is None and _size(run / RECORDS):
            raise UsageError(
                f"{run} has answers and no START: what was asked off the record stays off it",
                "run without --resume",
            )
        if self.registered is not None:
            check_plan(plan, self.registered)
        if not kept.order():
            kept.keep_order({"log": str(self.log)})
        if kept.document(START) is None:
            kept.keep_items(items)
        at = self._seconds()
        fresh = kept.proof(START) is None
        with writing(self.log) as log:
            if self.registered is not None and kept.proof(PLAN) is None:
                kept.copy_plan(self.registered)
            if self.terms is not None:
                planned = enter_plan(plan, self.terms, kept, log, self.key)
            else:
                planned = kept.enter(PLAN, log, never)
            started = kept.enter(START, log, lambda: self._start(run, plan, planned, sandbox))
            found = attempts(log.history.campaign(planned.filed.entry.campaign), None)
        if fresh:
            self._check_clock(started, at)
        over = next(each.over_quota for each in found if each.start.index == started.filed.index)
        if over:
            self.tell(
                f"note: attempt {len(found)} of the campaign, beyond its quota: it is shown as such wherever a "
                "score of the campaign is"
            )

    def end(self, run: Run) -> None:
        """END of a complete run, once. The caller holds the run's lock, and the journal is on the disk."""
        close(run, "completed", "", log=self.log, key=self.key)

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

    def _check_clock(self, started: Entered, before: float) -> None:
        """START must not be witnessed after the first question is asked, by anybody's clock."""
        if not started.times:
            return
        witnessed = max(started.times.values())
        behind, ahead = witnessed - self._seconds(), before - (witnessed + 1)
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


def close(run: Run, status: Ending, reason: str, *, log: str | Path, key: SecretKey) -> Entered:
    """END with any status, once. The caller holds the run's lock. Raises UsageError where the run has no START,
    has ended otherwise, or another key began it."""
    kept = RegistrationFolder.of_run(run.path)
    started = kept.need(START)
    if started.signers != (PublicKey(key.public).keyid,):
        raise UsageError(
            f"{run.path} was begun by the key {started.signers[0][:16]}…, and only that key can end it",
            "name it: --key FILE",
        )
    _check_status(run, status)
    root = _root(run.path)
    ended = kept.document(END)
    if ended is not None:
        _check_end(ended, status, root, run.path)

    def made() -> bytes:
        fields = _end(run, started, status, reason, root)
        return sign(state("run-end", [Subject("run-start.dsse.json", started.payload)], fields), key)

    with writing(log) as opened:
        kept.enter(START, opened, never)  # a process may have died between signing START and entering it
        return kept.enter(END, opened, made)


def _check_status(run: Run, status: Ending) -> None:
    """Neither is a result hidden as a failure, nor a part of one shown as the whole."""
    if status != "completed" and run.summary.status == "complete":
        raise UsageError(
            f"{run.path} is complete: a result is not closed as {status}",
            "end it with its score: the same `fairtrial run … --register`, with --resume",
        )
    left = run.summary.planned - run.summary.counts.total
    if status == "completed" and left:
        raise UsageError(
            f"{run.path} is not completed: {left} questions were not asked", "go on with --resume"
        )


def _check_end(ended: Document, status: Ending, root: str, run: Path) -> None:
    if ended.fields["status"] != status:
        raise UsageError(f"{run} has ended already: {ended.fields['status']}", "a run has one END")
    if ended.fields["records"]["root"] != root:
        raise IntegrityError(
            f"{run / RECORDS} is not the journal that END speaks of", "restore it from a copy; never edit it"
        )


def _end(run: Run, started: Document, status: Ending, reason: str, root: str) -> dict[str, JSON]:
    tokens = run.summary.tokens
    times = [each.at for record in read_history(run.path) for each in record.attempts]
    return {
        "campaign": started.fields["campaign"],
        "run": started.fields["run"],
        "status": status,
        "reason": reason,
        "records": {"root": root, "n": run.summary.counts.total},
        "counts": run.summary.counts.to_json(),
        "usage": {
            "input_tokens": tokens.get("input_tokens"),
            "output_tokens": tokens.get("output_tokens"),
            "cost_usd": run.summary.cost_usd,
        },
        "requests": {"first": _whole(min(times)), "last": _whole(max(times))} if times else None,
    }


def _root(run: Path) -> str:
    try:
        with open(run / RECORDS, "rb") as file:
            return records_root(file)
    except FileNotFoundError:
        return records_root(())
    except OSError as error:
        raise StoreError(f"can't read {run / RECORDS}: {error.strerror}", "see the reason above") from error


def _whole(at: str) -> str:
    return f"{moment(at):%Y-%m-%dT%H:%M:%SZ}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sandbox(sandbox: Sandbox) -> str:
    return f"{sandbox.form.get('backend')} {sandbox.form.get('version')}"
