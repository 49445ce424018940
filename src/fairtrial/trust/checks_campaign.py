"""Check of the campaign: every attempt is known, none is left out, and none is beyond what was allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.campaign import Attempt, Filed, attempts, complete_campaign
from fairtrial.trust.checks_quorum import Place, Seen
from fairtrial.trust.entry import Logged
from fairtrial.trust.parts import PLAN, RESULT, Parts
from fairtrial.trust.verification import Check, judged

NOT_EXCLUDED: Final = "later or parallel attempts are not excluded"
_LIVES: Final = ("plan", "run-start", "run-end")
Told = list[dict[str, Any]]


def campaign(
    parts: Parts, placed: Mapping[str, Place], seen: Mapping[bytes, Seen]
) -> tuple[Check, Told, tuple[Filed, ...]]:
    """The campaign's attempts, from the log where that is whole, else as the result states them; and its documents
    in the order of the log, () where it isn't whole."""
    stated = parts.statements[RESULT].fields["attempts"] if RESULT in parts.statements else []
    told = [dict(each) for each in stated]
    try:
        logged = _whole(parts, placed)
        filed = _filed(parts, logged)
        if parts.checkpoint is None or parts.checkpoint.data not in seen:
            raise _Missing(f"no quorum has seen the newest checkpoint: {NOT_EXCLUDED}")
        found = attempts(filed, seen[parts.checkpoint.data].time)
    except _Missing as missing:
        return judged("campaign", "", missing=[str(missing)]), told, ()
    except IntegrityError as error:
        return judged("campaign", "", [error.message]), told, ()
    faults = _left_out(stated, found, placed)
    beyond = sum(each.over_quota for each in found)
    over = [f"{len(found)} attempts; the plan allows {len(found) - beyond}"] if beyond else []
    good = (
        f"attempts in the log: {len(found)}, all of them listed, within what the plan allows; as of "
        f"{seen[parts.checkpoint.data].time}"
    )
    return (
        judged("campaign", good, faults, over),
        [{**each.listed(), "over_quota": each.over_quota} for each in found],
        tuple(filed),
    )


class _Missing(Exception):
    """Something is not in the bundle, and nothing is known to be wrong."""


def _whole(parts: Parts, placed: Mapping[str, Place]) -> Sequence[Logged]:
    """Every entry of the campaign: from below its first plan up to the newest checkpoint none is left out."""
    plan, newest = parts.statements.get(PLAN), parts.checkpoint
    if plan is None or newest is None or parts.edge is None:
        raise _Missing(f"the bundle doesn't hold the log from the plan on: {NOT_EXCLUDED}")
    tree = newest.checkpoint
    for name, place in placed.items():
        if place.origin != tree.origin:
            raise IntegrityError(
                f"{name} stands in the log {place.origin}, and the entries are those of {tree.origin}"
            )
        if place.index >= tree.size:
            raise _Missing(f"the newest checkpoint doesn't cover {name}: {NOT_EXCLUDED}")
    wanted = range(parts.edge.size, tree.size)
    if len(wanted) > len(parts.entry_bytes) or any(index not in parts.entry_bytes for index in wanted):
        raise _Missing(f"entries up to the newest checkpoint are not in the bundle: {NOT_EXCLUDED}")
    name = plan.fields["campaign"] or plan.document.payload
    entries = [parts.entry_bytes[index] for index in wanted]
    found = complete_campaign(name, entries, parts.edge, tree.root, tree.origin)
    if strange := next((index for index in parts.entry_bytes if index not in wanted), None):
        raise IntegrityError(f"entry {strange} is in the bundle, beyond what its checkpoint covers")
    return found


def _filed(parts: Parts, logged: Sequence[Logged]) -> list[Filed]:
    by_payload = {each.document.payload: each for each in parts.statements.values()}
    filed = []
    for each in logged:
        signed = by_payload.get(each.entry.payload)
        if signed is not None and (signed.type, signed.document.signers) != (
            each.entry.type,
            each.entry.signers,
        ):
            raise IntegrityError(f"entry {each.index} says otherwise of {signed.file} than the file itself")
        if signed is not None:
            filed.append(Filed(each, signed.document))
        elif each.entry.type in _LIVES:
            raise _Missing(f"the statement of entry {each.index} ({each.entry.type}) is not in the bundle")
    return filed


def _left_out(stated: Told, found: Sequence[Attempt], placed: Mapping[str, Place]) -> list[str]:
    """Attempts that the result doesn't list, or lists otherwise than the log had them when it was signed."""
    listed = {each["index"]: each for each in stated}
    until = placed[RESULT].index if RESULT in placed else None
    faults = []
    for each in found:
        said = listed.pop(each.start.index, None)
        if said is None and (until is None or each.start.index < until):
            faults.append(f"the result leaves out the attempt of entry {each.start.index}")
        elif said is not None and not _agree(said, each, until):
            faults.append(
                f"the result says otherwise of the attempt of entry {each.start.index} than the log"
            )
    return faults + [f"the result lists an attempt of entry {index}, which starts no run" for index in listed]


def _agree(said: Mapping[str, Any], found: Attempt, until: int | None) -> bool:
    fields = found.start.document.fields
    if (said["run"], said["variant"]) != (fields["run"], fields["variant"]):
        return False
    if found.end is not None and (until is None or found.end.index < until):
        return bool(said["status"] == found.state)
    # What was open then may have been ended, or given up, since.
    return said["status"] in ("open", "abandoned")
