"""Tasks as a user opens them: prompts, items, notes, refusals, and the worked item of each module."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

from fairtrial.benchmarks import BENCHMARKS, load
from fairtrial.benchmarks.mmlu import subjects
from fairtrial.core.canon import digest
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.output import Output
from fairtrial.core.question import Generate, Loglikelihood
from fairtrial.core.task import Task

MODULES = sorted({entry.partition(":")[0] for entry in BENCHMARKS.values()})
PACKAGED = ("gsm8k", "gsm8k_cot", "mmlu", "mmlu/virology", "mmlu_generative", "mmlu_generative/anatomy")


@pytest.mark.parametrize("name", MODULES)
def test_the_worked_item_of_each_module(name: str) -> None:
    module = import_module(f"fairtrial.benchmarks.{name}")
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", PACKAGED)
def test_each_task_is_whole(name: str) -> None:
    task = load(name)
    assert task.name == name
    assert len({sample.id for sample in task.samples}) == len(task.samples)
    assert task.notes
    assert task.chance is not None
    assert task.origin.licence == "MIT"
    assert task.origin.source.startswith("https://github.com/")
    assert task.origin.digest.startswith("sha256:")
    assert {"metric", "name", "extractor", "alternatives"} <= task.scorer.form.keys()
    digest({"prompt": task.prompt.form, "scorer": task.scorer.form, "origin": task.origin.to_json()})
    for sample in task.samples:
        task.scorer.check_target(sample)  # type: ignore[attr-defined]


def test_unknown_names_name_the_nearest() -> None:
    with pytest.raises(UnknownName, match="gsm8k"):
        load("gsm8")
    with pytest.raises(UnknownName, match="virology"):
        load("mmlu/virolgy")
    with pytest.raises(UnknownName):
        load("mmlu", form="letters")
    with pytest.raises(UnknownName):
        load("gsm8k", form="cot")
    with pytest.raises(UsageError, match="no parts"):
        load("gsm8k/hard")
    with pytest.raises(UsageError, match="ships with the package"):
        load("mmlu", path="mmlu.jsonl")


@pytest.mark.parametrize(("name", "shots"), [("gsm8k", -1), ("gsm8k", 33), ("gsm8k_cot", 9), ("mmlu", 6)])
def test_too_many_examples(name: str, shots: int) -> None:
    with pytest.raises(UsageError, match="num-fewshot"):
        load(name, num_fewshot=shots)


def test_naming_benchmarks_reads_nothing() -> None:
    code = (
        "import sys, fairtrial.benchmarks; print([m for m in sys.modules if m.startswith('fairtrial.bench')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "['fairtrial.benchmarks']"


def _prompt(task: Task, at: int) -> str:
    question = task.question(task.samples[at])
    return question.prompt if isinstance(question, Generate) else question.context


def test_gsm8k_prompt() -> None:
    bare = load("gsm8k", num_fewshot=0)
    question = bare.samples[1].text
    assert _prompt(bare, 1) == f"Question: {question}\nAnswer:"
    five = load("gsm8k")
    prompt = _prompt(five, 1)
    assert prompt.endswith(f"\n\nQuestion: {question}\nAnswer:")
    assert prompt.count("Question: ") == prompt.count("Answer:") == 6
    assert prompt.count("\n#### ") == 5
    # The examples belong to the row, whatever else is asked.
    assert _prompt(load("gsm8k"), 1) == prompt
    assert _prompt(five, 2).partition("\n\n")[0] != prompt.partition("\n\n")[0]
    assert five.decoding.stop == ("Question:", "</s>", "<|im_end|>")
    assert digest(five.prompt.form) != digest(bare.prompt.form)


def test_gsm8k_cot_prompt() -> None:
    prompt = _prompt(load("gsm8k_cot"), 0)
    assert prompt.startswith("Q: There are 15 trees in the grove.")
    assert prompt.count("The answer is ") == 8
    assert prompt.endswith("\nA:")


@pytest.mark.parametrize(
    ("text", "flexible", "strict", "by_value", "marker"),
    [
        ("so\n#### 18", 1, 1, 1, 1),
        ("so\nA: 18", 1, 0, 1, 1),
        ("so she makes $18.", 1, 0, 1, 0),
        ("so\nA: 18.0", 0, 0, 1, 1),
        ("#### 18\nwait, 19", 0, 1, 0, 1),
        ("#### 1,8", 1, 1, 0, 0),
        ("eighteen", 0, 0, 0, 0),
    ],
)
def test_gsm8k_readings(text: str, flexible: int, strict: int, by_value: int, marker: int) -> None:
    task = load("gsm8k")
    score = task.scorer(Output(text, "stop"), task.samples[0])
    assert score.value == flexible
    assert score.others["strict-match"] == strict
    assert score.others["last number by value"] == by_value
    assert score.others["number after a marker"] == marker


def test_mmlu_prompt_by_hand() -> None:
    task = load("mmlu/abstract_algebra", num_fewshot=1)
    question = task.question(task.samples[0])
    assert isinstance(question, Loglikelihood)
    assert question.continuations == (" A", " B", " C", " D")
    assert question.context == (
        "The following are multiple choice questions (with answers) about abstract algebra.\n\n"
        "Find all c in Z_3 such that Z_3[x]/(x^2 + c) is a field.\nA. 0\nB. 1\nC. 2\nD. 3\nAnswer: B\n\n"
        "Find the degree for the given field extension Q(sqrt(2), sqrt(3), sqrt(18)) over Q.\n"
        "A. 0\nB. 4\nC. 2\nD. 6\nAnswer:"
    )
    assert task.samples[0].target == ("B",)


def test_mmlu_by_subject() -> None:
    task = load("mmlu")
    assert (task.slices, task.macro, len(task.samples)) == (("subject",), "subject", 14_042)
    assert len(subjects()) == 57
    assert {sample.metadata["subject"] for sample in task.samples} == set(subjects())
    virology = [sample for sample in task.samples if sample.metadata["subject"] == "virology"]
    assert virology == list(load("mmlu/virology").samples)
    assert (load("mmlu/virology").slices, load("mmlu/virology").macro) == ((), "")
    assert load("mmlu", form="generative").name == "mmlu_generative"


@pytest.mark.parametrize(
    ("text", "stop", "state", "first_line"),
    [
        ("B", "stop", "right", 1),
        (" b\nbecause", "stop", "unparsed", 1),
        ("The answer is (B).", "stop", "right", 0),
        ("B", "length", "right", 1),
        ("Let me think", "length", "truncated", 0),
        ("C", "stop", "wrong", 0),
    ],
)
def test_mmlu_generative(text: str, stop: str, state: str, first_line: int) -> None:
    task = load("mmlu_generative/abstract_algebra")
    score = task.scorer(Output(text, stop), task.samples[0])  # type: ignore[arg-type]
    assert score.state == state
    assert score.others["first line alone (lm-eval)"] == first_line
