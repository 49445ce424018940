"""HumanEval (Chen et al. 2021, arXiv 2107.03374): 164 functions to write, marked by running their tests.

Two forms. `chat`, ours: the function's head and docstring in a code block, and one code block asked for.
`completion`, the paper's and lm-eval 0.4.13's `humaneval.yaml`: the head and docstring as they stand, continued
until a line that begins something else. What a model writes runs in a sandbox, apart from the tests; here nothing
is run.

    >>> from fairtrial.benchmarks import load
    >>> from fairtrial.core.output import Output
    >>> task = load("humaneval")
    >>> add = task.samples[53]
    >>> add.id, add.metadata["entry_point"], add.target
    ('HumanEval/53', 'add', ('    return x + y\\n',))
    >>> answer = "Both are added:\\n```python\\ndef add(x: int, y: int):\\n    return x + y\\n```"
    >>> trial = task.scorer.trial(Output(answer, "stop"), add)
    >>> trial.program.splitlines()[-2:]
    ['def add(x: int, y: int):', '    return x + y']
    >>> task.scorer.trial(Output("I would add them.", "stop"), add).state
    'unparsed'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from fairtrial.benchmarks.packaged import Request, packaged_origin, packaged_rows
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.execution import Exam
from fairtrial.core.question import Decoding
from fairtrial.core.sample import Message, Sample
from fairtrial.core.task import Task
from fairtrial.evals.code_scorer import CodeScorer

SOURCE: Final = "https://github.com/openai/human-eval"
TEST: Final = "humaneval_test.jsonl.gz"
ITEMS: Final = 164
MAX_TOKENS: Final = 1024
FURTHER: Final = 40
"""Inputs derived from those of an item's own tests, on which an answer that passed is held against the
reference."""

TOLERANCE: Final = 1e-6
"""How far two numbers may be apart on derived inputs: right programs round differently. The tests say themselves
what is near enough."""

UNDECIDED: Final = {
    "HumanEval/20": "two pairs of numbers are equally near, and the prompt doesn't say which to take",
    "HumanEval/32": "a polynomial may have several zeros, and any will do",
    "HumanEval/124": "the canonical solution is wrong: it takes 06-1-2020 and refuses 04-30-2040",
    "HumanEval/129": "the item's own tests hold grids in which a number stands twice, against its prompt",
}
"""Items without derived inputs, since a right answer could fail there."""

STOPS: Final = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
"""Where a completion ends, in the paper and in lm-eval's `until`. OpenAI's endpoints take four at most, so four
are sent, and all five are cut at when the answer is read: the last one can only cost tokens."""

CHAT: Final = (
    "Complete this Python function. Answer with one code block that holds the whole function, with all it needs."
    "\n\n```python\n{function}```"
)
FORMS: Final = ("chat", "completion")

NOTES: Final = (
    "164 items: one standard error is 3.1 points at a score of 80 %.",
    (
        "Public since 2021. 8 to 18 % of the items overlap with two public code corpora (Yang et al. 2023, "
        "arXiv 2311.04850). A test of item order can't show contamination here: their order is no random draw."
    ),
    (
        "The tests are few. With 80 times as many, scores fell by up to 19 to 29 %, and 18 defects were found in "
        "the reference solutions (Liu et al. 2023, arXiv 2305.01210). Some docstrings are wrong or incomplete "
        "(openai/human-eval, pull request 23)."
    ),
    (
        f"Answers are cut at {MAX_TOKENS} tokens, lm-eval's limit: a cut answer earns nothing and is counted "
        "apart. A model that thinks aloud needs a longer limit (--max-tokens), which is another run."
    ),
)


@dataclass(frozen=True, slots=True)
class FunctionPrompt:
    """An item's head and docstring, in the words of one form."""

    template: str

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"template": self.template, "fewshot": {"n": 0}}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", self.template.replace("{function}", sample.text)),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()


def humaneval(request: Request) -> Task:
    """Form `chat` (the default) or `completion`; no worked examples in either."""
    request.refuse_path("humaneval")
    request.refuse_part("humaneval")
    if request.num_fewshot:
        raise UsageError("humaneval has no worked examples to show", "leave --num-fewshot out")
    form = request.form or "chat"
    if form not in FORMS:
        raise UnknownName("form of humaneval", form, FORMS)
    chat = form == "chat"
    exams = _exams()
    return Task(
        name="humaneval" if chat else "humaneval_completion",
        version="1",
        asks="generate",
        samples=humaneval_samples(),
        origin=packaged_origin(TEST, name="HumanEval", source=SOURCE, split="test"),
        prompt=FunctionPrompt(CHAT if chat else "{function}"),
        scorer=CodeScorer(exams, after_prompt=True)
        if chat
        else CodeScorer(exams, "completion", after_prompt=True, stops=STOPS),
        decoding=Decoding(max_tokens=MAX_TOKENS, stop=() if chat else STOPS[:4]),
        chance=0.0,
        notes=NOTES,
    )


@cache
def humaneval_samples() -> tuple[Sample, ...]:
    """The items in the published order under their published ids. The input is the prompt, the target the
    reference solution's body; the metadata holds the function's name and the item's tests."""
    return tuple(
        Sample(
            row["task_id"],
            row["prompt"],
            (row["canonical_solution"],),
            metadata={"entry_point": row["entry_point"], "test": row["test"]},
        )
        for row in packaged_rows(TEST)
    )


def _exams() -> dict[str, Exam]:
    return {
        each.id: Exam(
            entry_point=str(each.metadata["entry_point"]),
            reference=each.text + each.target[0],
            test=str(each.metadata["test"]),
            compare="close",
            tolerance=TOLERANCE,
            further=0 if each.id in UNDECIDED else FURTHER,
        )
        for each in humaneval_samples()
    }
