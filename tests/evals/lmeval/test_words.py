"""Column, template, literal or function: what a document's words are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.formats import Formats
from fairtrial.evals.lmeval.functions import Imports
from fairtrial.evals.lmeval.templates import compile_template
from fairtrial.evals.lmeval.words import Description, Words, literal, words_of

DOC = {"question": "Why?", "n": 3, "opts": ["x", "y"], "right": "1", "nothing": None, "items": 5}


def _words(example: bool = False, columns: frozenset[str] | None = None, **given: Any) -> Words:
    base = dict.fromkeys(("doc_to_text", "doc_to_target", "doc_to_choice", "gen_prefix"))
    formats = Formats(**{**base, "target_delimiter": " ", "fewshot_delimiter": "\n", **given})
    has_choices = given.get("doc_to_choice") is not None
    names = frozenset(DOC) if columns is None else columns
    return words_of(formats, names, Imports(), has_choices=has_choices, example=example)


def test_a_columns_name_is_the_column_and_anything_else_a_template() -> None:
    assert _words(doc_to_text="question").text(DOC) == "Why?"
    assert _words(doc_to_text="question ").text(DOC) == "question "
    assert _words(doc_to_text="{{question}} {{n}} {{opts}}").text(DOC) == "Why? 3 ['x', 'y']"
    with pytest.raises(UsageError, match="no column 'question'"):
        _words(doc_to_text="question").text({"other": 1})
    with pytest.raises(UsageError, match="known here"):
        _words(doc_to_text="{{missing}}").text(DOC)
    with pytest.raises(UsageError, match="is 3, no text"):
        _words(doc_to_text="n").text(DOC)


def test_rendered_digits_are_an_index_where_there_are_choices() -> None:
    choice = {"doc_to_choice": ["a", "b", "c", "d"]}
    assert _words(doc_to_target="{{n}}", **choice).target(DOC) == 3
    assert _words(doc_to_target="{{n}}").target(DOC) == "3"
    assert _words(doc_to_target="right", **choice).target(DOC) == "1"  # a column stays what it is
    assert _words(doc_to_target=2, **choice).target(DOC) == 2
    for bad in ("03", "²", "٣", "9" * 10):
        with pytest.raises(UsageError, match="is no index"):
            _words(doc_to_target="{{x}}", **choice).target({"x": bad})
    for number in ("3", "²", "٣"):
        with pytest.raises(UsageError, match="doc_to_text is a number"):
            _words(doc_to_text="{{x}}", **choice).text({"x": number})


def test_rendered_lists_are_literals() -> None:
    assert _words(doc_to_target="{{opts}}").target(DOC) == ["x", "y"]
    assert _words(doc_to_target="[a, b]").target(DOC) == "[a, b]"
    assert _words(doc_to_choice="{{opts}}").choices(DOC) == ["x", "y"]
    assert _words(doc_to_choice="{{[question, right]}}").choices(DOC) == ["Why?", "1"]
    assert _words(doc_to_choice={"a": "one", "b": "two"}).choices(DOC) == ["one", "two"]
    for bad in ("{{n}}", "a, b", "n", "{{[n]}}", "[]"):
        with pytest.raises(UsageError, match="no list of texts"):
            _words(doc_to_choice=bad).choices(DOC)
    with pytest.raises(UsageError, match="no list of texts") as caught:
        _words(doc_to_choice=[False, True]).choices(DOC)
    assert "YAML reads no" in caught.value.remedy


def test_the_prefix_of_an_example_is_looked_for_in_the_example() -> None:
    assert _words(gen_prefix="question").prefix(DOC) == "Why?"
    assert _words(gen_prefix="other").prefix({**DOC, "other": "x"}) == "other"
    assert _words(example=True, gen_prefix="other").prefix({**DOC, "other": "x"}) == "x"
    assert _words(example=True, gen_prefix="question").prefix({"a": 1}) == "question"
    assert _words(gen_prefix="nothing").prefix(DOC) == ""
    assert _words(gen_prefix="").prefix(DOC) == ""


def test_a_description() -> None:
    assert Description.of_key("question").of(DOC) == "Why?"
    assert Description.of_key("About {{n}}.\n").of(DOC) == "About 3.\n"
    with pytest.raises(UsageError, match="no text"):
        Description.of_key("n").of(DOC)


def test_lm_evals_own_filter_runs_under_a_limit() -> None:
    text = "{{ q | regex_replace('[aeiou]', '_', 1) }}"
    assert compile_template(text, "t").render({"q": "banana"}) == "b_nana"
    with pytest.raises(UsageError, match="needs more than 1 s"):
        compile_template("{{ q | regex_replace('(a|aa)+$', '') }}", "t").render({"q": "a" * 40 + "!"})


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ doc.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ self._TemplateReference__context }}",
        "{{ x | attr('__class__') }}",
        "{% import 'a' as a %}",
        "{% include 'rows.jsonl' %}",
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 10000000000 }}",
    ],
)
def test_a_hostile_template_gets_nowhere(text: str) -> None:
    with pytest.raises(UsageError):
        compile_template(text, "doc_to_text").render({"x": "a", "doc": {}})


@given(st.text(alphabet="[]()'\"ab,1 \\{}:", max_size=40))
def test_a_literal_is_read_by_a_parser_of_literals(text: str) -> None:
    found = literal(text)
    assert found is None or isinstance(found, list)


def test_a_literal_has_a_limit() -> None:
    assert literal("[" * 5000 + "]" * 5000) is None
    with pytest.raises(UsageError, match="a list of 100,002"):
        literal("[" + " " * 100_000 + "]")
