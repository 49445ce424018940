"""What an audit of a claim leaves behind: the verdict, and everything a reader needs to weigh it.

lab.audit(claim, model) -> Audited -> terminal, page, JSON
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairtrial.core.canon import JSON
from fairtrial.core.evidence import Tier, Verdict


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured beside the findings, for people and for programs.

    name: its key in JSON. note: what it shows, and what it doesn't. rows: cells as text, one a column. tier: None
    where it is measured and no test. data: the same, for programs.
    """

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: JSON
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """served: the model that was asked, as typed. tested: the one that the claim is about, where it was asked too.

    tables: settings, formats, weak signals. impossible: tests that could not be made, with the reason. facts: what
    was found that is no test. calibration: probe -> how often its test was wrong when it was measured. complete:
    whether every question was answered.
    """

    verdict: Verdict
    served: str
    tested: str = ""
    tables: tuple[Table, ...] = ()
    impossible: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    calibration: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True

    @property
    def exit_status(self) -> int:
        """3 where questions are unanswered: a verdict on part of the answers settles nothing."""
        return self.verdict.exit_status if self.complete else 3

    def table(self, name: str) -> Table | None:
        return next((each for each in self.tables if each.name == name), None)

    def to_json(self) -> dict[str, JSON]:
        """The contract's `audit --json`, with more keys than it promises."""
        return {
            **self.verdict.to_json(),
            "served": self.served,
            "tested": self.tested or None,
            "complete": self.complete,
            "tables": {each.name: each.data for each in self.tables},
            "impossible": list(self.impossible),
            "facts": list(self.facts),
            "calibration": dict(self.calibration),
        }

    def __str__(self) -> str:
        return self.verdict.sentence
