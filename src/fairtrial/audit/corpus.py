"""Overlap with a training corpus (S4): which items have 8-grams in common with it, and how long a stretch.

A fact about one corpus, named by its digest; that a model was trained on it is an assumption, and overlap is no
inflation: both are shown. Paraphrase and translation go unseen, and so do scripts without blanks. Source: the
longest contaminated substring of Singh et al. (2024), arXiv 2411.03923; n = 8 and a minimum count of 1, since
larger ones miss matches.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Effect, Evidence
from fairtrial.stats.combine import all_or_nothing
from fairtrial.stats.holdout import set_gap

PROBE: Final = "corpus-overlap"
GRAM: Final = 8
"""Words of a match."""
THRESHOLD: Final = 0.5
"""Share of an item's words in its longest stretch from which it counts as overlapping."""
TRAINED: Final = "the corpus given is what the model was trained on"
ALIKE: Final = "items that overlap and items that don't would be equally hard to a model that saw neither"
UNSEEN: Final = "paraphrase and translation are not seen by 8-grams; overlap is no inflation"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Match:
    """longest: words of the item's longest stretch all in 8-grams that the corpus holds; words: of the item.
    place: where in the corpus the stretch's first 8-gram first stands, "" where nothing matched."""

    item: str
    longest: int
    words: int
    place: str

    @property
    def share(self) -> float:
        return self.longest / self.words


@dataclass(frozen=True, slots=True)
class Overlap:
    """matches: of every item long enough to be judged, in the order given; short: items of fewer than 8 words.
    corpus: `sha256:…` of the whole file; documents: read from it."""

    matches: tuple[Match, ...]
    short: int
    corpus: str
    documents: int

    def over(self, threshold: float = THRESHOLD) -> tuple[Match, ...]:
        return tuple(each for each in self.matches if each.share >= threshold)


class Scan:
    """The 8-grams of some items, looked for in documents one after the other. Memory: the items' 8-grams."""

    def __init__(self, items: Mapping[str, str]) -> None:
        self._items = {name: words(text) for name, text in items.items()}
        self._first: dict[tuple[str, ...], str] = {
            gram: "" for told in self._items.values() for gram in _grams(told)
        }
        if not self._first:
            raise UsageError(f"no item has {GRAM} words", "overlap can't be judged on such short items")
        self.documents = 0

    def read(self, document: Iterable[str], place: str) -> None:
        """One document, in pieces that end between words. place: its name in the corpus."""
        self.documents += 1
        gram: deque[str] = deque(maxlen=GRAM)
        for piece in document:
            for word in words(piece):
                gram.append(word)
                if len(gram) == GRAM and self._first.get(told := tuple(gram)) == "":
                    self._first[told] = place

    def overlap(self, corpus: str) -> Overlap:
        """corpus: digest of all that was read."""
        judged = {name: told for name, told in self._items.items() if len(told) >= GRAM}
        matches = tuple(self._match(name, told) for name, told in judged.items())
        return Overlap(matches, len(self._items) - len(judged), corpus, self.documents)

    def _match(self, name: str, told: Sequence[str]) -> Match:
        longest = run = 0
        place = start = ""
        for gram in _grams(told):
            found = self._first[gram]
            start = start if run and found else found
            run = run + 1 if found else 0
            if run > longest:
                longest, place = run, start
        return Match(name, longest + GRAM - 1 if longest else 0, len(told), place)


def words(text: str) -> list[str]:
    """Lower case, compatible forms made one (NFKC), punctuation dropped."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def overlap_evidence(
    found: Overlap, scores: Mapping[str, float], *, alpha: float, seed: int, threshold: float = THRESHOLD
) -> Evidence:
    """S4: the gap between items that overlap and those that don't, in points. scores: by item, in [0, 1].

    Raises UsageError where one of the two sets is empty: there is then no gap, only the fact of the overlap.
    """
    over = {each.item for each in found.over(threshold)}
    scored = [each.item for each in found.matches if each.item in scores]
    hit = [scores[name] for name in scored if name in over]
    rest = [scores[name] for name in scored if name not in over]
    if min(len(hit), len(rest)) < 2:
        raise UsageError(
            f"{len(hit)} judged items overlap and {len(rest)} don't: there is no gap to measure",
            overlap_sentence(found),
        )
    gap = set_gap(hit, rest, alpha=alpha, rng=np.random.default_rng(seed))
    left_out = {f"fewer than {GRAM} words": found.short, "no score": len(found.matches) - len(scored)}
    return Evidence(
        probe=PROBE,
        tier="strong",
        question="seen",
        null="items that overlap with the corpus are answered no better than items that don't",
        access="corpus",
        n=len(scored),
        statistic=float(len(hit)),
        p=gap.p,
        e=all_or_nothing(gap.p, alpha),
        alpha=alpha,
        effect=Effect(100 * gap.value, 100 * gap.low, 100 * gap.high, "points", 1 - 2 * alpha, gap.method),
        mde=100 * gap.mde,
        assumptions=(TRAINED, ALIKE),
        controls=(overlap_sentence(found, threshold), UNSEEN),
        draw=found.corpus,
        exclusions={reason: many for reason, many in left_out.items() if many},
    )


def overlap_sentence(found: Overlap, threshold: float = THRESHOLD) -> str:
    """The fact in words: complete only for the corpus named, and never "clean"."""
    over = found.over(threshold)
    named = "; ".join(f"{each.item}: {each.longest} of {each.words} words, {each.place}" for each in over[:3])
    told = (
        f"{len(over)} of {len(found.matches)} items have a stretch of {100 * threshold:g} % or more of their "
        f"words in corpus {found.corpus[:19]}… ({found.documents:,} documents)"
        if over
        else f"no match of {100 * threshold:g} % or more of an item at n-gram length {GRAM} in corpus "
        f"{found.corpus[:19]}… ({found.documents:,} documents)"
    )
    return f"{told}: {named}" if named else told


def _grams(told: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(told[at : at + GRAM]) for at in range(len(told) - GRAM + 1))
