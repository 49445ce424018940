"""Reading a whole log as a monitor: does it begin as it did, is every entry sound, what became of runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError
from fairtrial.lab.log_archive import Archive
from fairtrial.lab.log_reader import LogReader
from fairtrial.trust.campaign import attempts, check_chain, never_started
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, is_fork
from fairtrial.trust.entry import NOBODY, Logged
from fairtrial.trust.log_policy import LogPolicy
from fairtrial.trust.note_keys import plain_base64
from fairtrial.trust.tree import Frontier
from fairtrial.trust.witness import Fork


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """starts: attempts. states: how many of them stand how; known only with the documents, which a log doesn't
    publish. unfinished: STARTs without END, as the entries alone tell. over_quota, never_started (plans whose
    deadline is past): None where unknown."""

    campaign: str
    entries: int
    starts: int
    unfinished: int
    states: dict[str, int] | None
    over_quota: int | None
    never_started: int | None

    def to_json(self) -> dict[str, JSON]:
        return {
            "campaign": self.campaign,
            "entries": self.entries,
            "starts": self.starts,
            "unfinished": self.unfinished,
            "states": self.states,
            "over_quota": self.over_quota,
            "never_started": self.never_started,
        }


@dataclass(frozen=True, slots=True)
class LogReport:
    """new: entries since the checkpoint kept from last time. witnesses: who cosigned, and when (UTC); without a
    policy nobody is known."""

    signed: SignedCheckpoint
    new: int
    witnesses: dict[str, str]
    campaigns: tuple[CampaignReport, ...]

    def to_json(self) -> dict[str, JSON]:
        tree = self.signed.checkpoint
        return {
            "origin": tree.origin,
            "size": tree.size,
            "root": plain_base64(tree.root),
            "new": self.new,
            "witnesses": dict(self.witnesses),
            "campaigns": [each.to_json() for each in self.campaigns],
        }


def check_log(reader: LogReader, *, last: SignedCheckpoint | None, policy: LogPolicy | None) -> LogReport:
    """Every entry, held against the root; every campaign, held against its chain. last: the checkpoint kept from
    the check before. policy: whose quorum is asked for; of a log in a folder the documents are read as well.

    Raises IntegrityError for a fork, a rollback, a missing quorum, and the first entry that is not sound.
    """
    signed = reader.checkpoint()
    tree = signed.checkpoint
    times = policy.check_quorum(signed, f"the checkpoint of {tree.origin}") if policy else {}
    logged = list(reader.entries())
    if last is not None:
        _check_begins(signed, last, logged, reader)
    archive = reader.archive(tree.size)
    met = policy.met_at(times) if policy else None
    newest = None if met is None else _text(met)
    campaigns: dict[str, list[Logged]] = {}
    for each in logged:
        campaigns.setdefault(each.entry.campaign, []).append(each)
    for name, entries in campaigns.items():
        check_chain(name, entries)
    reports = [_report(name, each, archive, newest) for name, each in campaigns.items() if name != NOBODY]
    witnesses = {key.name: _text(seconds) for key, seconds in times.items()}
    return LogReport(signed, tree.size - (last.checkpoint.size if last else 0), witnesses, tuple(reports))


def _check_begins(
    signed: SignedCheckpoint, last: SignedCheckpoint, logged: Sequence[Logged], reader: LogReader
) -> None:
    check_log_signature(last, [reader.key], "the checkpoint from last time")
    old, new = last.checkpoint, signed.checkpoint
    if is_fork(last, signed):
        raise IntegrityError(
            str(Fork(last, signed)), "keep both checkpoints: they prove it; don't rely on this log"
        )
    if old.size > new.size:
        raise IntegrityError(
            f"{new.origin} had {old.size} entries and shows {new.size}: it was rolled back",
            "keep the checkpoint from last time; don't rely on this log",
        )
    if Frontier().extended(each.entry.leaf for each in logged[: old.size]).root != old.root:
        raise IntegrityError(
            f"the {new.size} entries of {new.origin} don't begin with the {old.size} from last time",
            "keep both checkpoints; don't rely on this log",
        )


def _report(
    name: str, entries: Sequence[Logged], archive: Archive | None, newest: str | None
) -> CampaignReport:
    types = [each.entry.type for each in entries]
    starts, ends = types.count("run-start"), types.count("run-end")
    states: dict[str, int] | None = None
    over = idle = None
    if archive is not None:
        found = attempts(archive.campaign(name), newest)
        states = {str(state): n for state, n in sorted(Counter(each.state for each in found).items())}
        over = sum(each.over_quota for each in found)
        idle = len(never_started(archive.campaign(name), newest)) if newest else 0
    return CampaignReport(name, len(entries), starts, starts - ends, states, over, idle)


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
