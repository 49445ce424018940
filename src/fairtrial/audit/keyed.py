"""Keyed random answers (P3): of several equally good answers to an item, a committed draw published one as key.

Whoever hits the keys more often than a blind draw would has met them. Text is enough.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fairtrial.audit.lot import Lot
from fairtrial.audit.outcomes import Ints
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Effect, Evidence
from fairtrial.core.extractors import MAX_TEXT
from fairtrial.core.record import Failure, Record
from fairtrial.stats.keyed import keyed_answers, keyed_mde, memorised

PROBE: Final = "keyed-answers"
MOST: Final = 100_000
KEY = "each key was a secret, uniform random draw among its item's valid answers, committed to before publication"
BLIND = "the words asked, and whether an answer counts as a valid one, don't depend on the key"
VALID = (
    "the answers listed with an item are equally valid, and are all of its valid answers that are asked for"
)


@dataclass(frozen=True, slots=True)
class KeyedItem:
    """answers: two or more valid ones, different even if case, blanks and punctuation at their ends are not
    looked at."""

    id: str
    prompt: str
    answers: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.id or not self.prompt.strip():
            raise UsageError("a keyed item needs an id and a prompt")
        told = [_plain(each) for each in self.answers]
        if len(told) < 2 or "" in told or len(set(told)) != len(told):
            raise UsageError(
                f"item {self.id!r} has no two valid answers that can be told apart",
                "leave it out, or list more",
            )


@dataclass(frozen=True, slots=True)
class KeyedForm:
    """Items, and the lot that draws their keys."""

    lot: Lot
    items: tuple[KeyedItem, ...]

    def key(self, at: int) -> int:
        """Index of item `at`'s published answer."""
        return self.lot.below(f"key {at}", len(self.items[at].answers))

    @property
    def published_rows(self) -> bytes:
        """What the world gets to see: rows of own data, JSON lines."""
        rows = (
            {"id": each.id, "input": each.prompt, "target": each.answers[self.key(at)]}
            for at, each in enumerate(self.items)
        )
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def keyed_body(items: Sequence[KeyedItem]) -> dict[str, JSON]:
    """What a lot of kind "keyed" is drawn over."""
    return {
        "items": [{"id": each.id, "prompt": each.prompt, "answers": list(each.answers)} for each in items]
    }


def keyed_form(lot: Lot) -> KeyedForm:
    """The form of a lot. Raises UsageError for a body that is none."""
    rows: Any = lot.body.get("items")
    if lot.kind != "keyed" or set(lot.body) != {"items"} or not isinstance(rows, Sequence):
        raise UsageError("the lot holds no keyed items")
    if not 0 < len(rows) <= MOST:
        raise UsageError(f"{len(rows)} keyed items", f"give 1 to {MOST:,}")
    items = tuple(_item(row) for row in rows)
    if len({each.id for each in items}) != len(items):
        raise UsageError("an item's id stands twice", "name each item once")
    return KeyedForm(lot, items)


@dataclass(frozen=True, slots=True)
class Matched:
    """matches: (n,), 1 where the answer is the key; choices: (n,), valid answers of each eligible item."""

    matches: Ints
    choices: Ints
    exclusions: Mapping[str, int]


def matched(records: Iterable[Record], form: KeyedForm) -> Matched:
    """Which eligible answers are the key. Eligible: the answer names exactly one of its item's valid ones. Raises
    UsageError for a record that is not of this form, and where nothing is eligible."""
    places = {each.id: at for at, each in enumerate(form.items)}
    hits, choices = [], []
    failed = other = 0
    asked: set[str] = set()
    for record in records:
        at = places.get(record.sample_id)
        if at is None:
            raise UsageError(f"the run holds a sample {record.sample_id!r} that is not in this key file")
        if record.sample_id in asked:
            raise UsageError(
                f"item {record.sample_id!r} was asked more than once",
                "ask one answer each: repeats are no new draw",
            )
        asked.add(record.sample_id)
        if isinstance(record.result, Failure) or record.output is None:
            failed += 1
            continue
        answers = form.items[at].answers
        said = valid_answer(record.output.text or "", answers)
        if said is None:
            other += 1
            continue
        hits.append(said == form.key(at))
        choices.append(len(answers))
    if not hits:
        raise UsageError(
            "no answer was one of its item's valid ones", "look at the answers before anything else"
        )
    left_out = {"no answer came": failed, "the answer is none, or several, of the valid ones": other}
    return Matched(
        np.array(hits, dtype=np.int64),
        np.array(choices, dtype=np.int64),
        {reason: many for reason, many in left_out.items() if many},
    )


def valid_answer(text: str, answers: Sequence[str]) -> int | None:
    """Which of the answers a reply names; None where it names none, or several.

    The whole reply, or else the only one that stands in it between word ends; a longer answer hides a shorter
    one inside it. Case, blanks, and punctuation at the ends are not looked at.
    """
    if len(text) > MAX_TEXT:
        return None
    told = [_plain(each) for each in answers]
    said = _plain(text)
    if said in told:
        return told.index(said)
    longest = sorted(told, key=len, reverse=True)
    found = set(re.findall(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", said))
    return told.index(found.pop()) if len(found) == 1 else None


def keyed_evidence(found: Matched, *, alpha: float, draw: str) -> Evidence:
    """P3. Effect: the share of items whose key is known by heart, the others answered by luck."""
    exact = keyed_answers(found.matches, found.choices)
    level = 1 - 2 * alpha
    share = memorised(found.matches, found.choices, level=level)
    least = keyed_mde(found.choices, alpha=alpha)
    return Evidence(
        probe=PROBE,
        tier="proof",
        question="seen",
        null="the model and its configuration do not depend on which valid answer was published as the key",
        access="text",
        n=found.matches.size,
        statistic=exact.statistic,
        p=exact.p,
        e=float(exact.e[-1]),
        alpha=alpha,
        effect=Effect(share.value, share.low, share.high, "fraction", level, "inverted exact tests"),
        mde=least if math.isfinite(least) else None,
        assumptions=(KEY, BLIND, VALID),
        controls=(f"chance explains {exact.expected:.1f} of {found.matches.size:,} answers on the key",),
        draw=draw,
        exclusions=found.exclusions,
    )


def _item(row: Any) -> KeyedItem:
    if not isinstance(row, Mapping) or set(row) != {"id", "prompt", "answers"}:
        raise UsageError("a keyed item has the fields id, prompt and answers, and no other")
    answers = row["answers"]
    texts = [row["id"], row["prompt"], *(answers if isinstance(answers, (list, tuple)) else [None])]
    if not all(isinstance(each, str) for each in texts):
        raise UsageError(f"keyed item {row['id']!r:.40}: id and prompt are texts, answers a list of texts")
    return KeyedItem(row["id"], row["prompt"], tuple(answers))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip("*_`\"'.,:;!? ")
