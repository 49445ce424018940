"""How much an audit asks, and what it may rest on beside the model's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fairtrial.audit.tuned import Ledger
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec


@dataclass(frozen=True, slots=True)
class Scope:
    """Fixed before the first question. tolerance: None for the claim's own. items: of the claim's, the first so
    many are asked again, and beside fresh siblings; None for all. setting_items: on which each undisclosed
    condition is tried, 0 for none. fresh: siblings beside each published one. formats, format_items: of the family
    of formats, 0 for none. weak_items: for the weak signals, 0 for none.

    tested: the model that the claim is about, where it can be asked too; fingerprint: its recording otherwise, and
    prompts where that is sealed. register: attempts on the published form. keyed, canaries: files that keep their
    secret; order: such a file, and the rows in their published order. data: a benchmark's own file.
    """

    tolerance: float | None = None
    items: int | None = None
    setting_items: int = 200
    fresh: int = 3
    formats: int = 100
    format_items: int = 100
    weak_items: int = 100
    seed: int = 0
    tested: ModelSpec | None = None
    fingerprint: Path | None = None
    prompts: tuple[str, ...] | None = None
    register: Ledger | None = None
    keyed: Path | None = None
    canaries: Path | None = None
    order: tuple[Path, Path] | None = None
    data: str | None = None

    def __post_init__(self) -> None:
        if self.tested is not None and self.fingerprint is not None:
            raise UsageError(
                "a tested model and a fingerprint were both named",
                "name the model where it can be asked: that is proof, a recording isn't",
            )

    def to_json(self) -> Mapping[str, JSON]:
        """What decides which questions are asked; names an audit's folder."""
        return {
            "tolerance": self.tolerance,
            "items": self.items,
            "setting_items": self.setting_items,
            "fresh": self.fresh,
            "formats": self.formats,
            "format_items": self.format_items,
            "weak_items": self.weak_items,
            "seed": self.seed,
            "tested": None if self.tested is None else self.tested.to_json(),
            "files": [
                None if each is None else str(each)
                for each in (self.fingerprint, self.keyed, self.canaries, *(self.order or ()))
            ],
            "prompts": None if self.prompts is None else list(self.prompts),
            "data": self.data,
        }
