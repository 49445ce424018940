"""From a sample to the words that are asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Message, Sample
from fairtrial.evals.prompts import MULTIPLE_CHOICE, PLAIN, TemplatePrompt

ROW = Sample("s1", "Which?", ("B",), ("red", "blue"), {"lang": "en", "input": "not this", "deep": {"k": 1}})
TALK = Sample(
    "s2",
    (
        Message("system", "Be brief."),
        Message("user", "Hello {{ 1 }}"),
        Message("assistant", "Yes?"),
        Message("user", "Which?"),
    ),
    ("x",),
)


def asked(template: str, sample: Sample = ROW) -> str:
    return TemplatePrompt(template).messages(sample)[-1].content


def test_the_input_is_asked_as_it_stands() -> None:
    strange = Sample("s", "{{ 7 * 7 }} {% if %} {# x", ("y",))
    assert TemplatePrompt().messages(strange) == (Message("user", strange.text),)
    assert TemplatePrompt(PLAIN).messages(TALK) == TALK.input


@given(text=st.text(min_size=1).filter(str.strip))
def test_an_input_is_never_read_as_a_template(text: str) -> None:
    assert asked("Q: {{ input }}", Sample("s", text, ("y",))) == f"Q: {text}"


def test_what_a_template_knows() -> None:
    assert asked(
        "{{ input }}|{{ lang }}|{{ metadata.lang }}|{{ deep.k }}|{{ choices[1] }}|{{ letters }}"
    ) == ("Which?|en|en|1|blue|['A', 'B']")
    assert asked("{{ metadata['input'] }}") == "not this"


def test_a_template_never_knows_the_target() -> None:
    for name in ("target", "sample.target", "id"):
        with pytest.raises(UsageError, match="undefined"):
            asked("{{ " + name + " }}")


def test_multiple_choice() -> None:
    assert asked(MULTIPLE_CHOICE) == (
        "Which?\n\nA) red\nB) blue\n\nAnswer with the letter of the right choice alone."
    )


def test_of_a_conversation_the_last_user_turn_is_put_in_the_template() -> None:
    messages = TemplatePrompt("Now: {{ input }}").messages(TALK)
    assert messages == (*TALK.input[:-1], Message("user", "Now: Which?"))  # type: ignore[index]
    ends = Sample("s3", (Message("user", "Q"), Message("assistant", "A:")), ("x",))
    assert TemplatePrompt("<{{ input }}>").messages(ends) == (
        Message("user", "<Q>"),
        Message("assistant", "A:"),
    )


def test_a_conversation_without_a_user_turn_has_no_place_for_a_template() -> None:
    sample = Sample("s4", (Message("system", "x"),), ("y",))
    with pytest.raises(UsageError, match="sample 's4' has no user turn"):
        TemplatePrompt("{{ input }}!").messages(sample)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ question }}", "sample 's1': the template: 'question' is undefined"),
        ("{% if false %}x{% endif %}", "sample 's1': the template gives an empty prompt"),
        ("{{ 1 // 0 }}", "sample 's1': the template fails"),
    ],
)
def test_an_error_names_the_sample(template: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked(template)
    assert caught.value.message.startswith(said) and caught.value.remedy


def test_a_broken_template_is_refused_when_made() -> None:
    with pytest.raises(UsageError, match="line 1"):
        TemplatePrompt("{{ input")


def test_the_form_names_what_was_asked() -> None:
    assert TemplatePrompt("x {{ input }}").form == {
        "template": "x {{ input }}",
        "language": "jinja2",
        "version": "1",
    }
    assert TemplatePrompt("a {{ input }}") != TemplatePrompt("b {{ input }}")
