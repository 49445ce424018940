"""Check of the data set: committed to, asked as planned, revealed as committed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust import bundle
from fairtrial.trust.item_leaf import revealed
from fairtrial.trust.parts import COMMIT, PLAN, REVEAL, Parts
from fairtrial.trust.records import Journal
from fairtrial.trust.tree import tree_root
from fairtrial.trust.verification import Check, judged

ITEMS_UNCHECKED: Final = (
    "the data set's order is not stated: questions and right answers aren't held against the plan"
)


def dataset(parts: Parts) -> Check:
    """That the data set is the one that the plan commits to, and its questions are the ones that were planned."""
    if parts.dataset is None:
        return judged("dataset", "", missing=["there is no data set file that can be read"])
    faults = _committed(parts, parts.dataset) + _revealed(parts)
    missing = []
    items = parts.dataset.get("items")
    if items is None:
        missing.append(ITEMS_UNCHECKED)
    elif parts.journal is not None and parts.plan is not None:
        faults += _asked(items, parts.journal, parts.plan)
    good = f"{parts.dataset['count']:,} items; questions and right answers are those that were planned"
    return judged("dataset", good, faults, missing)


def _committed(parts: Parts, said: Mapping[str, Any]) -> list[str]:
    faults = []
    plan = parts.statements.get(PLAN)
    if plan is not None:
        planned = plan.fields["dataset"]
        faults += [
            f"{bundle.DATASET} gives the {key} {str(said[key])[:60]!r}, the plan {str(planned[key])[:60]!r}"
            for key in ("name", "root", "form", "count")
            if said[key] != planned[key]
        ]
    leaves = said.get("leaves")
    if leaves is not None:
        if len(leaves) != said["count"]:
            faults.append(f"{bundle.DATASET} has {len(leaves)} leaves for {said['count']} items")
        elif len(set(leaves)) != len(leaves):
            faults.append(f"{bundle.DATASET}: a leaf stands twice, so a salt was used again")
        elif said["form"] == "tree" and tree_root(map(bytes.fromhex, leaves)).hex() != said["root"]:
            faults.append(f"{bundle.DATASET}: its leaves don't make its root")
    return faults


def _asked(items: list[str], journal: Journal, plan: Mapping[str, Any]) -> list[str]:
    """The plan's digest over every question and its right answers, made again from the records."""
    hasher = hashlib.sha256()
    for item in items:
        row = journal.rows.get((item, 1))
        if row is None:
            return [f"no record answers the item {item[:40]!r}"]
        hasher.update(f"{item}\n{row.question}\n".encode())
        hasher.update("\n".join(row.target).encode("utf-8", "surrogatepass"))
    if plan.get("questions") != f"sha256:{hasher.hexdigest()}":
        return ["the questions and right answers in the records are not those that were planned"]
    return []


def _revealed(parts: Parts) -> list[str]:
    commit = parts.statements.get(COMMIT)
    faults = []
    for signed in parts.statements.values():
        if signed.type != REVEAL:
            continue
        if commit is None or commit.document.payload not in signed.document.subjects:
            faults.append(f"{signed.file} reveals items of a commitment that is not in the bundle")
            continue
        try:
            revealed(commit.fields, signed.fields)
        except IntegrityError as error:
            faults.append(f"{signed.file}: {error.message}")
    return faults
