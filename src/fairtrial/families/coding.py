"""Programming tasks: a function is asked for by its head and docstring, and marked by running it beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairtrial.core.canon import JSON
from fairtrial.core.execution import Exam
from fairtrial.core.question import Decoding
from fairtrial.core.sample import Message, Sample
from fairtrial.evals.code_scorer import CodeScorer
from fairtrial.families.manner import Manner, WholeText

VERSION: Final = "1"
TASK: Final = (
    "Complete this Python function. Answer with one code block that holds the whole function, with all it needs."
    "\n\n```python\n{function}```"
)
"""As a published form is asked by `fairtrial run`: both scores speak of the same words."""
DECODING: Final = Decoding(temperature=0.0, max_tokens=2048)
_OPENING: Final = "def"


@dataclass(frozen=True, slots=True)
class CodePrompt:
    """Published and fresh samples in the very same words."""

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"template": TASK, "version": VERSION}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", TASK.replace("{function}", sample.text)),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()


def exam(sample: Sample) -> Exam:
    """What an answer to a sample of a programming family is tried on."""
    told = sample.metadata
    return Exam(
        entry_point=str(told["entry_point"]),
        reference=str(told["reference"]),
        generator=str(told["generator"]),
        count=int(str(told["count"])),
        seed=int(str(told["seed"])),
    )


def _scorer(samples: Mapping[str, Sample]) -> CodeScorer:
    return CodeScorer({name: exam(each) for name, each in samples.items()}, after_prompt=True)


def _printed(sample: Sample) -> str:
    return f"{sample.text}{sample.metadata['solution']}"


def _whole(sample: Sample) -> str:
    return _printed(sample).removeprefix(f"{_OPENING} ")


def _row(sample: Sample) -> dict[str, JSON]:
    keys = ("entry_point", "reference", "generator", "count", "seed")
    # No inputs derived from those seen: they would keep no promise that the words make, such as "none below zero".
    return {"prompt": sample.text} | {key: sample.metadata[key] for key in keys} | {"further": 0}


CODE: Final = Manner(
    prompt=CodePrompt(),
    scorer=_scorer,
    decoding=DECODING,
    likelihoods=WholeText(_OPENING, "{function}{solution}", VERSION),
    whole=_whole,
    row=_row,
    shown=_printed,
)
