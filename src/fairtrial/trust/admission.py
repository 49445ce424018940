"""What a log takes: a document's place in it, or why it has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.campaign import NOT_TAKEN, Document, Filed, check_start, start_of
from fairtrial.trust.entry import NOBODY, OF_EITHER, OF_NO_CAMPAIGN, Entry


class History(Protocol):
    """What a log knows already, as far as admission asks."""

    @property
    def size(self) -> int: ...

    def at(self, index: int) -> Filed | None: ...

    def by_payload(self, payload: str) -> Filed | None: ...

    def last(self, campaign: str) -> Entry | None:
        """Its newest entry; None for an unknown campaign. 64 zeros name what belongs to none."""
        ...

    def campaign(self, name: str) -> Sequence[Filed]:
        """In the order of the log; empty for an unknown one."""
        ...


def admit(document: Document, history: History) -> Entry:
    """The entry that this document gets now. Raises IntegrityError where it may not stand there."""
    if there := history.by_payload(document.payload):
        raise IntegrityError(f"this {document.type} is entry {there.index} already", NOT_TAKEN)
    campaign = _campaign_of(document, history)
    if rule := _RULES.get(document.type):
        rule(document, campaign, history)
    last = history.last(campaign)
    seq, previous = (last.seq + 1, last.leaf.hex()) if last else (1, NOBODY)
    return Entry(document.type, campaign, seq, previous, document.payload, document.signers)


def _campaign_of(document: Document, history: History) -> str:
    if document.type in OF_NO_CAMPAIGN:
        return NOBODY
    if document.type in OF_EITHER:
        return _about(document, history).entry.campaign
    name = document.fields["campaign"]
    if name is None:  # a first plan
        return document.payload
    if history.last(name) is None:
        raise IntegrityError(f"no campaign {name[:16]}… is in this log", "register its plan first")
    return str(name)


def _about(document: Document, history: History, *types: str) -> Filed:
    found = history.by_payload(document.subjects[0])
    if found is None or (types and found.document.type not in types):
        what = " or ".join(types) or "document"
        raise IntegrityError(
            f"this {document.type} is about {document.subjects[0][:16]}…, which is no {what} in this log",
            NOT_TAKEN,
        )
    return found


def _rule_start(document: Document, campaign: str, history: History) -> None:
    check_start(document, campaign, history.campaign(campaign), history.size)


def _rule_end(document: Document, campaign: str, history: History) -> None:
    start = start_of(document, history.by_payload(document.subjects[0]))
    for each in history.campaign(campaign):
        if each.document.type == "run-end" and each.document.subjects[0] == start.document.payload:
            raise IntegrityError(
                f"the run of entry {start.index} has ended with entry {each.index} already",
                "a run has one END; a new START is a new attempt",
            )


def _rule_run(document: Document, campaign: str, history: History) -> None:
    runs = {
        each.document.fields["run"]
        for each in history.campaign(campaign)
        if each.document.type == "run-start"
    }
    if document.fields["run"] not in runs:
        raise IntegrityError(
            f"no START of the run {document.fields['run'][:40]!r} is in its campaign", NOT_TAKEN
        )


def _rule_about(*types: str) -> Any:
    def rule(document: Document, campaign: str, history: History) -> None:
        about = _about(document, history, *types)
        if about.entry.campaign != campaign:
            raise IntegrityError(
                f"this {document.type} is about entry {about.index}, of another campaign", NOT_TAKEN
            )

    return rule


_RULES: Final = {
    "run-start": _rule_start,
    "run-end": _rule_end,
    "result": _rule_run,
    "audit": _rule_about("result"),
    "reveal": _rule_about("dataset-commit"),
    "coin-reveal": _rule_about("coin-commit"),
}
