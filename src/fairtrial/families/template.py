"""A template: one kind of question, its parameters' laws, and the formula of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Sample
from fairtrial.families.expression import Formula
from fairtrial.families.law import Law, Stream
from fairtrial.families.manner import Manner
from fairtrial.families.members import Members
from fairtrial.families.operations import FormulaError, Value
from fairtrial.families.task import WORDS
from fairtrial.families.wording import Wording, show

ATTEMPTS = 1_000
"""Times the parameters of one sample are drawn before its constraints count as impossible."""


@dataclass(frozen=True, slots=True)
class Template:
    """Parameters are drawn in the order of their names, all again together until `where` holds.

    draw: the law of every parameter. let: values computed from them, each from those before it. where:
    constraints. decimals: of the answer, exactly. steps: operations a person needs. unit: of the answer.
    held_out: kept out of every published form. solution: worked in one line, ending with the answer.
    """

    name: str
    text: Wording
    draw: Mapping[str, Law]
    let: Mapping[str, Formula]
    where: tuple[Formula, ...]
    answer: Formula
    decimals: int
    steps: int
    unit: str = ""
    held_out: bool = False
    solution: Wording | None = None

    @property
    def answer_from(self) -> tuple[str, ...]:
        """The parameters that the answer depends on; the others are names and distractors."""
        needed, waiting = set[str](), set(self.answer.names)
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting |= self.let[name].names if name in self.let else set()
        return tuple(sorted(needed & self.draw.keys()))

    def values(self, seed: bytes) -> Mapping[str, Value]:
        """Parameters and what follows from them. Raises FormulaError."""
        stream = Stream(seed)
        # A constraint on parameters alone comes first, so that it can guard a division in `let`.
        early = [each for each in self.where if each.names <= self.draw.keys()]
        late = [each for each in self.where if not each.names <= self.draw.keys()]
        for _ in range(ATTEMPTS):
            values = {name: law.value(stream.below(law.size)) for name, law in sorted(self.draw.items())}
            if not all(each.truth(values) for each in early):
                continue
            for name, formula in self.let.items():
                values[name] = formula(values)
            if all(each.truth(values) for each in late):
                return values
        conditions = "; ".join(each.text for each in self.where)
        raise FormulaError(f"in {ATTEMPTS:,} draws its constraints never held ({conditions})")

    def sample(self, seed: bytes) -> Sample:
        """Raises FormulaError."""
        values = self.values(seed)
        answer = self.answer.number(values)
        written = show(answer, str(self.decimals))
        parameters: dict[str, JSON] = {name: _plain(values[name]) for name in sorted(self.draw)}
        metadata: dict[str, JSON] = {
            "template": self.name,
            "steps": self.steps,
            "parameters": parameters,
            "answer_from": {name: parameters[name] for name in self.answer_from},
        }
        if self.unit:
            metadata["unit"] = self.unit
        if self.solution is not None:
            metadata["solution"] = self.solution.fill({**values, "answer": answer})
        return Sample(f"{self.name}-{seed.hex()}", self.text.fill(values), (written,), metadata=metadata)


@dataclass(frozen=True, slots=True)
class TemplateFamily(Members[Template]):
    """Templates by name. digest: of everything written in the family and of the generator's version."""

    name: str
    digest: str
    members: Mapping[str, Template]

    @property
    def manner(self) -> Manner:
        return WORDS

    def sample(self, template: str, seed: bytes) -> Sample:
        found = self.member(template)
        try:
            return found.sample(seed)
        except FormulaError as error:
            raise UsageError(
                f"{self.name}, template {template!r}, seed {seed.hex()}: {error}",
                "narrow the parameters' laws or add a `where` that excludes this case",
            ) from error


def _plain(value: Value) -> str:
    """For metadata: a date so that its text sorts as it does."""
    return show(value, "iso") if isinstance(value, date) else show(value)
