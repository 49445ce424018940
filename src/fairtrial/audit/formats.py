"""A declared family of formats: in how many other ways could the same items have been asked and read?

A format is data: labels, what stands between them, an instruction, worked examples and their order, how the answer
is read, how it is decoded. A family lists what each may be; formats are drawn from it by hashes, so that family,
task, pool and number name the same formats for everybody. Formats that differ only in how the answer is read share
their answers. Worked examples come from a pool that holds none of the scored items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final

from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.question import Decoding
from fairtrial.core.sample import Message, Sample
from fairtrial.core.task import Task

VERSION: Final = "1"
"""Changes when the same family and seed would give other formats."""

OWN: Final = "own"
"""The task's own way to read an answer."""

CASES: Final[Mapping[str, Callable[[str], str]]] = {"as written": str, "upper": str.upper, "lower": str.lower}


@dataclass(frozen=True, slots=True)
class Format:
    """instruction: above everything, "" for none. question, answer: labels, "" for none; case: of the labels, one
    of CASES. lead: between label and question; turn: between question and answer label; gap: between examples.
    letter: how a choice is named, with `{}` for the letter. examples: ids of worked examples, in order.
    reading: OWN, or a name among `Score.others`. length: multiple of the task's max_tokens. temperature: None for
    the task's own.
    """

    instruction: str
    question: str
    answer: str
    case: str
    lead: str
    turn: str
    gap: str
    letter: str
    examples: tuple[str, ...]
    reading: str
    length: float
    temperature: float | None

    def to_json(self) -> dict[str, JSON]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def digest(self) -> str:
        return digest({"version": VERSION, **self.to_json()})

    @property
    def key(self) -> str:
        """Names what is asked, however it is read: 16 hexadecimal digits."""
        return digest({"version": VERSION, **self.to_json(), "reading": ""}).removeprefix("sha256:")[:16]

    def __str__(self) -> str:
        case = CASES[self.case]
        shape = f"{case(self.question)}{self.lead}…{self.turn}{case(self.answer)}"
        told = [repr(shape)]
        told += [f"instruction {self.instruction!r}"] if self.instruction else []
        told += (
            [f"{len(self.examples)} worked examples ({', '.join(self.examples)})"] if self.examples else []
        )
        told += [f"choices as {self.letter!r}"] if self.letter else []
        told += [f"read by {self.reading}"] if self.reading != OWN else []
        told += [f"{self.length:g} times the tokens"] if self.length != 1 else []
        told += [f"temperature {self.temperature:g}"] if self.temperature is not None else []
        return "; ".join(told)

    def words(self, sample: Sample, pool: Mapping[str, Sample]) -> str:
        """The whole prompt. Raises UsageError for an example that the pool doesn't hold."""
        parts = [self.instruction] if self.instruction else []
        for name in self.examples:
            if name not in pool:
                raise UsageError(
                    f"no worked example {name!r} in the pool", "draw from the pool that is asked"
                )
            example = pool[name]
            block = self._block(example)
            parts.append(f"{block}{'' if block[-1:].isspace() else ' '}{worked(example)}")
        return self.gap.join([*parts, self._block(sample)])

    def _block(self, sample: Sample) -> str:
        case = CASES[self.case]
        head = f"{case(self.question)}{self.lead}" if self.question else ""
        listed = zip(LETTERS, sample.choices, strict=False) if self.letter else ()
        choices = "".join(f"\n{self.letter.format(letter)} {choice}" for letter, choice in listed)
        return f"{head}{sample.text}{choices}{self.turn}{case(self.answer)}"


def worked(sample: Sample) -> str:
    """The answer as an example shows it: worked out where the sample has that, else the target."""
    return str(sample.metadata.get("solution", sample.target[0]))


@dataclass(frozen=True)
class FormatFamily:
    """What each part of a format may be; each is drawn with equal chance. shots: numbers of worked examples.
    readings: names, or () for every reading that the task's scorer reports."""

    name: str
    instruction: tuple[str, ...] = ("",)
    question: tuple[str, ...] = ("Question:",)
    answer: tuple[str, ...] = ("Answer:",)
    case: tuple[str, ...] = ("as written",)
    lead: tuple[str, ...] = (" ",)
    turn: tuple[str, ...] = ("\n",)
    gap: tuple[str, ...] = ("\n\n",)
    letter: tuple[str, ...] = ("{}.",)
    shots: tuple[int, ...] = (0,)
    readings: tuple[str, ...] = ()
    length: tuple[float, ...] = (1.0,)
    temperature: tuple[float | None, ...] = (None,)

    def to_json(self) -> dict[str, JSON]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def digest(self) -> str:
        return digest({"version": VERSION, **self.to_json()})


DEFAULT: Final = FormatFamily(
    name="default",
    instruction=("", "Answer the question.", "Think step by step, then give the answer.", "Be brief."),
    question=("Question:", "Q:", "Problem:", "Task:", "Input:", ""),
    answer=("Answer:", "A:", "Solution:", "Output:", "The answer:"),
    case=("as written", "upper", "lower"),
    lead=(" ", "\n"),
    turn=("\n", "\n\n", " "),
    gap=("\n\n", "\n", "\n\n\n"),
    letter=("{}.", "{})", "({})", "{}:"),
    shots=(0, 1, 2, 3, 5, 8),
    length=(1.0, 2.0),
    temperature=(None, 0.3),
)
"""Ways in which people ask. Declared here, before anybody looks at a score."""


@dataclass(frozen=True, slots=True)
class FormatPrompt:
    """A task's samples in one format. letters: whether a sample's letters are its continuations."""

    format: Format
    pool: Mapping[str, Sample]
    letters: bool = False

    @property
    def form(self) -> Mapping[str, JSON]:
        texts = [[name, self.pool[name].text, worked(self.pool[name])] for name in self.format.examples]
        return {"format": self.format.to_json(), "examples": texts, "version": VERSION}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", self.format.words(sample, self.pool)),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return tuple(f" {each}" for each in LETTERS[: len(sample.choices)]) if self.letters else ()


def formatted(task: Task, made: Format, pool: Mapping[str, Sample]) -> Task:
    """The task asked in this format: prompt and decoding are the format's, all else stays. How answers are read
    stays too: every reading is in each score (`Score.others`)."""
    held = {name: pool[name] for name in made.examples}
    prompt = FormatPrompt(made, held, task.asks == "loglikelihood")
    return replace(task, prompt=prompt, decoding=_decoding(task.decoding, made))


def _decoding(own: Decoding, made: Format) -> Decoding:
    """A model that goes on with a question of its own is stopped at this format's label."""
    label = f"\n{CASES[made.case](made.question)}" if made.question else ""
    stop = own.stop
    if label and not any(each in label for each in stop):
        stop = (*stop, label)
    return replace(
        own,
        stop=stop,
        max_tokens=max(1, round(own.max_tokens * made.length)),
        temperature=own.temperature if made.temperature is None else made.temperature,
    )
