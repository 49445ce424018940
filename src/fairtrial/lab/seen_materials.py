"""What the tests of *seen* rest on, and the plan that follows from it before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fairtrial.audit.canary import EMISSION, RANK, Canaries
from fairtrial.audit.corpus import THRESHOLD, Overlap
from fairtrial.audit.keyed import PROBE as KEYED
from fairtrial.audit.keyed import KeyedForm
from fairtrial.audit.lines import Line
from fairtrial.audit.order import SHUFFLED, OrderForm, shard_lines, texts_digest
from fairtrial.audit.seen import Rule, SeenPlan
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.exchangeability import DRAWS, LONG_DRAWS

SIBLING: Final = "sibling-rank"


@dataclass(frozen=True, slots=True)
class Legacy:
    """A file that no draw shuffled. texts: in its published order. clean: models trained without it; planted:
    models that have it planted in its order, of which the test needs one. draws: of the compressors."""

    name: str
    texts: tuple[str, ...]
    clean: tuple[ModelSpec, ...] = ()
    planted: tuple[ModelSpec, ...] = ()
    width: int = 4
    orders: int = 23
    draws: int = DRAWS
    long_draws: int = LONG_DRAWS

    @property
    def digest(self) -> str:
        return texts_digest(self.texts)

    @property
    def lines(self) -> tuple[Line, ...]:
        rng = np.random.default_rng(int(self.digest[7:39], 16))
        return shard_lines(self.texts, width=self.width, orders=self.orders, rng=rng)


@dataclass(frozen=True, slots=True)
class Corpus:
    """overlap: of the items with a corpus; scores: of the items, by name, empty where they were not asked."""

    overlap: Overlap
    scores: Mapping[str, float] = field(default_factory=dict)
    threshold: float = THRESHOLD


@dataclass(frozen=True, slots=True)
class Materials:
    """What the tests of *seen* rest on; each part is None where there is none. order: a file's committed order,
    and its texts as published. siblings: whether sibling rank is planned too (its evidence is the twin's)."""

    keyed: KeyedForm | None = None
    canaries: Canaries | None = None
    order: tuple[OrderForm, tuple[str, ...]] | None = None
    legacy: Legacy | None = None
    corpus: Corpus | None = None
    siblings: bool = False


def seen_plan(materials: Materials, rule: Rule = "holm") -> SeenPlan:
    """The proof tests that the materials allow. By rank and by emission a canary is tested on the same bits, so
    under "product", which needs a draw for each, the rank alone is planned."""
    canary = (RANK,) if rule == "product" else (RANK, EMISSION)
    parts = (
        (materials.siblings, (SIBLING,)),
        (materials.keyed, (KEYED,)),
        (materials.canaries, canary),
        (materials.order, (SHUFFLED,)),
    )
    return SeenPlan(tuple(probe for there, probes in parts if there for probe in probes), rule)
