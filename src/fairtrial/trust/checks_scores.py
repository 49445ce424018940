"""Checks of the method record and of the figures: complete, of one piece, and what the records make."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fairtrial.core.canon import digest
from fairtrial.core.errors import UsageError
from fairtrial.core.record import STATES
from fairtrial.trust import bundle
from fairtrial.trust.checks_quorum import Place
from fairtrial.trust.method import gaps
from fairtrial.trust.parts import END, PLAN, RESULT, Parts, at
from fairtrial.trust.recounting import RANK, Recount, recount, recount_reading
from fairtrial.trust.verification import Check, judged

Told = list[dict[str, Any]]


def method(parts: Parts, placed: Mapping[str, Place]) -> Check:
    """That every mandatory field is there, and none says otherwise than plan, log and result do."""
    if parts.method is None:
        return judged("method", "", missing=["there is no method record that can be read"])
    missing = [f"{each.group}.{each.field} is {each.fault}: {each.detail}" for each in gaps(parts.method)]
    due = _facts(parts, placed)
    faults = [
        f"the method record gives {group}.{field} as {str(said)[:60]}, and it is {str(value)[:60]}"
        for (group, field), value in due.items()
        if (said := parts.method.get(group, {}).get(field)) != value and said is not None
    ]
    return judged("method", "every mandatory field is stated, and agrees with plan and log", faults, missing)


def scores(parts: Parts) -> tuple[Check, Told, Told]:
    """That the result is about these files, and its figures are what the records make. Also: scores and other
    readings, each with `found` and `note`, how far it was computed again."""
    faults = _about(parts) + _named_otherwise(parts)
    stated = parts.scores or {"scores": [], "readings": []}
    told, readings = ([dict(each) for each in stated[key]] for key in ("scores", "readings"))
    missing: list[str] = []
    if parts.journal is None:
        faults += _other_records(parts)
        missing.append(_elsewhere(parts))
        none = Recount("stated", "stated, not recomputed: the records are not in the bundle")
        check = judged("scores", "", faults, missing)
        return check, _joined(told, [none] * len(told)), _joined(readings, [none] * len(readings))
    faults += _counts(parts)
    faults += [f"{parts.journal.name}: {fault}" for fault in parts.journal.faults]
    task = parts.plan.get("task") if parts.plan else None
    found = [_recounted(recount, each, task, parts) for each in told]
    others = [_recounted(recount_reading, each, task, parts) for each in readings]
    for said, each in zip([*told, *readings], [*found, *others], strict=True):
        if each.problem:
            faults.append(each.problem)
        elif RANK[said["recomputable"]] > RANK[each.how]:
            missing.append(f"{said['metric']} is said to be {said['recomputable']}; here it is {each.note}")
    good = "; ".join(f"{said['metric']}: {each.note}" for said, each in zip(told, found, strict=True))
    check = judged("scores", good, faults, missing)
    return check, _joined(told, found), _joined(readings, others)


def _facts(parts: Parts, placed: Mapping[str, Place]) -> dict[tuple[str, str], Any]:
    due: dict[tuple[str, str], Any] = {}
    if bundle.PLAN in parts.members:
        plan = hashlib.sha256(parts.members[bundle.PLAN]).hexdigest()
        due["registration", "plan"] = f"sha256:{plan}"
    if parts.plan is not None:
        due["data", "n"] = parts.plan.get("n")
        if scorer := at(parts.plan, "task", "scorer"):
            due["scoring", "scorer"] = digest(scorer)
    if PLAN in placed:
        due["registration", "log_index"] = placed[PLAN].index
    if parts.journal is not None:
        due["records", "digest"] = f"sha256:{parts.journal.sha256}"
    elif parts.elsewhere is not None:
        due["records", "digest"] = f"sha256:{parts.elsewhere['sha256']}"
    if parts.scores is not None:
        due["result", "counts"] = parts.scores["counts"]
    return due


def _about(parts: Parts) -> list[str]:
    """That content list, scores, method and result are of one piece."""
    faults = []
    listed, result = parts.members.get(bundle.CONTENT_LIST), parts.statements.get(RESULT)
    if listed != bundle.content_list(parts.members):
        faults.append(f"{bundle.CONTENT_LIST} is not the list of the files in this bundle")
    if result is None:
        return [*faults, "there is no statement of the result"]
    if listed is not None and hashlib.sha256(listed).hexdigest() not in result.document.subjects:
        faults.append(f"{result.file} is about other files: not about this {bundle.CONTENT_LIST}")
    method = parts.members.get(bundle.METHOD)
    if method is not None and hashlib.sha256(method).hexdigest() != result.fields["method"]:
        faults.append(f"{result.file} is about another method record")
    for field in ("counts", "scores", "attempts"):
        if parts.scores is not None and parts.scores[field] != result.fields[field]:
            faults.append(f"{bundle.SCORES} and {result.file} differ in their {field}")
    return faults


def _named_otherwise(parts: Parts) -> list[str]:
    """Task and model: as the plan has them."""
    if parts.plan is None or parts.scores is None:
        return []
    provider, name = at(parts.plan, "model", "provider"), at(parts.plan, "model", "name")
    due = {
        "task": at(parts.plan, "task", "name"),
        "model": f"python:{name}" if provider == "python" else f"{provider}/{name}",
    }
    return [
        f"{bundle.SCORES} names the {key} {parts.scores[key][:60]!r}, the plan {str(value)[:60]!r}"
        for key, value in due.items()
        if parts.scores[key] != value
    ]


def _elsewhere(parts: Parts) -> str:
    if parts.elsewhere is None:
        return "the records can't be read: nothing is recomputed"
    return f"the records are not in the bundle ({parts.elsewhere['access'][:200]}): nothing is recomputed"


def _other_records(parts: Parts) -> list[str]:
    """Of records that stay elsewhere: that END is about the same ones."""
    end = parts.statements.get(END)
    if parts.elsewhere is None or end is None:
        return []
    said, ours = end.fields["records"], parts.elsewhere
    return [
        f"END states the {key} {str(said[key])[:16]} of the records, {bundle.RECORDS_DIGEST} {str(ours[key])[:16]}"
        for key in ("root", "n")
        if said[key] != ours[key]
    ]


def _counts(parts: Parts) -> list[str]:
    journal = parts.journal
    assert journal is not None
    found = dict.fromkeys(STATES, 0) | journal.counts()
    faults = []
    if parts.scores is not None:
        faults += _other_counts(bundle.SCORES, parts.scores["counts"], found)
    if end := parts.statements.get(END):
        faults += _other_counts(end.file, end.fields["counts"], found)
        if end.fields["records"]["root"] != journal.root:
            faults.append(f"END states another root of the records than {journal.name} has")
        if end.fields["records"]["n"] != len(journal.rows):
            faults.append(f"END states {end.fields['records']['n']} records; there are {len(journal.rows)}")
    plan = parts.plan or {}
    if isinstance(plan.get("n"), int) and isinstance(plan.get("epochs"), int):
        faults += _beyond(plan["n"], plan["epochs"], [*journal.rows])
    return faults


def _beyond(n: int, epochs: int, keys: Sequence[tuple[str, int]]) -> list[str]:
    samples = {sample for sample, _ in keys}
    if len(samples) > n or any(epoch > epochs for _, epoch in keys):
        return [f"the records go beyond the plan of {n} samples and {epochs} epochs"]
    if len(keys) < n * epochs:
        return [f"the plan asks {n * epochs} questions; {len(keys)} have a record"]
    return []


def _other_counts(file: str, said: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    return [
        f"{file} counts {said[state]} {state}; the records hold {found[state]}"
        for state in STATES
        if said[state] != found[state]
    ]


def _recounted(rule: Any, score: Mapping[str, Any], task: Any, parts: Parts) -> Recount:
    try:
        found: Recount = rule(score, task if isinstance(task, Mapping) else {}, parts.journal)
    except UsageError as error:  # a level of 3, a count that is no proportion
        return Recount("stated", "", f"{score['metric']}: {error.message}")
    return found


def _joined(told: Told, found: Sequence[Recount]) -> Told:
    return [each | {"found": got.how, "note": got.note} for each, got in zip(told, found, strict=True)]
