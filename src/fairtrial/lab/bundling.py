"""A registered run as one file that a stranger can check: collected, signed, entered into the log, and verified as
they would, before anybody gets it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairtrial.adapters.stores.folder import PLAN as PLAN_FILE
from fairtrial.adapters.stores.folder import RECORDS
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.adapters.stores.tiles import PEOPLE, POLICY
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.core.estimate import Estimate
from fairtrial.lab import method_facts
from fairtrial.lab.bundle_log import entries, statements
from fairtrial.lab.campaigns import Campaign
from fairtrial.lab.entering import Entered, witnessed_at, writing
from fairtrial.lab.method import merged, method_bytes, missing
from fairtrial.lab.method_facts import Record
from fairtrial.lab.registered_facts import facts, joined, with_access
from fairtrial.lab.registration import END, PLAN, RESULT, START, RegistrationFolder, never
from fairtrial.lab.run import Run
from fairtrial.lab.signing import sign
from fairtrial.lab.stamping import anchors
from fairtrial.metrics.samples import section
from fairtrial.trust import bundle
from fairtrial.trust.contents import content_bytes
from fairtrial.trust.documents import decimal_text
from fairtrial.trust.method import Gap
from fairtrial.trust.people import People, parse_people
from fairtrial.trust.predicates import state
from fairtrial.trust.records import Journal, read_journal
from fairtrial.trust.recounting import Recount, credit_text, recount, recount_reading
from fairtrial.trust.rescoring import pure_scorer
from fairtrial.trust.statement import Subject
from fairtrial.trust.verification import Verification
from fairtrial.trust.verify import verify

Rule = Callable[[Mapping[str, Any], Mapping[str, Any], Journal], Recount]
"""Score, the plan's task, records -> how far it is computed again."""

LARGE: Final = 4 * 2**20
"""Bytes of a journal that is packed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the publisher decides. method: what a person wrote. access: who gets the records, and how, where they
    stay out of the bundle; None puts them in. people: the publisher's trust policy; None takes the log's. also:
    further entries of the log whose documents belong into it: a commitment to sealed items, their reveal. custody:
    who had sealed items from the draw to END, and that no earlier campaign used them."""

    method: Record
    access: str | None = None
    people: People | None = None
    also: tuple[int, ...] = ()
    custody: str = ""


@dataclass(frozen=True, slots=True)
class Bundled:
    """data: the file. result: its signed result, in the log. verification: by the publisher's own policies."""

    data: bytes
    result: Entered
    verification: Verification


class MethodIncomplete(UsageError):
    """gaps: every field that keeps the run from being published."""

    def __init__(self, gaps: Sequence[Gap], run: Path) -> None:
        first = gaps[0]
        super().__init__(
            f"the method record lacks {len(gaps)} fields, the first of them {first.group}.{first.field}",
            f"write them: fairtrial method new --run {run}; see them: fairtrial method check --run {run}",
        )
        self.gaps = tuple(gaps)


def bundled(run: Run, terms: Terms, *, log: str | Path, key: SecretKey, name: str = "bundle") -> Bundled:
    """The bundle of a run that has its END. name: of the file, for messages.

    Raises MethodIncomplete while a field is missing, UsageError for a run without END, IntegrityError where the
    bundle would not verify. Made twice of the same, it is one result in the log, and the same one.
    """
    kept = RegistrationFolder.of_run(run.path)
    _check_ended(kept, run)
    with writing(log) as opened:
        if opened.policy is None:
            raise UsageError(f"the log {opened.origin} has no {POLICY}", "name the log that the run is in")
        newest = witnessed_at(opened.cosign().times, opened.policy)
        steps = {each: kept.enter(each, opened, never) for each in (PLAN, START, END)}
        filed = tuple(opened.history.campaign(steps[PLAN].filed.entry.campaign))
        campaign = Campaign(filed, newest)
        content = _content(run, terms, campaign, steps)
        ext: dict[str, JSON] = {"ext": {"custody": terms.custody}} if terms.custody.strip() else {}
        subject, fields = _statement(content, campaign.id, steps[START])
        made = sign(state("result", subject, {**fields, **ext}), key)
        if kept.envelope(RESULT) != made:
            kept.drop(RESULT)
        result = kept.enter(RESULT, opened, lambda: made)
        signed = opened.cosign().signed
        members = {**content.members, **dict(statements(kept, opened, campaign.id, terms.also))}
        members |= entries(opened, campaign, signed.checkpoint.size, terms.also)
        people = terms.people or parse_people(opened.folder.need(PEOPLE), PEOPLE)
        policy = opened.folder.need(POLICY)
        members |= {bundle.CHECKPOINT: signed.data, bundle.TRUST: people.bytes, bundle.LOG_POLICY: policy}
        members |= anchors(opened.folder, members)
    data = bundle.write_bundle(members)
    found = verify(data, name, trust=people.bytes, log_policy=policy)
    if (failure := found.first_failure) is not None:
        raise IntegrityError(
            f"the bundle would not verify: {failure.check}: {failure.detail}",
            "put that right, or ask: a bundle that fails here fails everywhere",
        )
    return Bundled(data, result, found)


def _check_ended(kept: RegistrationFolder, run: Run) -> None:
    ended = kept.document(END)
    if kept.document(PLAN) is None:
        raise UsageError(
            f"{run.path} was not registered: nothing shows what was planned, or how often it was tried",
            "register first: fairtrial register, then fairtrial run --register",
        )
    if ended is None:
        raise UsageError(
            f"{run.path} has no END", "finish it: the same `fairtrial run … --register`, --resume"
        )
    if ended.fields["status"] != "completed":
        raise UsageError(
            f"{run.path} {ended.fields['status']}: it has no score to publish", "name another run"
        )


@dataclass(frozen=True, slots=True)
class _Content:
    """The files that the result is about, and their list; what two of them say."""

    members: Mapping[str, bytes]
    method: Record
    scores: Mapping[str, JSON]


def _content(run: Run, terms: Terms, campaign: Campaign, steps: Mapping[str, Entered]) -> _Content:
    planned = steps[PLAN]
    known = joined(method_facts.known(run), facts(campaign, planned.filed.index, planned.at))
    written = with_access(terms.method, known, terms.access)
    if gaps := missing(written, known):
        raise MethodIncomplete(gaps, run.path)
    method = merged(written, known)
    journal = _bytes(run.path / RECORDS)
    task = section(run.plan, "task")
    read = read_journal(journal, RECORDS, pure_scorer(section(task, "scorer")))
    if read.root != steps[END].filed.document.fields["records"]["root"]:  # before there is a result to regret
        raise IntegrityError(
            f"{run.path / RECORDS} is not the journal that END speaks of",
            "restore it from a copy; never edit it",
        )
    scores = _scores(run, campaign, read, task)
    members = {
        bundle.PLAN: _bytes(run.path / PLAN_FILE),
        bundle.METHOD: method_bytes(method),
        bundle.SCORES: content_bytes("scores", scores),
        bundle.DATASET: content_bytes("data set", _dataset(run, planned)),
        **_records(journal, read, terms.access),
    }
    return _Content(members | {bundle.CONTENT_LIST: bundle.content_list(members)}, method, scores)


def _scores(run: Run, campaign: Campaign, journal: Journal, task: Mapping[str, JSON]) -> dict[str, JSON]:
    summary = run.summary
    return {
        "fairtrial_scores": 1,
        "task": summary.task,
        "model": summary.model,
        "counts": summary.counts.to_json(),
        "scores": [_figures(each, recount, task, journal) for each in summary.metrics],
        "readings": [_figures(each, recount_reading, task, journal) for each in summary.others],
        "attempts": [each.listed() for each in campaign.attempts],
    }


def _figures(estimate: Estimate, rule: Rule, task: Mapping[str, JSON], journal: Journal) -> dict[str, JSON]:
    """An estimate in texts, and how far a verifier will compute it again: found out by computing it again."""
    figures: dict[str, JSON] = {
        "metric": estimate.metric,
        "value": decimal_text(estimate.value),
        "low": decimal_text(estimate.low),
        "high": decimal_text(estimate.high),
        "level": decimal_text(estimate.level),
        "n": estimate.n,
        "credit": credit_text(estimate.value, estimate.n),
        "method": estimate.method,
    }
    found = rule(figures, task, journal)
    if found.problem:
        raise IntegrityError(found.problem, "restore the run's folder from a copy, then bundle again")
    return {**figures, "recomputable": found.how}


def _dataset(run: Run, planned: Entered) -> dict[str, JSON]:
    told_here: dict[str, JSON] = {"fairtrial_dataset": 1, **planned.filed.document.fields["dataset"]}
    items = RegistrationFolder.of_run(run.path).items()
    return told_here if items is None else {**told_here, "items": items}


def _records(journal: bytes, read: Journal, access: str | None) -> dict[str, bytes]:
    if access is not None:
        elsewhere: dict[str, JSON] = {
            "fairtrial_records": 1,
            "root": read.root,
            "n": len(read.rows),
            "sha256": hashlib.sha256(journal).hexdigest(),
            "bytes": len(journal),
            "access": access,
        }
        return {bundle.RECORDS_DIGEST: content_bytes("digest of records", elsewhere)}
    if len(journal) > LARGE:
        packed = gzip.compress(journal, mtime=0)
        if len(journal) < 90 * len(
            packed
        ):  # readers refuse what unpacks to more than a hundred times its size
            return {bundle.RECORDS_GZ: packed}
    return {bundle.RECORDS: journal}


def _statement(
    content: _Content, campaign: str, started: Entered
) -> tuple[Sequence[Subject], Mapping[str, JSON]]:
    """Subject and fields of the result."""
    members, scores = content.members, content.scores
    deviations = content.method["registration"]["deviations"]
    fields: dict[str, JSON] = {
        "campaign": campaign,
        "run": started.filed.document.fields["run"],
        "plan": _sha(members[bundle.PLAN]),
        "counts": scores["counts"],
        "scores": scores["scores"],
        "method": _sha(members[bundle.METHOD]),
        "deviations": [] if deviations.strip().rstrip(".").lower() == "none" else [deviations],
        "attempts": scores["attempts"],
    }
    return [Subject(bundle.CONTENT_LIST, _sha(members[bundle.CONTENT_LIST]))], fields


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"can't read {path}: {error.strerror}", "see the reason above") from error
