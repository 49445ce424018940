"""Into the log, under a quorum of witnesses, with the proof in hand: what every step of a run's life does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fairtrial.adapters.stores.durable import Held
from fairtrial.adapters.stores.tiles import POLICY, LogFolder
from fairtrial.core.errors import IntegrityError, ProviderError, UsageError
from fairtrial.lab.log import Log
from fairtrial.lab.log_archive import Archive
from fairtrial.lab.log_reader import LogReader
from fairtrial.trust.campaign import Filed, parse_document
from fairtrial.trust.log_policy import LogPolicy, parse_log_policy
from fairtrial.trust.note_keys import VerifierKey
from fairtrial.trust.tlog_proof import TlogProof, parse_tlog_proof, verify_entry

PATIENCE_S: Final = 60.0
"""How long a log's writer is waited for: an entry takes milliseconds, its witnesses a few seconds."""
_PAUSE_S: Final = 0.1
_AGAIN: Final = "restore the run's folder from a copy; the log itself is not in doubt"


@dataclass(frozen=True, slots=True)
class Entered:
    """A document in the log. proof: the `.tlog-proof` file, whose checkpoint has the quorum. times: POSIX seconds
    by witness. at: UTC, when the quorum was reached; None where it asks for nobody."""

    filed: Filed
    proof: bytes
    times: Mapping[VerifierKey, int]
    at: str | None


@contextmanager
def writing(place: str | Path, *, patience_s: float = PATIENCE_S) -> Iterator[Log]:
    """The log open for writing; another writer is waited for. Raises UsageError for an address: a log is written
    to where it lies."""
    if str(place).startswith(("http://", "https://")):
        raise UsageError(f"{place} can only be read", "name the log's folder on this machine: --log FOLDER")
    until = time.monotonic() + patience_s
    while True:
        try:
            log = Log.open(place)
            break
        except Held:
            if time.monotonic() > until:
                raise
        time.sleep(_PAUSE_S)
    with log:
        yield log


def enter(log: Log, envelope: bytes, name: str) -> Entered:
    """Append one document, have it cosigned, prove it. A document that is there already gets its entry again.

    name: of its file, for messages. Raises IntegrityError where it isn't admitted, ProviderError where the quorum
    isn't met (the entry stands then, and may be asked for again), UsageError for a log without a policy.
    """
    if log.policy is None:  # before there is an entry that nobody would ever cosign
        raise UsageError(
            f"the log {log.origin} has no witnesses, so that it could show anybody another history",
            f"write a {POLICY} into its folder; `quorum none` in it asks for none",
        )
    logged = log.append_all([envelope], names=[name])[0]
    try:
        done = log.cosign()
    except ProviderError as error:
        told = f"{name} is entry {logged.index} of the log, and not witnessed yet: {error.message}"
        remedy = "once the witnesses answer, give the same command again; a run with --resume"
        raise ProviderError(told, remedy, cause=error.cause, retryable=True) from error
    proof = log.prove(logged.index, size=done.signed.checkpoint.size)
    filed = log.history.at(logged.index)
    if filed is None:
        raise IntegrityError(f"{log.origin} doesn't know the entry {logged.index} that it made", _AGAIN)
    times = _checked(parse_tlog_proof(proof, name), filed, log.reader.key, log.policy, name)
    return Entered(filed, proof, times, witnessed_at(times, log.policy))


def entered(place: str | Path, envelope: bytes, proof: bytes, name: str) -> Entered:
    """The same of a document whose proof was kept, checked again against the log in the folder `place`."""
    reader = LogReader.open(place)
    archive = reader.archive(reader.checkpoint().checkpoint.size)
    if archive is None:
        raise UsageError(f"{place} shows entries, not the documents behind them", "name the log's folder")
    return _again(archive, reader.key, policy_of(place), envelope, proof, name)


def still_entered(log: Log, envelope: bytes, proof: bytes, name: str) -> Entered:
    """As `entered`, in a log that is open for writing."""
    return _again(log.history, log.reader.key, policy_of(log.folder.path), envelope, proof, name)


def _again(
    history: Archive, key: VerifierKey, policy: LogPolicy, envelope: bytes, proof: bytes, name: str
) -> Entered:
    filed = history.by_payload(parse_document(envelope, name).payload)
    if filed is None:
        raise IntegrityError(f"{name} is not in the log {key.name}", "name the log that it was entered in")
    times = _checked(parse_tlog_proof(proof, f"the proof of {name}"), filed, key, policy, name)
    return Entered(filed, proof, times, witnessed_at(times, policy))


def policy_of(place: str | Path) -> LogPolicy:
    """The log's own witnesses. Raises UsageError where it has none."""
    return parse_log_policy(LogFolder(Path(place)).need(POLICY), POLICY)


def witnessed_at(times: Mapping[VerifierKey, int], policy: LogPolicy) -> str | None:
    """When the quorum was reached, UTC; None where it asks for nobody: then nobody tells the time."""
    seconds = policy.met_at(times)
    return None if seconds is None else utc(seconds)


def utc(seconds: int) -> str:
    """POSIX seconds as signed documents write a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(
    proof: TlogProof, filed: Filed, key: VerifierKey, policy: LogPolicy, name: str
) -> Mapping[VerifierKey, int]:
    """By the eyes of somebody who has the proof alone: nothing goes on from one that a stranger would refuse."""
    if proof.index != filed.index:
        raise IntegrityError(f"the proof of {name} is of entry {proof.index}, not {filed.index}", _AGAIN)
    verify_entry(proof, filed.entry.data, [key], name)
    return policy.check_quorum(proof.signed, f"the proof of {name}")
