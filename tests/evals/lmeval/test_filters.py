"""Pipelines against lm-eval's own steps, written another way, and what of them is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.filters import Pipeline, parse_pipelines
from fairtrial.evals.lmeval.obstacles import Obstacles
from fairtrial.evals.lmeval.patterns import BoundedPattern
from fairtrial.evals.lmeval.source import read_source
from tests.evals.lmeval.files import config_of

TAKE = {"function": "take_first"}


def _pipeline(*steps: dict[str, Any], repeats: int = 1) -> Pipeline:
    bad = Obstacles("t.yaml")
    found, _ = parse_pipelines([{"name": "p", "filter": list(steps)}], "generate_until", repeats, bad)
    bad.raise_if_any("t")
    return found[0]


def _answer(text: str, *steps: dict[str, Any], choices: tuple[str, ...] = ()) -> tuple[str, bool]:
    return _pipeline(*steps).apply(text, choices)


PATTERNS = st.sampled_from([
    r"#### (\-?[0-9\.\,]+)", r"(-?[$0-9.,]{2,})|(-?[0-9]+)", r"\d*", r"(a)?(b)?", r"(?i)ANSWER: (\w)",
    r"^\s*(.*)$", r"(?s)is (.+)", r"([A-D])\b", r"(\w+) (\w+)", r"x*?", r"(?<=a)b", r"(a|ab)(c|bcd)(d*)",
    r"\b\w+\b", r"[\w.]+|[^\s\]]", r"\S+\B", r"[]\d-]+", r"\W+", r"[^\W\d]+",
])  # fmt: skip
TEXTS = st.text(alphabet="ab cd#1.,$-\nAİ٣x]\x1e½²e\u0301ै", max_size=30) | st.text(max_size=30)


@settings(max_examples=500, deadline=None)
@given(PATTERNS, TEXTS, st.integers(-3, 3))
def test_a_match_is_the_one_that_re_lists(pattern: str, text: str, at: int) -> None:
    listed = re.findall(pattern, text)
    expected = listed[at] if -len(listed) <= at < len(listed) else None
    assert BoundedPattern(pattern).select(text, at) == expected


@settings(max_examples=300, deadline=None)
@given(PATTERNS, TEXTS, st.sampled_from(["", "x", r"<\g<0>>"]), st.integers(0, 2))
def test_a_replacement_is_the_one_that_re_makes(pattern: str, text: str, new: str, count: int) -> None:
    assert BoundedPattern(pattern).replace(text, new, count) == re.sub(pattern, new, text, count=count)


def _their_regex(text: str, pattern: str, select: int, fallback: str) -> str:
    """As `filters/extraction.py` tells it."""
    match: Any = re.findall(pattern, text)
    if not match:
        return fallback
    match = match[select]
    if isinstance(match, tuple):
        match = ([part for part in match if part] or [fallback])[0]
    return str(match).strip()


@settings(max_examples=500, deadline=None)
@given(
    TEXTS,
    st.lists(
        st.tuples(PATTERNS, st.sampled_from([0, -1]), st.sampled_from(["[invalid]", "A", ""]))
        | st.sampled_from(["lowercase", "uppercase", "remove_whitespace", "map"]),
        max_size=4,
    ),
)
def test_a_pipeline_ends_with_what_lm_eval_ends_with(text: str, steps: list[Any]) -> None:
    table = {"a": "b", "A": "yes", "[INVALID]": "no", "": "nothing"}
    entries: list[dict[str, Any]] = []
    expected = text
    for step in steps:
        if step == "map":
            entries.append({"function": "map", "mapping_dict": table, "default_value": "other"})
            expected = table.get(expected, "other")
        elif isinstance(step, str):
            entries.append({"function": step})
            name = {"lowercase": "lower", "uppercase": "upper", "remove_whitespace": "strip"}[step]
            expected = getattr(expected, name)()
        else:
            pattern, select, fallback = step
            entries.append(
                {"function": "regex", "regex_pattern": pattern, "group_select": select, "fallback": fallback}
            )
            expected = _their_regex(expected, pattern, select, fallback)
    answer, found = _answer(text, *entries, TAKE)
    assert answer == expected
    if not answer.strip() or (answer == "[invalid]" and "[invalid]" not in text):
        assert not found


def test_nothing_found_is_no_answer_and_a_stated_fallback_is_one() -> None:
    regex = {"function": "regex", "regex_pattern": r"(\d+)"}
    assert _answer("none", regex) == ("[invalid]", False)
    assert _answer("none", regex, {"function": "uppercase"}) == ("[INVALID]", False)
    assert _answer("none", {**regex, "fallback": "5"}) == ("5", True)
    assert _answer("none", regex, {"function": "map", "mapping_dict": {"1": "x"}, "default_value": "y"}) == (
        "y",
        True,
    )
    assert _answer("none", regex, {"function": "map", "mapping_dict": {"[invalid]": "x"}}) == ("x", True)
    assert _answer("7", {"function": "map", "mapping_dict": {"1": "x"}}) == ("[invalid]", False)
    assert _answer(" \n", {"function": "remove_whitespace"}) == ("", False)


def test_a_letter_in_brackets_then_a_choices_text_then_a_letter_behind_a_colon() -> None:
    step = {
        "function": "multi_choice_regex",
        "regex_pattern": r"(\([A-Z]\))",
        "ignore_case": True,
        "ignore_punctuation": True,
        "regexes_to_ignore": [r"\bthe\b"],
    }
    choices = ("Guilty", "Guilty of Romance!", "Not the guilty")
    for text, answer in (
        ("so (B) then", "(B)"),
        ("it is guilty of romance", "(B)"),
        ("GUILTY?", "(A)"),
        ("not guilty", "(A)"),
        ("Answer: C", "(C)"),
        ("Answer: D", "[invalid]"),
        ("no idea", "[invalid]"),
    ):
        assert _answer(text, step, choices=choices)[0] == answer, text


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([TAKE, {"function": "regex"}], "behind take_first"),
        ([TAKE, TAKE], "behind take_first"),
        ([{"function": "map", "mapping_dict": {}}, {"function": "lowercase"}], "no default_value"),
        ([{"function": "map", "mapping_dict": {"a": 1}}], "no mapping of texts"),
        ([{"function": "map", "default_value": 3}], "default_value is 3"),
        ([{"function": "take_first_k", "k": 2}], "k is 2"),
        ([{"function": "take_first_k"}], "k is None"),
        ([{"function": "regex", "regex_pattern": "("}], "no regular expression"),
        ([{"function": "regex", "regex_pattern": "[[a]"}], "no regular expression: Possible nested set"),
        ([{"function": "regex", "regex_pattern": r"\p{L}"}], "no regular expression"),
        ([{"function": "regex", "regex_pattern": r"\w" * 61}], "more than 60 classes"),
        ([{"function": "regex", "regex_pattern": r"(?x)a #b"}], "flag a, L or x"),
        ([{"function": "regex", "regex_pattern": r"(?a)\w"}], "flag a, L or x"),
        ([{"function": "regex", "regex_pattern": r"b(?ia:\w)"}], "flag a, L or x"),
        ([{"function": "regex", "regex_pattern": "a" * 10_001}], "10,001 characters"),
        ([{"function": "regex", "regex_pattern": 3}], "regex_pattern is no text"),
        ([{"function": "regex", "group_select": True}], "group_select is True"),
        ([{"function": "regex", "fallback": 5}], "fallback is 5"),
        ([{"function": "regex", "flags": "i"}], "flags: is not supported"),
        ([{"function": "multi_choice_regex", "regexes_to_ignore": "a"}], "no list of patterns"),
        (["regex"], "no such filter"),
    ],
)
def test_what_can_not_be_run_is_named(steps: list[Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _pipeline(*steps)


def test_a_pattern_that_never_ends_is_stopped() -> None:
    with pytest.raises(UsageError, match="needs more than 1 s"):
        _answer("a" * 40 + "!", {"function": "regex", "regex_pattern": "(a|aa)+$"})
    with pytest.raises(UsageError, match="more than 10,000 matches"):
        _answer("a" * 20_000, {"function": "regex", "regex_pattern": "a", "group_select": -1})
    with pytest.raises(UsageError, match="replacement of more than"):
        BoundedPattern("a").replace("a" * 100_000, "b" * 100)


def test_replies_asked_several_times() -> None:
    vote = {"name": "vote", "filter": [{"function": "majority_vote"}, TAKE]}
    first = {"name": "first", "filter": [TAKE]}
    config = config_of(repeats=8, filter_list=[first, vote])
    assert [each.name for each in config.pipelines] == ["first"]
    assert "8 times" in config.notes[0] and "vote" in config.notes[1]
    with pytest.raises(UsageError, match="chooses among 8 replies"):
        config_of(repeats=8, filter_list=[vote, first])
    assert [each.name for each in config_of(filter_list=[vote]).pipelines] == ["vote"]


def test_a_table_with_keys_that_are_no_texts_in_yaml(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("{a: {yes: x}, b: {'yes': x}}")
    keys = read_source(path).keys
    with pytest.raises(UsageError, match="reads the key yes as no text"):
        _pipeline({"function": "map", "mapping_dict": keys["a"]})
    assert _answer("yes", {"function": "map", "mapping_dict": keys["b"]}) == ("x", True)
