"""A bundle with more statements and the log as it stands now. What its result is about stays as it was signed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.lab.entering import Entered
from fairtrial.lab.log import Log
from fairtrial.trust import bundle
from fairtrial.trust.campaign import parse_document
from fairtrial.trust.contents import edge_bytes, entries_bytes, read_edge
from fairtrial.trust.documents import GET_AGAIN
from fairtrial.trust.tree import frontier

PROVEN: Final = frozenset({"audit", "dispute", "retraction", "dataset-commit", "reveal"})
"""Kinds of statement that have a name and a proof of their own; others of the campaign are `entry-…`."""


def statement_file(name: str) -> str:
    return f"{bundle.STATEMENTS}{name}{bundle.STATEMENT_SUFFIX}"


def proof_file(name: str) -> str:
    return f"{bundle.PROOFS}{name}{bundle.PROOF_SUFFIX}"


def campaign_of(members: Mapping[str, bytes]) -> str:
    """Of the bundle's plan. Raises IntegrityError where there is none."""
    name = statement_file("plan")
    if name not in members:
        raise IntegrityError("the bundle holds no statement of its plan", GET_AGAIN)
    plan = parse_document(members[name], name)
    return str(plan.fields["campaign"] or plan.payload)


def amended(
    members: Mapping[str, bytes], log: Log, more: Mapping[str, bytes], beside: Collection[Entered] = ()
) -> bytes:
    """The file. more: members that are added, by name. beside: documents that belong to no campaign and are named
    after their type, such as the commitment to the items.

    Every document that the campaign got since is added, so that none can be left out. Raises as `write_bundle`.
    """
    signed = log.cosign().signed
    kept = {name: data for name, data in members.items() if not _is_of_log(name) and name != bundle.MANIFEST}
    kept |= more
    for each in beside:
        name = _free(kept, each.filed.document.type)
        kept[statement_file(name)] = log.history.envelope(each.filed.logged)
        kept[proof_file(name)] = each.proof
    campaign = campaign_of(members)
    kept |= dict(_newcomers(kept, log, campaign))
    first = min([_first(members, log, campaign), *(each.filed.index for each in beside)])
    kept |= _entries(log, campaign, first, signed.checkpoint.size, whole=bundle.EDGE in members)
    for each in beside:
        if bundle.EDGE not in members:
            kept[f"{bundle.ENTRIES}{each.filed.index}{bundle.ENTRIES_SUFFIX}"] = each.filed.entry.data + b"\n"
    return bundle.write_bundle({**kept, bundle.CHECKPOINT: signed.data})


def _is_of_log(name: str) -> bool:
    return name.startswith(bundle.ENTRIES) or name in (bundle.EDGE, bundle.CHECKPOINT)


def _free(kept: Mapping[str, bytes], kind: str) -> str:
    names = [kind, *(f"{kind}-{number}" for number in range(2, 1000))]
    return next(name for name in names if statement_file(name) not in kept)


def _newcomers(kept: Mapping[str, bytes], log: Log, campaign: str) -> Iterator[tuple[str, bytes]]:
    known = {
        hashlib.sha256(data).hexdigest() for name, data in kept.items() if name.startswith(bundle.STATEMENTS)
    }
    for each in log.history.campaign(campaign):
        if each.document.payload in known:
            continue
        proven = each.document.type in PROVEN
        name = f"{each.document.type if proven else 'entry'}-{each.index}"
        yield statement_file(name), log.history.envelope(each.logged)
        if proven:
            yield proof_file(name), log.prove(each.index)


def _first(members: Mapping[str, bytes], log: Log, campaign: str) -> int:
    """From which entry on the bundle holds the log."""
    if bundle.EDGE in members:
        return read_edge(members[bundle.EDGE], bundle.EDGE).size
    return log.history.campaign(campaign)[0].index


def _entries(log: Log, campaign: str, first: int, size: int, *, whole: bool) -> dict[str, bytes]:
    if not whole:
        return {
            f"{bundle.ENTRIES}{each.index}{bundle.ENTRIES_SUFFIX}": each.entry.data + b"\n"
            for each in log.history.campaign(campaign)
        }
    entries = entries_bytes([each.entry.data for each in log.reader.entries(first)])
    edge = edge_bytes(frontier(first, log.reader.tiles(size)))
    return {f"{bundle.ENTRIES}{first}{bundle.ENTRIES_SUFFIX}": entries, bundle.EDGE: edge}
