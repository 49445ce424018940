"""Time stamps of a log's checkpoints: asked for, verified, kept beside the log, and put into bundles.

A stamp is over the text of a checkpoint (origin, size, root), which log and witnesses sign too. It shows that the
log had this root by then, on the word of somebody who is neither the log nor a witness.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fairtrial.adapters.stores.tiles import POLICY, LogFolder
from fairtrial.adapters.timestamps import MOST_BYTES, ask
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.lab.log_reader import LogReader
from fairtrial.trust import bundle
from fairtrial.trust.checkpoint import SignedCheckpoint, parse_checkpoint
from fairtrial.trust.checks_audit import MOST_TOKENS, TSR
from fairtrial.trust.tlog_proof import parse_tlog_proof
from fairtrial.trust.verification import Stamp

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

STAMPS: Final = "stamps"
_NAME: Final = re.compile(r"([1-9][0-9]{0,15})-[a-z0-9.-]{1,100}\.tsr", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kept:
    """path: of the token. size: of the tree whose checkpoint it is over."""

    path: Path
    size: int
    stamp: Stamp


def stamp(place: Path, url: str, roots: Sequence[Certificate]) -> Kept:
    """Have the newest checkpoint of a log in a folder stamped: of a log with witnesses, the newest with a quorum.

    url: the authority's. roots: its root certificates; a token that they don't vouch for is not kept. Raises
    UsageError without a checkpoint to stamp or without the extra; ProviderError, IntegrityError as `ask`;
    StoreError while another process writes to the log.
    """
    folder = LogFolder(place)
    signed = _newest(folder, LogReader.open(place))
    size = signed.checkpoint.size
    token, found = ask(url, signed.note.text.encode(), roots)
    host = re.sub(r"[^a-z0-9.-]", "-", (urlsplit(url).hostname or "").lower())[:100]
    name = f"{STAMPS}/{size}-{host}{TSR}"
    folder.lock()
    try:
        folder.write([(name, token)])
    finally:
        folder.release()
    return Kept(place / name, size, found)


def anchors(folder: LogFolder, members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those stamps of the log that are over a checkpoint of the bundle: of one log, a size has one text. members:
    of the bundle, its checkpoint and proofs among them."""
    sizes = {parse_checkpoint(members[bundle.CHECKPOINT], bundle.CHECKPOINT).checkpoint.size}
    for name, data in members.items():
        if name.startswith(bundle.PROOFS):
            sizes.add(parse_tlog_proof(data, name).signed.checkpoint.size)
    found = {}
    for name in _names(folder):
        match = _NAME.fullmatch(name)
        token = folder.file(f"{STAMPS}/{name}")
        if match and int(match[1]) in sizes and token is not None and len(token) <= MOST_BYTES:
            found[f"{bundle.ANCHORS}{name}"] = token
    if len(found) > MOST_TOKENS:
        raise StoreError(
            f"{folder.path / STAMPS} has {len(found)} stamps for this bundle; {MOST_TOKENS} are allowed",
            "move some of them away",
        )
    return found


def _newest(folder: LogFolder, reader: LogReader) -> SignedCheckpoint:
    signed = reader.checkpoint()
    if folder.file(POLICY) is not None:
        sizes = reader.cosigned()
        if not sizes:
            raise UsageError(
                f"no checkpoint of {reader.origin} has its quorum yet", "run `fairtrial log cosign` first"
            )
        signed = reader.cosigned_checkpoint(sizes[-1])
    if signed.checkpoint.size == 0:
        raise UsageError(f"{reader.origin} is empty: there is nothing to stamp", "add an entry first")
    return signed


def _names(folder: LogFolder) -> list[str]:
    place = folder.path / STAMPS
    return sorted(each.name for each in place.iterdir()) if place.is_dir() else []
