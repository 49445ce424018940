"""Campaigns as a log holds them: every plan, every attempt, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairtrial.adapters.stores.tiles import POLICY, LogFolder
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.lab.entering import witnessed_at
from fairtrial.lab.log_reader import LogReader
from fairtrial.trust.campaign import Attempt, Filed, attempts, never_started
from fairtrial.trust.entry import NOBODY
from fairtrial.trust.log_policy import parse_log_policy

NEVER_STARTED = "registered, never started"


@dataclass(frozen=True, slots=True)
class Campaign:
    """filed: all of it in the log's order, its first plan first. newest: UTC, when a quorum last saw the log; None
    where none ever has. Open attempts and plans are judged by it."""

    filed: tuple[Filed, ...]
    newest: str | None

    @property
    def id(self) -> str:
        return self.filed[0].entry.campaign

    @property
    def name(self) -> str:
        return str(self.filed[0].document.fields["name"])

    @property
    def quota(self) -> int:
        """Attempts in all."""
        quota = self.filed[0].document.fields["quota"]
        return int(quota["primary"] + quota["variants"])

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every START, in order, orphans among them."""
        return attempts(self.filed, self.newest)

    def plans(self) -> Iterator[tuple[Filed, str]]:
        """Each plan and its state: started, open, or never started by its deadline."""
        named = {
            each.document.fields["plan"]["index"] for each in self.filed if each.document.type == "run-start"
        }
        idle = never_started(self.filed, self.newest) if self.newest else ()
        for each in self.filed:
            if each.document.type == "plan":
                yield each, "started" if each.index in named else NEVER_STARTED if each in idle else "open"

    def to_json(self) -> dict[str, JSON]:
        return {
            "campaign": self.id,
            "name": self.name,
            "quota": self.quota,
            "judged_at": self.newest,
            "plans": [
                {"index": each.index, "deadline": each.document.fields["deadline"], "state": state}
                for each, state in self.plans()
            ],
            "attempts": [
                {
                    **each.listed(),
                    "over_quota": each.over_quota,
                    "deadline": each.start.document.fields["deadline"],
                }
                for each in self.attempts
            ],
        }


def campaigns(place: str | Path) -> tuple[Campaign, ...]:
    """Every campaign of the log in a folder. Raises UsageError for an address: a log publishes entries, and the
    documents behind them stay with it."""
    reader = LogReader.open(place)
    archive = reader.archive(reader.checkpoint().checkpoint.size)
    if archive is None:
        raise UsageError(f"{place} shows entries, not the documents behind them", "name the log's folder")
    newest = newest_quorum(place)
    names = (each for each in archive.campaigns if each != NOBODY)
    return tuple(Campaign(tuple(archive.campaign(each)), newest) for each in names)


def campaign_of(place: str | Path, name: str) -> Campaign:
    """One of them, by its id. Raises UsageError where there is none."""
    found = next((each for each in campaigns(place) if each.id == name), None)
    if found is None:
        raise UsageError(f"the log {place} has no campaign {name[:16]}…", "name the log it was registered in")
    return found


def newest_quorum(place: str | Path) -> str | None:
    """When the newest checkpoint with the log's own quorum reached it, UTC."""
    reader = LogReader.open(place)
    data = LogFolder(Path(place)).file(POLICY)
    if data is None:
        return None
    policy = parse_log_policy(data, POLICY)
    for size in reversed(reader.cosigned()):
        try:
            times = policy.check_quorum(reader.cosigned_checkpoint(size), f"the checkpoint of {size}")
        except IntegrityError:  # cosigned by some and not by enough: an older one tells
            continue
        return witnessed_at(times, policy)
    return None


def own(campaign: Sequence[Filed]) -> tuple[Filed, ...]:
    """Plans, STARTs and ENDs: what a score's readers must see all of."""
    return tuple(each for each in campaign if each.document.type in ("plan", "run-start", "run-end"))
