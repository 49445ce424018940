"""MMLU (Hendrycks et al. 2021, arXiv 2009.03300): 14,042 questions with four choices in 57 subjects.

`mmlu` is the field's usual form: the subject's line, five worked examples (its dev split, in order), and
the likelihood of " A" to " D" behind "Answer:", as in lm-eval 0.4.13, `tasks/mmlu/default`.
`mmlu_generative` asks the same words and reads the letter from what a chat model writes. `mmlu/virology` is
one subject. Both means are reported: over all questions (micro, as lm-eval) and over subjects (macro).

Subjects are slices, not clusters: they are the 57 that the benchmark is about, no sample of more.

    >>> from fairtrial.benchmarks import load
    >>> from fairtrial.core.output import Loglik, Output
    >>> task = load("mmlu/virology")
    >>> item = task.samples[0]
    >>> item.id, item.target, item.choices[0]
    ('virology-0', ('A',), '100')
    >>> logliks = tuple(map(Loglik, (-1.0, -1.5, -2.0, -3.0)))
    >>> task.scorer(Output(None, "stop", logliks=logliks), item).state
    'right'
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from fairtrial.benchmarks.packaged import SHA256, Request, packaged_lines, packaged_origin, packaged_rows
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UnknownName
from fairtrial.core.extractors import LETTERS
from fairtrial.core.question import Decoding
from fairtrial.core.readings import Choice, FirstLine
from fairtrial.core.sample import Message, Sample
from fairtrial.core.scorers import LikelihoodChoice, TextScorer
from fairtrial.core.task import Task

SOURCE = "https://github.com/hendrycks/test"
TEST, DEV = "mmlu_test.jsonl.gz", "mmlu_dev.jsonl.gz"
FORMS = ("likelihood", "generative")
SHOTS = 5

NOTES = (
    "About 6.5 % of the questions are in error, 57 % in virology (Gema et al. 2024, arXiv 2406.04127).",
    (
        "Implementations differ: the same weights scored very differently under three of them and changed "
        "ranks (Hugging Face, June 2023). Compare only within one form."
    ),
    (
        "The order of the choices often follows a logic of its own, which helps a guesser "
        "(Gupta et al. 2024, arXiv 2406.19470)."
    ),
    (
        "Public since 2020, so a model may have seen the items; having seen is not the same as being "
        "inflated (Bordt et al. 2024, arXiv 2410.03249)."
    ),
    "Blind guessing scores 25 %.",
)


@dataclass(frozen=True, slots=True)
class LetterPrompt:
    """The subject's line, its worked examples, the question with lettered choices, "Answer:".

    examples: subject -> rows of the dev split as text, in order. letters: ask their likelihood.
    """

    examples: Mapping[str, tuple[str, ...]]
    count: int
    letters: bool

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "description": _description("{subject}"),
            "template": "{question}\nA. {choice}\nB. {choice}\nC. {choice}\nD. {choice}\nAnswer:",
            "example": "{template} {letter}",
            "between": "\n\n",
            "fewshot": {"n": self.count, "from": DEV, "sha256": SHA256[DEV], "sampler": "the first n"},
            "continuations": [" A", " B", " C", " D"] if self.letters else [],
        }

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        subject = str(sample.metadata["subject"])
        shots = "".join(f"{each}\n\n" for each in self.examples[subject][: self.count])
        return (Message("user", _description(subject) + shots + _asked(sample.text, sample.choices)),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return tuple(f" {letter}" for letter in LETTERS[: len(sample.choices)]) if self.letters else ()


def mmlu(request: Request) -> Task:
    """The likelihood of the letters; `--form generative` is `mmlu_generative`."""
    return _task(request, _form(request.form or "likelihood"))


def mmlu_generative(request: Request) -> Task:
    """The letter that a chat model writes. A short budget on purpose: a found letter counts even if cut."""
    return _task(request, _form(request.form or "generative"))


def subjects() -> tuple[str, ...]:
    """The 57 names, in alphabetical order."""
    return tuple(_examples())


def _form(name: str) -> Literal["likelihood", "generative"]:
    if name == "likelihood":
        return "likelihood"
    if name == "generative":
        return "generative"
    raise UnknownName("form of mmlu", name, FORMS)


def _task(request: Request, form: Literal["likelihood", "generative"]) -> Task:
    request.refuse_path("mmlu")
    if request.part and request.part not in _examples():
        raise UnknownName("subject of MMLU", request.part, _examples())
    likelihood = form == "likelihood"
    whole = not request.part
    name = "mmlu" if likelihood else "mmlu_generative"
    return Task(
        name=name if whole else f"{name}/{request.part}",
        version="1",
        asks="loglikelihood" if likelihood else "generate",
        samples=_samples(request.part),
        origin=packaged_origin(TEST, name="MMLU", source=SOURCE, split="test"),
        prompt=LetterPrompt(_examples(), request.shots(SHOTS, SHOTS), likelihood),
        scorer=LikelihoodChoice()
        if likelihood
        else TextScorer(Choice("letter"), (FirstLine(),), short_answers=True),
        decoding=Decoding(max_tokens=256),
        slices=("subject",) if whole else (),
        macro="subject" if whole else "",
        chance=0.25,
        notes=NOTES,
    )


@cache
def _samples(subject: str) -> tuple[Sample, ...]:
    return tuple(_read(subject))


def _read(subject: str) -> Iterator[Sample]:
    """Ids are the subject and the row within it, counted from 0, as lm-eval counts."""
    seen: dict[str, int] = {}
    start = f'{{"subject":"{subject}'.encode()
    for line in packaged_lines(TEST):
        if not line.startswith(start):
            continue
        row = json.loads(line)
        name = row["subject"]
        if subject and name != subject:
            continue
        at = seen[name] = seen.get(name, -1) + 1
        yield Sample(
            f"{name}-{at}",
            row["question"].strip(),
            (LETTERS[row["answer"]],),
            tuple(row["choices"]),
            {"subject": name, "row": at},
        )


@cache
def _examples() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in packaged_rows(DEV):
        found.setdefault(row["subject"], []).append(_worked(row))
    return {subject: tuple(found[subject]) for subject in sorted(found)}


def _worked(row: Mapping[str, Any]) -> str:
    return f"{_asked(row['question'].strip(), row['choices'])} {LETTERS[row['answer']]}"


def _asked(question: str, choices: tuple[str, ...]) -> str:
    lines = "\n".join(f"{LETTERS[at]}. {choice}" for at, choice in enumerate(choices))
    return f"{question}\n{lines}\nAnswer:"


def _description(subject: str) -> str:
    named = subject.replace("_", " ")
    return f"The following are multiple choice questions (with answers) about {named}.\n\n"
