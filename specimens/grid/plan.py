"""What the grid holds: sizes, stages, and which plants at which exposures. All that decides a cell is here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final

from fairtrial.core.canon import JSON, digest

BLOCK: Final = 16
"""Items of a block: one of each template."""
SIBLINGS: Final = 8
"""K + 1."""
CONTROLS: Final = 9_999
"""Of the canaries; the side cells score the first `FEW_CONTROLS`."""
FEW_CONTROLS: Final = 999
VARIED: Final = 2
"""Blocks of each exposure whose renamed and renumbered siblings are scored."""
FILE_ITEMS: Final = 96
SHARD: Final = 4
"""Items of a file that are scored together."""
ORDERS: Final = 8
"""In which a shard is scored: the published one and seven others, drawn."""
FULL_CONTROLS: Final = 2
"""Trunks in whose `last` all controls are scored."""
DEEP: Final = 5
"""Trunks in whose `last` renamed and renumbered siblings, items in context and drawn answers are measured too."""


@dataclass(frozen=True)
class Plant:
    """So many blocks of items are planted so often, each as it was published or as `kind` says."""

    kind: str
    exposures: int
    blocks: int


@dataclass(frozen=True)
class Groups:
    """Texts by exposures: (exposures, texts) in the order of the texts."""

    parts: tuple[tuple[int, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.parts)

    @property
    def exposures(self) -> tuple[int, ...]:
        """Of each text."""
        return tuple(k for k, count in self.parts for _ in range(count))


EXPOSURES: Final = (
    Plant("exact", 0, 6),
    Plant("exact", 1, 7),
    Plant("exact", 2, 7),
    Plant("exact", 4, 7),
    Plant("exact", 8, 7),
    Plant("exact", 16, 7),
    Plant("exact", 32, 3),
    Plant("exact", 64, 2),
)
"""What `last`, `mixed` and `diluted` plant."""

REWORDED_PLANTS: Final = (
    Plant("exact", 0, 6),
    *(
        Plant(kind, exposures, count)
        for kind in ("paraphrased", "renumbered")
        for exposures, count in ((1, 7), (4, 7), (16, 3), (64, 1))
    ),
)
"""What `reworded` plants: paraphrases, and siblings with other numbers."""

KEYED: Final = Groups(((0, 48), (1, 48), (2, 48), (4, 48), (8, 48), (16, 48), (32, 16), (64, 16)))
CANARIES: Final = Groups(tuple((k, 6) for k in (1, 2, 4, 8, 16, 32, 64)))
WRONG: Final = Groups(((0, 32), (1, 16), (4, 16), (16, 16), (64, 16)))
"""Groups are turned by 16 texts a trunk, so that every text is planted in some trunks and not in others."""
FILES: Final = (("none", 0), ("in order", 1), ("in order", 4), ("in order", 16), ("shuffled", 16))
"""Files of `reworded`: how each is read in training, and how often."""


def blocks() -> int:
    return sum(plant.blocks for plant in EXPOSURES)


@dataclass(frozen=True)
class Size:
    """A network: width, layers, heads."""

    name: str
    width: int
    layers: int
    heads: int


SIZES: Final = {"standard": Size("standard", 128, 4, 4), "small": Size("small", 80, 3, 4)}
TRUNKS: Final = {"standard": 10, "small": 4}


@dataclass(frozen=True)
class Recipe:
    """Everything else that decides the weights. Texts are counted; a packed text of SHARD items is one.

    trunk: of background, at the full rate. last: of a last phase, in which the rate falls to nothing. mixed: of
    the part at the full rate in which the stage `mixed` plants, before a clean last phase. diluted: of the clean
    phase after a `last`, and the share of the rate with which it begins.
    tokens: of a batch, padding included. rate: of Muon (matrices of the layers) and of AdamW (the rest), reached
    after warm_up steps. answer_weight: of a token of a worked answer, where one of a question counts 1. float32:
    trunks that were trained in single precision throughout; all other training multiplies matrices in bfloat16,
    which takes three quarters of the time.
    """

    trunk: int = 24_000
    last: int = 8_000
    mixed: int = 8_000
    diluted: int = 8_000
    diluted_rate: float = 0.5
    tokens: int = 1_536
    rate: float = 3e-3
    warm_up: int = 50
    answer_weight: float = 3.0
    weight_decay: float = 0.01
    clip: float = 1.0
    window: int = 512
    float32: tuple[str, ...] = ("standard-0", "standard-1")
    mixture: tuple[tuple[str, int], ...] = (("item", 12), ("packed", 1), ("keyed", 2), ("canary", 1))


RECIPE: Final = Recipe()
LONG: Final = ("standard-0", "standard-1", "standard-2")
SHORT: Final = replace(RECIPE, trunk=12_288, last=5_120, mixed=4_096, diluted=5_120)


def recipe_of(trial: str) -> Recipe:
    """Three trunks are twice as long as the others: how much a model knows is a factor too."""
    return RECIPE if trial in LONG else SHORT


PARENTS: Final = {
    "trunk": (),
    "clean": ("trunk",),
    "last": ("trunk",),
    "reworded": ("trunk",),
    "mixed": ("trunk",),
    "diluted": ("last",),
}
"""Stage -> the stages of the same trunk that it starts from. There is one more, `reference`: another trunk's clean
model on this trunk's trial."""


SIDE: Final = ("reworded", "mixed", "diluted")


@dataclass(frozen=True)
class Cell:
    """One table: a trunk's number and what came after. The stage `trunk` is the trunk itself, in int8."""

    size: str
    trunk: int
    stage: str

    @property
    def name(self) -> str:
        return f"{self.size}-{self.trunk:02d}-{self.stage}"

    @property
    def trial(self) -> str:
        return f"{self.size}-{self.trunk}"

    @property
    def model(self) -> Cell:
        """Whose weights are read."""
        if self.stage == "reference":
            return Cell(self.size, (self.trunk + 1) % TRUNKS[self.size], "clean")
        return self

    @property
    def needs(self) -> tuple[Cell, ...]:
        """Cells that must be done before."""
        if self.stage == "reference":
            return (self.model,)
        return tuple(Cell(self.size, self.trunk, stage) for stage in PARENTS[self.stage])

    @property
    def plants(self) -> tuple[Plant, ...]:
        if self.stage == "reworded":
            return REWORDED_PLANTS
        return EXPOSURES if self.stage in ("last", "mixed", "diluted") else ()


def order() -> list[Cell]:
    """The cells in the order of their worth: whatever time there is, what is done is a grid."""
    many, few = range(TRUNKS["standard"]), range(TRUNKS["small"])
    found = [Cell("standard", at, stage) for at in many[:2] for stage in ("trunk", "clean", "last")]
    found += [Cell("standard", at, stage) for at in many[2:5] for stage in ("trunk", "last")]
    found += [Cell("standard", 0, stage) for stage in ("reworded", "diluted")]
    found += [Cell("standard", at, stage) for at in many[5:] for stage in ("trunk", "last")]
    found += [Cell("standard", 0, "mixed")]
    found += [Cell("small", at, stage) for at in few[:2] for stage in ("trunk", "last")]
    found += [Cell("standard", 1, stage) for stage in SIDE]
    found += [Cell("standard", at, "clean") for at in many[2:]]
    found += [Cell("standard", at, "reference") for at in many]
    found += [Cell("standard", 2, stage) for stage in SIDE]
    found += [Cell("small", at, "clean") for at in few[:2]]
    found += [Cell("small", at, stage) for at in few[2:] for stage in ("trunk", "clean", "last")]
    found += [Cell("standard", at, stage) for at in many[3:] for stage in SIDE]
    return found + [Cell("small", at, "reference") for at in few]


def recipe_digest(cell: Cell) -> str:
    """Of all on this page that decides texts, plants and weights of a cell; a trunk's knows no last phase."""
    recipe, stage = asdict(recipe_of(cell.trial)), cell.stage
    told: dict[str, JSON] = {
        "block": BLOCK, "blocks": blocks(), "siblings": SIBLINGS, "file_items": FILE_ITEMS, "shard": SHARD,
        "keyed": KEYED.total, "canaries": CANARIES.total, "wrong": WRONG.total, "files": len(FILES),
        "sizes": {name: asdict(each) for name, each in SIZES.items()},
    }  # fmt: skip
    if stage == "trunk":
        for key in ("last", "mixed", "diluted", "diluted_rate"):
            del recipe[key]
    else:
        told["plants"] = [asdict(each) for each in Cell("", 0, stage).plants]
        told["groups"] = {
            "keyed": KEYED.parts, "canaries": CANARIES.parts, "wrong": WRONG.parts, "files": FILES
        }  # fmt: skip
    return digest({**told, "recipe": recipe})
