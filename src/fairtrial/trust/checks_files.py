"""Checks of the files themselves: all of them listed and there, each in its one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fairtrial.trust import bundle
from fairtrial.trust.parts import Parts
from fairtrial.trust.verification import Check, judged

_ALWAYS: Final = (
    bundle.PLAN,
    bundle.METHOD,
    bundle.SCORES,
    bundle.DATASET,
    bundle.CONTENT_LIST,
    f"{bundle.STATEMENTS}result{bundle.STATEMENT_SUFFIX}",
)
_RECORDS: Final = (bundle.RECORDS, bundle.RECORDS_GZ, bundle.RECORDS_DIGEST)


def manifest(members: Mapping[str, bytes]) -> Check:
    """That manifest.sha256 lists every member but itself, and that what every bundle has is there."""
    faults = [f"{name} is missing" for name in _ALWAYS if name not in members]
    if (found := sum(name in members for name in _RECORDS)) != 1:
        faults.append(f"records stand in one of {', '.join(_RECORDS)}; here in {found} of them")
    if bundle.MANIFEST not in members:
        faults.append(f"{bundle.MANIFEST} is missing")
    elif members[bundle.MANIFEST] != bundle.manifest(members):
        faults.insert(0, _listed_otherwise(members))
    return judged("manifest", f"{len(members)} files, each listed with its digest", faults)


def canonical(parts: Parts) -> Check:
    """That every file of a known kind could be read strictly, in its canonical form."""
    return judged("canonical", "every file is in its one form, read strictly", parts.faults)


def _listed_otherwise(members: Mapping[str, bytes]) -> str:
    due = dict(_pairs(bundle.manifest(members)))
    said = dict(_pairs(members[bundle.MANIFEST]))
    if lost := sorted(set(said) - set(due)):
        return f"{lost[0][:80]} is listed in {bundle.MANIFEST}, and isn't there"
    if stray := sorted(set(due) - set(said)):
        return f"{stray[0]} is there, and not listed in {bundle.MANIFEST}"
    if other := sorted(name for name in due if due[name] != said[name]):
        return f"{other[0]} has another digest than {bundle.MANIFEST} lists"
    return f"{bundle.MANIFEST} is not written as sha256sum writes it, sorted by name"


def _pairs(data: bytes) -> list[tuple[str, str]]:
    lines = data.decode("ascii", "replace").splitlines()
    return [(line[66:], line[:64]) for line in lines]
