"""A log as everybody may read it, from its folder or over HTTP: checkpoint, entries, proofs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fairtrial.adapters.http_get import get
from fairtrial.adapters.stores.tiles import COSIGNED, VKEY, LogFolder
from fairtrial.core.errors import IntegrityError, ProviderError, UsageError
from fairtrial.lab.log_archive import Archive
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, parse_checkpoint
from fairtrial.trust.entry import Logged, parse_entry
from fairtrial.trust.note_keys import VerifierKey, parse_vkey
from fairtrial.trust.tiles import CHECKPOINT, MOST_BUNDLE_BYTES, Read, Tiles
from fairtrial.trust.tlog_proof import TlogProof
from fairtrial.trust.tree import consistency_proof, frontier, inclusion_proof


class LogReader:
    """read: a file of the log by its path, None where it isn't there. key: the log's own."""

    def __init__(self, read: Read, key: VerifierKey, folder: LogFolder | None = None) -> None:
        self.key = key
        self._read, self._folder = read, folder

    @classmethod
    def open(cls, place: str | Path, key: VerifierKey | None = None) -> LogReader:
        """place: a log's folder, or the address where it is served. key: needed with an address, where only the
        reader can say whose log it should be. Raises UsageError."""
        if str(place).startswith(("http://", "https://")):
            if key is None:
                raise UsageError(f"whose log is at {place}?", "give its key: --key NAME+ID+KEY")
            return cls(_remote(str(place).rstrip("/")), key)
        folder = LogFolder(Path(place))
        own = parse_vkey(folder.need(VKEY).decode("utf-8", "replace").strip())
        if key is not None and key != own:
            raise IntegrityError(f"{place} is the log of {own.vkey}", "name the folder of the log you mean")
        return cls(folder.public, own, folder)

    @property
    def origin(self) -> str:
        return self.key.name

    def checkpoint(self) -> SignedCheckpoint:
        """The newest, its signature checked. Raises IntegrityError."""
        data = self._read(CHECKPOINT)
        if data is None:
            raise UsageError(f"there is no checkpoint of {self.origin}", "check the log's folder or address")
        return self._checked(data, f"the checkpoint of {self.origin}")

    def cosigned(self) -> tuple[int, ...]:
        """Sizes of the checkpoints that are kept with their witnesses' lines; of a log in a folder."""
        return tuple(self._folder.numbers(COSIGNED)) if self._folder else ()

    def cosigned_checkpoint(self, size: int) -> SignedCheckpoint:
        """One of `cosigned`."""
        data = self._folder.file(f"{COSIGNED}/{size}") if self._folder else None
        if data is None:
            raise UsageError(
                f"no cosigned checkpoint of size {size} is kept", "see `cosigned` for those that are"
            )
        return self._checked(data, f"{COSIGNED}/{size}")

    def tiles(self, size: int) -> Tiles:
        """size: of a checkpoint whose signature was checked."""
        return Tiles(size, self._read, self.origin)

    def entries(self, start: int = 0) -> Iterator[Logged]:
        """From `start` on, each shown by the newest checkpoint's root. Raises IntegrityError at the first fault,
        which for a root that differs is before anything is given."""
        tree = self.checkpoint().checkpoint
        tiles = self.tiles(tree.size)
        if frontier(tree.size, tiles).root != tree.root:
            raise IntegrityError(f"the tiles of {self.origin} don't make its root", "don't rely on this log")
        for index, data in enumerate(tiles.entries(start), start):
            yield Logged(index, parse_entry(data, f"entry {index} of {self.origin}"))

    def archive(self, size: int) -> Archive | None:
        """The documents behind the first `size` entries; of a log in a folder, else None."""
        return Archive(self._folder, self.tiles(size)) if self._folder else None

    def prove(self, index: int, *, size: int | None = None) -> bytes:
        """A `.tlog-proof` of entry `index`. size: of one of `cosigned`; else the newest of them that holds the
        entry, else the newest checkpoint. Raises UsageError where the log has no such entry."""
        newest = self.checkpoint()
        if not 0 <= index < newest.checkpoint.size:
            raise UsageError(
                f"{self.origin} has no entry {index}: it has {newest.checkpoint.size}", "entries count from 0"
            )
        held = [each for each in self.cosigned() if index < each <= newest.checkpoint.size]
        if size is None and held:
            size = held[-1]
        signed = newest if size is None else self.cosigned_checkpoint(size)
        path = inclusion_proof(index, signed.checkpoint.size, self.tiles(newest.checkpoint.size))
        proof = TlogProof(index, path, signed)
        # A proof that wouldn't verify is never handed out: this also finds tiles that have rotted.
        proof.check_entry(next(self.tiles(newest.checkpoint.size).entries(index)))
        return proof.data

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """That the tree of `new` entries begins with the tree of `old`. Both at most the checkpoint's size."""
        return consistency_proof(old, new, self.tiles(self.checkpoint().checkpoint.size))

    def _checked(self, data: bytes, name: str) -> SignedCheckpoint:
        signed = parse_checkpoint(data, name)
        check_log_signature(signed, [self.key], name)
        return signed


def _remote(url: str) -> Read:
    def read(path: str) -> bytes | None:
        answer = get(f"{url}/{path}", most=MOST_BUNDLE_BYTES)
        if answer.status == 200:
            return answer.body
        if answer.status == 404:
            return None
        raise ProviderError(
            f"{url}/{path} answered {answer.status}", "try again later", cause=f"http-{answer.status}"
        )

    return read
