"""Reported token counts against texts: a tokenizer of one word a token, and rules that need none."""

from __future__ import annotations

from typing import Any

import pytest

from fairtrial.audit.token_counts import Counted, token_counts
from fairtrial.core.output import Output, Usage


def words(text: str) -> int:
    return len(text.split())


def answer(
    text: str, tokens: int | None, *, allowed: int = 50, stops: tuple[str, ...] = (), **more: Any
) -> Counted:
    usage = None if tokens is None else Usage(more.pop("asked", 7), tokens, more.pop("thought", None))
    return Counted("s1", Output(text, more.pop("stop", "stop"), usage=usage, **more), allowed, stops)


def test_right_counts_are_right_with_and_without_the_end() -> None:
    found = token_counts([answer("one two", 2), answer("three", 2), answer("", 1)], words)
    assert (found.n, found.recounted, found.faults) == (3, 3, ())
    assert found.rules[0] == "counted again with the tokenizer"


def test_a_stop_string_may_be_counted() -> None:
    assert token_counts([answer("one two", 4, stops=("the end",))], words).faults == ()
    assert token_counts([answer("one two", 4)], words).faults


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (answer("one two three", 9), "9 tokens are reported, its text has 3"),
        (answer("one two three", 2), "2 tokens are reported, its text has 3"),
        (answer("one two", 60), "60 tokens are reported, 50 were allowed"),
        (answer("ab", 30), "30 tokens are reported for a text of 2 bytes"),
        (answer("ab", 0), "no token is reported for a text of 2 bytes"),
    ],
)
def test_wrong_counts_are_named(wrong: Counted, what: str) -> None:
    assert what in "; ".join(token_counts([wrong], words).faults)


def test_without_the_tokenizer_the_bounds_still_hold() -> None:
    assert token_counts([answer("one two three", 9)], None).faults == ()
    assert token_counts([answer("ab", 30)], None).faults
    assert "counted again" not in token_counts([answer("ab", 1)], None).rules[0]


def test_hidden_thinking_and_half_letters_are_not_counted_again() -> None:
    thinking = [answer("yes", 40, thought=39), answer("yes", 40, reasoning="a long thought")]
    found = token_counts([*thinking, answer("\N{REPLACEMENT CHARACTER}", 3)], words)
    assert (found.recounted, found.faults) == (0, ())


def test_a_longer_text_has_no_fewer_tokens() -> None:
    short, long = answer("alpha beta gamma", 12), answer("alpha beta gamma delta", 6)
    assert "for a text that it begins with" in token_counts([short, long], None).faults[0]
    assert token_counts([short, answer("alpha beta gamma delta", 10)], None).faults == ()


def test_the_same_request_has_the_same_input_tokens() -> None:
    first, second = answer("a", 1, request="x", asked=7), answer("b", 1, request="x", asked=8)
    assert "had 7 input tokens, then 8" in token_counts([first, second], None).faults[0]


def test_unreported_counts_and_cut_answers_are_told_apart() -> None:
    found = token_counts([answer("a", None), answer("b", 1, stop="length")], None)
    assert (found.n, found.cut, found.faults) == (1, 1, ())
