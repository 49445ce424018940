"""What of a log goes into a bundle: the documents of a campaign, their proofs, the entries up to a checkpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.lab.campaigns import Campaign
from fairtrial.lab.log import Log
from fairtrial.lab.registration import END, PLAN, RESULT, START, RegistrationFolder
from fairtrial.trust import bundle
from fairtrial.trust.campaign import Filed
from fairtrial.trust.contents import edge_bytes, entries_bytes
from fairtrial.trust.tree import frontier

MOST_ENTRIES: Final = 20_000
"""Of the log, from the campaign's first plan on, that a bundle carries; of a larger one only the campaign's."""

_NAMES: Final = {"dataset-commit": "dataset-commit"} | {
    each: f"{each}-{{}}" for each in ("audit", "dispute", "retraction", "reveal")
}
"""Documents that are proven one by one, and what they are called; of the others the entries tell the place."""


def statements(
    kept: RegistrationFolder, log: Log, campaign: str, also: Sequence[int]
) -> Iterator[tuple[str, bytes]]:
    """This run's four with their proofs; every other document of the campaign, so that no attempt is left out."""
    own = {}
    for name in (PLAN, START, END, RESULT):
        envelope, proof = kept.envelope(name), kept.proof(name)
        if envelope is None or proof is None:
            raise IntegrityError(f"{kept.path} lacks {name}.dsse.json or its proof", "restore it from a copy")
        own[hashlib.sha256(envelope).hexdigest()] = name
        yield f"{bundle.STATEMENTS}{name}{bundle.STATEMENT_SUFFIX}", envelope
        yield f"{bundle.PROOFS}{name}{bundle.PROOF_SUFFIX}", proof
    others = [each for each in log.history.campaign(campaign) if each.document.payload not in own]
    for each in [*others, *(_entry(log, index) for index in also)]:
        name = _NAMES.get(each.document.type, "entry-{}").format(each.index)
        yield f"{bundle.STATEMENTS}{name}{bundle.STATEMENT_SUFFIX}", log.history.envelope(each.logged)
        if each.document.type in _NAMES:
            yield f"{bundle.PROOFS}{name}{bundle.PROOF_SUFFIX}", log.prove(each.index)


def _entry(log: Log, index: int) -> Filed:
    found = log.history.at(index)
    if found is None:
        raise UsageError(f"{log.origin} has no entry {index}", "see `fairtrial log check`")
    return found


def entries(log: Log, campaign: Campaign, size: int, also: Sequence[int]) -> dict[str, bytes]:
    """The log from the campaign's first plan up to the checkpoint, and the tree's edge below."""
    first = min(campaign.filed[0].index, *also, size)
    if size - first > MOST_ENTRIES:
        alone = [*log.history.campaign(campaign.id), *(_entry(log, index) for index in also)]
        return {f"{bundle.ENTRIES}{at.index}{bundle.ENTRIES_SUFFIX}": at.entry.data + b"\n" for at in alone}
    whole = entries_bytes([each.entry.data for each in log.reader.entries(first)])
    edge = edge_bytes(frontier(first, log.reader.tiles(size)))
    return {f"{bundle.ENTRIES}{first}{bundle.ENTRIES_SUFFIX}": whole, bundle.EDGE: edge}
