"""END of a registered run: once, by the key that began it, and bound to the journal as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fairtrial.adapters.stores.folder import RECORDS, read_history
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.lab.entering import Entered, writing
from fairtrial.lab.registration import END, START, RegistrationFolder, never
from fairtrial.lab.run import Run
from fairtrial.lab.signing import sign
from fairtrial.trust.beacon import moment
from fairtrial.trust.campaign import Document
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.predicates import state
from fairtrial.trust.records import records_root
from fairtrial.trust.statement import Subject

Ending = Literal["completed", "failed", "aborted"]


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
