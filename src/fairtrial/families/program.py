"""A programming task as a template: one seed gives the words, the solution, worked examples and test inputs.

Everything is text with slots, and the text is the truth: the solution that is printed, the one that examples are
computed with and the one that answers are marked against are one source. It ships with the package, so running it
here is no more than running the package; what a model wrote never runs here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from string import Template
from typing import Any, Final, TypeAlias

from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Sample
from fairtrial.families.coding import CODE
from fairtrial.families.law import Stream
from fairtrial.families.manner import Manner
from fairtrial.families.members import Members

GENERATOR: Final = "fairtrial-programs-1"
"""Changes when the same templates would give other samples: it is part of every such family's digest."""

TESTS: Final = 50
"""Inputs that an answer is tried on."""

EXAMPLES: Final = 2
"""Worked examples in the text, no two with the same result."""

TRIES: Final = 200

# Only random() is promised to give the same numbers in every version of Python, so all else is made of it.
INPUTS: Final = """\
def generate(random):
    def pick(low, high):
        return low + int(random.random() * (high - low + 1))

    def several(low, high, make):
        return [make() for _ in range(pick(low, high))]

    def text(low, high, letters):
        return "".join(letters[pick(0, len(letters) - 1)] for _ in range(pick(low, high)))

    while True:
        yield $inputs
"""

Value: TypeAlias = int | str | Mapping[str, int | str]
Law: TypeAlias = Sequence[Value]
"""Values that are equally likely. A mapping fills several slots at once, by its keys."""


@dataclass(frozen=True, slots=True)
class Program:
    """Slots are `$name`. Nothing but `names` and `takes` may vary without changing the function that is asked for.

    names: for the function. takes: of every argument its slot, its type and the names it may have. gives: the type
    of the result. draw: what decides the function. spec: lines of the docstring. body: of the function. inputs: a
    tuple of arguments, a Python expression of pick(low, high), several(low, high, make) and text(low, high,
    letters). held_out: kept out of every published form.
    """

    name: str
    names: Sequence[str]
    takes: Sequence[tuple[str, str, Sequence[str]]]
    gives: str
    draw: Mapping[str, Law]
    spec: str
    body: str
    inputs: str
    held_out: bool = False

    @property
    def form(self) -> dict[str, JSON]:
        """All that decides the samples, as plain data."""
        return {
            "names": list(self.names),
            "takes": [[slot, kind, list(names)] for slot, kind, names in self.takes],
            "gives": self.gives,
            "draw": {name: [_plain(each) for each in law] for name, law in self.draw.items()},
            "spec": self.spec,
            "body": self.body,
            "inputs": self.inputs,
            "held_out": self.held_out,
        }

    def sample(self, seed: bytes) -> Sample:
        """Raises UsageError where the inputs of TRIES tries have too few different results to show."""
        stream = Stream(seed)
        # Laws in the order of their names: the digest doesn't know the order in which they are written.
        drawn = {name: _one(law, stream) for name, law in sorted(self.draw.items())}
        entry = str(_one(self.names, stream))
        called = {slot: str(_one(names, stream)) for slot, _, names in self.takes}
        slots = _slots(drawn) | called
        taken = ", ".join(f"{called[slot]}: {kind}" for slot, kind, _ in self.takes)
        head = f"def {entry}({taken}) -> {self.gives}:\n"
        body = _indented(Template(self.body).substitute(slots))
        inputs = INPUTS.replace("$inputs", Template(self.inputs).substitute(slots))
        shown = _examples(entry, head + body, inputs, _Dice(stream))
        lines = '"""' + Template(self.spec).substitute(slots) + "\n\n" + "\n".join(shown) + '\n"""'
        words = head + _indented(lines)
        values: dict[str, JSON] = {name: _label(each) for name, each in drawn.items()}
        metadata: dict[str, JSON] = {
            "template": self.name,
            "steps": _steps(head + body),
            "work": len(words) + len(body),
            "parameters": values | {"function": entry} | called,
            "answer_from": values,
            "solution": body,
            "entry_point": entry,
            "reference": head + body,
            "generator": inputs,
            "count": TESTS,
            "seed": stream.below(2**31),
        }
        return Sample(f"{self.name}-{seed.hex()}", words, (head + body,), metadata=metadata)


@dataclass(frozen=True)
class ProgramFamily(Members[Program]):
    """Programs by name. digest: of everything written in them and of the generator's version."""

    name: str
    members: Mapping[str, Program]

    @classmethod
    def of(cls, name: str, members: Sequence[Program]) -> ProgramFamily:
        return cls(name, {each.name: each for each in members})

    @cached_property
    def digest(self) -> str:
        forms: list[JSON] = [{"name": name} | each.form for name, each in self.members.items()]
        common: dict[str, JSON] = {"inputs": INPUTS, "tests": TESTS, "examples": EXAMPLES}
        return digest({"generator": GENERATOR, "family": self.name, "common": common, "templates": forms})

    @property
    def manner(self) -> Manner:
        return CODE

    def sample(self, template: str, seed: bytes) -> Sample:
        found = self.member(template)
        try:
            return found.sample(seed)
        except UsageError as error:
            where = f"{self.name}, template {template!r}, seed {seed.hex()}"
            raise UsageError(f"{where}: {error.message}", error.remedy) from error


class _Dice:
    """The `random` of a generator, from a family's own stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def random(self) -> float:
        return self._stream.below(2**32) / 2**32


def _examples(entry: str, reference: str, inputs: str, dice: _Dice) -> Iterator[str]:
    """Lines as at a Python prompt, EXAMPLES calls and their results, which differ."""
    solve: Callable[..., object] = _defined(reference, entry)
    seen: set[str] = set()
    for arguments, _ in zip(_defined(inputs, "generate")(dice), range(TRIES), strict=False):
        result = repr(solve(*arguments))
        # An empty list shows nothing of what is asked.
        if all(arguments) and result not in seen:
            seen.add(result)
            yield f">>> {entry}({', '.join(map(repr, arguments))})\n{result}"
        if len(seen) == EXAMPLES:
            return
    raise UsageError(
        f"{TRIES} inputs have fewer than {EXAMPLES} results", "mend the template's inputs or its laws"
    )


@lru_cache(maxsize=256)
def _defined(source: str, name: str) -> Any:
    space: dict[str, Any] = {}
    exec(compile(source, f"<{name}>", "exec"), space)
    return space[name]


def _steps(source: str) -> int:
    """Statements and operations of a program: siblings must have equally many."""
    counted = (ast.stmt, ast.expr, ast.comprehension)
    names = (ast.Name, ast.Constant, ast.FunctionDef)
    return sum(
        isinstance(node, counted) and not isinstance(node, names) for node in ast.walk(ast.parse(source))
    )


def _one(law: Sequence[Any], stream: Stream) -> Any:
    return law[stream.below(len(law))]


def _slots(drawn: Mapping[str, Value]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in drawn.items():
        bits = value if isinstance(value, Mapping) else {name: value}
        found |= {slot: str(each) for slot, each in bits.items()}
    return found


def _plain(value: Value) -> JSON:
    return dict(value) if isinstance(value, Mapping) else value


def _label(value: Value) -> str:
    return " ".join(str(value[key]) for key in sorted(value)) if isinstance(value, Mapping) else str(value)


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.strip("\n").split("\n"))
