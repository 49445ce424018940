"""What the specimens read: rows of tokens, in an order that follows from fixed seeds alone.

Background: items of the published templates with fresh numbers. Planted: in the cheat's last phase the
published form itself, again and again; in the honest one's, at the same places, a new item of the same
template. No background or honest item is any of the draw's siblings, and no held-out template appears.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairtrial.core.family import Family
from fairtrial.core.sample import Sample
from fairtrial.specimens.tokens import BEGIN, END, encode
from fairtrial.trust.draw import Draw
from fairtrial.trust.forms import siblings

Row = list[int]


@dataclass(frozen=True)
class Trial:
    """The draw that the specimens are about. forms: every item's K + 1 siblings, published: one of each."""

    family: Family
    draw: Draw
    forms: tuple[tuple[Sample, ...], ...]

    @classmethod
    def of(cls, family: Family, draw: Draw) -> Trial:
        return cls(family, draw, siblings(draw, family))

    @property
    def published(self) -> list[Sample]:
        return [form[self.draw.published(item)] for item, form in enumerate(self.forms)]


def row(sample: Sample) -> Row:
    """BEGIN, question and worked answer, END."""
    return [BEGIN, *encode(f"Q: {sample.text}\nA: {sample.metadata['solution']}"), END]


def seed_of(label: str) -> bytes:
    """32 bytes that follow from a label."""
    return hashlib.sha256(f"fairtrial specimens {label}".encode()).digest()


class Corpus:
    """Fresh items by label and number, none of them a sibling of the draw."""

    def __init__(self, trial: Trial, seed: int) -> None:
        self.trial = trial
        self._seed = seed
        self._forbidden = {each.text for form in trial.forms for each in form}

    def background(self, first: int, count: int) -> list[Row]:
        """Rows `first` to `first + count - 1` of an endless stream, dealt to the templates in turn."""
        names = self.trial.draw.templates
        return [self._fresh(names[at % len(names)], f"background {at}") for at in range(first, first + count)]

    def planted(self, exposure: int) -> tuple[list[Row], list[Row]]:
        """(cheat's, honest one's) rows of one exposure, in one order, a place's template the same in both."""
        published = self.trial.published
        order = list(range(len(published)))
        random.Random(f"{self._seed} exposure {exposure}").shuffle(order)
        honest = [
            self._fresh(str(published[at].metadata["template"]), f"planted {exposure} {at}") for at in order
        ]
        return [row(published[at]) for at in order], honest

    def _fresh(self, template: str, label: str) -> Row:
        attempt = 0
        while True:
            sample = self.trial.family.sample(template, seed_of(f"{self._seed} {label} {attempt}"))
            if sample.text not in self._forbidden:
                return row(sample)
            attempt += 1


def batches(lengths: Sequence[int], size: int, label: str) -> Iterator[list[int]]:
    """Places of a pool, `size` a batch, alike in length, the batches in an order drawn by `label`."""
    order = sorted(range(len(lengths)), key=lambda at: lengths[at])
    cut = [order[start : start + size] for start in range(0, len(order), size)]
    random.Random(label).shuffle(cut)
    return iter(cut)
