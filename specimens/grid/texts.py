"""The texts of a trunk's trial, and which of them a cell plants: all by rule from the trunk's name.

A trial is one committed draw over the family's items, and beside it keyed questions, canaries, files in an
order, and questions with a wrong key (the same ones for all trunks, so that models can be compared on them). All
cells of a trunk share the trial, so that their tables can be laid side by side, row for row.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, permutations
from typing import Final

from fairtrial.core.sample import Sample
from fairtrial.families.arithmetic import arithmetic
from fairtrial.families.law import Choice
from fairtrial.families.template import Template
from fairtrial.trust.draw import Draw, commit
from fairtrial.trust.forms import siblings
from specimens.grid.plan import (
    BLOCK,
    CANARIES,
    CONTROLS,
    EXPOSURES,
    FILE_ITEMS,
    FILES,
    KEYED,
    ORDERS,
    SHARD,
    SIBLINGS,
    VARIED,
    WRONG,
    Plant,
    blocks,
)
from specimens.grid.wordings import TEMPLATES, reworded, template

COMMITTED_AT: Final = "2026-11-24T18:00:00Z"
THINGS: Final = template("gain").draw["things"]
VARIANTS: Final = ("renamed", "renumbered")
NAMES: Final = template("gain").draw["who"]


def seed_of(label: str) -> bytes:
    """32 bytes that follow from a label."""
    return hashlib.sha256(f"fairtrial grid {label}".encode()).digest()


def chance(label: str) -> random.Random:
    return random.Random(seed_of(label))


def text_of(sample: Sample, solution: str | None = None) -> str:
    """Question and worked answer."""
    return f"Q: {sample.text}\nA: {solution or sample.metadata['solution']}"


def only(found: Template, kept: dict[str, str], renumber: bool) -> Template:
    """The template with some parameters held at their value: names and things where its numbers are to be drawn
    again, or the numbers where its names are."""
    fixed = set(found.draw) - set(found.answer_from) if renumber else set(found.answer_from)
    laws = {name: _held(law, kept[name]) if name in fixed else law for name, law in found.draw.items()}
    return replace(found, draw=laws)


def _held(law: object, shown: str) -> Choice:
    values = [law.value(at) for at in range(law.size)]  # type: ignore[attr-defined]
    return Choice(tuple(value for value in values if str(value) == shown))


@dataclass(frozen=True)
class Keyed:
    """A question with several answers that are equally right, and the published one."""

    question: str
    answers: tuple[str, ...]
    key: int

    def text(self, answer: int) -> str:
        return f"{self.question}\nA: {self.answers[answer]}"


class Trial:
    """Everything about a trunk's trial. name: such as `standard-3`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.family = arithmetic()
        self.draw: Draw = commit(
            self.family,
            n=BLOCK * blocks(),
            siblings=SIBLINGS,
            templates=TEMPLATES,
            secret=seed_of(f"{name} secret"),
            salt=seed_of(f"{name} salt"),
            committed_at=COMMITTED_AT,
        )

    @cached_property
    def forms(self) -> tuple[tuple[Sample, ...], ...]:
        """An item's K + 1 instances, in the draw's order."""
        return siblings(self.draw, self.family)

    @cached_property
    def published(self) -> tuple[Sample, ...]:
        return tuple(form[self.draw.published(item)] for item, form in enumerate(self.forms))

    def varied(self, item: int, kind: str) -> list[str]:
        """K texts that differ from the published one in numbers alone (`renumbered`) or in names and things
        alone (`renamed`), each from the others too. The published one belongs to the same law."""
        return list(self._variants(item, kind, SIBLINGS - 1))

    def _variants(self, item: int, kind: str, count: int) -> Iterator[str]:
        published = self.published[item]
        found = only(self._template(item), published.metadata["parameters"], kind == "renumbered")  # type: ignore[arg-type]
        seen = {published.text}
        for attempt in range(400):
            sample = found.sample(seed_of(f"{self.name} {kind} {item} {attempt}"))
            if sample.text not in seen:
                seen.add(sample.text)
                yield text_of(sample)
            if len(seen) > count:
                return
        raise ValueError(f"{self.name}: no {count} texts like item {item}, {kind}")

    def _template(self, item: int) -> Template:
        return template(self.draw.template(item))

    def planted_text(self, item: int, kind: str) -> str:
        """What is planted for an item: the published text itself, its paraphrase, or a sibling with other
        numbers that is none of those scored."""
        if kind == "exact":
            return text_of(self.published[item])
        if kind == "paraphrased":
            seed = bytes.fromhex(self.published[item].id.rpartition("-")[2])
            return text_of(reworded(self.draw.template(item)).sample(seed))
        if kind == "renumbered":
            return self._other_numbers[item]
        raise ValueError(f"no such plant: {kind}")

    @cached_property
    def _other_numbers(self) -> tuple[str, ...]:
        """Of every item a renumbered text that is no other text of the trial: where few words vary, a candidate
        may be another item's sibling."""
        taken = {text_of(each) for form in self.forms for each in form}
        found = []
        for item in range(self.draw.n):
            candidates = islice(self._variants(item, "renumbered", 100), SIBLINGS - 1, None)
            found.append(next(each for each in candidates if each not in taken))
            taken.add(found[-1])
        return tuple(found)

    @cached_property
    def keyed(self) -> tuple[Keyed, ...]:
        """Questions with 2 and 3 right answers in turn."""
        found: dict[str, Keyed] = {}
        source = chance(f"{self.name} keyed")
        while len(found) < KEYED.total:
            each = keyed(source, 2 + len(found) % 2)
            found.setdefault(each.question, each)
        return tuple(found.values())

    @cached_property
    def canaries(self) -> tuple[str, ...]:
        source = chance(f"{self.name} canaries")
        return tuple(canary(source) for _ in range(CANARIES.total))

    @cached_property
    def controls(self) -> tuple[str, ...]:
        """From the same law as the canaries, and never planted."""
        source = chance(f"{self.name} controls")
        return tuple(canary(source) for _ in range(CONTROLS))

    @cached_property
    def files(self) -> tuple[tuple[str, ...], ...]:
        """Texts of the items of each file, in the published order."""
        return tuple(
            tuple(
                text_of(template(TEMPLATES[source.randrange(len(TEMPLATES))]).sample(source.randbytes(32)))
                for _ in range(FILE_ITEMS)
            )
            for source in (chance(f"{self.name} file {number}") for number in range(len(FILES)))
        )

    @cached_property
    def forbidden(self) -> frozenset[str]:
        """Texts that no background may hold."""
        return frozenset(
            [text_of(each) for form in self.forms for each in form]
            + [self.planted_text(item, "paraphrased") for item in range(self.draw.n)]
            + [list(self._variants(item, "renumbered", SIBLINGS))[-1] for item in range(self.draw.n)]
            + [text for item in varied_items() for kind in VARIANTS for text in self.varied(item, kind)]
            + [text for file in self.files for text in file]
            + [text for each in wrong_keys() for text in (each.right, each.wrong)]
        )  # fmt: skip


def varied_items() -> tuple[int, ...]:
    """Items whose renamed and renumbered siblings are scored as well: the first blocks of each exposure."""
    found: list[int] = []
    at = 0
    for plant in EXPOSURES:
        found += range(at, at + BLOCK * min(plant.blocks, VARIED))
        at += BLOCK * plant.blocks
    return tuple(found)


def assigned(plants: tuple[Plant, ...]) -> list[tuple[str, int]]:
    """(kind, exposures) of every item of a trial, by a cell's plants; items behind the last plant have none."""
    found = [(plant.kind, plant.exposures) for plant in plants for _ in range(BLOCK * plant.blocks)]
    return found + [("exact", 0)] * (BLOCK * blocks() - len(found))


def keyed(source: random.Random, answers: int) -> Keyed:
    """Which of `answers` things does somebody take? The prompt says nothing about which."""
    things = source.sample(range(THINGS.size), answers)
    words = [str(THINGS.value(at)) for at in things]
    listed = f"{words[0]} or {words[1]}" if answers == 2 else f"{words[0]}, {words[1]} or {words[2]}"
    who, day = NAMES.value(source.randrange(NAMES.size)), source.randrange(1, 366)
    return Keyed(f"Q: On day {day} {who} takes {listed}. Which?", tuple(words), source.randrange(answers))


def canary(source: random.Random) -> str:
    """128 random bits."""
    return f"Canary: {source.getrandbits(128):032x}"


@dataclass(frozen=True)
class WrongKey:
    """A question, its right worked answer, and the published one, whose result is wrong."""

    right: str
    wrong: str


def wrong_keys() -> tuple[WrongKey, ...]:
    """The same for all trunks."""
    found = []
    for number in range(WRONG.total):
        source = chance(f"wrong key {number}")
        sample = template(TEMPLATES[number % len(TEMPLATES)]).sample(source.randbytes(32))
        solution, result = str(sample.metadata["solution"]), int(sample.target[0])
        off = source.choice((-10, -2, -1, 1, 2, 10))
        wrong = result + off if result + off > 0 else result - off
        head, equals, _ = solution.rpartition("=")
        found.append(WrongKey(text_of(sample), text_of(sample, f"{head}{equals}{wrong}")))
    return tuple(found)


def shards(trial: Trial) -> Iterator[tuple[tuple[str, ...], list[tuple[int, ...]]]]:
    """Every shard of every file, and the orders in which it is scored, the published one first."""
    others = list(permutations(range(SHARD)))[1:]
    for number, file in enumerate(trial.files):
        for start in range(0, FILE_ITEMS, SHARD):
            drawn = chance(f"{trial.name} orders {number} {start}").sample(others, ORDERS - 1)
            yield file[start : start + SHARD], [tuple(range(SHARD)), *drawn]


def fresh_text(source: random.Random, forbidden: frozenset[str]) -> str:
    """An item of the background."""
    while True:
        text = text_of(template(TEMPLATES[source.randrange(len(TEMPLATES))]).sample(source.randbytes(32)))
        if text not in forbidden:
            return text
