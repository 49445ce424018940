"""What a verification found: every check with its outcome, who said what and when, the label and its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairtrial.core.canon import JSON

Outcome = Literal["ok", "failed", "missing", "unknown"]
"""failed: something is not what it claims to be. missing: what a better label asks for is not there, or is not
fulfilled. unknown: could not be checked here. Neither of the last two is ever a pass."""

Label = Literal["self-reported", "witnessed-self-run", "independent-blind"]
SELF: Final = "self-reported"
WITNESSED: Final = "witnessed-self-run"
BLIND: Final = "independent-blind"

CHECKS: Final = (
    "container",
    "manifest",
    "canonical",
    "policy",
    "signatures",
    "proofs",
    "quorum",
    "keys",
    "order",
    "campaign",
    "method",
    "scores",
    "dataset",
    "sample",
    "audit",
    "anchors",
    "label",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check. detail: what was found, in a sentence or two; of a failure, the error itself."""

    check: str
    outcome: Outcome
    detail: str

    def to_json(self) -> dict[str, JSON]:
        """`ok` is null for what is missing or unknown."""
        ok = {"ok": True, "failed": False}.get(self.outcome)
        return {"check": self.check, "ok": ok, "outcome": self.outcome, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Saying:
    """A signed statement: who said it, where in which log it stands, when which witnesses had seen it.

    who: "role, organisation", of every signer that counts. index: None where it isn't proven to be in a log.
    seen: UTC, when the quorum had; "" where it had not. what: one line.
    """

    what: str
    who: tuple[str, ...]
    index: int | None
    seen: str
    witnesses: tuple[str, ...]
    file: str

    def to_json(self) -> dict[str, JSON]:
        return {
            "what": self.what,
            "who": list(self.who),
            "index": self.index,
            "seen": self.seen or None,
            "witnesses": list(self.witnesses),
            "file": self.file,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """ok: no check failed. label: None where one did. reason: why this label and no better one; next_label and
    lacks: the next better one, and the first condition of it that isn't met. scores: as signed, with how far each
    was computed again. limits: what the bundle doesn't establish, in sentences."""

    name: str
    ok: bool
    label: Label | None
    reason: str
    next_label: Label | None
    lacks: str
    checks: Sequence[Check]
    chain: Sequence[Saying] = ()
    attempts: Sequence[Mapping[str, Any]] = ()
    scores: Sequence[Mapping[str, Any]] = ()
    readings: Sequence[Mapping[str, Any]] = ()
    counts: Mapping[str, int] | None = None
    about: Mapping[str, str] | None = None
    limits: Sequence[str] = ()

    @property
    def first_failure(self) -> Check | None:
        return next((each for each in self.checks if each.outcome == "failed"), None)

    def to_json(self) -> dict[str, JSON]:
        """The contract's `verify --json`, with more keys than it promises."""
        return {
            "ok": self.ok,
            "label": self.label,
            "checks": [each.to_json() for each in self.checks],
            "reason": self.reason,
            "next_label": self.next_label,
            "lacks": self.lacks or None,
            "bundle": self.name,
            "about": dict(self.about or {}),
            "chain": [each.to_json() for each in self.chain],
            "attempts": [dict(each) for each in self.attempts],
            "scores": [dict(each) for each in self.scores],
            "readings": [dict(each) for each in self.readings],
            "counts": dict(self.counts) if self.counts is not None else None,
            "not_established": list(self.limits),
        }


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's word that bytes existed. message: its place among those that were asked about; time: UTC,
    such as 2026-01-31T12:00:00Z; authority: the name in its certificate."""

    message: int
    time: str
    authority: str


StampCheck = Callable[[bytes, Sequence[bytes]], Stamp | None]
"""Token, messages -> which of them it is over, when, by whom; None where no root certificate that the reader named
vouches for it. Raises IntegrityError for a token that isn't sound or is over other bytes; UsageError where tokens
can't be read here. The reader's roots are its own affair: reading X.509 and CMS is no part of the trusted base."""


def judged(name: str, good: str, failed: Sequence[str] = (), missing: Sequence[str] = ()) -> Check:
    """A check from what it found. The first fault is told in full, the others are counted."""
    outcome: Outcome = "failed" if failed else "missing" if missing else "ok"
    told = failed or missing
    if not told:
        return Check(name, outcome, good)
    more = f" (and {len(told) - 1} more of the kind)" if len(told) > 1 else ""
    return Check(name, outcome, told[0] + more)
