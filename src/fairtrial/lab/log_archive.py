"""What a log holds, for its writer: entries by campaign and by document, and the documents themselves.

All of it can be rebuilt from the log's files; it is read when the log is opened and kept up with afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from fairtrial.adapters.stores.tiles import ENVELOPES, LogFolder
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.campaign import Filed, parse_document
from fairtrial.trust.entry import Entry, Logged, parse_entry
from fairtrial.trust.tiles import Tiles

SUFFIX = ".jsonl"


class Archive:
    """The `History` of a log on this disk. tiles: of the size that it was opened with."""

    def __init__(self, folder: LogFolder, tiles: Tiles) -> None:
        self.size = 0
        self._folder, self._tiles = folder, tiles
        self._campaigns: dict[str, list[int]] = {}
        self._payloads: dict[bytes, int] = {}
        self._filed: dict[int, Filed] = {}
        self._batches = folder.numbers(ENVELOPES, SUFFIX)
        self._batch: tuple[str, list[bytes]] = "", []
        for data in tiles.entries():
            entry = parse_entry(data, f"entry {self.size} of {tiles.log}")
            self._note(Logged(self.size, entry))
        # Batches from the size on are leftovers of a writer that died before its commit.
        self._batches = [first for first in self._batches if first < self.size]

    def at(self, index: int) -> Filed | None:
        if not 0 <= index < self.size:
            return None
        if index not in self._filed:
            entry = parse_entry(next(self._tiles.entries(index)), f"entry {index} of {self._tiles.log}")
            logged = Logged(index, entry)
            document = parse_document(self.envelope(logged), f"the document of entry {index}")
            self._filed[index] = Filed(logged, document)
        return self._filed[index]

    def by_payload(self, payload: str) -> Filed | None:
        index = self._payloads.get(bytes.fromhex(payload))
        return None if index is None else self.at(index)

    def last(self, campaign: str) -> Entry | None:
        indices = self._campaigns.get(campaign)
        found = self.at(indices[-1]) if indices else None
        return found.entry if found else None

    def campaign(self, name: str) -> Sequence[Filed]:
        found = (self.at(index) for index in self._campaigns.get(name, ()))
        return [each for each in found if each is not None]

    @property
    def campaigns(self) -> tuple[str, ...]:
        """By their first entries; 64 zeros for what belongs to none."""
        return tuple(self._campaigns)

    def add(self, filed: Iterable[Filed]) -> None:
        """Entries that were just made; their documents are kept by the caller."""
        for each in filed:
            self._filed[each.index] = each
            self._note(each.logged)

    def kept(self, first: int) -> None:
        """The documents from entry `first` on are in a file of their own now."""
        self._batches.append(first)

    def envelope(self, logged: Logged) -> bytes:
        """The document behind an entry, held against the entry's digest. Raises IntegrityError."""
        at = bisect_right(self._batches, logged.index) - 1
        first = self._batches[at] if at >= 0 else 0
        name, place = f"{ENVELOPES}/{first}{SUFFIX}", logged.index - first
        if self._batch[0] != name:
            self._batch = name, (self._folder.file(name) or b"").split(b"\n")[:-1]
        lines = self._batch[1]
        if place >= len(lines):
            raise IntegrityError(
                f"{name} lacks the document of entry {logged.index}", "restore it from a copy"
            )
        document = parse_document(lines[place], f"the document of entry {logged.index}")
        if document.payload != logged.entry.payload:
            raise IntegrityError(
                f"{name} holds another document than entry {logged.index}", "restore it from a copy"
            )
        return lines[place]

    def _note(self, logged: Logged) -> None:
        self._campaigns.setdefault(logged.entry.campaign, []).append(logged.index)
        self._payloads[bytes.fromhex(logged.entry.payload)] = logged.index
        self.size = logged.index + 1
