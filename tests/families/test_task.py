"""The words that are asked, and how an answer is marked."""

from __future__ import annotations

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output
from fairtrial.core.question import Generate
from fairtrial.families import load
from fairtrial.families.task import WORDS, Prompt, family_task, whole_text

FAMILY = load("arithmetic")
SAMPLE = FAMILY.sample("bus", bytes(32))


def test_a_sample_is_asked_in_one_line_and_marked_by_its_last_number() -> None:
    task = family_task(FAMILY, [SAMPLE])
    question = task.question(SAMPLE)
    assert isinstance(question, Generate)
    assert question.prompt == f"Q: {SAMPLE.text}\nA:"
    assert question.decoding.stop == ("\n",) and question.decoding.temperature == 0
    target = SAMPLE.target[0]
    assert task.scorer(Output(f" 3+4=7, so {target}.", "stop"), SAMPLE).value == 1
    assert task.scorer(Output(f" {target}, or 999", "stop"), SAMPLE).value == 0
    assert task.scorer(Output(" no idea", "stop"), SAMPLE).state == "unparsed"
    assert task.origin.digest == FAMILY.digest and task.cluster == "template"


def test_a_question_with_braces_of_its_own_is_asked_as_it_stands() -> None:
    import dataclasses

    odd = dataclasses.replace(SAMPLE, input="What is {question}?")
    assert Prompt().messages(odd)[0].content == "Q: What is {question}?\nA:"


def test_other_words_hold_the_question_once() -> None:
    words = "q: {question}\na:"
    assert Prompt(words).messages(SAMPLE)[0].content == f"q: {SAMPLE.text}\na:"
    assert Prompt(words).form["template"] == words
    for wrong in ("q:", "{question}{question}", ""):
        with pytest.raises(UsageError, match="once"):
            Prompt(wrong)


def test_the_whole_text_is_question_and_worked_answer() -> None:
    assert whole_text(SAMPLE) == f"{SAMPLE.text}\nA: {SAMPLE.metadata['solution']}"
    plain = FAMILY.sample("bus", bytes(32))
    bare = type(plain)(plain.id, plain.input, plain.target)
    assert whole_text(bare) == f"{plain.text}\nA: {plain.target[0]}"
    asked = WORDS.likelihoods
    assert asked.continuations(type(plain)("x", "Q:", ("A",), ("one", "two"))) == (" one", " two")
    assert asked.form == {"context": "Q:", "continuation": " {question}\nA: {answer}", "version": "1"}
