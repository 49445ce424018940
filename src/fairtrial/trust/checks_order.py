"""Check of the order: plan, START, requests and END came one after the other, each seen before the next."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from fairtrial.core.errors import UsageError
from fairtrial.trust.beacon import moment
from fairtrial.trust.checks_quorum import Place
from fairtrial.trust.parts import END, PLAN, START, Parts
from fairtrial.trust.verification import Check, judged


def order(parts: Parts, placed: Mapping[str, Place]) -> Check:
    """Plan, START, requests and END came one after the other, in one log, each seen before the next."""
    faults: list[str] = []
    missing = [f"no statement {name}" for name in (PLAN, START, END) if name not in parts.statements]
    at = {name: placed[name] for name in (PLAN, START, END) if name in placed}
    if not missing and len(at) == 3:
        if len({each.origin for each in at.values()}) > 1:
            faults.append("plan, START and END stand in different logs")
        elif not at[PLAN].index < at[START].index < at[END].index:
            faults.append(
                f"the order in the log is plan {at[PLAN].index}, START {at[START].index}, END {at[END].index}"
            )
        else:
            # When START was seen is told by a checkpoint without END in it, or by none.
            unseen = _unseen_start(at)
            missing += unseen
            faults += [] if unseen else _times(parts, at)
    elif not missing:
        missing.append("the order is not proven: proofs are missing")
    faults += _misplaced(parts, placed)
    if not missing and parts.statements[END].fields["status"] != "completed":
        missing.append(f"the run {parts.statements[END].fields['status']}: its END says so")
    return judged("order", "plan, START, first request, last request, END: in this order", faults, missing)


def _misplaced(parts: Parts, placed: Mapping[str, Place]) -> list[str]:
    """What START says of its plan, against the log."""
    start, plan = parts.statements.get(START), placed.get(PLAN)
    if start is None or plan is None:
        return []
    named = start.fields["plan"]
    entry = parts.entries.get(plan.index)
    if named["index"] != plan.index or (entry and entry.entry.leaf.hex() != named["entry"]):
        return [f"START names the plan of entry {named['index']}, and the plan is entry {plan.index}"]
    return []


def _unseen_start(at: Mapping[str, Place]) -> list[str]:
    seen = at[START].seen
    if seen is None:
        return ["no quorum had seen START before END"]
    if seen.size > at[END].index:
        return [
            f"the first quorum checkpoint with START in it has {seen.size} entries, and END is among them"
        ]
    return []


def _times(parts: Parts, at: Mapping[str, Place]) -> list[str]:
    requests = parts.statements[END].fields["requests"]
    told = [(name, at[name].seen) for name in (PLAN, START, END)]
    line = [(f"{name} was witnessed at", seen.time) for name, seen in told if seen is not None]
    if requests:
        sent = [("the first request went out at", requests["first"]), ("the last one at", requests["last"])]
        line[-1:-1] = sent if at[END].seen else []
        line += [] if at[END].seen else sent
    faults = [
        f"{what} {time}, and {after} {later}"
        for (what, time), (after, later) in pairwise(line)
        if later < time
    ]
    return faults + _attempts_outside(parts, requests)


def _attempts_outside(parts: Parts, requests: Mapping[str, str] | None) -> list[str]:
    journal = parts.journal
    if journal is None or not journal.first:
        return []
    try:
        first, last = (f"{moment(each):%Y-%m-%dT%H:%M:%SZ}" for each in (journal.first, journal.last))
    except UsageError as error:
        return [f"the records tell of a request at no time: {error.message}"]
    if requests is None or first < requests["first"] or last > requests["last"]:
        return [f"the records tell of requests from {first} to {last}, and END of others"]
    return []
