"""GSM8K (Cobbe et al. 2021, arXiv 2110.14168): 1,319 word problems of the test split, answered in words.

The form is that of lm-eval 0.4.13, `tasks/gsm8k/gsm8k.yaml`: five worked examples, the last number in the
reply compared as text (`flexible-extract`, primary), the number behind "####" beside it (`strict-match`).
The examples are drawn anew for every question from the training split, by one `random.Random(1234)` that goes
through the questions in the order of the split (`api/samplers.py`, `ContextSampler`): question k always
gets the same five, whatever part of the split is asked. `gsm8k_cot` has the eight fixed examples of
Wei et al. 2022 (arXiv 2201.11903) instead.

    >>> from fairtrial.benchmarks import load
    >>> from fairtrial.core.output import Output
    >>> task = load("gsm8k")
    >>> janet = task.samples[0]
    >>> janet.id, janet.target, janet.input[:45]
    ('test-0', ('18',), 'Janet’s ducks lay 16 eggs per day. She eats t')
    >>> score = task.scorer(Output("She sells 9 eggs for 9 * 2 = $18 every day.", "stop"), janet)
    >>> score.state, score.answer, score.others["strict-match"]
    ('right', '$18', 0.0)
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from fairtrial.benchmarks.packaged import (
    SHA256,
    Request,
    packaged_bytes,
    packaged_origin,
    packaged_rows,
    train_answers,
)
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UnknownName
from fairtrial.core.extractors import gsm8k_cot_strict, gsm8k_flexible, gsm8k_strict, number_after_marker
from fairtrial.core.question import Decoding
from fairtrial.core.readings import Number, SameFigure
from fairtrial.core.sample import Message, Sample
from fairtrial.core.scorers import TextScorer
from fairtrial.core.task import Task

SOURCE = "https://github.com/openai/grade-school-math"
TEST, TRAIN, EXAMPLES = "gsm8k_test.jsonl.gz", "gsm8k_train.jsonl.gz", "gsm8k_cot_examples.json"
SEED = 1234
MAX_TOKENS = 256
ITEMS = 1319

NOTES = (
    (
        "Public since 2021, so a model may have seen the items. On GSM1k, new problems of the same kind, "
        "scores fell by up to 8 % (13 % in the paper's first version), hardly for frontier models "
        "(Zhang et al. 2024, arXiv 2405.00332v4)."
    ),
    (
        f"Answers are cut at {MAX_TOKENS} tokens, lm-eval's usual limit: a cut answer earns nothing and is "
        "counted apart. A longer limit (--max-tokens) moves the score: compare at equal limits."
    ),
    (
        "The last number of the reply is read, as text: 18.0 is not 18. The score under other readings "
        "stands beside it."
    ),
)


@dataclass(frozen=True, slots=True)
class WorkedExamples:
    """The question behind worked examples, as one user message.

    template: "Question" or "Q", and "Answer" or "A". shots: for each row of the split the examples before it;
    one entry stands for every row. drawn: how they were chosen, for the plan.
    """

    template: tuple[str, str]
    pool: tuple[tuple[str, str], ...]
    shots: tuple[tuple[int, ...], ...]
    drawn: Mapping[str, JSON]

    @property
    def form(self) -> Mapping[str, JSON]:
        ask, answer = self.template
        turn = f"{ask}: {{question}}\n{answer}:"
        return {"template": turn, "example": f"{turn} {{answer}}", "between": "\n\n", "fewshot": self.drawn}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        ask, answer = self.template
        row = sample.metadata["row"] if len(self.shots) > 1 else 0
        assert isinstance(row, int)
        parts = [f"{ask}: {self.pool[at][0]}\n{answer}: {self.pool[at][1]}\n\n" for at in self.shots[row]]
        return (Message("user", "".join(parts) + f"{ask}: {sample.text}\n{answer}:"),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()


def gsm8k(request: Request) -> Task:
    """Five worked examples (`--num-fewshot`), as in lm-eval's `gsm8k`."""
    _refuse(request, "gsm8k")
    count = request.shots(5, 32)
    prompt = WorkedExamples(
        ("Question", "Answer"),
        train_answers() if count else (),
        _drawn(count),
        {
            "n": count,
            "from": TRAIN,
            "sha256": SHA256[TRAIN],
            "sampler": f"Random({SEED}).sample per row, in order",
        },
    )
    return _task("gsm8k", prompt, gsm8k_strict, ("Question:", "</s>", "<|im_end|>"))


def gsm8k_cot(request: Request) -> Task:
    """Eight fixed worked examples in words, as in lm-eval's `gsm8k_cot`; fewer are the first ones."""
    _refuse(request, "gsm8k_cot")
    examples = tuple((each["question"], each["answer"]) for each in json.loads(packaged_bytes(EXAMPLES)))
    count = request.shots(8, len(examples))
    drawn: dict[str, JSON] = {
        "n": count,
        "from": EXAMPLES,
        "sha256": SHA256[EXAMPLES],
        "sampler": "the first n",
    }
    prompt = WorkedExamples(("Q", "A"), examples, (tuple(range(count)),), drawn)
    return _task("gsm8k_cot", prompt, gsm8k_cot_strict, ("Q:", "</s>", "<|im_end|>"))


def _task(
    name: str, prompt: WorkedExamples, strict: Callable[[str], str | None], stop: tuple[str, ...]
) -> Task:
    scorer = TextScorer(
        SameFigure("flexible-extract", gsm8k_flexible),
        (
            SameFigure("strict-match", strict),
            Number("last number by value"),
            Number("number after a marker", number_after_marker),
        ),
    )
    return Task(
        name=name,
        version="1",
        asks="generate",
        samples=gsm8k_samples(),
        origin=packaged_origin(TEST, name="GSM8K", source=SOURCE, split="test"),
        prompt=prompt,
        scorer=scorer,
        decoding=Decoding(max_tokens=MAX_TOKENS, stop=stop),
        chance=0.0,
        notes=NOTES,
    )


@cache
def gsm8k_samples() -> tuple[Sample, ...]:
    """The test split in the published order; ids are `test-` and the row, counted from 0 as lm-eval does."""
    return tuple(
        Sample(
            f"test-{row}",
            item["question"],
            (item["answer"].rpartition("#### ")[2].strip(),),
            (),
            {"row": row},
        )
        for row, item in enumerate(packaged_rows(TEST))
    )


def _drawn(count: int) -> tuple[tuple[int, ...], ...]:
    if not count:
        return ((),)
    rng, rows = random.Random(SEED), range(len(train_answers()))
    return tuple(tuple(rng.sample(rows, count)) for _ in range(ITEMS))


def _refuse(request: Request, name: str) -> None:
    request.refuse_path(name)
    request.refuse_part(name)
    if request.form is not None:
        raise UnknownName("form of " + name, request.form, (), f"leave --form out; {name} has one form")
