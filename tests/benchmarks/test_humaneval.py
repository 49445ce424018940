"""HumanEval as it is asked and read: both forms, exams, refusals, what the plan holds. Running it: tests/cli."""

from __future__ import annotations

import ast

import pytest

from fairtrial.benchmarks import load
from fairtrial.benchmarks.humaneval import FURTHER, STOPS, UNDECIDED
from fairtrial.core.canon import digest
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.execution import ExecutedScorer, Trial
from fairtrial.core.output import Output
from fairtrial.core.question import Generate
from fairtrial.core.task import Task
from fairtrial.evals.code_scorer import CodeScorer


def prompt(task: Task, at: int) -> str:
    question = task.question(task.samples[at])
    assert isinstance(question, Generate)
    return question.prompt


def scorer(task: Task) -> CodeScorer:
    assert isinstance(task.scorer, CodeScorer) and isinstance(task.scorer, ExecutedScorer)
    return task.scorer


@pytest.mark.parametrize(
    ("form", "name"), [(None, "humaneval"), ("chat", "humaneval"), ("completion", "humaneval_completion")]
)
def test_each_form_is_whole(form: str | None, name: str) -> None:
    task = load("humaneval", form=form)
    assert (task.name, len(task.samples), task.chance) == (name, 164, 0.0)
    assert [sample.id for sample in task.samples] == [f"HumanEval/{at}" for at in range(164)]
    assert task.origin.licence == "MIT" and task.origin.source == "https://github.com/openai/human-eval"
    assert len(task.notes) >= 3 and task.scorer.form["metric"] == "pass@1"
    digest({"prompt": task.prompt.form, "scorer": task.scorer.form, "origin": task.origin.to_json()})
    for sample in task.samples:
        scorer(task).check_target(sample)


def test_the_chat_form_asks_for_one_code_block() -> None:
    task = load("humaneval")
    text = prompt(task, 2)
    assert text.startswith("Complete this Python function. Answer with one code block")
    assert text.endswith(f"```python\n{task.samples[2].text}```") and task.decoding.stop == ()
    assert task.decoding.temperature == 0 and task.decoding.max_tokens == 1024


def test_the_completion_form_is_the_prompt_as_it_stands() -> None:
    task = load("humaneval", form="completion")
    assert prompt(task, 2) == task.samples[2].text
    assert task.decoding.stop == ("\nclass", "\ndef", "\n#", "\nif"), "OpenAI's endpoints take four at most"
    assert scorer(task).stops == STOPS == (*task.decoding.stop, "\nprint")


def test_no_reference_holds_a_stop_string() -> None:
    """Otherwise the completion form could not be solved by it."""
    assert [s.id for s in load("humaneval").samples for stop in STOPS if stop in s.target[0]] == []


def test_an_exam_holds_reference_tests_and_the_inputs_to_derive() -> None:
    task = load("humaneval")
    for sample in task.samples:
        exam = scorer(task).exams[sample.id]
        assert exam.reference == sample.text + sample.target[0] and exam.test == sample.metadata["test"]
        assert exam.further == (0 if sample.id in UNDECIDED else FURTHER)
        assert (exam.compare, exam.inputs, exam.generator) == ("close", (), "")
        defined = {getattr(each, "name", "") for each in ast.parse(exam.reference).body}
        assert exam.entry_point in defined
        assert "check" in {getattr(each, "name", "") for each in ast.parse(exam.test).body}


@pytest.mark.parametrize("form", ["chat", "completion"])
def test_the_program_has_the_prompt_s_helpers_and_never_the_tests(form: str) -> None:
    task = load("humaneval", form=form)
    sample = task.samples[32]
    found = scorer(task).trial(Output(sample.target[0], "stop"), sample)
    assert isinstance(found, Trial)
    assert found.program == sample.text + sample.target[0]
    assert "def poly" in found.program and "check" not in found.program


def test_forms_are_different_plans() -> None:
    chat, completion = load("humaneval"), load("humaneval", form="completion")
    assert digest(chat.prompt.form) != digest(completion.prompt.form)
    assert digest(chat.scorer.form) != digest(completion.scorer.form)
    assert chat.scorer.form["exams"] == completion.scorer.form["exams"]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UnknownName, match="form of humaneval"):
        load("humaneval", form="instruct")
    with pytest.raises(UsageError, match="no worked examples"):
        load("humaneval", num_fewshot=3)
    with pytest.raises(UsageError, match="no parts"):
        load("humaneval/0")
    with pytest.raises(UsageError, match="ships with the package"):
        load("humaneval", path="x.jsonl")
    assert load("humaneval", num_fewshot=0).name == "humaneval"
