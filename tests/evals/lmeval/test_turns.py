"""A question and its answer as one text. Expected texts are those of lm-eval's `build_qa_turn`, told here in the
form in which it holds them: a list of messages, each with a delimiter behind it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.formats import Formats
from fairtrial.evals.lmeval.functions import Imports
from fairtrial.evals.lmeval.turns import asked, worked_example
from fairtrial.evals.lmeval.words import Words, words_of

BLANKS = st.text(alphabet="a \n:", max_size=4)


def _words(**formats: Any) -> Words:
    base = {"doc_to_text": "q", "doc_to_target": "a", "doc_to_choice": None, "gen_prefix": None}
    base |= {"target_delimiter": " ", "fewshot_delimiter": "\n\n", **formats}
    columns = frozenset(("q", "a", "c", "p"))
    choices = base["doc_to_choice"] is not None
    return words_of(Formats(**base), columns, Imports(), has_choices=choices, example=True)


def _build_qa_turn(q: str, c: Any, a: Any, prefix: str, tgt: str, few: str) -> str:
    def meets(left: str, right: str) -> bool:
        return left != "" and not (left[-1].isspace() or right[0].isspace())

    has_answer = a is not None and a != ""
    behind = ""
    if (has_answer and not prefix) or (prefix and meets(q, prefix)):
        behind = tgt
    messages = [(q, behind)]
    if has_answer:
        text = c[a] if c and isinstance(a, int) else a[0] if isinstance(a, list) else a
        if prefix and text:
            text = prefix + (" " if meets(prefix, text) else "") + text
        messages.append((prefix if prefix and not text else text, few))
    elif prefix:
        messages.append((prefix, ""))
    return "".join(text + delimiter for text, delimiter in messages)


@settings(max_examples=1000, deadline=None)
@given(
    BLANKS,
    BLANKS | st.integers(0, 2) | st.lists(BLANKS, min_size=1, max_size=2) | st.none(),
    st.lists(BLANKS, min_size=3, max_size=3),
    BLANKS,
    BLANKS,
    BLANKS,
)
def test_a_worked_example(q: str, a: Any, c: list[str], prefix: str, tgt: str, few: str) -> None:
    words = _words(doc_to_choice="c", gen_prefix="p", target_delimiter=tgt, fewshot_delimiter=few)
    doc = {"q": q, "a": a, "c": c, "p": prefix}
    assert worked_example(words, doc) == _build_qa_turn(q, c, a, prefix, tgt, few)


@given(BLANKS, BLANKS, BLANKS)
def test_the_question_that_is_put(q: str, prefix: str, tgt: str) -> None:
    words = _words(target_delimiter=tgt)
    assert asked(words, q, prefix) == _build_qa_turn(q, None, None, prefix, tgt, "")


@pytest.mark.parametrize("answer", [3, 1.5, [1, 2], [], {"a": 1}])
def test_an_answer_that_lm_eval_stops_at_is_refused(answer: Any) -> None:
    with pytest.raises(UsageError, match="no text, and lm-eval stops there"):
        worked_example(_words(), {"q": "x", "a": answer})
    with pytest.raises(UsageError, match="no index of 2 choices"):
        worked_example(_words(doc_to_choice=["a", "b"]), {"q": "x", "a": 2})
