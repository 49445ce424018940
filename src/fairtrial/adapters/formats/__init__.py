"""Other people's result files: from values that were parsed strictly to drafts of claims, and what was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError

Unit = Literal["fraction", "percent"]

MAX_ENTRIES: Final = 10_000
"""Results in one file."""
MAX_CHARACTERS: Final = 20_000
"""Of a text that is carried over; a longer one is left out, and told."""

DATASETS: Final[Mapping[str, str]] = {
    "openai/gsm8k": "gsm8k",
    "gsm8k": "gsm8k",
    "cais/mmlu": "mmlu",
    "mmlu": "mmlu",
    "openai/openai_humaneval": "humaneval",
    "openai_humaneval": "humaneval",
    "humaneval": "humaneval",
    "rowan/hellaswag": "hellaswag",
    "hellaswag": "hellaswag",
}
"""How others name a data set, in lower case -> our benchmark of the same items. Which words it was asked in is
another matter: that stays undisclosed."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the file doesn't say, or that a claim can't hold. code: short and stable. field: where in
    the file. count: how often. example: as it stood there."""

    code: str
    field: str
    count: int
    example: str
    note: str

    def to_json(self) -> dict[str, JSON]:
        return {
            "code": self.code,
            "field": self.field,
            "count": self.count,
            "example": self.example,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim as far as the file states it. given, conditions: by the keys of a claim's file. decimals: of the
    value, None without one. notes: key -> what to know before filling it in."""

    given: Mapping[str, JSON]
    conditions: Mapping[str, JSON]
    losses: tuple[Loss, ...]
    decimals: int | None = None
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Drafting:
    """A draft being read from one result."""

    given: dict[str, JSON] = field(default_factory=dict)
    conditions: dict[str, JSON] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    decimals: int | None = None
    notes: dict[str, str] = field(default_factory=dict)

    def lose(self, code: str, where: str, note: str, example: object = "") -> None:
        self.losses.append(Loss(code, where, 1, clean(str(example))[:80], note))

    def text(self, key: str, value: object, where: str) -> None:
        """Carry a text over, where there is one."""
        if value is None or value == "":
            return
        if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
            self.lose("type-coerced", where, "no text of ordinary length: left out", type(value).__name__)
            return
        self.given[key] = clean(value)

    def subject(self, name: object, where: str) -> None:
        """The benchmark, where the data set is one of ours."""
        known = DATASETS.get(name.lower()) if isinstance(name, str) else None
        if known is not None:
            self.given["benchmark"] = known
            return
        self.notes["benchmark"] = f"the file says {clean(str(name))[:80]!r}, which is none of ours"
        self.lose("subject-unknown", where, "no benchmark of ours: name one by hand", name)

    def value(self, stated: object, unit: Unit | None, where: str) -> None:
        """The score as a fraction, or left out where the unit isn't known: 0.412 may be less than half a percent.

        Raises UsageError for what is no score.
        """
        number = _decimal(stated, where)
        if unit is None:
            self.notes["value"] = f"the file says {number}, and not whether that is a fraction or percent"
            self.lose("units-unknown", where, "fraction or percent isn't stated: give --unit", number)
            return
        fraction = number if unit == "fraction" else number.scaleb(-2)
        if not 0 <= fraction <= 1:
            raise UsageError(
                f"{where} is {number}, which can't be a {unit}", "look into the file, or give another --unit"
            )
        exponent = fraction.as_tuple().exponent
        assert isinstance(exponent, int)
        self.given["value"] = float(fraction)
        self.decimals = max(0, -exponent)

    def done(self) -> Draft:
        return Draft(self.given, self.conditions, tuple(self.losses), self.decimals, self.notes)


def agreed(stated: Unit | None, told: Unit | None, where: str) -> Unit | None:
    """The unit that the file states, or else the one that the user tells. Raises UsageError where they differ."""
    if stated is not None and told is not None and stated != told:
        raise UsageError(f"{where}: the file states {stated}, not {told}", "leave --unit out")
    return stated or told


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """A mapping, or UsageError."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{where} is no mapping of keys to values", "look at the file's format and version")
    return value


def clean(text: str) -> str:
    """Without halves of surrogate pairs, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _decimal(value: object, where: str) -> Decimal:
    """Digits as they were printed: a decimal from YAML brings its text along."""
    told = getattr(value, "text", None)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise UsageError(f"{where} should be a number, not {value!r:.40}", "look into the file")
    try:
        number = Decimal(told if isinstance(told, str) else str(value))
    except InvalidOperation as error:
        raise UsageError(f"{where} is no usable number: {value!r:.40}", "look into the file") from error
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or not -18 <= exponent <= 3 or abs(number) > 10**6:
        raise UsageError(f"{where} is no score: {value!r:.40}", "look into the file")
    return number
