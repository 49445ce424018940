"""A bundle with more statements and the log as it stands now. What its result is about stays as it was signed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.lab.bundle_log import entries
from fairtrial.lab.campaigns import Campaign
from fairtrial.lab.log import Log
from fairtrial.trust import bundle
from fairtrial.trust.campaign import Filed, parse_document
from fairtrial.trust.contents import read_edge
from fairtrial.trust.documents import GET_AGAIN

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
    members: Mapping[str, bytes], log: Log, more: Mapping[str, bytes], beside: Sequence[Filed] = ()
) -> bytes:
    """The file. more: members that are added, by name. beside: documents that belong to no campaign and are named
    after their type, such as the commitment to the items.

    Every document that the campaign got since is added, so that none can be left out. Raises as `write_bundle`.
    """
    signed = log.cosign().signed
    kept = {name: data for name, data in members.items() if not _is_of_log(name) and name != bundle.MANIFEST}
    kept |= more
    for each in beside:
        name = _free(kept, each.document.type)
        kept[statement_file(name)] = log.history.envelope(each.logged)
        kept[proof_file(name)] = log.prove(each.index)
    campaign = campaign_of(members)
    filed = tuple(log.history.campaign(campaign))
    kept |= dict(_newcomers(kept, log, filed))
    known = [read_edge(members[bundle.EDGE], bundle.EDGE).size] if bundle.EDGE in members else []
    also = [*known, *(each.index for each in beside)]
    kept |= entries(log, Campaign(filed, None), signed.checkpoint.size, also)
    return bundle.write_bundle({**kept, bundle.CHECKPOINT: signed.data})


def _is_of_log(name: str) -> bool:
    return name.startswith(bundle.ENTRIES) or name in (bundle.EDGE, bundle.CHECKPOINT)


def _free(kept: Mapping[str, bytes], kind: str) -> str:
    names = [kind, *(f"{kind}-{number}" for number in range(2, 1000))]
    return next(name for name in names if statement_file(name) not in kept)


def _newcomers(kept: Mapping[str, bytes], log: Log, campaign: Sequence[Filed]) -> Iterator[tuple[str, bytes]]:
    known = {
        hashlib.sha256(data).hexdigest() for name, data in kept.items() if name.startswith(bundle.STATEMENTS)
    }
    for each in campaign:
        if each.document.payload in known:
            continue
        proven = each.document.type in PROVEN
        name = f"{each.document.type if proven else 'entry'}-{each.index}"
        yield statement_file(name), log.history.envelope(each.logged)
        if proven:
            yield proof_file(name), log.prove(each.index)
